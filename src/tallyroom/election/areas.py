"""Areas: the tree of places that totals are given for, of any depth, with the whole country at its top."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tallyroom.election.fault import Faults
from tallyroom.election.sheet import Sheet, require_columns

COLUMNS = ("area_id", "name", "level", "parent_id")


@dataclass(frozen=True)
class Area:
    """One place: id, name, level (constituency, district, ...) and the id of the area it lies in, or ""."""

    id: str
    name: str
    level: str
    parent_id: str = ""


@dataclass(frozen=True)
class Areas:
    """All areas in the order of areas.csv.  Index `len(areas)` stands for the whole, above every area."""

    areas: tuple[Area, ...]

    def __len__(self) -> int:
        return len(self.areas)

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of an area by its id."""
        return {area.id: position for position, area in enumerate(self.areas)}

    @cached_property
    def chains(self) -> tuple[npt.NDArray[np.int64], ...]:
        """For each area: its own position, those of the areas it lies in, and the whole's, lowest first."""
        return tuple(np.array(self._chain(position), np.int64) for position in range(len(self)))

    def _chain(self, position: int) -> list[int]:
        chain = [position]
        while parent := self.areas[chain[-1]].parent_id:
            chain.append(self.index[parent])
        return [*chain, len(self)]

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Positions of the areas in which no other area lies."""
        parents = {area.parent_id for area in self.areas}
        return tuple(position for position, area in enumerate(self.areas) if area.id not in parents)


def read_areas(sheet: Sheet, faults: Faults) -> Areas:
    """Areas of areas.csv; each duplicate, orphan and circle is a fault with its line."""
    if not require_columns(sheet, COLUMNS, (), faults):
        return Areas(())
    rows = zip(*(sheet.text(column) for column in COLUMNS), strict=True)
    areas = tuple(Area(*row) for row in rows)
    lines: dict[str, int] = {}
    for row, area in enumerate(areas):
        _check_id(sheet, row, area.id, lines, faults)
    for row, area in enumerate(areas):
        if area.parent_id and area.parent_id not in lines:
            mend = f"Add {area.parent_id} to {sheet.name} or name another area"
            faults.add(sheet.name, sheet.line(row), "parent_id", f"there is no area {area.parent_id!r}", mend)
    _check_circles(sheet, areas, faults)
    return Areas(areas)


def _check_id(sheet: Sheet, row: int, area_id: str, lines: dict[str, int], faults: Faults) -> None:
    if not area_id:
        faults.add(sheet.name, sheet.line(row), "area_id", "the id is empty", "Give every area an id")
    elif area_id in lines:
        message = f"{area_id!r} stands on line {lines[area_id]} already"
        faults.add(sheet.name, sheet.line(row), "area_id", message, "Give every area an id of its own")
    else:
        lines[area_id] = sheet.line(row)


def _check_circles(sheet: Sheet, areas: Sequence[Area], faults: Faults) -> None:
    parent = {area.id: area.parent_id for area in areas}
    rooted: set[str] = {""}
    for row, area in enumerate(areas):
        seen: list[str] = []
        at = area.id
        while at in parent and at not in rooted and at not in seen:
            seen.append(at)
            at = parent[at]
        if at in seen:
            message = f"{area.id!r} lies in itself ({' in '.join([*seen, at])})"
            faults.add(sheet.name, sheet.line(row), "parent_id", message, "Name the area that it lies in")
        rooted.update(seen)
