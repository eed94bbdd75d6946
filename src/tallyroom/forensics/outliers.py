"""Outliers: stations far from their neighbours, by median and median absolute deviation, with both signs.

Such rules flag stations in every election.  What they mean can only be seen beside three things, all given here: flags
in the other direction, flags among groups made at random (the placebo), and flags of earlier elections.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.binomial import two_sided_p
from tallyroom.forensics.multiplicity import discoveries
from tallyroom.forensics.returns import Flags, Floats, Grouping, Ints, Returns

SMALLEST_GROUP = 8
NORMAL = 1.4826
"""A median absolute deviation times this is the standard deviation of a normal distribution."""


class Outliers(msgspec.Struct, frozen=True):
    """Stations above and below their group by more than 2 and 3 robust deviations, with the placebo's.

    discoveries_above, discoveries_below: those left when the false discovery rate is held to 5 %, if deviations were
    normal, which they are not quite.
    """

    candidate: str
    grouping: str
    stations: int
    above_two: int
    below_two: int
    above_three: int
    below_three: int
    placebo_above_three: int
    placebo_below_three: int
    discoveries_above: int
    discoveries_below: int
    examples_above: tuple[str, ...]
    examples_below: tuple[str, ...]


class _Grouped(NamedTuple):
    z: Floats
    rows: Ints


def outliers(returns: Returns, candidate: str, group: Grouping | None, seed: int = 42) -> Outliers | None:
    """The rule for one candidate's share; None without groups that are large enough."""
    if group is None:
        return None
    votes, valid = returns.votes[candidate], returns.valid
    rows = np.flatnonzero((group.codes >= 0) & (valid > 0) & (votes >= 0))
    share, code = votes[rows] / np.maximum(valid[rows], 1), group.codes[rows]
    found = _robust(share, code, len(group.names))
    if not len(found.z):
        return None
    placebo = _robust(np.random.default_rng((seed, 9)).permutation(share), code, len(group.names))
    flagged = discoveries(two_sided_p(found.z))
    return Outliers(
        candidate=candidate,
        grouping=group.name,
        stations=len(found.z),
        above_two=int((found.z > 2).sum()),
        below_two=int((found.z < -2).sum()),
        above_three=int((found.z > 3).sum()),
        below_three=int((found.z < -3).sum()),
        placebo_above_three=int((placebo.z > 3).sum()),
        placebo_below_three=int((placebo.z < -3).sum()),
        discoveries_above=int((flagged & (found.z > 0)).sum()),
        discoveries_below=int((flagged & (found.z < 0)).sum()),
        examples_above=_furthest(returns, found, rows, flagged, 1),
        examples_below=_furthest(returns, found, rows, flagged, -1),
    )


def _furthest(returns: Returns, found: _Grouped, rows: Ints, flagged: Flags, sign: int) -> tuple[str, ...]:
    order = np.argsort(-sign * found.z, kind="stable")[:10]
    return tuple(
        returns.station_ids[int(rows[found.rows[place]])]
        for place in order.tolist()
        if flagged[place] and found.z[place] * sign > 0
    )


def _robust(x: Floats, code: Ints, groups: int) -> _Grouped:
    """Robust deviations of the members of groups that are large enough and have a spread."""
    many = np.bincount(code, minlength=groups)
    rows = np.flatnonzero(many[code] >= SMALLEST_GROUP)
    x, code = x[rows], code[rows]
    deviation = x - _medians(x, code, groups)[code]
    spread = NORMAL * _medians(np.abs(deviation), code, groups)[code]
    keep = spread > 0
    return _Grouped(deviation[keep] / spread[keep], rows[keep])


def _medians(x: Floats, code: Ints, groups: int) -> Floats:
    """Median of each group, 0 for an empty one."""
    order = np.lexsort((x, code))
    many = np.bincount(code, minlength=groups)
    first = np.cumsum(many) - many
    there = np.flatnonzero(many)
    low = x[order[first[there] + (many[there] - 1) // 2]]
    high = x[order[first[there] + many[there] // 2]]
    found = np.zeros(groups)
    found[there] = (low + high) / 2
    return found
