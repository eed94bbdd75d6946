"""Where returns come from: a table file or a sheet, with a mapping; and which stations may be examined at all.

Synthetic stations are refused under a real election's name: a report about an election that nobody held in that way
would look like one about a real place.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from tallyroom.election.fault import BadInput, Fault, Faults
from tallyroom.election.filing import joined, read_filing
from tallyroom.election.folder import SYNTHETIC_ID
from tallyroom.election.formfile import shipped_form
from tallyroom.election.mapping import TableMapping, default_mapping
from tallyroom.election.sheet import Sheet
from tallyroom.election.table import filed_table
from tallyroom.election.tablefile import read_table_file
from tallyroom.forensics.announced import RoundDigits, RoundedTotal, round_digits, rounded_totals
from tallyroom.forensics.returns import Base, Flags, Returns, of_table
from tallyroom.forensics.tallies import Tally

Origin = Literal["real", "synthetic"]
FICTIONAL = "fictional"
"""A word that the name of an election with synthetic stations has in it."""

LAWFUL = {"E-04": "ballots_over_register"}
"""Equations of the form that a mapping may soften, and the contradiction that they are here."""


def read_returns(
    path: Path, mapping: TableMapping | None = None, base: Base = "valid", centre: Sequence[str] = ()
) -> Returns:
    """The returns in a CSV, XLSX or Parquet file; centre: columns that name the voting centre.  Raises BadInput."""
    faults = Faults()
    sheet = read_table_file(path, faults)
    faults.refuse()
    assert sheet is not None
    return sheet_returns(sheet, mapping, base, centre)


def sheet_returns(
    sheet: Sheet, mapping: TableMapping | None = None, base: Base = "valid", centre: Sequence[str] = ()
) -> Returns:
    """The returns in a sheet.  Raises BadInput with every fault."""
    faults = Faults()
    chosen = mapping or default_mapping(sheet, shipped_form("generic"))
    for column in centre:
        if not sheet.has(column):
            mend = f"Name columns of the table: {', '.join(list(sheet.columns)[:60])}"
            faults.add(sheet.name, 1, column, "the table has no such column to tell centres apart", mend)
    faults.refuse()
    filing = read_filing(sheet, chosen, faults)
    faults.refuse()
    assert filing is not None
    columns = tuple(centre) or chosen.details.get("location_id", ())
    roofs = joined(filing.sheet, columns, "/") if columns else []
    found = of_table(filed_table(filing), sheet.name, base, roofs)
    return replace(
        found,
        names={candidate.id: candidate.name for candidate in filing.candidates},
        laws={LAWFUL[code]: law for code, law in chosen.warnings.items() if code in LAWFUL},
    )


def origin_of(returns: Returns, election: str) -> Origin:
    """real or synthetic.  Raises BadInput for synthetic stations under a real election's name, and for a mixture."""
    made_up = sum(SYNTHETIC_ID.match(station) is not None for station in returns.station_ids)
    if not made_up and returns.origin in ("real", ""):
        return "real"
    if returns.origin == "mixed" or made_up < len(returns) or returns.origin == "real":
        message = f"{made_up} of {len(returns)} stations are synthetic (S-0001 onward), the others are not"
        raise BadInput(
            [Fault(returns.name, None, "station_id", message, "Examine the real ones or the synthetic ones")]
        )
    if election and FICTIONAL not in election.lower():
        message = f"synthetic stations are not examined under the name of an election ({election})"
        mend = "Use a fictional country, and say so in the election's name"
        raise BadInput([Fault(returns.name, None, "", message, mend)])
    return "synthetic"


def read_stations(path: Path, returns: Returns, mapping: TableMapping | None = None) -> Flags:
    """Which stations a list names, by `station_id` or by the columns that make it.  Raises BadInput."""
    sheet = _sheet(path)
    columns = mapping.station_id if mapping and all(map(sheet.has, mapping.station_id)) else ("station_id",)
    if not all(map(sheet.has, columns)):
        message = f"no column {' or '.join(dict.fromkeys((*columns, *(mapping.station_id if mapping else ()))))}"
        raise BadInput([Fault(sheet.name, 1, "station_id", message, "Give the ids of the stations in a column")])
    named = set(joined(sheet, columns, mapping.separator if mapping else "/"))
    flags = np.array([station in named for station in returns.station_ids], np.bool_)
    if not flags.any():
        mend = f"Write ids as in the table, such as {returns.station_ids[0] if len(returns) else ''}"
        raise BadInput([Fault(sheet.name, None, "station_id", "none of the stations is in the table", mend)])
    return flags


def read_tally(path: Path, returns: Returns) -> Tally:
    """Votes by area and candidate, from a table with a column `area` and columns of candidates.  Raises BadInput."""
    sheet, faults = _sheet(path), Faults()
    columns = {c: next((n for n in (f"v_{c}", c) if sheet.has(n)), "") for c in returns.votes}
    if not sheet.has("area") or not any(columns.values()):
        faults.add(sheet.name, 1, "", "needs a column area and one of a candidate, v_<id>", "Name the columns so")
        faults.refuse()
    votes = {c: sheet.integers(column, faults) for c, column in columns.items() if column}
    faults.refuse()
    return {
        area: {c: int(column.values[row]) for c, column in votes.items() if not column.unread[row]}
        for row, area in enumerate(sheet.text("area"))
    }


def read_announced(path: Path) -> tuple[dict[str, int], list[RoundedTotal], RoundDigits | None]:
    """Announced totals by name, those that are rounded shares, and the last digits of announced percentages.

    The table has a column `name` with `votes`, `percent` or both.  Raises BadInput.
    """
    sheet, faults = _sheet(path), Faults()
    if not sheet.has("name") or not (sheet.has("votes") or sheet.has("percent")):
        faults.add(sheet.name, 1, "", "needs columns name and votes or percent", "Name the columns so")
        faults.refuse()
    names = sheet.text("name")
    totals: dict[str, int] = {}
    if sheet.has("votes"):
        votes = sheet.integers("votes", faults)
        totals = {n: int(v) for n, v, u in zip(names, votes.values, votes.unread, strict=True) if not u}
    faults.refuse()
    percent = [cell for cell in sheet.text("percent") if cell] if sheet.has("percent") else []
    return totals, rounded_totals(list(totals.items())), round_digits(percent) if percent else None


def _sheet(path: Path) -> Sheet:
    faults = Faults()
    sheet = read_table_file(path, faults)
    faults.refuse()
    assert sheet is not None
    return sheet
