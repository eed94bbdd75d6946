"""The station table: one row a polling station, the one thing that every analysis sees.

    station_id, area columns (widest first), registered, ballots, valid, invalid, v_<candidate_id>...,
    [reported_at], [status], [data_origin]

Counts are 64-bit integers; null is unread or not reported, never zero.  registered: voters on the lists, the day's
additions included.  ballots: ballot papers given to voters, or those found where that line is not on the form.
It is written as Parquet or CSV, the same bytes for the same table.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing, read_filing
from tallyroom.election.form import VOTES, Term
from tallyroom.election.formfile import shipped_form
from tallyroom.election.mapping import TableMapping, default_mapping
from tallyroom.election.reduction import reduced_form
from tallyroom.election.sheet import IntColumn
from tallyroom.election.tablefile import MAX_ROWS, read_table_file

COUNTS = ("registered", "ballots", "valid", "invalid")
OPTIONAL = ("reported_at", "status", "data_origin")
PREFIX = "v_"


@dataclass(frozen=True)
class StationTable:
    """n stations: the Arrow table, the names of its area columns (widest first) and the candidates' ids."""

    arrow: pa.Table
    areas: tuple[str, ...]
    candidates: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def text(self, column: str) -> list[str]:
        """Ids, names of areas, times or states; empty where the table has no such column."""
        if column not in self.arrow.column_names:
            return [""] * len(self)
        return [cell or "" for cell in self.arrow[column].to_pylist()]

    def count(self, column: str) -> IntColumn:
        """One of the four counts."""
        cells = self.arrow[column]
        return IntColumn(cells.fill_null(0).to_numpy(), cells.is_null().to_numpy())

    def votes(self, candidate: str) -> IntColumn:
        """The votes of a candidate."""
        return self.count(PREFIX + candidate)

    @property
    def data_origin(self) -> str:
        """real, synthetic or mixed; "" where the table does not say."""
        origins = {*self.text("data_origin")}
        return origins.pop() if len(origins) == 1 else "mixed" if origins else ""


def station_table(
    station_ids: Sequence[str],
    areas: Mapping[str, Sequence[str]],
    counts: Mapping[str, IntColumn],
    votes: Mapping[str, IntColumn],
    **optional: Sequence[str],
) -> StationTable:
    """A station table from its columns; a count that is not given is null in every row.

    areas: names by level, widest first.  counts: by COUNTS.  votes: by candidate.  optional: by OPTIONAL; an empty
    text there is null.
    """
    none = IntColumn(np.zeros(len(station_ids), np.int64), np.ones(len(station_ids), np.bool_))
    columns: dict[str, Any] = {"station_id": pa.array(station_ids, pa.string())}
    columns |= {level: pa.array(names, pa.string()) for level, names in areas.items()}
    columns |= {count: _nullable(counts.get(count, none)) for count in COUNTS}
    columns |= {PREFIX + candidate: _nullable(column) for candidate, column in votes.items()}
    for name in OPTIONAL:
        if name in optional:
            columns[name] = pa.array([cell or None for cell in optional[name]], pa.string())
    return StationTable(pa.table(columns), tuple(areas), tuple(votes))


def _nullable(column: IntColumn) -> pa.Array:
    return pa.array(column.values, pa.int64(), mask=column.unread)


def read_table(path: Path, mapping: TableMapping | None = None, max_rows: int = MAX_ROWS) -> StationTable:
    """The station table in a CSV, XLSX or Parquet file.  Raises BadInput with every fault.

    Without a mapping, columns named as above, or as the lines of the generic form, map themselves.
    """
    faults = Faults()
    sheet = read_table_file(path, faults, max_rows)
    faults.refuse()
    assert sheet is not None
    filing = read_filing(sheet, mapping or default_mapping(sheet, shipped_form("generic")), faults)
    faults.refuse()
    assert filing is not None
    return filed_table(filing)


def filed_table(filing: Filing) -> StationTable:
    """The station table of a filing; rows that are no protocol are stations that have not reported."""
    roles = reduced_form(filing.mapping.form, filing.mapping.lines).roles
    sums = {
        "registered": roles.registered,
        "ballots": roles.issued or roles.ballots,
        "valid": roles.valid,
        "invalid": roles.invalid,
    }
    optional = {name: filing.sheet.text(name) for name in ("status", "data_origin") if filing.sheet.has(name)}
    if filing.reported_at is not None:
        optional["reported_at"] = filing.reported_at
    return station_table(
        filing.station_ids,
        {level: filing.sheet.text(level) for level in filing.mapping.areas},
        {count: _sum(filing, terms, reported=count != "registered") for count, terms in sums.items() if terms},
        {c.id: _sum(filing, (Term(1, c.id),)) for c in filing.candidates},
        **optional,
    )


def _sum(filing: Filing, terms: Sequence[Term], reported: bool = True) -> IntColumn:
    """The sum of the figures of each station, unread where one of them is or nothing was reported."""
    votes = [(1, candidate.id) for candidate in filing.candidates]
    parts = [part for term in terms for part in (votes if term.field == VOTES else [term])]
    values = np.asarray(sum(c * filing.figures[field].values for c, field in parts), np.int64)
    unread = np.any([filing.figures[field].unread for _, field in parts], axis=0)
    return IntColumn(values, unread | (~filing.reported if reported else False))


def write_parquet(table: pa.Table) -> bytes:
    """A station table as a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", version="2.6", store_schema=False)
    return sink.getvalue()


def write_csv(table: pa.Table) -> bytes:
    """A station table as CSV: UTF-8, a header line, texts in quotes, nulls empty."""
    sink = io.BytesIO()
    pacsv.write_csv(table, sink, pacsv.WriteOptions(quoting_style="needed", quoting_header="needed"))
    return sink.getvalue()
