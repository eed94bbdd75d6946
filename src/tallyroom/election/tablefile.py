"""Table files: CSV, XLSX, Parquet and JSON lines, told apart by their first bytes and read into one shape, a `Sheet`.

Every file is hostile.  A CSV table is read block by block and given up at the first block that is none; of an
XLSX or Parquet file the sizes that it will unfold to are known, and bounded, before it is unfolded.
"""

import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from tallyroom.election.fault import Faults
from tallyroom.election.jsonlines import read_json_lines
from tallyroom.election.sheet import Sheet, read_sheet_stream

MAX_ROWS = 20_000_000
MAX_CELLS = 200_000_000
MAX_UNPACKED = 1 << 30
"""Most bytes that the parts of an XLSX file may unfold to."""

_CELL_PLACE = re.compile(rb"\br=[\"']([A-Z]{0,3})(\d{1,9})[\"']")
_CHUNK = 1 << 20


def read_table_file(path: Path, faults: Faults, max_rows: int = MAX_ROWS, worksheet: str = "") -> Sheet | None:
    """The table in a file (its first worksheet, or the one named); None, with faults noted, if it is none.

    Columns of a Parquet file that hold neither texts, numbers nor times are left aside.
    """
    try:
        with path.open("rb") as stream:
            start = stream.peek(4)[:4]
            if start == b"PK\x03\x04":
                return _read_xlsx(stream, path.name, worksheet, faults)
            if start == b"PAR1":
                return _read_parquet(stream, path.name, max_rows, faults)
            if start.startswith(b"{"):
                return read_json_lines(stream, path.name, faults, max_rows, MAX_CELLS)
            return read_sheet_stream(stream, path.name, faults, max_rows)
    except OSError as error:
        mend = "Check its name and permissions"
        faults.add(path.name, None, "", f"the file cannot be read ({error.strerror or error})", mend)
    return None


def _read_parquet(stream: io.BufferedReader, name: str, max_rows: int, faults: Faults) -> Sheet | None:
    try:
        file = pq.ParquetFile(stream)
        rows = file.metadata.num_rows
        if rows > max_rows or rows * file.metadata.num_columns > MAX_CELLS or _unpacked(file) > MAX_UNPACKED:
            message = f"{rows} rows by {file.metadata.num_columns} columns is more than a table of returns has"
            faults.add(name, None, "", message, "Send the table of this election only")
            return None
        wanted = [field.name for field in file.schema_arrow if _is_plain(field.type)]
        table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        message = f"not a readable Parquet file ({_first_line(error)})"
        faults.add(name, None, "", message, "Write the file anew, or send it as CSV")
        return None
    columns = {column: _plain(table[column]) for column in wanted}
    return Sheet(name, columns, table.num_rows, first_line=1)


def _unpacked(file: pq.ParquetFile) -> int:
    return sum(file.metadata.row_group(group).total_byte_size for group in range(file.metadata.num_row_groups))


def _is_plain(kind: Any) -> bool:
    """Whether a column holds texts, numbers, truth values or times."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (pa.types.is_nested(kind) or _is_bytes(kind))


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _plain(column: Any) -> Any:
    """A column without dictionary encoding."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _read_xlsx(stream: io.BufferedReader, name: str, worksheet: str, faults: Faults) -> Sheet | None:
    try:
        oversize = _oversize(stream)
        if oversize:
            faults.add(name, None, "", oversize, "Send the table as CSV")
            return None
        workbook = CalamineWorkbook.from_filelike(stream)
        if worksheet and worksheet not in workbook.sheet_names:
            mend = f"Use one of: {', '.join(workbook.sheet_names)}"
            faults.add(name, None, worksheet, "there is no such worksheet", mend)
            return None
        sheet = workbook.get_sheet_by_name(worksheet or workbook.sheet_names[0])
        rows = sheet.to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, CalamineError, NotImplementedError, RuntimeError, IndexError) as error:
        message = f"not a readable XLSX file ({_first_line(error)})"
        faults.add(name, None, "", message, "Save the workbook anew, or send it as CSV")
        return None
    return _sheet([[_cell(cell) for cell in row] for row in rows], name, faults)


def _oversize(stream: io.BufferedReader) -> str:
    """What is too large in a workbook, or "".  Reads every part once, so that no declared size is believed."""
    with zipfile.ZipFile(stream) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
            return f"the file unfolds to more than {MAX_UNPACKED >> 20} MiB"
        for part in archive.infolist():
            if _cells(archive, part) > MAX_CELLS:
                return f"{part.filename} spans more than {MAX_CELLS} cells"
    stream.seek(0)
    return ""


def _cells(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Cells of the rectangle that a worksheet spans: two far corners would unfold to all that lies between."""
    width = height = 1
    rest = b""
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK):
            for letters, number in _CELL_PLACE.findall(rest + chunk):
                height = max(height, int(number))
                width = max(width, _column_number(letters))
            rest = chunk[-32:]
    return width * height


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _cell(cell: Any) -> str:
    """A cell as text; a whole number, which XLSX keeps in floating point, loses its ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).strip()


def _sheet(rows: list[list[str]], name: str, faults: Faults) -> Sheet | None:
    """A sheet from a header and rows of equal width; empty rows at the end and empty columns are left away."""
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        faults.add(name, 1, "", "there is no header line", "Name the columns in the first row")
        return None
    header, *rest = rows
    columns: dict[str, Any] = {}
    for place, column in enumerate(header):
        cells = [row[place] for row in rest]
        if column in columns:
            faults.add(name, 1, column, "the column stands twice", "Keep one of them")
        if column or any(cells):
            columns[column] = pa.chunked_array([cells], pa.string())
    return Sheet(name, columns, len(rest))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
