"""Sums of a comparison: each figure over all stations, lower bounds, and every area with its coverage."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tallyroom.audit.findings import AreaFindings, Bound, Coverage, FieldTotals
from tallyroom.audit.pairing import Pairing
from tallyroom.audit.source import Flags, Rows
from tallyroom.election.sheet import pc
from tallyroom.election.table import PREFIX


def totals(pairing: Pairing) -> tuple[FieldTotals, ...]:
    """Each figure over the stations where both sides give it."""
    both, gain = pairing.both, pairing.gain
    published = np.where(both, pairing.published, 0).sum(axis=0)
    copies = np.where(both, pairing.copy, 0).sum(axis=0)
    above, below = np.maximum(gain, 0).sum(axis=0), np.maximum(-gain, 0).sum(axis=0)
    columns = (both.sum(axis=0), (gain != 0).sum(axis=0), published, copies, above - below, above + below)
    rows = np.stack([*columns, above, below], 1).tolist()
    return tuple(FieldTotals(field, *row) for field, row in zip(pairing.columns, rows, strict=True))


def bounds(pairing: Pairing) -> tuple[Bound, ...]:
    """The figures that some copies leave unread: their sum is at least that of those read."""
    unread = pairing.unread.sum(axis=0).tolist()
    published = np.where(pairing.both | pairing.unread, pairing.published, 0).sum(axis=0).tolist()
    copies = np.where(pairing.both, pairing.copy, 0).sum(axis=0).tolist()
    return tuple(
        Bound(field, ours, theirs, missing, theirs - ours if theirs > ours else None)
        for field, ours, theirs, missing in zip(pairing.columns, published, copies, unread, strict=True)
        if missing
    )


def coverage(pairing: Pairing) -> Coverage:
    """How much of the whole count the copies reach."""
    (found,) = _coverages(pairing, np.zeros(len(pairing.source), np.int64), 1)
    return found


def areas(pairing: Pairing) -> tuple[AreaFindings, ...]:
    """Every area of every level, widest first, in the order of the published table."""
    table = pairing.source.table
    found: list[AreaFindings] = []
    for depth, level in enumerate(table.areas, 1):
        area, paths = _areas(pairing, table.areas[:depth])
        found += _level(pairing, level, area, paths)
    return tuple(found)


def _level(pairing: Pairing, level: str, area: Rows, paths: Sequence[tuple[str, ...]]) -> list[AreaFindings]:
    """The areas of one level; area: of each station, shape (n,), -1 for none."""
    votes = [place for place, column in enumerate(pairing.columns) if column.startswith(PREFIX)]
    mine = area[pairing.station]
    inside = mine >= 0
    differing = np.bincount(mine[pairing.differs & inside], minlength=len(paths)).tolist()
    gains = np.zeros((len(paths), len(votes)), np.int64)
    np.add.at(gains, mine[inside], pairing.gain[inside][:, votes])
    candidates = [pairing.columns[place].removeprefix(PREFIX) for place in votes]
    rows = zip(paths, _coverages(pairing, area, len(paths)), differing, gains.tolist(), strict=True)
    return [
        AreaFindings(level, path, covered, differ, dict(zip(candidates, gain, strict=True)))
        for path, covered, differ, gain in rows
    ]


def _areas(pairing: Pairing, levels: Sequence[str]) -> tuple[Rows, list[tuple[str, ...]]]:
    """The area of each station on the last of these levels, shape (n,), -1 for none, and each area's path.

    An area is known by its whole path: equal names under different parents stay apart.
    """
    cells = [pc.fill_null(pairing.source.table.arrow[level], "") for level in levels]
    joined = pc.binary_join_element_wise(*cells, "\x1f")
    named = pc.if_else(pc.equal(cells[-1], ""), None, joined)
    encoded = pa.chunked_array(named).combine_chunks().dictionary_encode()
    area = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    paths = [tuple(filter(None, path.split("\x1f"))) for path in encoded.dictionary.to_pylist()]
    return area, paths


def _coverages(pairing: Pairing, area: Rows, size: int) -> list[Coverage]:
    """The coverage of each area; area: of each station, shape (n,), -1 for none."""
    source = pairing.source
    register, unknown = source.register
    copied = source.given & pairing.covered

    def stations(chosen: Flags) -> list[int]:
        found: list[int] = np.bincount(area[chosen & (area >= 0)], minlength=size).tolist()
        return found

    def voters(chosen: Flags) -> list[int]:
        sums = np.zeros(size, np.int64)
        chosen = chosen & (area >= 0)
        np.add.at(sums, area[chosen], register[chosen])
        found: list[int] = sums.tolist()
        return found

    every = np.ones(len(source), np.bool_)
    known = stations(~unknown)
    rows = zip(stations(every), stations(source.given), stations(copied), voters(every), voters(copied), strict=True)
    return [
        Coverage(total, given, mine, registered if has else None, reached if has else None)
        for (total, given, mine, registered, reached), has in zip(rows, known, strict=True)
    ]
