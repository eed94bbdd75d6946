"""Turnout of the day that may be a slip of the pen: it fell, it exceeds the register, it is unlike the area's.

Nothing here says that a figure is wrong.  A doubtful report is asked about, and enters with a written reason.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.tally.state import State

NEIGHBOURS = 5
"""Stations that must have reported the hour before one of them can be far from the others."""

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
    if (expected := _middle(state, station, place, voted)) is not None:
        found.append(Doubt("far_from_area", expected))
    if row[place] >= 0 and row[place] != voted:
        found.append(Doubt("replaces", int(row[place])))
    return tuple(found)


def _middle(state: State, station: int, place: int, voted: int) -> int | None:
    """Where a report is far from those of its area: the figure that the area's middle share would give here."""
    register = int(state.definition.stations.registered[station])
    shares = _shares(state, station, place)
    if register <= 0 or shares is None:
        return None
    middle = float(np.median(shares))
    spread = 1.4826 * float(np.median(np.abs(shares - middle)))
    far = abs(voted / register - middle) > max(POINTS, SPREADS * spread)
    return round(middle * register) if far else None


def _shares(state: State, station: int, place: int) -> npt.NDArray[np.float64] | None:
    """Shares of the register that the smallest area with enough other reports has given for the hour."""
    definition = state.definition
    voted, registered = state.turnout.voted[:, place], definition.stations.registered
    usable = (voted >= 0) & (registered > 0)
    usable[station] = False
    home = int(definition.stations.area[station])
    for area in definition.areas.chains[home][:-1].tolist():
        inside = usable & np.isin(definition.stations.area, _below(state, area))
        if inside.sum() >= NEIGHBOURS:
            return voted[inside] / registered[inside]
    return None


def _below(state: State, area: int) -> list[int]:
    """Positions of an area and of all areas in it."""
    return [position for position, chain in enumerate(state.definition.areas.chains) if area in chain]
