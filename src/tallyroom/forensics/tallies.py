"""Station sums beside a tally of areas that somebody else published: where they differ, and in which way.

A tally that leaves out late stations differs in few areas and in every candidate alike.  A column that was cut off when
a file was converted is short in most areas, and only that column.  The two are told apart, because neither is the
other, and neither is proof of anything worse.
"""

from collections.abc import Mapping

import msgspec
import numpy as np

from tallyroom.forensics.returns import Grouping, Returns, known

WHOLE_COLUMN = 0.5
"""A column is at fault as a whole where it is off, in one direction, in more than this share of the areas."""

Tally = Mapping[str, Mapping[str, int]]
"""Votes by area and candidate."""


class AreaDifference(msgspec.Struct, frozen=True):
    """Station sum less tally, for one area and candidate."""

    area: str
    candidate: str
    stations: int
    tally: int

    @property
    def difference(self) -> int:
        """Votes more in the station table."""
        return self.stations - self.tally


class ColumnFault(msgspec.Struct, frozen=True):
    """A candidate's column that is off in one direction in most areas: `areas` of them, `amount` votes in all."""

    candidate: str
    areas: int
    amount: int


class TallyComparison(msgspec.Struct, frozen=True):
    """Differences of single areas, columns at fault as a whole, and areas that only one side has."""

    areas: int
    differences: tuple[AreaDifference, ...]
    columns: tuple[ColumnFault, ...]
    not_in_tally: tuple[str, ...]
    not_in_table: tuple[str, ...]


def compare_tally(returns: Returns, level: Grouping, tally: Tally) -> TallyComparison:
    """The sums of the stations of each area of a level beside a tally by the areas' names."""
    names = [name.rpartition(" / ")[2] for name in level.names]
    common = [area for area, name in enumerate(names) if name in tally]
    differences: list[AreaDifference] = []
    columns = []
    for candidate, votes in returns.votes.items():
        there = level.codes >= 0
        sums = np.bincount(level.codes[there], known(votes)[there], len(names)).astype(np.int64).tolist()
        pairs = [(names[area], sums[area], tally[names[area]].get(candidate)) for area in common]
        off = [AreaDifference(name, candidate, ours, t) for name, ours, t in pairs if t is not None and ours != t]
        fault = _column(candidate, off, len(common))
        if fault:
            columns.append(fault)
        else:
            differences += off
    return TallyComparison(
        areas=len(common),
        differences=tuple(sorted(differences, key=lambda each: -abs(each.difference))),
        columns=tuple(columns),
        not_in_tally=tuple(name for name in names if name not in tally),
        not_in_table=tuple(name for name in tally if name not in set(names)),
    )


def _column(candidate: str, off: list[AreaDifference], areas: int) -> ColumnFault | None:
    for sign in (-1, 1):
        same = [each for each in off if each.difference * sign > 0]
        if areas and len(same) > WHOLE_COLUMN * areas:
            return ColumnFault(candidate, len(same), sum(each.difference for each in off))
    return None
