"""Area files: one table of stations for each area, made again only where the area has changed."""

from collections.abc import Iterator

import pyarrow as pa

from tallyroom.announce.snapshot import guarded_csv
from tallyroom.announce.units import Units

FOLDER = "areas/"


def area_path(units: Units, area: int, ending: str) -> str:
    """Where a file of an area stands below its snapshot."""
    return f"{FOLDER}{units.files[area]}{ending}"


def area_files(units: Units, rows: pa.Table, areas: list[int]) -> Iterator[tuple[str, bytes]]:
    """For each of these areas the rows of the (guarded) station table that lie directly in it, where there are any."""
    for area in areas:
        if len(units.within[area]):
            yield area_path(units, area, ".csv"), guarded_csv(rows.take(pa.array(units.within[area])))
