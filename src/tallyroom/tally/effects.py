"""Effects: what each act about a polling station does to the count, and the rules that it must keep to.

Each rule checks an act and returns its effect, or raises an Objection and has changed nothing.
"""

from collections.abc import Callable
from itertools import groupby

import numpy as np

from tallyroom.record.acts import (
    Accepted,
    Act,
    Annulment,
    Attachment,
    Closed,
    Correction,
    InReview,
    Opened,
    Protocol,
    Received,
    Recount,
    Turnout,
)
from tallyroom.tally.contest import ContestCount, Status
from tallyroom.tally.state import Change, State

ACCEPTED = int(Status.ACCEPTED)
"""As a plain number: Python 3.11 takes longer to look up a member than to compare it."""

Effect = Callable[[], None]


class Objection(Exception):
    """Why an act may not have an effect."""


def contest_of(state: State, act: Act) -> ContestCount:
    """The count of the contest that an act names.  Raises Objection where there is none."""
    try:
        return state.contests[act.contest]
    except KeyError:
        raise Objection(f"there is no contest {act.contest!r}") from None


def station_of(state: State, station_id: str) -> int:
    """The position of a station.  Raises Objection where there is none of this id."""
    try:
        return state.definition.stations.index[station_id]
    except KeyError:
        raise Objection(f"there is no station {station_id!r}") from None


def _row(count: ContestCount, act: Protocol | Correction | Recount) -> tuple[int, ...]:
    row = count.row(act.lines, act.votes)
    if row is None:
        raise Objection("the figures are not those of the election's form and contest")
    return row


def protocol(state: State, act: Protocol) -> Effect:
    """The first protocol of a station, or one that replaces what awaits acceptance."""
    count, station = contest_of(state, act), station_of(state, act.station)
    on_file, status = count.act.item(station), count.status.item(station)
    if status > ACCEPTED:
        raise Objection(f"station {act.station} is annulled: act {count.act_in_force(station)}")
    if status == ACCEPTED:
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
        and filed[0].status.item(filed[1]) < ACCEPTED
    ]
    if not found:
        raise Objection(f"no protocol awaits a decision among the {count} acts from {first}")
    return found


def accepted(state: State, act: Accepted) -> Effect:
    """What awaits a decision among a range of acts becomes reported and enters the totals."""
    found = _awaiting(state, act.first, act.count)

    def effect() -> None:
        for contest, entries in groupby(found, key=lambda entry: entry[0]):
            contest.accept(np.array([station for _, station in entries], np.int64))

    return effect


def in_review(state: State, act: InReview) -> Effect:
    """A protocol is held in review, in no total."""
    ((count, station),) = _awaiting(state, act.protocol, 1)

    def effect() -> None:
        count.status[station] = Status.IN_REVIEW

    return effect


def received(state: State, act: Received) -> Effect:
    """A form without figures has arrived, or went back."""
    count, station = contest_of(state, act), station_of(state, act.station)
    status, on_file = Status(count.status.item(station)), count.act.item(station)
    if act.returned and (status != Status.RECEIVED or on_file >= 0 or not act.reason):
        raise Objection(f"station {act.station} has no form without figures to send back, or a reason is missing")
    if not act.returned and status != Status.EXPECTED:
        raise Objection(f"the form of station {act.station} has arrived already")
    became = Status.EXPECTED if act.returned else Status.RECEIVED
    return lambda: count.status.__setitem__(station, became)


def opened(state: State, act: Opened) -> Effect:
    """A station has opened."""
    station = station_of(state, act.station)
    return lambda: state.opened.__setitem__(station, True)


def closed(state: State, act: Closed) -> Effect:
    """A station has closed."""
    station = station_of(state, act.station)
    return lambda: state.closed.__setitem__(station, True)


def turnout(state: State, act: Turnout) -> Effect:
    """Voters so far at a fixed hour; ballots cast of a station that has no accepted protocol follow it."""
    station = station_of(state, act.station)
    if act.hour not in state.turnout.hours or act.voted < 0:
        raise Objection(f"{act.voted} voters at {act.hour!r} is no turnout of a fixed hour")

    def effect() -> None:
        state.turnout.report(station, act.hour, act.voted, state.size)
        where, latest = np.array([station]), np.array([state.turnout.latest(station)])
        for count in state.contests.values():
            if count.status[station] < Status.ACCEPTED:
                count.set_cast(where, latest)

    return effect


def changed(state: State, act: Correction | Recount | Annulment) -> Effect:
    """Other figures in place of accepted ones; an annulment of these, of ones that wait, or of none."""
    count, station = contest_of(state, act), station_of(state, act.station)
    status, stands = count.status.item(station), count.act_in_force(station)
    if status > ACCEPTED:
        raise Objection(f"station {act.station} is annulled: act {stands}")
    if status < ACCEPTED and not isinstance(act, Annulment):
        raise Objection(f"station {act.station} has no accepted result to change")
    if act.supersedes != (None if stands < 0 else stands):
        on_file = f"act {stands} stands" if stands >= 0 else "no protocol is on file"
        raise Objection(f"{on_file} for station {act.station}: name {'that one' if stands >= 0 else 'none'}")
    if not act.reason:
        raise Objection("a reason is missing")
    row = None if isinstance(act, Annulment) else np.array(_row(count, act), np.int64)

    def effect() -> None:
        before = _valid(state, count, station) if status == ACCEPTED else 0
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


def attachment(state: State, act: Attachment) -> Effect:
    """Scans and documents for an earlier act."""
    if not 0 <= act.act < state.size or not act.evidence:
        raise Objection(f"there is no act {act.act} to attach to, or nothing is attached")

    def effect() -> None:
        keep_evidence(state, act.act, act)
        if (filed := state.protocol_at[act.act]) is not None:
            state.attached.append(filed[1])
        changes = (change for found in state.changes.values() for change in found)
        state.attached.extend(change.station for change in changes if change.act == act.act)

    return effect


def keep_evidence(state: State, number: int, act: Act) -> None:
    """Scans and documents that came with an act, or were attached to it later."""
    state.evidence[number] = state.evidence.get(number, ()) + act.evidence
