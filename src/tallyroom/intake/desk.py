"""The desk: what people do with the form of one polling station, step by step, until its acts stand in the record.

A `Form` is a value.  Each function takes one and gives a `Step`: the form as it is then and the acts that the
step puts into the record; or it raises a Refusal and nothing has happened.  There is no input or output and no
clock here.  Where a step has acts, the form waits (`target`) until `entered` says that they are durable: only
then is it accepted.

Two different people key the figures, each without seeing the other's.  Where they differ a third person chooses
line by line between the two values typed, or has the form read again by two.  Nobody can put in a value that
nobody keyed, and whoever sets warnings aside has keyed and settled nothing on that form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tallyroom.election.form import Failure
from tallyroom.intake.bundle import THE_FIRST
from tallyroom.intake.paper import Paper
from tallyroom.intake.refusal import (
    BeingEntered,
    ErrorsBlock,
    NoFigures,
    NotNow,
    NotYours,
    ReasonMissing,
    ReasonTooLong,
    SamePerson,
    StaleVersion,
    ThirdValue,
)
from tallyroom.intake.stages import NEXT, TABLE, Event, Stage
from tallyroom.intake.stationform import Entry, Form, Purpose, Round, Step
from tallyroom.record.acts import (
    Accepted,
    Act,
    Annulment,
    Correction,
    Evidence,
    Figures,
    InReview,
    Present,
    Protocol,
    Received,
    Recount,
)

MOST_SIGNS = 2000
"""Of a reason."""

ORDERS: dict[Purpose, Event] = {
    "correction": Event.CORRECT,
    "recount": Event.RECOUNT,
    "annulment": Event.ANNUL,
}
"""The event that each kind of later document asks the form of the station for."""


def may(form: Form, event: Event) -> bool:
    """Whether the table allows an event now, whoever brings it about."""
    return form.target is None and (form.stage, event) in TABLE


def receive(form: Form, seen: int, at: str, evidence: Sequence[Evidence] = (), present: Sequence[Present] = ()) -> Step:
    """The signed form has arrived, with scans, and with how many people were present at the count."""
    after = _checked(form, Event.RECEIVE, seen)
    act = Received(at=at, contest=form.contest, station=form.station, evidence=tuple(evidence))
    changed = {"evidence": tuple(evidence), "present": tuple(present), "target": after, "stage": form.stage}
    return Step(_changed(form, **changed), Event.RECEIVE, (act,))


def give_back(form: Form, by: int, reason: str, seen: int, at: str) -> Step:
    """The form goes back, before any figure is on file: it is of another station, or not signed."""
    after = _checked(form, Event.RETURN, seen)
    if form.purpose != "protocol" or form.act is not None:
        raise NotNow(stage=form.stage)
    why = _reason(reason)
    act = Received(at=at, contest=form.contest, station=form.station, returned=True, reason=why)
    waiting = _ended(form, Event.RETURN, by, why, stage=form.stage, target=after, evidence=(), present=())
    return Step(waiting, Event.RETURN, (act,))


def replace(form: Form, by: int, reason: str, seen: int, evidence: Sequence[Evidence] = ()) -> Step:
    """Another form of the station takes the place of this one before acceptance; it is keyed anew."""
    _checked(form, Event.REPLACE, seen)
    scans = (*form.evidence, *evidence)
    return Step(_ended(form, Event.REPLACE, by, _reason(reason), evidence=scans), Event.REPLACE)


def scanned(form: Form, evidence: Evidence) -> Form:
    """The form with one more scan of it; the protocol's act will list it."""
    return form if evidence in form.evidence else _changed(form, evidence=(*form.evidence, evidence))


def key(form: Form, by: int, figures: Figures, paper: Paper, seen: int, at: str, more: Sequence[Failure] = ()) -> Step:
    """A person keys the form: the first entry, or the second, which is compared at once.

    more: rules beyond the form's own equations that these figures break.
    """
    _figures_wanted(form)
    event = Event.KEY_FIRST
    if form.stage == Stage.FIRST_ENTRY:
        event = Event.KEY_SAME if figures == form.entries[0].figures else Event.KEY_OTHER
    after = _checked(form, event, seen)
    paper.require(figures)
    if any(entry.by == by for entry in form.entries):
        raise SamePerson
    keyed = _changed(form, stage=after, entries=(*form.entries, Entry(by, figures)))
    return _settled(keyed, event, figures, paper, at, more) if event == Event.KEY_SAME else Step(keyed, event)


def take_back(form: Form, by: int, seen: int) -> Step:
    """The first keyer takes the entry back, before anybody has keyed the second."""
    _checked(form, Event.TAKE_BACK, seen)
    if form.entries[0].by != by:
        raise NotYours
    return Step(_ended(form, Event.TAKE_BACK, by, ""), Event.TAKE_BACK)


def choose(
    form: Form, by: int, picks: Mapping[str, str], paper: Paper, seen: int, at: str, more: Sequence[Failure] = ()
) -> Step:
    """A third person settles a difference: "1" or "2", the first or the second entry, for each field that differs."""
    after = _checked(form, Event.CHOOSE, seen)
    if by in form.hands:
        raise SamePerson
    figures = dict(form.entries[0].figures)
    for field in (*form.differing, *picks):
        if picks.get(field) not in ("1", "2") or field not in form.differing:
            raise ThirdValue(field=paper.titles.get(field, field))
        figures[field] = form.entries[int(picks[field]) - 1].figures[field]
    chosen = _changed(form, stage=after, resolver=by)
    return _settled(chosen, Event.CHOOSE, figures, paper, at, more)


def read_again(form: Form, by: int, seen: int, reason: str = "") -> Step:
    """A third person has the paper read again: two people key it anew, and both stand for what they keyed."""
    _checked(form, Event.READ_AGAIN, seen)
    if by in form.hands:
        raise SamePerson
    return Step(_ended(form, Event.READ_AGAIN, by, reason.strip()), Event.READ_AGAIN)


def accept(form: Form, by: int, reason: str, paper: Paper, seen: int, at: str) -> Step:
    """A reviewer sets the warnings aside, and says why."""
    after = _checked(form, Event.ACCEPT, seen)
    if by in form.hands:
        raise SamePerson
    if errors := [failure.code for failure in form.failures if failure.severity == "error"]:
        raise ErrorsBlock(codes=", ".join(errors))
    why = _reason(reason)
    waiting = _changed(form, stage=form.stage, target=after)
    if form.purpose != "protocol":
        return Step(waiting, Event.ACCEPT, (_change(form, paper, at, f"{form.reason} / {why}"),))
    return Step(waiting, Event.ACCEPT, (Accepted(at=at, first=_number(form.act), reason=why),))


def send_back(form: Form, by: int, reason: str, seen: int) -> Step:
    """A reviewer sends the form back: it is keyed anew by two."""
    _checked(form, Event.SEND_BACK, seen)
    return Step(_ended(form, Event.SEND_BACK, by, _reason(reason)), Event.SEND_BACK)


def order(
    form: Form, purpose: Purpose, by: int, reason: str, seen: int, stands: int | None, evidence: Sequence[Evidence] = ()
) -> Form:
    """A later document: a new form about an accepted result, to be keyed by two, or an annulment, to be confirmed.

    stands: number of the act in force, which the document replaces; None where no protocol is on file.
    """
    if purpose not in ORDERS or form.purpose != "protocol":
        raise NoFigures
    _checked(form, ORDERS[purpose], seen)
    return Form(
        contest=form.contest,
        station=form.station,
        purpose=purpose,
        stage=Stage.RECEIVED,
        changes=stands,
        ordered_by=by,
        reason=_reason(reason),
        evidence=tuple(evidence),
    )


def withdraw(form: Form, by: int, reason: str, seen: int) -> Step:
    """An order is withdrawn before its document is accepted: what stands goes on standing."""
    if form.purpose == "protocol":
        raise NoFigures
    _checked(form, Event.WITHDRAW, seen)
    return Step(_ended(form, Event.WITHDRAW, by, _reason(reason)), Event.WITHDRAW)


def confirm(form: Form, by: int, seen: int, at: str, stands: int | None) -> Step:
    """A second person confirms an annulment that another has ordered.

    stands: number of the act in force by now: a protocol may have come in since the order.
    """
    if form.purpose != "annulment":
        raise NoFigures
    after = _checked(form, Event.CONFIRM, seen)
    if by == form.ordered_by:
        raise SamePerson
    act = Annulment(
        at=at,
        contest=form.contest,
        station=form.station,
        supersedes=stands,
        reason=form.reason,
        evidence=form.evidence,
    )
    return Step(_changed(form, stage=form.stage, target=after, resolver=by, changes=stands), Event.CONFIRM, (act,))


def annulled(form: Form) -> Form:
    """The form of a station whose annulment is in the record; a step that waited for the record has no effect."""
    return _changed(form, stage=NEXT[form.stage, Event.ANNUL])


def entered(form: Form, first: int) -> Form:
    """The acts of the last step are durable, the first of them as act `first`: the form is where it was to go."""
    filed = form.purpose == "protocol" and form.stage == Stage.SECOND_ENTRY
    after = form.target or form.stage
    return msgspec.structs.replace(
        form, stage=after, target=None, refused="", version=form.version + 1, act=first if filed else form.act
    )


def refused(form: Form, why: str) -> Form:
    """The record did not take the acts of the last step: the form stays where it was."""
    return _changed(form, stage=form.stage, refused=why)


def _checked(form: Form, event: Event, seen: int) -> Stage:
    """Where an event leads a form.  Refuses what the table does not have, and a version that is no longer there."""
    if form.target is not None:
        raise BeingEntered
    if seen != form.version:
        raise StaleVersion(seen=seen, now=form.version)
    if (form.stage, event) not in NEXT:
        raise NotNow(stage=form.stage)
    return NEXT[form.stage, event]


def _changed(form: Form, **fields: Any) -> Form:
    return msgspec.structs.replace(form, **{"target": None, "refused": "", "version": form.version + 1} | fields)


def _ended(form: Form, event: Event, by: int, reason: str, **fields: Any) -> Form:
    """The form with this round over, at the stage that the table names."""
    over = Round(form.entries, event, by, reason, form.resolver)
    begun = {"stage": NEXT[form.stage, event], "entries": (), "resolver": None, "figures": None, "failures": ()}
    return _changed(form, **begun | {"past": (*form.past, over)} | fields)


def _settled(form: Form, event: Event, figures: Figures, paper: Paper, at: str, more: Sequence[Failure]) -> Step:
    """Figures on which two people agree: checked by every rule at once, and to be filed."""
    paper.require_secret(figures)
    failures = (*paper.failures(figures), *more)
    after = NEXT[form.stage, Event.HOLD if failures else Event.CLEAR]
    ready = msgspec.structs.replace(form, figures=figures, failures=failures)
    if form.purpose == "protocol":
        acts = _filing(ready, paper, at)
    elif failures:
        # The record knows no review of a later document: it waits here, and what stands goes on standing.
        return Step(msgspec.structs.replace(ready, stage=after), event)
    else:
        acts = (_change(ready, paper, at, form.reason),)
    return Step(msgspec.structs.replace(ready, target=after), event, acts)


def _filing(form: Form, paper: Paper, at: str) -> tuple[Act, ...]:
    """The protocol, and its acceptance or its review."""
    lines, votes = paper.split(form.figures or {})
    why = next((over.reason for over in reversed(form.past) if over.reason), "keyed again")
    protocol = Protocol(
        at=at,
        contest=form.contest,
        station=form.station,
        lines=lines,
        votes=votes,
        present=form.present,
        evidence=form.evidence,
        supersedes=form.act,
        reason="" if form.act is None else why,
    )
    codes = tuple(failure.code for failure in form.failures)
    decision = InReview(at=at, protocol=THE_FIRST, failures=codes) if codes else Accepted(at=at, first=THE_FIRST)
    return protocol, decision


def _change(form: Form, paper: Paper, at: str, reason: str) -> Act:
    """The act of a correction or a recount: the settled figures in place of those in force."""
    lines, votes = paper.split(form.figures or {})
    kind = {"correction": Correction, "recount": Recount}[form.purpose]
    return kind(
        at=at,
        contest=form.contest,
        station=form.station,
        supersedes=form.changes,
        reason=reason,
        evidence=form.evidence,
        lines=lines,
        votes=votes,
    )


def _figures_wanted(form: Form) -> None:
    if form.purpose == "annulment":
        raise NoFigures


def _number(act: int | None) -> int:
    if act is None:
        raise NotNow(stage=Stage.IN_REVIEW)
    return act


def _reason(text: str) -> str:
    cleaned = text.strip()
    if not cleaned:
        raise ReasonMissing
    if len(cleaned) > MOST_SIGNS:
        raise ReasonTooLong(length=len(cleaned), most=MOST_SIGNS)
    return cleaned
