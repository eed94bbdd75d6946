"""The board of polling day: which stations opened and closed, and what turnout they have reported, area by area."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.election.areas import Area
from tallyroom.intake.plausibility import Doubt, doubtful, doubts
from tallyroom.tally.contest import Status
from tallyroom.tally.results import percent
from tallyroom.tally.state import State

Mask = npt.NDArray[np.bool_]


class HourRow(NamedTuple):
    """Turnout at a fixed hour: voters so far, their share of the register of the stations that reported, how many
    stations that are, and how many have not reported."""

    hour: str
    voted: int
    percent: str | None
    stations: int
    missing: int


class AreaRow(NamedTuple):
    """An area, or the whole (area is None): stations, of these not opened, open and closed, and turnout by hour."""

    area: Area | None
    stations: int
    not_opened: int
    open: int
    closed: int
    hours: tuple[HourRow, ...]


class CountRow(NamedTuple):
    """How many stations' forms of a contest are expected, received (all that arrived), in review, accepted, published
    (accepted when the last snapshot was made; None below the whole, which nobody counts)."""

    contest: str
    stations: int
    received: int
    in_review: int
    accepted: int
    published: int | None


class HourCell(NamedTuple):
    """A station's report for a fixed hour: voters, or None where there is none; and what is doubtful in it."""

    hour: str
    voted: int | None
    percent: str | None
    doubts: tuple[Doubt, ...]


class StationRow(NamedTuple):
    """A station: position, id, name, area, register (None: it has none), whether it opened and closed, its turnout."""

    place: int
    id: str
    name: str
    area_id: str
    registered: int | None
    opened: bool
    closed: bool
    hours: tuple[HourCell, ...]

    @property
    def doubtful(self) -> bool:
        """Whether anything in its reports is doubtful."""
        return any(cell.doubts for cell in self.hours)


def inside(state: State, area_id: str) -> Mask:
    """Which stations lie in an area, all for ""; shape (stations,)."""
    definition = state.definition
    if not area_id:
        return np.ones(len(definition.stations), np.bool_)
    wanted = definition.areas.index[area_id]
    below = [position for position, chain in enumerate(definition.areas.chains) if wanted in chain]
    return np.isin(definition.stations.area, below)


def area_row(state: State, area_id: str) -> AreaRow:
    """One area's row, that of the whole for ""."""
    areas, mask = state.definition.areas, inside(state, area_id)
    closed = state.closed & mask
    opened = (state.opened | state.closed) & mask  # one that closed was open, whether anybody said so or not
    total = int(mask.sum())
    return AreaRow(
        areas.areas[areas.index[area_id]] if area_id else None,
        total,
        total - int(opened.sum()),
        int(opened.sum() - closed.sum()),
        int(closed.sum()),
        tuple(_hour_row(state, place, mask) for place in range(len(state.turnout.hours))),
    )


def _hour_row(state: State, place: int, mask: Mask) -> HourRow:
    voted = state.turnout.voted[:, place]
    reported = mask & (voted >= 0)
    register = int(state.definition.stations.register[reported].sum())
    total, stations = int(voted[reported].sum()), int(reported.sum())
    return HourRow(state.turnout.hours[place], total, percent(total, register), stations, int(mask.sum()) - stations)


def count_row(state: State, contest: str, area_id: str) -> CountRow:
    """How far the forms of a contest have come in an area, or ("") in the whole."""
    status = state.contests[contest].status[inside(state, area_id)]
    return CountRow(
        state.contests[contest].contest.name,
        len(status),
        int((status != Status.EXPECTED).sum()),
        int((status == Status.IN_REVIEW).sum()),
        int((status >= Status.ACCEPTED).sum()),
        None if area_id else state.published[contest],
    )


def areas_below(state: State, area_id: str) -> list[AreaRow]:
    """The rows of the areas that lie directly in an area, or of the widest areas for ""."""
    return [area_row(state, area.id) for area in state.definition.areas.areas if area.parent_id == area_id]


def station_rows(state: State, area_id: str, only_doubtful: bool = False) -> list[StationRow]:
    """The stations of an area and of those in it, in the order of the definition; or those with doubtful reports."""
    mask = inside(state, area_id)
    flags = doubtful(state, mask)
    wanted = mask & flags.any(axis=1) if only_doubtful else mask
    return [_station_row(state, place, flags[place]) for place in np.flatnonzero(wanted).tolist()]


def station_row(state: State, place: int) -> StationRow:
    """One station's row, by its position."""
    own = np.zeros(len(state.definition.stations), np.bool_)
    own[place] = True
    return _station_row(state, place, doubtful(state, own)[place])


def _station_row(state: State, place: int, flags: Mask) -> StationRow:
    stations, registered = state.definition.stations, int(state.definition.stations.registered[place])
    return StationRow(
        place,
        stations.ids[place],
        stations.names[place],
        state.definition.areas.areas[int(stations.area[place])].id,
        None if registered < 0 else registered,
        bool(state.opened[place] or state.closed[place]),
        bool(state.closed[place]),
        tuple(_cell(state, place, hour, registered, flag) for hour, flag in enumerate(flags.tolist())),
    )


def _cell(state: State, place: int, hour: int, registered: int, flag: bool) -> HourCell:
    voted, name = int(state.turnout.voted[place, hour]), state.turnout.hours[hour]
    if voted < 0:
        return HourCell(name, None, None, ())
    share = percent(voted, registered) if registered > 0 else None
    return HourCell(name, voted, share, doubts(state, place, name, voted) if flag else ())
