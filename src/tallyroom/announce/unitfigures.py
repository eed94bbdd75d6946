"""Unit figures: what each station, each area and the country has, added up anew from the station table.

Feeds take their figures from here and not from the totals of the count, so that the check of a feed holds two
independent sums against each other.  A station counts with what stands: nothing before acceptance, nothing
once annulled; a figure that could not be read adds nothing and is not shown.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tallyroom.election.definition import Contest, Definition
from tallyroom.tally.sums import AreaSums, Rows

REPORTED = ("accepted", "annulled")
MEASURES = ("ballots", "invalid", "voted", "reported", "stations", "registered")
"""Columns after the candidates'.  ballots: found in the boxes.  voted: ballots issued, else found.  reported and
stations count stations; registered is the opening register."""

Known = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class UnitFigures:
    """Figures of one contest, columns as `columns` names them.

    stations: shape (stations, columns).  known: same shape, whether a figure is there to be shown.
    areas: shape (areas + 1, columns), the country last.  status: of each station's protocol.
    """

    columns: tuple[str, ...]
    stations: Rows
    known: Known
    areas: Rows
    status: list[str]

    def column(self, name: str) -> int:
        """The position of a candidate or measure."""
        return self.columns.index(name)


def unit_figures(definition: Definition, contest: Contest, table: pa.Table) -> UnitFigures:
    """The figures of all units from the station table of a contest."""
    status = table["status"].to_pylist()
    stands = np.array([one == "accepted" for one in status], np.bool_)
    columns = (*contest.candidate_ids, *MEASURES)
    found = [_column(table, f"v_{candidate}") for candidate in contest.candidate_ids]
    ballots, valid, invalid = _column(table, "ballots"), _column(table, "valid"), _column(table, "invalid")
    issued = _column(table, "issued")
    if valid is None:
        valid = _plus(*found)
    found.append(ballots if ballots is not None else _plus(valid, invalid))
    found += [invalid, issued if issued is not None else found[-1]]
    rows, known = _stacked(found, len(status))
    rows, known = np.where(stands[:, None], rows, 0), known & stands[:, None]
    reported = np.array([one in REPORTED for one in status], np.int64)
    register = definition.stations.register
    counts = np.stack([reported, np.ones_like(reported), register], axis=1)
    rows = np.concatenate([rows, counts], axis=1)
    known = np.concatenate([known, np.ones_like(counts, np.bool_)], axis=1)
    known[:, -1] = definition.stations.registered >= 0
    sums = AreaSums(definition.areas, len(columns))
    sums.add(definition.stations.area, rows)
    return UnitFigures(columns, rows, known, sums.values, status)


_Column = tuple[Rows, Known] | None


def _column(table: pa.Table, name: str) -> _Column:
    """A column of whole numbers, 0 where unread; None where the table has no such column."""
    if name not in table.column_names:
        return None
    column = table[name].combine_chunks()
    known = column.is_valid().to_numpy(zero_copy_only=False)
    return column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64), known


def _plus(*columns: _Column) -> _Column:
    """The sum of the columns that there are; known where all of them are."""
    there = [column for column in columns if column is not None]
    if not there:
        return None
    return np.sum([rows for rows, _ in there], axis=0), np.all([known for _, known in there], axis=0)


def _stacked(columns: list[_Column], stations: int) -> tuple[Rows, Known]:
    none = np.zeros(stations, np.int64), np.zeros(stations, np.bool_)
    rows, known = zip(*(none if column is None else column for column in columns), strict=True)
    return np.stack(rows, axis=1), np.stack(known, axis=1)
