"""The fold: acts, one after the other, into the state of the count.

Folding acts one by one, in blocks or all at once from the record gives the identical state.  The fold never
fails: an act that breaks a rule (a second protocol for a station, a correction of an act that does not
stand, ...) has no effect and is listed among the state's `breaches`, so that every reader sees it.

One place serves both sides: each rule of `effects` and `declared` checks an act and returns its effect.  Intake
asks `objection` before it enters an act; every replay checks again.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from tallyroom.record.acts import (
    Accepted,
    Annulment,
    AnyAct,
    Attachment,
    Call,
    CandidateStatus,
    Certification,
    Closed,
    Correction,
    InReview,
    Key,
    Opened,
    Protocol,
    Publication,
    Received,
    Recount,
    Statement,
    Turnout,
    Uncall,
)
from tallyroom.record.acts import Definition as DefinitionAct
from tallyroom.tally import declared, effects
from tallyroom.tally.effects import ACCEPTED, Effect, Objection, keep_evidence
from tallyroom.tally.state import Breach, State


class NoAct(NamedTuple):
    """Stands for an entry of the record that is no act, and says why; it has no effect."""

    why: str


def fold(state: State, acts: Iterable[AnyAct | NoAct]) -> None:
    """Fold the acts that follow the `state.size` acts folded so far."""
    for kind, same in groupby(acts, key=type):
        run: list[Any] = list(same)
        if not (kind is Protocol and len(run) > 1 and _filed_together(state, run)):
            for act in run:
                _apply(state, act)
        if kind is not NoAct:
            state.last_at = run[-1].at


def pass_over(state: State) -> None:
    """Counts the next act as read, without its effect."""
    state.protocol_at.append(None)
    state.size += 1


def _no_act(state: State, entry: NoAct) -> None:
    raise Objection(f"is no act: {entry.why}")


def _apply(state: State, act: AnyAct | NoAct) -> None:
    rule = _RULES.get(type(act))
    state.protocol_at.append(None)
    try:
        if rule and (effect := rule(state, act)):
            effect()
        if isinstance(act, Protocol | Correction | Recount | Annulment) and act.evidence:
            keep_evidence(state, state.size, act)
    except Objection as found:
        state.breaches.append(Breach(state.size, str(found)))
    state.size += 1


def _filed_together(state: State, run: Sequence[Protocol]) -> bool:
    """File protocols in one piece; False, with nothing done, unless each is plainly the first of its station.

    This does what `effects.protocol` does to each, in a third of the time; most of a record is such runs.
    """
    count = state.contests.get(run[0].contest)
    if count is None or {(act.contest, act.supersedes) for act in run} != {(count.contest.id, None)}:
        return False
    index, rows = state.definition.stations.index, count.rows(run)
    stations = [place for act in run if (place := index.get(act.station)) is not None]
    known = (count.act[stations] >= 0) | (count.status[stations] >= ACCEPTED)
    if rows is None or len(set(stations)) < len(run) or known.any():
        return False
    count.file(stations, rows, range(state.size, state.size + len(run)))
    for number, act in enumerate(run, state.size):
        if act.evidence:
            keep_evidence(state, number, act)
    state.protocol_at += [(count, station) for station in stations]
    state.size += len(run)
    return True


def objection(state: State, act: AnyAct) -> str | None:
    """Why an act, entered now, would break a rule; None if it may be entered.  Changes nothing."""
    try:
        if rule := _RULES.get(type(act)):
            rule(state, act)
    except Objection as found:
        return str(found)
    return None


_RULES: dict[type, Callable[[State, Any], Effect | None]] = {
    NoAct: _no_act,
    DefinitionAct: declared.defined,
    Opened: effects.opened,
    Closed: effects.closed,
    Turnout: effects.turnout,
    Received: effects.received,
    Protocol: effects.protocol,
    InReview: effects.in_review,
    Accepted: effects.accepted,
    Correction: effects.changed,
    Recount: effects.changed,
    Annulment: effects.changed,
    CandidateStatus: declared.candidate_status,
    Statement: declared.statement,
    Call: declared.call,
    Uncall: declared.uncall,
    Certification: declared.certification,
    Publication: declared.publication,
    Attachment: effects.attachment,
    Key: declared.key,
}
