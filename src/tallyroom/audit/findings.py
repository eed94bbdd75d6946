"""Findings: what a comparison of copies with a published count can say, as types.

None of them says why.  A slip of the pen, a lawful correction and a forgery look the same from here; what would
tell them apart is the paper.

In every figure `gain` is the published figure less that of the copy: above zero, the published count has more.
A figure that cannot be read is never zero: it is compared with nothing, and a sum over it is a lower bound.
"""

from typing import Literal

import msgspec

Side = Literal["published", "copies"]


class Figure(msgspec.Struct, frozen=True):
    """One figure that differs: the column of the station table, and both values."""

    field: str
    published: int
    copy: int
    gain: int


class Difference(msgspec.Struct, frozen=True):
    """A station whose copy has another figure than was published.

    area: from the widest area to the lowest.  act: number of the act in force, where there is one.  copies: where
    in the copies.  unread: fields that the copy leaves unread.  annulled: the station counts in no total.
    """

    station_id: str
    area: tuple[str, ...]
    act: int | None
    copies: tuple[str, ...]
    figures: tuple[Figure, ...]
    unread: tuple[str, ...]
    annulled: bool


class Copy(msgspec.Struct, frozen=True):
    """One of several copies of a station: where it stands, the figures that the copies disagree on (None: unread),
    and whether all that it says is what was published; None where nothing was."""

    place: str
    figures: dict[str, int | None]
    agrees: bool | None


class Conflict(msgspec.Struct, frozen=True):
    """Copies of one station that disagree among themselves: all are kept, and none is counted as right."""

    station_id: str
    act: int | None
    copies: tuple[Copy, ...]


class Unread(msgspec.Struct, frozen=True):
    """A copy that leaves figures unread which were published: which, and how the others compare."""

    station_id: str
    copies: tuple[str, ...]
    fields: tuple[str, ...]
    rest: Literal["agrees", "differs", "nothing to compare"]


class Placed(msgspec.Struct, frozen=True):
    """A station with the places of its copies."""

    station_id: str
    copies: tuple[str, ...]


class NotComparable(msgspec.Struct, frozen=True):
    """A figure that one side does not give for any station: neither agreement nor difference."""

    field: str
    missing_in: Side


class Bound(msgspec.Struct, frozen=True):
    """A sum that is only a lower bound, because some copies leave the figure unread.

    published: over every station compared.  copies_at_least: of the figures that could be read.  difference_at_least:
    how far the copies exceed the published sum whatever the unread figures are; None where nothing follows.
    """

    field: str
    published: int
    copies_at_least: int
    unread: int
    difference_at_least: int | None


class FieldTotals(msgspec.Struct, frozen=True):
    """One figure over the stations where both sides give it.

    gain: the sum of all gains.  gross: of their sizes.  above, below: of those above and of those below zero.
    """

    field: str
    stations: int
    differing: int
    published: int
    copies: int
    gain: int
    gross: int
    above: int
    below: int


class Coverage(msgspec.Struct, frozen=True):
    """How much of the count the copies reach, in polling stations and in voters on the opening register.

    stations: all.  published: with a published protocol.  copied: with a published protocol and a copy.  registered
    and registered_copied: voters of the first and the last, None where no register is known.
    """

    stations: int
    published: int
    copied: int
    registered: int | None
    registered_copied: int | None


class AreaFindings(msgspec.Struct, frozen=True):
    """One area: its path from the widest, coverage, stations that differ, and gains by candidate."""

    level: str
    area: tuple[str, ...]
    coverage: Coverage
    differing: int
    gains: dict[str, int]


class Counts(msgspec.Struct, frozen=True):
    """Every station and every row of the copies, once.

    agree: all figures that both sides give.  agree_as_read: so, where the copy leaves some unread.  differ.
    nothing_to_compare: the copy has no figure that was published.  conflict: copies that disagree among themselves.
    not_published: a copy, and no protocol published yet.  no_copy: published, and no copy.  neither: none of both.
    unknown: copies (rows) of stations that are not in the published table.  repeated: rows beyond the first of a
    station.  rows: of the copies that give a figure.  empty_rows: those that give none.
    """

    agree: int
    agree_as_read: int
    differ: int
    nothing_to_compare: int
    conflict: int
    not_published: int
    no_copy: int
    neither: int
    unknown: int
    repeated: int
    rows: int
    empty_rows: int


class Comparison(msgspec.Struct, frozen=True):
    """Copies beside a published count, station by station; candidates in the order of the published table."""

    candidates: tuple[str, ...]
    counts: Counts
    coverage: Coverage
    totals: tuple[FieldTotals, ...]
    bounds: tuple[Bound, ...]
    not_comparable: tuple[NotComparable, ...]
    areas: tuple[AreaFindings, ...]
    differences: tuple[Difference, ...]
    conflicts: tuple[Conflict, ...]
    unread: tuple[Unread, ...]
    not_published: tuple[Placed, ...]
    no_copy: tuple[str, ...]
    unknown: tuple[Placed, ...]

    @property
    def agrees(self) -> bool:
        """Whether no copy differs, none contradicts another, and none is of an unknown station."""
        return not (self.differences or self.conflicts or self.unknown)
