"""Sums over areas: one row of totals for each area and one for the whole, kept current as stations come in."""

import numpy as np
import numpy.typing as npt

from tallyroom.election.areas import Areas

Rows = npt.NDArray[np.int64]
"""Whole numbers, int64; shape (stations, columns) or (stations,)."""


class AreaSums:
    """Totals of shape (areas + 1, columns): a station's row is added to its area and every area above it.

    Row `len(areas)` is the whole.  Adding is exact and in any order gives the same totals.
    """

    def __init__(self, areas: Areas, columns: int) -> None:
        self._chains = areas.chains
        self.values: Rows = np.zeros((len(areas) + 1, columns), np.int64)

    @property
    def whole(self) -> Rows:
        """The totals of the whole, shape (columns,)."""
        row: Rows = self.values[-1]
        return row

    def add_one(self, area: int, row: Rows | int) -> None:
        """Add one station's row of `area`; a correction adds the difference."""
        np.add.at(self.values, self._chains[area], row)

    def add(self, areas: Rows, rows: Rows) -> None:
        """Add many stations at once: `areas` of shape (n,), `rows` of shape (n, columns)."""
        if len(areas) == 1:
            self.add_one(int(areas[0]), rows[0])
            return
        present, group = np.unique(areas, return_inverse=True)
        sums = np.zeros((len(present), self.values.shape[1]), np.int64)
        for column in range(sums.shape[1]):  # numpy adds scattered numbers several times as fast as rows
            np.add.at(sums[:, column], group, rows[:, column])
        for area, total in zip(present.tolist(), sums, strict=True):
            self.add_one(area, total)
