"""Update: what is new in a snapshot, small enough to ask for every few seconds instead of the whole.

Whoever has snapshot n-1 gets n by replacing, in its results.json, the members that `results` gives, and, in its
tables, the rows that `areas` and `stations` give.  Where more than `MOST_ROWS` rows changed they are left out, and
the tables have to be read whole.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tallyroom.tally.history import Flags
from tallyroom.tally.results import AreaResults, Results, SnapshotId

UPDATE = "update.json"
MOST_ROWS = 500

_AREA_COLUMNS = ("area_id", "stations_total", "stations_reported", "registered", "cast", "valid", "invalid")


class Rows(msgspec.Struct, frozen=True):
    """Rows of a table that changed: names of columns, and the figures of each row in that order, null where unknown."""

    columns: tuple[str, ...]
    rows: list[list[str | int | None]]


class Update(msgspec.Struct, frozen=True):
    """From snapshot number - 1 to `number`, of one contest."""

    election: str
    contest: str
    data_origin: str
    number: int
    before: SnapshotId
    snapshot: SnapshotId
    results: dict[str, Any]
    areas: Rows | None
    stations: Rows | None


def update(number: int, before: Results, now: Results, changed_areas: Flags, stations: pa.Table | None) -> Update:
    """What is new.  changed_areas: by position, the country last; stations: rows that changed, None if many."""
    old, new = (msgspec.to_builtins(msgspec.structs.replace(one, areas=())) for one in (before, now))
    areas = [now.areas[place] for place in np.flatnonzero(changed_areas[:-1]).tolist()]
    return Update(
        election=now.election,
        contest=now.contest,
        data_origin=now.data_origin,
        number=number,
        before=before.snapshot,
        snapshot=now.snapshot,
        results={name: value for name, value in new.items() if value != old[name]},
        areas=_area_rows(areas) if len(areas) <= MOST_ROWS else None,
        stations=None if stations is None else _station_rows(stations),
    )


def update_json(found: Update) -> bytes:
    """The update as JSON on one line."""
    return msgspec.json.encode(found) + b"\n"


def _area_rows(areas: Sequence[AreaResults]) -> Rows:
    candidates = list(areas[0].votes) if areas else []
    columns = (*_AREA_COLUMNS, *(f"v_{candidate}" for candidate in candidates))
    rows = [
        [*(getattr(area, name) for name in _AREA_COLUMNS), *(area.votes[one] for one in candidates)] for area in areas
    ]
    return Rows(columns, rows)


def _station_rows(table: pa.Table) -> Rows:
    """Without the columns that never change."""
    names = [name for name in table.column_names if name in _STATION_COLUMNS or name.startswith("v_")]
    columns = [table[name].to_pylist() for name in names]
    return Rows(tuple(names), [list(row) for row in zip(*columns, strict=True)])


_STATION_COLUMNS = ("station_id", "voters", "issued", "ballots", "valid", "invalid", "status", "act")
