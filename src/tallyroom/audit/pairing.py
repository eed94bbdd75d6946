"""Pairing: both sides of every station that has a copy, as arrays of figures.

Several copies of one station speak as one where no two of them differ in a figure that both could read; where two
do, the station is in conflict and neither is taken for right.  A figure that is unread on one side is compared with
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tallyroom.audit.findings import NotComparable
from tallyroom.audit.source import UNREAD, Flags, Meanings, Rows, Source
from tallyroom.election.fault import BadInput, Fault
from tallyroom.election.table import COUNTS, PREFIX

UNKNOWN, EMPTY = -1, -2
"""Instead of a station: a copy of a station that is not published, a row that gives no figure."""

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Pairing:
    """m stations with a copy, of n that are published; k figures are compared.

    columns: of the station table, length k.  every: the published figures of all stations, (n, k).  own: the
    figures of each row of the copies, (rows, k).  at: the station of each row, UNKNOWN or EMPTY, (rows,).
    order: rows of copies by station; first: where in it each station begins, (m,).  station: row of each in the
    published table, ascending, (m,).  copy: what its copies say, (m, k).  clash: where they disagree, (m, k).
    absent: figures that only one side gives.
    """

    source: Source
    copies: Source
    columns: tuple[str, ...]
    absent: tuple[NotComparable, ...]
    every: Rows
    own: Rows
    at: Rows
    order: Rows
    first: Rows
    station: Rows
    copy: Rows
    clash: Flags

    @cached_property
    def covered(self) -> Flags:
        """Stations that have a copy, (n,)."""
        found: Flags = np.zeros(len(self.source), np.bool_)
        found[self.station] = True
        return found

    @cached_property
    def published(self) -> Rows:
        """The published figures of the stations that have a copy, (m, k)."""
        found: Rows = self.every[self.station]
        return found

    @cached_property
    def conflict(self) -> Flags:
        """Stations whose copies disagree among themselves, (m,)."""
        found: Flags = np.any(self.clash, axis=1)
        return found

    @cached_property
    def given(self) -> Flags:
        """Stations with a published protocol, (m,)."""
        found: Flags = self.source.given[self.station]
        return found

    @cached_property
    def spoken(self) -> Flags:
        """Stations that are compared: published, and with copies that speak as one, (m,)."""
        return self.given & ~self.conflict

    @cached_property
    def both(self) -> Flags:
        """Figures that both sides give, at the stations that are compared, (m, k)."""
        found: Flags = self.spoken[:, None] & (self.published != UNREAD) & (self.copy != UNREAD)
        return found

    @cached_property
    def unread(self) -> Flags:
        """Published figures that the copy leaves unread, at the stations that are compared, (m, k)."""
        found: Flags = self.spoken[:, None] & (self.published != UNREAD) & (self.copy == UNREAD)
        return found

    @cached_property
    def gain(self) -> Rows:
        """Published figure less the copy's, 0 where one is unread, (m, k)."""
        return np.where(self.both, self.published - self.copy, 0)

    @cached_property
    def differs(self) -> Flags:
        """Stations with a figure that differs, (m,)."""
        found: Flags = np.any(self.gain != 0, axis=1)
        return found

    def rows(self, m: int) -> list[int]:
        """Rows of the copies of the station at position m."""
        end = self.first[m + 1] if m + 1 < len(self.first) else len(self.order)
        found: list[int] = self.order[self.first[m] : end].tolist()
        return found

    def places(self, m: int) -> tuple[str, ...]:
        """Where the copies of the station at position m stand."""
        return tuple(self.copies.place(row) for row in self.rows(m))


def pair(published: Source, copies: Source, names: Mapping[str, str]) -> Pairing:
    """Both sides put together; names: ids of candidates in the copies by those published, where they differ.

    Raises BadInput where the two have no station or no candidate in common.
    """
    common, others = _candidates(published, copies, names)
    columns = (*COUNTS, *(PREFIX + candidate for candidate in common))
    every = published.figures(columns)
    own = copies.figures((*COUNTS, *(PREFIX + other for other in common.values())))
    for column in Meanings._fields:
        if getattr(published.meanings, column) != getattr(copies.meanings, column):
            own[:, columns.index(column)] = UNREAD
    ours, theirs = np.any(every != UNREAD, axis=0), np.any(own != UNREAD, axis=0)
    one_sided = [
        NotComparable(columns[place], "copies" if ours[place] else "published")
        for place in np.flatnonzero(ours != theirs).tolist()
    ]
    kept = np.flatnonzero(ours & theirs)
    at = _stations(published, copies)
    order = np.argsort(at, kind="stable")
    order = order[at[order] >= 0]
    station, first = np.unique(at[order], return_index=True)
    own = own[:, kept]
    high = np.maximum.reduceat(own[order], first, axis=0)
    low = np.minimum.reduceat(np.where(own == UNREAD, _NEVER, own)[order], first, axis=0)
    return Pairing(
        source=published,
        copies=copies,
        columns=tuple(columns[place] for place in kept.tolist()),
        absent=(*one_sided, *others),
        every=every[:, kept],
        own=own,
        at=at,
        order=order,
        first=first,
        station=station,
        copy=high,
        clash=(high != UNREAD) & (high != low),
    )


def _candidates(
    published: Source, copies: Source, names: Mapping[str, str]
) -> tuple[dict[str, str], list[NotComparable]]:
    """Candidates of both sides, the copies' ids by those published, and those that only one side has."""
    ours, theirs = published.table.candidates, copies.table.candidates
    common = {one: other for one in ours if (other := names.get(one, one)) in theirs}
    strangers = [one for one in names if one not in ours] + [one for one in names.values() if one not in theirs]
    if strangers or not common:
        what = f"there is no candidate {strangers[0]!r}" if strangers else "the two have no candidate in common"
        mend = f"Published are {', '.join(ours)}; in the copies {', '.join(theirs)}"
        raise BadInput([Fault(copies.name, None, "candidates", what, mend)])
    absent = [NotComparable(PREFIX + one, "copies") for one in ours if one not in common]
    absent += [NotComparable(PREFIX + other, "published") for other in theirs if other not in common.values()]
    return common, absent


def _stations(published: Source, copies: Source) -> Rows:
    """For each row of the copies its station's row in the published table, UNKNOWN or EMPTY."""
    index = {station: row for row, station in enumerate(published.table.text("station_id"))}
    ids = copies.table.text("station_id")
    at = np.array([index.get(station, UNKNOWN) for station in ids], np.int64)
    at = np.where(copies.given, at, EMPTY)
    if not np.any(at >= 0):
        examples = f"the first in the copies is {next(iter(ids), '')!r}, the first published {next(iter(index), '')!r}"
        message = f"no row is a copy of a published station ({examples})"
        mend = "Fill in the figures, or say in mappings how the ids of both are made"
        raise BadInput([Fault(copies.name, None, "station_id", message, mend)])
    return at
