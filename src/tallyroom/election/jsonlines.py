"""JSON lines: one object a line, its members the cells of a row, read into a `Sheet` of texts.

    {"station_id": "S-0001", "valid": 212, "v_hradek": 108, "v_velinka": null}

A member that is null or absent is an empty cell.  Lists and objects are no cells.
"""

import io

import msgspec
import numpy as np
import pyarrow as pa

from tallyroom.election.fault import Faults
from tallyroom.election.sheet import Sheet

Row = dict[str, str | int | float | bool | None]

_decoder = msgspec.json.Decoder(Row)


def read_json_lines(
    stream: io.BufferedReader, name: str, faults: Faults, max_rows: int, max_cells: int
) -> Sheet | None:
    """The table in a stream of JSON lines; None, with every fault noted, where it is none."""
    rows: list[Row] = []
    lines: list[int] = []
    columns: dict[str, None] = {}
    for line, text in enumerate(stream, 1):
        if not text.strip():
            continue
        try:
            rows.append(_decoder.decode(text))
            lines.append(line)
            columns |= dict.fromkeys(rows[-1])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            mend = "Write one object a line, its members texts, numbers or null"
            faults.add(name, line, "", f"not a row of a table ({str(error)[:120]})", mend)
        if len(rows) > max_rows or len(rows) * len(columns) > max_cells:
            message = f"{len(rows)} rows by {len(columns)} columns is more than a table of returns has"
            faults.add(name, line, "", message, "Send the table of this election only")
            return None
        if faults.count > faults.limit:
            return None
    if faults.count:
        return None
    cells = {column: [_cell(row.get(column)) for row in rows] for column in columns}
    texts = {column: pa.chunked_array([pa.array(cells[column], pa.string())]) for column in columns}
    return Sheet(name, texts, len(rows), lines=np.array(lines, np.int64))


def _cell(cell: str | int | float | bool | None) -> str:
    """A cell as text; a whole number written as 12.0 loses its ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
