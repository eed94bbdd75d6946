"""Copies: what observers photographed or keyed, set beside a published count, station by station.

published = read_source(Path("stations.parquet"), None)
copies = read_source(Path("copies.csv"), None, repeats=True)
findings(pair(published, copies, {})).counts
"""

from collections.abc import Iterator

import numpy as np

from tallyroom.audit.findings import (
    Comparison,
    Conflict,
    Copy,
    Counts,
    Difference,
    Figure,
    Placed,
    Unread,
)
from tallyroom.audit.pairing import EMPTY, UNKNOWN, Pairing
from tallyroom.audit.source import UNREAD, Flags
from tallyroom.audit.sums import areas, bounds, coverage, totals


def findings(pairing: Pairing) -> Comparison:
    """All that can be said of copies beside a published count."""
    return Comparison(
        candidates=pairing.source.table.candidates,
        counts=_counts(pairing),
        coverage=coverage(pairing),
        totals=totals(pairing),
        bounds=bounds(pairing),
        not_comparable=pairing.absent,
        areas=areas(pairing),
        differences=_differences(pairing),
        conflicts=_conflicts(pairing),
        unread=_unread(pairing),
        not_published=_not_published(pairing),
        no_copy=_no_copy(pairing),
        unknown=_unknown(pairing),
    )


def _counts(pairing: Pairing) -> Counts:
    compared = np.any(pairing.both, axis=1)
    agrees = compared & ~pairing.differs
    partly = agrees & np.any(pairing.unread, axis=1)
    given, covered, at = pairing.source.given, pairing.covered, pairing.at
    return Counts(
        agree=int(np.sum(agrees & ~partly)),
        agree_as_read=int(np.sum(partly)),
        differ=int(np.sum(pairing.differs)),
        nothing_to_compare=int(np.sum(pairing.spoken & ~compared)),
        conflict=int(np.sum(pairing.conflict)),
        not_published=int(np.sum(~pairing.given & ~pairing.conflict)),
        no_copy=int(np.sum(given & ~covered)),
        neither=int(np.sum(~given & ~covered)),
        unknown=int(np.sum(at == UNKNOWN)),
        repeated=len(pairing.order) - len(pairing.station),
        rows=int(np.sum(at != EMPTY)),
        empty_rows=int(np.sum(at == EMPTY)),
    )


def _differences(pairing: Pairing) -> tuple[Difference, ...]:
    source, ids = pairing.source, pairing.source.table.text("station_id")
    paths, annulled = source.paths, source.annulled
    return tuple(
        Difference(
            station_id=ids[row],
            area=paths[row],
            act=source.act(row),
            copies=pairing.places(m),
            figures=figures,
            unread=_fields(pairing, pairing.unread[m]),
            annulled=bool(annulled[row]),
        )
        for (m, row), figures in zip(_numbered(pairing, pairing.differs), _figures(pairing), strict=True)
    )


def _figures(pairing: Pairing) -> Iterator[tuple[Figure, ...]]:
    """The figures that differ, for each station that has one."""
    sides = (side[pairing.differs].tolist() for side in (pairing.published, pairing.copy, pairing.gain))
    for station in zip(*sides, strict=True):
        rows = zip(pairing.columns, *station, strict=True)
        yield tuple(Figure(column, ours, theirs, gain) for column, ours, theirs, gain in rows if gain)


def _conflicts(pairing: Pairing) -> tuple[Conflict, ...]:
    source, ids = pairing.source, pairing.source.table.text("station_id")
    return tuple(
        Conflict(ids[row], source.act(row), tuple(_copy(pairing, m, copy) for copy in pairing.rows(m)))
        for m, row in _numbered(pairing, pairing.conflict)
    )


def _copy(pairing: Pairing, m: int, row: int) -> Copy:
    """One of several copies that disagree."""
    published, own = pairing.published[m], pairing.own[row]
    both = (published != UNREAD) & (own != UNREAD)
    figures = {
        column: None if figure == UNREAD else figure
        for column, figure, clash in zip(pairing.columns, own.tolist(), pairing.clash[m].tolist(), strict=True)
        if clash
    }
    agrees = bool(np.all(published[both] == own[both])) if np.any(both) else None
    return Copy(pairing.copies.place(row), figures, agrees)


def _unread(pairing: Pairing) -> tuple[Unread, ...]:
    ids = pairing.source.table.text("station_id")
    compared = np.any(pairing.both, axis=1)
    return tuple(
        Unread(
            station_id=ids[row],
            copies=pairing.places(m),
            fields=_fields(pairing, pairing.unread[m]),
            rest="differs" if pairing.differs[m] else "agrees" if compared[m] else "nothing to compare",
        )
        for m, row in _numbered(pairing, np.any(pairing.unread, axis=1))
    )


def _not_published(pairing: Pairing) -> tuple[Placed, ...]:
    ids = pairing.source.table.text("station_id")
    chosen = ~pairing.given & ~pairing.conflict
    return tuple(Placed(ids[row], pairing.places(m)) for m, row in _numbered(pairing, chosen))


def _no_copy(pairing: Pairing) -> tuple[str, ...]:
    ids = pairing.source.table.text("station_id")
    return tuple(ids[row] for row in np.flatnonzero(pairing.source.given & ~pairing.covered).tolist())


def _unknown(pairing: Pairing) -> tuple[Placed, ...]:
    """Copies of stations that are not in the published table, by station."""
    ids, places = pairing.copies.table.text("station_id"), dict[str, list[str]]()
    for row in np.flatnonzero(pairing.at == UNKNOWN).tolist():
        places.setdefault(ids[row], []).append(pairing.copies.place(row))
    return tuple(Placed(station_id, tuple(rows)) for station_id, rows in places.items())


def _numbered(pairing: Pairing, chosen: Flags) -> list[tuple[int, int]]:
    """Position and row in the published table of each station chosen."""
    found = np.flatnonzero(chosen)
    return list(zip(found.tolist(), pairing.station[found].tolist(), strict=True))


def _fields(pairing: Pairing, chosen: Flags) -> tuple[str, ...]:
    return tuple(column for column, mine in zip(pairing.columns, chosen.tolist(), strict=True) if mine)
