"""Polling stations: the atoms of the count, each in one area, with its kind and its opening register."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from tallyroom.election.areas import Areas
from tallyroom.election.fault import Faults
from tallyroom.election.sheet import Sheet, require_columns

Kind = Literal["ordinary", "temporary", "displaced", "abroad", "hospital", "prison", "military"]
KINDS: tuple[str, ...] = get_args(Kind)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

REQUIRED = ("station_id", "area_id", "name", "kind", "registered")
OPTIONAL = ("location_id", "lat", "lon", "address")


@dataclass(frozen=True)
class Stations:
    """n polling stations in the order of stations.csv.

    area: position in Areas, shape (n,).  registered: voters on the opening register, shape (n,), -1 where
    the election has no register for the station (its turnout has no denominator then).
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    area: npt.NDArray[np.int64]
    registered: npt.NDArray[np.int64]
    details: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of a station by its id."""
        return {station_id: position for position, station_id in enumerate(self.ids)}

    @cached_property
    def register(self) -> npt.NDArray[np.int64]:
        """Voters on the opening register, 0 where there is none."""
        return np.maximum(self.registered, 0)


def read_stations(sheet: Sheet, areas: Areas, faults: Faults) -> Stations:
    """Stations of stations.csv; duplicates, orphans, unknown kinds and bad numbers are faults with lines."""
    if not require_columns(sheet, REQUIRED, OPTIONAL, faults):
        return none()
    ids, area_ids, kinds = sheet.text("station_id"), sheet.text("area_id"), sheet.text("kind")
    _check_ids(sheet, ids, faults)
    _check_known(sheet, "kind", kinds, KINDS, f"Use one of: {', '.join(KINDS)}", faults)
    _check_known(sheet, "area_id", area_ids, areas.index, "Name an area of areas.csv", faults)
    registered, unread = sheet.integers("registered", faults)
    return Stations(
        tuple(ids),
        tuple(sheet.text("name")),
        tuple(kinds),
        np.array([areas.index.get(area_id, 0) for area_id in area_ids], np.int64),
        np.where(unread, -1, registered),
        {column: tuple(sheet.text(column)) for column in OPTIONAL if sheet.has(column)},
    )


def is_station_id(text: str) -> bool:
    """Whether a text can be a station's id: not empty, and without control characters."""
    return bool(text) and _CONTROL.search(text) is None


def _check_ids(sheet: Sheet, ids: Sequence[str], faults: Faults) -> None:
    lines: dict[str, int] = {}
    for row, station_id in enumerate(ids):
        if not is_station_id(station_id):
            message = "the id is empty or holds a control character"
            faults.add(sheet.name, sheet.line(row), "station_id", message, "Give every station an id")
        elif station_id in lines:
            message = f"{station_id!r} stands on line {lines[station_id]} already"
            faults.add(sheet.name, sheet.line(row), "station_id", message, "Give every station its own id")
        else:
            lines[station_id] = sheet.line(row)


def _check_known(
    sheet: Sheet,
    column: str,
    cells: Sequence[str],
    known: Sequence[str] | dict[str, int],
    mend: str,
    faults: Faults,
) -> None:
    for row, cell in enumerate(cells):
        if cell not in known:
            faults.add(sheet.name, sheet.line(row), column, f"{cell!r} is not known", mend)


def none() -> Stations:
    """No stations at all."""
    return Stations((), (), (), np.zeros(0, np.int64), np.zeros(0, np.int64), {})
