"""Small counts (Kireev): a candidate with many ones and twos in a commission's stations, and hardly a nought.

A commission in which more than 20 stations give a candidate exactly 1 vote, more than 20 exactly 2, and fewer than 10
give none is hard to get from votes cast one by one: noughts should be there as well.  The rule is exact and needs no
model; a candidate who is a little more popular everywhere fulfils it honestly, so the noughts that a Poisson
distribution through the ones and twos would have are shown beside those found.
"""

import msgspec
import numpy as np

from tallyroom.forensics.returns import Grouping, Returns

ONES, TWOS, NOUGHTS = 20, 20, 10


class SmallCount(msgspec.Struct, frozen=True):
    """A commission and candidate that meet the rule; poisson_noughts: ones^2 / (2 twos)."""

    area: str
    candidate: str
    stations: int
    noughts: int
    ones: int
    twos: int
    poisson_noughts: float


class SmallCounts(msgspec.Struct, frozen=True):
    """Commissions with enough stations to be looked at, times candidates, and those that meet the rule."""

    level: str
    looked_at: int
    found: tuple[SmallCount, ...]


def small_counts(returns: Returns, level: Grouping | None) -> SmallCounts | None:
    """The rule over every area of a level and every candidate; None without areas."""
    if level is None:
        return None
    size = len(level.names)
    stations = np.bincount(level.codes[level.codes >= 0], minlength=size)
    enough = stations > ONES + TWOS
    found = []
    for candidate, votes in returns.votes.items():
        noughts, ones, twos = (
            np.bincount(level.codes[(level.codes >= 0) & (votes == k)], minlength=size) for k in (0, 1, 2)
        )
        for area in np.flatnonzero((ones > ONES) & (twos > TWOS) & (noughts < NOUGHTS)).tolist():
            poisson = float(ones[area] ** 2 / (2 * twos[area]))
            counts = (int(stations[area]), int(noughts[area]), int(ones[area]), int(twos[area]))
            found.append(SmallCount(level.names[area], candidate, *counts, poisson))
    return SmallCounts(level.name, int(enough.sum()) * len(returns.votes), tuple(found))
