"""Turnout of the day that may be a slip of the pen: it fell, it exceeds the register, it is unlike the area's.

Nothing here says that a figure is wrong.  A doubtful report is asked about, and enters with a written reason.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.election.definition import Definition
from tallyroom.tally.state import State

Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

GROUP = 6
"""Reports of an area for an hour, this one among them, before one can be far from their middle."""

POINTS = 0.15
"""A share of the register within so much of the area's middle is never far from it."""

SPREADS = 4.0
"""Further out, a share is far when it is more than so many normal spreads from the middle (1.4826 times the median
of the distances, as in Rousseeuw and Croux, JASA 88, 1993)."""


class Doubt(NamedTuple):
    """One thing to ask about: fell, above_later, above_register, far_from_area or replaces; and the figure that the
    report is held against (of `far_from_area`, what the area's middle would give here)."""

    code: str
    against: int


def doubts(
    state: State, station: int, hour: str, voted: int, beside: Mapping[str, int] | None = None
) -> tuple[Doubt, ...]:
    """Everything doubtful in a report of `voted` voters by a fixed hour, at a station's position; () if nothing is.

    beside: what the same table says of the station's hours; the earlier ones are taken from there.  Raises
    ValueError where there is no such hour.
    """
    place = state.turnout.hours.index(hour)
    row = state.turnout.voted[station].copy()
    for other, figure in (beside or {}).items():
        if state.turnout.hours.index(other) < place:
            row[state.turnout.hours.index(other)] = figure
    before, later = row[:place], row[place + 1 :]
    found = []
    if place and voted < before.max():
        found.append(Doubt("fell", int(before.max())))
    if (known := later[later >= 0]).size and voted > known.min():
        found.append(Doubt("above_later", int(known.min())))
    register = int(state.definition.stations.registered[station])
    if voted > register >= 0:
        found.append(Doubt("above_register", register))
    column = state.turnout.voted[:, place].copy()
    column[station] = voted
    home = int(state.definition.stations.area[station])
    if register > 0 and (bounds := _bounds(state.definition, column, home, _within(state.definition))) is not None:
        middle, most = bounds
        if abs(voted / register - middle) > most:
            found.append(Doubt("far_from_area", round(middle * register)))
    if row[place] >= 0 and row[place] != voted:
        found.append(Doubt("replaces", int(row[place])))
    return tuple(found)


def doubtful(state: State, wanted: Mask) -> Mask:
    """Which reports that stand are doubtful, shape (stations, hours): those for which `doubts` has something to say.

    wanted: the stations that are asked about, shape (stations,); False for all others.
    """
    voted, register = state.turnout.voted, state.definition.stations.registered
    known = voted >= 0
    earlier = np.maximum.accumulate(np.where(known, voted, -1), axis=1)
    later = np.minimum.accumulate(np.where(known, voted, _MOST)[:, ::-1], axis=1)[:, ::-1]
    found = (voted < earlier) | (voted > later) | ((voted > register[:, None]) & (register[:, None] >= 0))
    within = _within(state.definition)
    for place in range(voted.shape[1]):
        found[:, place] |= _far(state.definition, voted[:, place], wanted, within)
    flags: Mask = found & known & wanted[:, None]
    return flags


_MOST = np.iinfo(np.int64).max


def _far(definition: Definition, column: Column, wanted: Mask, within: Mask) -> Mask:
    """Which of one hour's reports are far from the middle of their areas, shape (stations,)."""
    stations = definition.stations
    asked = (column >= 0) & (stations.registered > 0) & wanted
    found = np.zeros(len(stations), np.bool_)
    for home in np.unique(stations.area[asked]).tolist():
        if (bounds := _bounds(definition, column, home, within)) is not None:
            middle, most = bounds
            own = asked & (stations.area == home)
            found[own] = np.abs(column[own] / stations.registered[own] - middle) > most
    return found


def _bounds(definition: Definition, column: Column, home: int, within: Mask) -> tuple[float, float] | None:
    """Middle share of the smallest area around `home` with enough reports, and how far from it is not far yet."""
    registered = definition.stations.registered
    usable = (column >= 0) & (registered > 0)
    for area in definition.areas.chains[home][:-1].tolist():
        inside = usable & within[area, definition.stations.area]
        if inside.sum() >= GROUP:
            shares = column[inside] / registered[inside]
            middle = float(np.median(shares))
            return middle, max(POINTS, SPREADS * 1.4826 * float(np.median(np.abs(shares - middle))))
    return None


def _within(definition: Definition) -> Mask:
    """Whether an area (row) is another one (column) or has it in it, shape (areas, areas)."""
    found = np.zeros((len(definition.areas),) * 2, np.bool_)
    for position, chain in enumerate(definition.areas.chains):
        found[chain[:-1], position] = True
    return found
