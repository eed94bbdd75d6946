"""The summary: progress in three units, turnout, contradictions, and the table of stations."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record import acts
from tallyroom.tally.fold import fold
from tallyroom.tally.results import Results, percent
from tallyroom.tally.state import State
from tallyroom.tally.stations import station_table
from tallyroom.tally.summary import Summary
from tests.tally.village import REGISTERED, lines, village

AT = "2025-06-15T21:00:00+00:00"


def results(night: list[acts.AnyAct], **options: object) -> Results:
    state = State(village())
    fold(state, night)
    return Summary(state, state.contests["mayor"], "root", AT, **options).results(range(5))  # type: ignore[arg-type]


def protocol(station: int, a: int, b: int = 0, c: int = 0, invalid: int = 0, added: int = 0) -> acts.Protocol:
    figures = lines(a + b + c, invalid, REGISTERED[station - 1]) | {"voters_added": added}
    return acts.Protocol(
        at=AT, contest="mayor", station=f"S-{station:04d}", lines=figures, votes={"a": a, "b": b, "c": c}
    )


def accepted(*protocols: acts.Protocol) -> list[acts.AnyAct]:
    return [*protocols, acts.Accepted(at=AT, first=0, count=len(protocols))]


def turnout(hour: str, *voted: int | None) -> list[acts.AnyAct]:
    return [
        acts.Turnout(at=AT, station=f"S-{n:04d}", hour=hour, voted=number)
        for n, number in enumerate(voted, 1)
        if number is not None
    ]


def test_progress_is_given_in_stations_registered_voters_and_ballots() -> None:
    night = [
        *accepted(protocol(1, 40, 20), protocol(6, 100, 50, 10, 5)),
        *turnout("20:00", 60, 90, 100, 120, 130, 170),
    ]
    found = results(night).progress
    assert (found.stations.reported, found.stations.total, found.stations.percent) == (2, 6, "33.33")
    assert (found.registered.covered, found.registered.total, found.registered.percent) == (700, 2100, "33.33")
    assert (found.ballots.counted, found.ballots.cast) == (60 + 165, 60 + 90 + 100 + 120 + 130 + 165)


def test_ballots_cast_are_not_known_without_turnout_reports_until_all_stations_are_in() -> None:
    assert results(accepted(protocol(1, 40))).progress.ballots.cast is None
    complete = results(accepted(*(protocol(n, 10 * n) for n in range(1, 7))))
    assert complete.progress.ballots.cast == complete.progress.ballots.counted == 210


def test_the_four_counters_are_four_numbers() -> None:
    first, second, third = protocol(1, 40), protocol(2, 40), protocol(3, 40)
    night = [
        first,
        second,
        third,
        acts.Accepted(at=AT, first=0),
        acts.InReview(at=AT, protocol=1, failures=("E-01",)),
    ]
    counters = results(night).counters
    assert (counters.received, counters.in_review, counters.accepted, counters.published) == (3, 1, 1, 0)
    assert results(night, publishing=True).counters.published == 1


def test_turnout_of_an_hour_is_a_floor_while_stations_are_missing() -> None:
    some = results(turnout("12:00", 10, 20, None, 40, 50, 60)).turnout
    assert (some.voted, some.is_floor, some.by_time[0].stations) == (180, True, 5)
    every = results(turnout("12:00", 10, 20, 30, 40, 50, 60)).turnout
    assert (every.voted, every.percent, every.is_floor) == (210, "10.00", False)


def test_final_turnout_divides_by_the_register_with_the_additions_of_the_day() -> None:
    found = results(accepted(*(protocol(n, 10 * n, added=5) for n in range(1, 7)))).turnout
    assert (found.registered_opening, found.registered, found.voted) == (2100, 2130, 210)
    assert found.percent == "9.86"


def test_an_annulled_station_stays_reported_and_leaves_both_sums_of_turnout() -> None:
    night = accepted(*(protocol(n, 10 * n) for n in range(1, 7)))
    night.append(acts.Annulment(at=AT, contest="mayor", station="S-0006", supersedes=5, reason="court"))
    found = results(night)
    assert found.progress.stations.reported == 6
    assert (found.turnout.voted, found.turnout.registered) == (150, 1500)
    assert found.valid == 150
    assert results(night, basis="counted").valid == 210


def test_a_fall_in_turnout_is_listed_as_a_contradiction() -> None:
    found = results([*turnout("12:00", 50), *turnout("20:00", 40)]).contradictions
    assert [(one.code, one.act) for one in found] == [("turnout-fell", 1)]


@pytest.mark.parametrize(
    ("path", "announced", "ours"),
    [
        ("votes.a", 41, "40"),
        ("percent.a", "66.7", "66.7"),
        ("percent.a", "66.6", "66.7"),
        ("percent.a", "67", "67"),
        ("valid", 61, "60"),
        ("stations.reported", 2, "1"),
        ("stations.percent", "16.67", "16.67"),
        ("annulled", 1, "0"),
        ("turnout.12:00.voted", 9, None),
        ("nothing.known", 9, None),
    ],
)
def test_an_announced_figure_is_compared_as_it_was_announced(path: str, announced: int | str, ours: str | None) -> None:
    said = acts.Statement(
        at=AT, contest="mayor", kind="announcement", speaker="the commission", said_at="night", source="agency",
        text="announced", figures={path: announced},
    )  # fmt: skip
    found = results([*accepted(protocol(1, 40, 20)), said]).contradictions
    agrees = ours is None or str(announced) == ours
    assert [(one.what, one.ours, one.other) for one in found] == ([] if agrees else [(path, ours, str(announced))])


def test_a_statement_is_tied_to_the_snapshot_then_in_force() -> None:
    said = acts.Statement(at=AT, kind="concession", speaker="b", said_at="late", source="agency", text="concedes")
    published = acts.Publication(at=AT, number=1, snapshot=acts.Seen(2, "r"), files={})
    found = results([*accepted(protocol(1, 40)), published, said])
    assert [(one.by, one.snapshot_size) for one in found.statements] == [("b", 2)]


def test_a_reported_certification_makes_a_complete_count_certified_and_is_attributed() -> None:
    said = acts.Statement(at=AT, kind="certification", speaker="the court", said_at="later", source="gazette", text="x")
    complete = accepted(*(protocol(n, 10 * n) for n in range(1, 7)))
    found = results([*complete, said])
    assert (found.state, found.outcome.status, found.outcome.winner) == ("certified", "certified", "a")
    assert "the court" in found.outcome.why
    early = results([*accepted(protocol(1, 40)), said])
    assert (early.state, early.outcome.winner) == ("counting", None)


def test_equal_votes_share_a_rank() -> None:
    found = results(accepted(protocol(1, 20, 20, 5)))
    assert [(one.id, one.rank) for one in found.candidates] == [("a", 1), ("b", 1), ("c", 3)]
    assert found.outcome.leader is None


def test_areas_have_their_own_sums_at_every_level() -> None:
    found = {area.area_id: area for area in results(accepted(protocol(1, 40), protocol(3, 0, 30))).areas}
    assert (found["N"].stations_reported, found["N"].stations_total, found["N"].valid) == (2, 4, 70)
    assert (found["N1"].votes, found["N2"].votes) == ({"a": 40, "b": 0, "c": 0}, {"a": 0, "b": 30, "c": 0})
    assert found["S"].percent["a"] is None


def test_the_station_table_has_null_for_what_is_unread_or_not_accepted() -> None:
    unread = acts.Protocol(at=AT, contest="mayor", station="S-0002", lines=lines(7), votes={"a": None, "b": 3, "c": 4})
    state = State(village())
    fold(state, [protocol(1, 40), unread, acts.Accepted(at=AT, first=0, count=2), protocol(3, 9)])
    rows = station_table(state, state.contests["mayor"]).to_pylist()
    assert (rows[0]["region"], rows[0]["district"], rows[0]["v_a"], rows[0]["status"]) == (
        "N",
        "N1",
        40,
        "accepted",
    )
    assert (rows[1]["v_a"], rows[1]["v_b"]) == (None, 3)
    assert (rows[2]["v_a"], rows[2]["status"], rows[2]["act"]) == (None, "received", 3)
    assert all(row["data_origin"] == "synthetic" for row in rows)
    assert results([protocol(1, 40), unread, acts.Accepted(at=AT, first=0, count=2)]).unread == {"a": 1}


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_percentage_is_rounded_half_up_once_and_never_says_0_or_100_untruly(part: int, whole: int) -> None:
    part = min(part, whole)
    shown = percent(part, whole)
    share = Fraction(100 * part, whole)
    if shown == "<0.01":
        assert 0 < share < Fraction(1, 200)
    elif shown == ">99.99":
        assert Fraction(99_995, 1000) <= share < 100
    else:
        assert abs(Fraction(shown or "") - share) <= Fraction(1, 200)
        assert (shown == "0.00") == (part == 0)
        assert (shown == "100.00") == (part == whole)
