"""History: what changed since the last snapshot, and since which snapshot each area is as it is."""

import numpy as np

from tallyroom.record import acts
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State
from tests.tally.village import REGISTERED, lines, village

AT = "2025-06-15T21:00:00+00:00"
AREAS = ("N", "N1", "N2", "S", "S1", "country")


def protocol(station: int, *votes: int) -> acts.Protocol:
    figures = lines(sum(votes), 0, REGISTERED[station - 1])
    return acts.Protocol(
        at=AT, contest="mayor", station=f"S-{station:04d}", lines=figures, votes=dict(zip("abc", votes, strict=True))
    )


def publication(state: State) -> acts.Publication:
    return acts.Publication(
        at=AT, number=len(state.publications) + 1, snapshot=acts.Seen(state.size, f"root {state.size}"), files={}
    )


def since(state: State) -> dict[str, int]:
    return dict(zip(AREAS, state.history["mayor"].since.tolist(), strict=True))


def changed(state: State) -> list[int]:
    history = state.history["mayor"]
    return (np.flatnonzero(history.changed(state.marks("mayor"))) + 1).tolist()


def test_before_the_first_snapshot_everything_has_changed() -> None:
    state = State(village())
    assert changed(state) == [1, 2, 3, 4, 5, 6]
    assert state.history["mayor"].changed_areas(np.zeros(6, np.bool_)).all()


def test_each_kind_of_act_of_a_station_changes_it_and_the_areas_above() -> None:
    state = State(village())
    night: list[acts.AnyAct] = [
        acts.Opened(at=AT, station="S-0001"),
        acts.Turnout(at=AT, station="S-0003", hour="12:00", voted=5),
        acts.Turnout(at=AT, station="S-0003", hour="12:00", voted=6),
        acts.Closed(at=AT, station="S-0005"),
        acts.Received(at=AT, contest="mayor", station="S-0002"),
        protocol(2, 1, 2, 3),
    ]
    fold(state, [publication(state)])
    for act in night:
        station = int(act.station[-1])  # type: ignore[union-attr]
        fold(state, [act])
        assert changed(state) == [station]
        number = len(state.publications) + 1
        fold(state, [publication(state)])
        assert changed(state) == []
        area = ("N1", "N1", "N2", "N2", "S1", "S1")[station - 1]
        assert since(state)[area] == since(state)[area[0]] == since(state)["country"] == number
    assert since(state) == {"N": 7, "N1": 7, "N2": 4, "S": 5, "S1": 5, "country": 7}


def test_corrections_and_annulments_change_a_station() -> None:
    state = State(village())
    fold(state, [protocol(1, 1, 2, 3), protocol(6, 1, 1, 1), acts.Accepted(at=AT, first=0, count=2)])
    fold(state, [publication(state)])
    correction = acts.Correction(
        at=AT,
        contest="mayor",
        station="S-0001",
        lines=lines(7),
        votes={"a": 2, "b": 2, "c": 3},
        supersedes=0,
        reason="miscounted",
    )
    fold(state, [correction])
    assert changed(state) == [1]
    fold(state, [publication(state)])
    fold(state, [acts.Annulment(at=AT, contest="mayor", station="S-0006", supersedes=1, reason="box broken")])
    assert changed(state) == [6]
    fold(state, [publication(state)])
    assert not state.breaches
    assert since(state) == {"N": 2, "N1": 2, "N2": 1, "S": 3, "S1": 3, "country": 3}


def test_the_last_snapshot_is_kept_whole_and_those_before_without_what_grows() -> None:
    state = State(village())
    fold(state, [protocol(1, 5, 2, 3), acts.Accepted(at=AT, first=0)])
    fold(state, [publication(state)])
    fold(state, [protocol(2, 1, 2, 3)])
    fold(state, [publication(state)])
    first, last = state.history["mayor"].results
    assert (first.snapshot.size, first.snapshot.root, first.valid, first.areas) == (2, "root 2", 10, ())
    assert [area.valid for area in last.areas] == [10, 10, 0, 0, 0]
    assert (first.counters.published, last.counters.received) == (1, 2)


def test_a_call_is_told_everywhere_and_changes_no_area() -> None:
    state = State(village())
    fold(state, [publication(state)])
    history = state.history["mayor"]
    assert history.told_since == 1
    fold(state, [publication(state)])
    assert history.told_since == 1
    fold(state, [acts.Call(at=AT, contest="mayor", candidate="a", by="desk-1")])
    assert changed(state) == []
    fold(state, [publication(state)])
    assert (history.told_since, since(state)["country"]) == (3, 1)


def test_the_second_act_of_a_snapshot_changes_nothing() -> None:
    state = State(village())
    fold(state, [publication(state)])
    second = acts.Publication(at=AT, number=1, snapshot=acts.Seen(0, "root 0"), files={"stations.csv": "00"})
    fold(state, [second])
    assert len(state.history["mayor"].results) == 1
