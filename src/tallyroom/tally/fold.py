"""The fold: what each act does to the state of the count, and the rules that it must keep to.

Folding acts one by one, in blocks or all at once from the record gives the identical state.  The fold never
fails: an act that breaks a rule (a second protocol for a station, a correction of an act that does not
stand, ...) has no effect and is listed among the state's `breaches`, so that every reader sees it.

One place serves both sides: each rule below checks an act and returns its effect.  Intake asks `objection`
before it enters an act; every replay checks again.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from tallyroom.record.acts import (
    Accepted,
    Act,
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
from tallyroom.record.error import RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.tally.contest import ContestCount, Status
from tallyroom.tally.state import Breach, Change, State
from tallyroom.tally.summary import Summary

_ACCEPTED = int(Status.ACCEPTED)
"""As a plain number: Python 3.11 takes longer to look up a member than to compare it."""

Effect = Callable[[], None]


class Objection(Exception):
    """Why an act may not have an effect."""


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
            _keep_evidence(state, state.size, act)
    except Objection as found:
        state.breaches.append(Breach(state.size, str(found)))
    state.size += 1


def _filed_together(state: State, run: Sequence[Protocol]) -> bool:
    """File protocols in one piece; False, with nothing done, unless each is plainly the first of its station.

    This does what `_protocol` does to each, in a third of the time; most of a record is such runs.
    """
    count = state.contests.get(run[0].contest)
    if count is None or {(act.contest, act.supersedes) for act in run} != {(count.contest.id, None)}:
        return False
    index, rows = state.definition.stations.index, count.rows(run)
    stations = [place for act in run if (place := index.get(act.station)) is not None]
    known = (count.act[stations] >= 0) | (count.status[stations] >= _ACCEPTED)
    if rows is None or len(set(stations)) < len(run) or known.any():
        return False
    count.file(stations, rows, range(state.size, state.size + len(run)))
    for number, act in enumerate(run, state.size):
        if act.evidence:
            _keep_evidence(state, number, act)
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


def _contest(state: State, act: Act) -> ContestCount:
    try:
        return state.contests[act.contest]
    except KeyError:
        raise Objection(f"there is no contest {act.contest!r}") from None


def _station(state: State, station_id: str) -> int:
    try:
        return state.definition.stations.index[station_id]
    except KeyError:
        raise Objection(f"there is no station {station_id!r}") from None


def _candidate(count: ContestCount, candidate: str) -> None:
    if candidate not in count.contest.candidate_ids:
        raise Objection(f"there is no candidate {candidate!r}")


def _row(count: ContestCount, act: Protocol | Correction | Recount) -> tuple[int, ...]:
    row = count.row(act.lines, act.votes)
    if row is None:
        raise Objection("the figures are not those of the election's form and contest")
    return row


def _protocol(state: State, act: Protocol) -> Effect:
    """The first protocol of a station, or one that replaces what awaits acceptance."""
    count, station = _contest(state, act), _station(state, act.station)
    on_file, status = count.act.item(station), count.status.item(station)
    if status > _ACCEPTED:
        raise Objection(f"station {act.station} is annulled: act {count.act_in_force(station)}")
    if status == _ACCEPTED:
        raise Objection(f"station {act.station} has an accepted protocol: act {on_file}")
    if on_file != (-1 if act.supersedes is None else act.supersedes):
        stands = "no protocol" if on_file < 0 else f"a protocol, act {on_file}"
        raise Objection(f"station {act.station} has {stands} on file")
    row = _row(count, act)

    def effect() -> None:
        count.file(station, row, state.size)
        state.protocol_at[-1] = (count, station)

    return effect


def _awaiting(state: State, first: int, count: int) -> list[tuple[ContestCount, int]]:
    """The protocols among acts first .. first+count-1 that are on file and await a decision."""
    numbers = range(state.size)[max(first, 0) : max(first + count, 0)]
    found = [
        filed
        for number in numbers
        if (filed := state.protocol_at[number]) is not None
        and filed[0].act.item(filed[1]) == number
        and filed[0].status.item(filed[1]) < _ACCEPTED
    ]
    if not found:
        raise Objection(f"no protocol awaits a decision among the {count} acts from {first}")
    return found


def _accepted(state: State, act: Accepted) -> Effect:
    found = _awaiting(state, act.first, act.count)

    def effect() -> None:
        for contest, entries in groupby(found, key=lambda entry: entry[0]):
            contest.accept(np.array([station for _, station in entries], np.int64))

    return effect


def _in_review(state: State, act: InReview) -> Effect:
    ((count, station),) = _awaiting(state, act.protocol, 1)

    def effect() -> None:
        count.status[station] = Status.IN_REVIEW

    return effect


def _defined(state: State, act: DefinitionAct) -> Effect:
    if state.size:
        raise Objection("the definition is act 0 and stands once")
    keyring = Keyring(state.definition.origin)
    try:
        keyring.define(act)
    except RecordError as error:
        raise Objection(str(error)) from error
    return lambda: setattr(state, "keyring", keyring)


def _key(state: State, act: Key) -> Effect:
    """Which keys are in force is part of the count: two keys that one role had in turn are not two people."""
    try:
        state.keyring.check(state.size, act)
    except RecordError as error:
        raise Objection(error.fault.what) from error
    return lambda: state.keyring.change(state.size, act)


def _received(state: State, act: Received) -> Effect:
    count, station = _contest(state, act), _station(state, act.station)
    status, on_file = Status(count.status.item(station)), count.act.item(station)
    if act.returned and (status != Status.RECEIVED or on_file >= 0 or not act.reason):
        raise Objection(f"station {act.station} has no form without figures to send back, or a reason is missing")
    if not act.returned and status != Status.EXPECTED:
        raise Objection(f"the form of station {act.station} has arrived already")
    became = Status.EXPECTED if act.returned else Status.RECEIVED
    return lambda: count.status.__setitem__(station, became)


def _opened(state: State, act: Opened) -> Effect:
    station = _station(state, act.station)
    return lambda: state.opened.__setitem__(station, True)


def _closed(state: State, act: Closed) -> Effect:
    station = _station(state, act.station)
    return lambda: state.closed.__setitem__(station, True)


def _turnout(state: State, act: Turnout) -> Effect:
    station = _station(state, act.station)
    if act.hour not in state.turnout.hours or act.voted < 0:
        raise Objection(f"{act.voted} voters at {act.hour!r} is no turnout of a fixed hour")

    def effect() -> None:
        state.turnout.report(station, act.hour, act.voted, state.size)
        where, latest = np.array([station]), np.array([state.turnout.latest(station)])
        for count in state.contests.values():
            if count.status[station] < Status.ACCEPTED:
                count.set_cast(where, latest)

    return effect


def _changed(state: State, act: Correction | Recount | Annulment) -> Effect:
    """Other figures in place of accepted ones; an annulment of these, of ones that wait, or of none."""
    count, station = _contest(state, act), _station(state, act.station)
    status, stands = count.status.item(station), count.act_in_force(station)
    if status > _ACCEPTED:
        raise Objection(f"station {act.station} is annulled: act {stands}")
    if status < _ACCEPTED and not isinstance(act, Annulment):
        raise Objection(f"station {act.station} has no accepted result to change")
    if act.supersedes != (None if stands < 0 else stands):
        on_file = f"act {stands} stands" if stands >= 0 else "no protocol is on file"
        raise Objection(f"{on_file} for station {act.station}: name {'that one' if stands >= 0 else 'none'}")
    if not act.reason:
        raise Objection("a reason is missing")
    row = None if isinstance(act, Annulment) else np.array(_row(count, act), np.int64)

    def effect() -> None:
        before = _valid(state, count, station) if status == _ACCEPTED else 0
        if row is None:
            count.annul(station, state.size)
        else:
            count.change(station, row, state.size)
        after = None if row is None else _valid(state, count, station)
        state.changes[act.contest].append(Change(state.size, station, act, before, after))

    return effect


def _valid(state: State, count: ContestCount, station: int) -> int:
    """Valid votes of a station as standing."""
    figures = np.maximum(count.standing_row(station), 0)
    terms = state.definition.form.roles.valid
    return int(figures @ count.weights(terms)) if terms else int(figures[count.candidates].sum())


def _candidate_status(state: State, act: CandidateStatus) -> Effect:
    count = _contest(state, act)
    _candidate(count, act.candidate)
    return lambda: count.candidate_status.update({act.candidate: act.status})


def _statement(state: State, act: Statement) -> Effect:
    contest = act.contest or next(iter(state.contests))
    if contest not in state.contests:
        raise Objection(f"there is no contest {contest!r}")

    def effect() -> None:
        if act.kind == "certification" and not _missing(state.contests[contest]):
            state.said_certified[contest] = act
        state.statements.append((state.size, state.last_publication.size, act))
        state.contradictions[contest] += state.announced[contest].contradictions(state.size, act)

    return effect


def _call(state: State, act: Call) -> Effect:
    _candidate(_contest(state, act), act.candidate)

    def effect() -> None:
        calls = state.calls[act.contest]
        calls.by[state.keyring.roles.get(act.by, act.by)] = act.candidate
        calls.log.append((state.size, act))

    return effect


def _uncall(state: State, act: Uncall) -> Effect:
    _contest(state, act)
    calls = state.calls[act.contest]
    if not calls.by or not act.reason:
        raise Objection("there is no call to take back, or a reason is missing")

    def effect() -> None:
        calls.by.clear()
        calls.log.append((state.size, act))

    return effect


def _certification(state: State, act: Certification) -> Effect:
    count = _contest(state, act)
    if act.winner:
        _candidate(count, act.winner)
    if missing := _missing(count):
        raise Objection(f"{missing} stations are missing or in review: nothing can be certified")
    return lambda: state.certified.update({act.contest: (state.size, act)})


def _missing(count: ContestCount) -> int:
    """Stations without an accepted protocol."""
    return int((count.status < Status.ACCEPTED).sum())


def _attachment(state: State, act: Attachment) -> Effect:
    if not 0 <= act.act < state.size or not act.evidence:
        raise Objection(f"there is no act {act.act} to attach to, or nothing is attached")

    def effect() -> None:
        _keep_evidence(state, act.act, act)
        if (filed := state.protocol_at[act.act]) is not None:
            state.attached.append(filed[1])
        changes = (change for found in state.changes.values() for change in found)
        state.attached.extend(change.station for change in changes if change.act == act.act)

    return effect


def _keep_evidence(state: State, number: int, act: Act) -> None:
    """Scans and documents that came with an act, or were attached to it later."""
    state.evidence[number] = state.evidence.get(number, ()) + act.evidence


def _publication(state: State, act: Publication) -> Effect | None:
    if act.number in state.publications:
        if act.snapshot != state.publications[act.number].snapshot:
            raise Objection(f"snapshot {act.number} was published of another prefix")
        return None
    if act.snapshot.size != state.size or act.number != len(state.publications) + 1:
        raise Objection(f"snapshot {act.number} of size {act.snapshot.size} does not follow the record")

    def effect() -> None:
        for contest, count in state.contests.items():
            summary = Summary(state, count, act.snapshot.root, act.at, publishing=True)
            shown = summary.results(range(len(state.definition.areas)))
            state.history[contest].take(act.number, shown, state.marks(contest))
        state.publications[act.number] = act
        for contest, count in state.contests.items():
            state.published[contest] = int((count.status >= Status.ACCEPTED).sum())

    return effect


_RULES: dict[type, Callable[[State, Any], Effect | None]] = {
    NoAct: _no_act,
    DefinitionAct: _defined,
    Opened: _opened,
    Closed: _closed,
    Turnout: _turnout,
    Received: _received,
    Protocol: _protocol,
    InReview: _in_review,
    Accepted: _accepted,
    Correction: _changed,
    Recount: _changed,
    Annulment: _changed,
    CandidateStatus: _candidate_status,
    Statement: _statement,
    Call: _call,
    Uncall: _uncall,
    Certification: _certification,
    Publication: _publication,
    Attachment: _attachment,
    Key: _key,
}
