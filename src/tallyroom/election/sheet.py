"""A sheet: a table of cells with the line each came from, as a CSV file of the folder or of an import.

Cells become texts and whole numbers here, so that a fault names file, line and field.  As CSV a sheet is UTF-8,
one header line, comma separated; a cell may be quoted but holds no line break, hence line = row + 2.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pacsv

from tallyroom.election.fault import Faults

MAX_HEADER_BYTES = 65_536
MAX_RAGGED = 20
"""Rows of the wrong width after which a table is given up; pyarrow would look for a good one to the end."""

WHOLE_NUMBER = r"^[0-9]{1,15}$"
MAX_WHOLE = 10**15 - 1
"""The largest figure that is read; canonical JSON carries whole numbers up to 2**53 - 1 (RFC 8785)."""

Column = Any
"""A pyarrow ChunkedArray.  Its published types know no array of unknown kind, hence Any."""

pc: Any = pyarrow.compute


class IntColumn(NamedTuple):
    """Whole numbers: values (int64, 0 where unread) and unread (bool, null in the file), both of shape (n,)."""

    values: npt.NDArray[np.int64]
    unread: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sheet:
    """Columns by name, of texts or of numbers; `name` is the file for messages, `first_line` the line of row 0.

    lines: the line of each row, shape (rows,), where rows were left out or put together; None where they follow
    one another.
    """

    name: str
    columns: dict[str, Column]
    rows: int
    first_line: int = 2
    lines: npt.NDArray[np.int64] | None = None

    def has(self, column: str) -> bool:
        """Whether the sheet has the column."""
        return column in self.columns

    def text(self, column: str) -> list[str]:
        """The cells of a column with surrounding spaces removed; empty where the column is absent."""
        if column not in self.columns:
            return [""] * self.rows
        return [cell or "" for cell in pc.utf8_trim_whitespace(_as_text(self.columns[column])).to_pylist()]

    def integers(self, column: str, faults: Faults) -> IntColumn:
        """The cells of a column as whole numbers; an empty cell is unread; anything else is a fault."""
        cells = self.columns[column]
        texts = _is_text(cells)
        numbers, unread, bad = _texts_as_integers(cells) if texts else _numbers_as_integers(cells)
        for row in np.flatnonzero(bad)[: faults.limit + 1]:
            cell = str(cells[int(row)].as_py()).strip()
            faults.add(self.name, self.line(int(row)), column, *_number_fault(cell))
        return IntColumn(np.where(unread | bad, 0, numbers), unread)

    def line(self, row: int) -> int:
        """The line of the file that row `row` (0 is the first) stands on."""
        return row + self.first_line if self.lines is None else int(self.lines[row])

    def take(self, rows: npt.NDArray[np.int64]) -> "Sheet":
        """The sheet with these rows only, in this order; each keeps the line it came from."""
        lines = rows + self.first_line if self.lines is None else self.lines[rows]
        taken = {name: cells.take(pa.array(rows)) for name, cells in self.columns.items()}
        return Sheet(self.name, taken, len(rows), self.first_line, lines)


class _Integers(NamedTuple):
    """Numbers (any integer type), which cells are empty, and which hold no whole number of 0 or more."""

    numbers: npt.NDArray[Any]
    unread: npt.NDArray[np.bool_]
    bad: npt.NDArray[np.bool_]


def _is_text(cells: Column) -> bool:
    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _as_text(cells: Column) -> Column:
    """Cells of any kind as texts; a whole number in floating point loses its ".0", and NaN is no text."""
    if not pa.types.is_floating(cells.type):
        return pc.cast(cells, pa.string())
    numbers = pc.cast(cells, pa.float64())
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), MAX_WHOLE))
    whole = pc.fill_null(whole, False)
    integers = pc.cast(pc.cast(pc.if_else(whole, numbers, 0.0), pa.int64()), pa.string())
    finite = pc.if_else(pc.is_finite(cells), cells, None)
    return pc.if_else(whole, integers, pc.cast(finite, pa.string()))


def _texts_as_integers(cells: Column) -> _Integers:
    trimmed = pc.utf8_trim_whitespace(_as_text(cells))
    unread = pc.fill_null(pc.equal(trimmed, ""), True)
    good = pc.fill_null(pc.match_substring_regex(trimmed, WHOLE_NUMBER), False)
    numbers = pc.cast(pc.if_else(good, trimmed, "0"), pa.int64())
    return _Integers(numbers.to_numpy(), unread.to_numpy(), pc.invert(pc.or_(unread, good)).to_numpy())


def _numbers_as_integers(cells: Column) -> _Integers:
    unread = pc.is_null(cells).to_numpy()
    if pa.types.is_decimal(cells.type):
        cells = pc.cast(cells, pa.float64())
    if not (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type)):
        return _Integers(np.zeros(len(cells), np.int64), unread, ~unread)
    numbers = pc.fill_null(cells, 0).to_numpy()
    bad = ~((numbers >= 0) & (numbers <= MAX_WHOLE) & (np.floor(numbers) == numbers))
    return _Integers(np.where(bad, 0, numbers).astype(np.int64), unread, bad)


def _number_fault(cell: str) -> tuple[str, str]:
    """What is wrong with a cell that should be a whole number, and the mend."""
    shown = repr(cell[:40])
    mend = "Write a whole number of 0 or more, or leave the cell empty if the figure cannot be read"
    if cell.startswith("-"):
        return f"{shown} is negative", mend
    if "." in cell or "," in cell:
        return f"{shown} is not a whole number", mend
    return f"{shown} is not a number", mend


def require_columns(sheet: Sheet, required: Sequence[str], allowed: Sequence[str], faults: Faults) -> bool:
    """Note each column that is missing and each that is not known; True if no required one is missing."""
    missing = [column for column in required if not sheet.has(column)]
    for column in missing:
        faults.add(sheet.name, 1, column, "the column is missing", f"Add a column named {column}")
    for column in sheet.columns:
        if column not in allowed and column not in required:
            known = ", ".join([*required, *allowed])
            faults.add(sheet.name, 1, column, "the column is not known", f"Use one of: {known}")
    return not missing


def read_sheet(path: Path, faults: Faults) -> Sheet | None:
    """Read a CSV file; None, with faults noted, where it is absent or is not such a file."""
    try:
        with path.open("rb") as stream:
            return read_sheet_stream(stream, path.name, faults)
    except FileNotFoundError:
        faults.add(path.name, None, "", "the file is missing", f"Write {path.name} into the election folder")
    except OSError as error:
        faults.add(path.name, None, "", f"the file cannot be read ({error.strerror})", "Check its permissions")
    return None


def read_sheet_stream(
    stream: io.BufferedReader, name: str, faults: Faults, max_rows: int | None = None
) -> Sheet | None:
    """Read a CSV stream; stops at the first block that is no such table, and after `max_rows` rows."""
    header = stream.readline(MAX_HEADER_BYTES)
    columns = _header(header, name, faults)
    if columns is None:
        return None
    batches = _batches(stream, columns, name, faults, max_rows) if stream.peek(1) else []
    if batches is None:
        return None
    table = pa.Table.from_batches(batches, schema=pa.schema([(column, pa.string()) for column in columns]))
    return Sheet(name, {column: table[column] for column in columns}, table.num_rows)


def _header(header: bytes, name: str, faults: Faults) -> list[str] | None:
    """The column names of a header line, or None with the fault noted."""
    if not header.endswith(b"\n") and len(header) >= MAX_HEADER_BYTES:
        faults.add(
            name,
            1,
            "",
            "the first line is too long for a table's header",
            "Send a CSV file with a header line",
        )
        return None
    try:
        text = header.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        faults.add(name, 1, "", f"not UTF-8 text (byte {error.start})", "Save the file as UTF-8")
        return None
    if not text.strip() or any(ord(sign) < 32 and sign != "\t" for sign in text):
        faults.add(name, 1, "", "there is no header line", "Send a CSV file whose first line names the columns")
        return None
    columns = [column.strip() for column in next(csv.reader([text]))]
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    for column in repeated:
        faults.add(name, 1, column, "the column stands twice", "Keep one of them")
    return None if repeated else columns


def _batches(
    stream: io.BufferedReader, columns: list[str], name: str, faults: Faults, max_rows: int | None
) -> list[pa.RecordBatch] | None:
    """The rows as record batches of text columns, or None with the fault noted."""
    ragged: list[tuple[int | None, str]] = []

    def invalid(row: pacsv.InvalidRow) -> Literal["skip", "error"]:
        cells = f"{row.actual_columns} cells where the header has {row.expected_columns}: {row.text[:60]!r}"
        ragged.append((row.number and row.number + 1, cells))
        return "skip" if len(ragged) < MAX_RAGGED else "error"

    options = pacsv.ReadOptions(column_names=columns, block_size=1 << 22, use_threads=False)
    convert = pacsv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False)
    parse = pacsv.ParseOptions(invalid_row_handler=invalid, ignore_empty_lines=False)
    batches: list[pa.RecordBatch] = []
    rows, problem = 0, ""
    try:
        with pacsv.open_csv(stream, options, parse, convert) as reader:
            for batch in reader:
                batches.append(batch)
                rows += batch.num_rows
                if ragged or (max_rows is not None and rows > max_rows):
                    break
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        problem = str(error).splitlines()[0][:120]
    for line, cells in ragged:
        mend = "Give every row one cell a column; quote cells that hold a comma"
        faults.add(name, line, "", f"the row has {cells}", mend)
    if problem and not ragged:
        faults.add(name, None, "", f"not a CSV table ({problem})", "Save the file as UTF-8, comma separated")
    if max_rows is not None and rows > max_rows:
        message = f"more than {max_rows} rows, which is more than the election can have"
        faults.add(name, None, "", message, "Send the table of this election only")
        return None
    return None if ragged or problem else batches
