"""A source: one side of a comparison, the published count or somebody's copies, station by station.

Whatever it was (a record's station table, a published one, a spreadsheet of copies, statements of another
program), it is one station table with the place where each row stands, so that every finding can name it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tallyroom.audit.actasum import is_statements, read_statements
from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing, opening_register, read_filing
from tallyroom.election.formfile import shipped_form
from tallyroom.election.mapping import TableMapping, default_mapping
from tallyroom.election.reduction import reduced_form
from tallyroom.election.sheet import IntColumn, Sheet
from tallyroom.election.table import COUNTS, PREFIX, StationTable, filed_table
from tallyroom.election.tablefile import read_table_file

UNREAD = -1
"""Stands in arrays of figures for one that could not be read or is not given; no figure is negative."""

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Meanings(NamedTuple):
    """Voters on the lists by the protocol, or on the register before the day; ballot papers issued, or found."""

    registered: Literal["voters", "register"]
    ballots: Literal["issued", "found", "not given"]


@dataclass(frozen=True)
class Source:
    """n rows, each of a station (see the module).

    register: voters on the opening register, unread where it is not known.  given: whether a row is a protocol;
    the others are stations without one.  numbers: of the act or the line that a row stands in, -1 for none.
    meanings: what `registered` and `ballots` are here; figures of other meanings are no copies of each other.
    candidates: their names by id, as far as the source tells them.
    """

    name: str
    table: StationTable
    register: IntColumn
    given: Flags
    unit: Literal["act", "line"]
    numbers: Rows
    meanings: Meanings
    candidates: dict[str, str]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def annulled(self) -> Flags:
        """Stations whose result does not count, shape (n,)."""
        return np.array([status == "annulled" for status in self.table.text("status")], np.bool_)

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """The areas that each row lies in, widest first."""
        levels = [self.table.text(level) for level in self.table.areas]
        return [tuple(filter(None, path)) for path in zip(*levels, strict=True)] if levels else [()] * len(self)

    def act(self, row: int) -> int | None:
        """Number of the act that a row stands in; None where the source has no acts."""
        number = int(self.numbers[row])
        return number if self.unit == "act" and number >= 0 else None

    def place(self, row: int) -> str:
        """Where a row stands, in words."""
        number = int(self.numbers[row])
        return f"{self.unit} {number}" if number >= 0 else self.name

    def figures(self, columns: tuple[str, ...]) -> Rows:
        """Figures by row and column, UNREAD where there is none, shape (n, columns)."""
        found = [self.table.count(column) for column in columns]
        return np.stack([np.where(unread, UNREAD, values) for values, unread in found], 1)


def read_source(path: Path, mapping: TableMapping | None, repeats: bool = False) -> Source:
    """The source in a table (CSV, XLSX, Parquet, JSON lines) or in statements of the actasum format.

    repeats: whether a station may stand in several rows.  Raises BadInput with every fault.
    """
    faults = Faults()
    sheet = read_statements(path, faults) if is_statements(path) else read_table_file(path, faults)
    faults.refuse()
    assert sheet is not None
    return sheet_source(sheet, mapping, repeats)


def sheet_source(sheet: Sheet, mapping: TableMapping | None, repeats: bool = False) -> Source:
    """The source in a sheet; a column `act` has the numbers of acts.  Raises BadInput with every fault."""
    faults = Faults()
    filing = read_filing(sheet, mapping or _default(sheet, repeats), faults, repeats)
    faults.refuse()
    assert filing is not None
    found = _source(filing, faults)
    faults.refuse()
    return found


def _default(sheet: Sheet, repeats: bool) -> TableMapping:
    """The mapping of a sheet that names its own columns; ids that may repeat are taken as they are."""
    mapping = default_mapping(sheet, shipped_form("generic"))
    return replace(mapping, station_id=("station_id",)) if repeats and sheet.has("station_id") else mapping


def _source(filing: Filing, faults: Faults) -> Source:
    sheet, meanings, table = filing.sheet, _meanings(filing), _measured(filing)
    has_acts = sheet.has("act")
    if has_acts:
        values, unread = sheet.integers("act", faults)
        numbers = np.where(unread, -1, values)
    else:
        numbers = np.array([sheet.line(row) for row in range(sheet.rows)], np.int64)
    return Source(
        name=sheet.name,
        table=table,
        register=opening_register(filing, faults),
        given=_given(table),
        unit="act" if has_acts else "line",
        numbers=numbers,
        meanings=meanings,
        candidates={candidate.id: candidate.name for candidate in filing.candidates},
    )


def _meanings(filing: Filing) -> Meanings:
    mapping, form = filing.mapping, filing.mapping.form
    roles = reduced_form(form, mapping.lines).roles
    register = mapping.registered and mapping.registered in mapping.lines.values()
    found = roles.ballots == form.roles.ballots
    return Meanings(
        "register" if register else "voters", "issued" if roles.issued else "found" if found else "not given"
    )


def _measured(filing: Filing) -> StationTable:
    """The station table without the counts that only follow from others: a sum is no second witness."""
    table, form = filed_table(filing), filing.mapping.form
    given = {
        "ballots": _meanings(filing).ballots != "not given",
        "valid": reduced_form(form, filing.mapping.lines).roles.valid == form.roles.valid,
    }
    arrow = table.arrow
    for column in (count for count, own in given.items() if not own):
        nulls = pa.nulls(len(table), pa.int64())
        arrow = arrow.set_column(arrow.column_names.index(column), column, nulls)
    return replace(table, arrow=arrow)


def _given(table: StationTable) -> Flags:
    """Rows that are a protocol: one of its figures is known, or its status says that it is accepted."""
    columns = (*COUNTS[1:], *(PREFIX + candidate for candidate in table.candidates))
    known = np.any([~table.count(column).unread for column in columns], axis=0)
    accepted = [status in ("accepted", "annulled") for status in table.text("status")]
    given: Flags = known | np.array(accepted, np.bool_)
    return given
