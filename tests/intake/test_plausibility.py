"""Turnout reports that are asked about before they enter, and those that are not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.areas import Area, Areas
from tallyroom.election.stations import Stations
from tallyroom.intake.plausibility import Doubt, doubtful, doubts
from tallyroom.record.acts import Turnout
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State
from tests.tally.village import village


def state(*reports: tuple[str, str, int], stations: int = 6) -> State:
    """Stations of 1,000 voters in one area, of the hours 12:00 and 20:00, after some reports."""
    ids = tuple(f"S-{n:04d}" for n in range(1, stations + 1))
    register, areas = np.full(stations, 1000), Areas((Area("A", "Area", "district"),))
    places = Stations(ids, ids, ("ordinary",) * stations, np.zeros(stations, np.int64), register, {})
    found = State(replace(village(), areas=areas, stations=places))
    at = "2025-06-15T12:00:00+00:00"
    fold(found, [Turnout(at=at, station=station, hour=hour, voted=voted) for station, hour, voted in reports])
    return found


@pytest.mark.parametrize(
    ("hour", "voted", "expected"),
    [
        ("20:00", 400, ()),
        ("20:00", 399, (Doubt("fell", 400),)),
        ("20:00", 1000, ()),
        ("20:00", 1001, (Doubt("above_register", 1000),)),
        ("12:00", 401, (Doubt("replaces", 400),)),
        ("12:00", 400, ()),
    ],
)
def test_against_the_own_register_and_hours(hour: str, voted: int, expected: tuple[Doubt, ...]) -> None:
    assert doubts(state(("S-0001", "12:00", 400)), 0, hour, voted) == expected


def test_an_earlier_hour_reported_late_may_not_exceed_a_later_one() -> None:
    late = state(("S-0001", "20:00", 400))
    assert doubts(late, 0, "12:00", 401) == (Doubt("above_later", 400),)
    assert doubts(late, 0, "12:00", 400) == ()


def others(count: int) -> State:
    """S-0002 and those that follow have reported shares from 40 % upward, a point apart."""
    reports = [(f"S-{n:04d}", "12:00", 400 + 10 * (n - 2)) for n in range(2, count + 2)]
    return state(*reports, stations=count + 1)


@pytest.mark.parametrize(("voted", "middle"), [(574, None), (576, 425), (266, None), (264, 415)])
def test_far_from_the_area_is_more_than_fifteen_points_from_its_middle(voted: int, middle: int | None) -> None:
    assert doubts(others(5), 0, "12:00", voted) == (() if middle is None else (Doubt("far_from_area", middle),))


@given(st.lists(st.lists(st.integers(-1, 12), min_size=2, max_size=2), min_size=9, max_size=9), st.integers(0, 8))
def test_the_board_flags_exactly_what_a_report_would_be_asked_about(rows: list[list[int]], nobody: int) -> None:
    reports = [(f"S-{n:04d}", hour, 80 * voted) for n, row in enumerate(rows, 1)
               for hour, voted in zip(("12:00", "20:00"), row, strict=True) if voted >= 0]  # fmt: skip
    found = state(*reports, stations=9)
    found.definition.stations.registered[nobody] = -1
    for place, row in enumerate(doubtful(found, np.ones(9, np.bool_)).tolist()):
        for hour, flag in zip(found.turnout.hours, row, strict=True):
            voted = int(found.turnout.voted[place, found.turnout.hours.index(hour)])
            assert flag == (voted >= 0 and bool(doubts(found, place, hour, voted)))


def test_four_other_reports_are_too_few_to_be_far_from() -> None:
    assert doubts(others(4), 0, "12:00", 999) == ()


def test_an_unknown_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        doubts(state(), 0, "13:00", 1)


def test_a_station_without_register_is_held_only_against_itself() -> None:
    found = others(5)
    found.definition.stations.registered[0] = -1
    assert doubts(found, 0, "12:00", 9999) == ()
