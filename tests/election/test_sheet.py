"""Sheets: cells become texts and whole numbers, and what cannot is named with its line."""

import io
import math
from itertools import repeat
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.fault import Faults
from tallyroom.election.sheet import MAX_WHOLE, Sheet, read_sheet, read_sheet_stream, require_columns


def sheet_of(kind: pa.DataType, cells: list[object]) -> Sheet:
    return Sheet("t.csv", {"c": pa.chunked_array([pa.array(cells, kind)])}, len(cells))


def read(text: bytes, max_rows: int | None = None) -> tuple[Sheet | None, list[str]]:
    faults = Faults()
    sheet = read_sheet_stream(io.BufferedReader(io.BytesIO(text)), "t.csv", faults, max_rows)
    return sheet, [str(fault) for fault in faults]


@given(st.lists(st.none() | st.integers(0, MAX_WHOLE)))
def test_texts_and_integers_of_any_type_give_the_same_figures(cells: list[int | None]) -> None:
    texts = sheet_of(pa.string(), [None if cell is None else f" {cell} " for cell in cells])
    numbers = sheet_of(pa.int64(), cells)
    floats = sheet_of(pa.float64(), [None if cell is None else float(cell) for cell in cells])
    faults = Faults()
    for sheet in (texts, numbers, floats):
        column = sheet.integers("c", faults)
        assert column.values.dtype == np.int64
        assert column.values.tolist() == [cell or 0 for cell in cells]
        assert column.unread.tolist() == [cell is None for cell in cells]
    assert faults.count == 0
    assert texts.text("c") == numbers.text("c") == ["" if cell is None else str(cell) for cell in cells]


@pytest.mark.parametrize(
    ("kind", "cell", "message"),
    [
        (pa.string(), "-3", "'-3' is negative"),
        (pa.string(), "1.5", "'1.5' is not a whole number"),
        (pa.string(), "1,500", "'1,500' is not a whole number"),
        (pa.string(), "many", "'many' is not a number"),
        (pa.string(), "1e3", "'1e3' is not a number"),
        (pa.string(), "9" * 16, f"{'9' * 16!r} is not a number"),
        (pa.int64(), -3, "'-3' is negative"),
        (pa.int64(), 2**53, f"'{2**53}' is not a number"),
        (pa.uint64(), 2**64 - 1, f"'{2**64 - 1}' is not a number"),
        (pa.float64(), 1.5, "'1.5' is not a whole number"),
        (pa.float64(), -1.0, "'-1.0' is negative"),
        (pa.float64(), math.nan, "'nan' is not a number"),
        (pa.float64(), math.inf, "'inf' is not a number"),
        (pa.bool_(), True, "'True' is not a number"),
    ],
)
def test_a_cell_that_is_no_count_is_named(kind: pa.DataType, cell: object, message: str) -> None:
    faults = Faults()
    column = sheet_of(kind, [None, cell]).integers("c", faults)
    (fault,) = faults
    assert (fault.file, fault.line, fault.field, fault.message) == ("t.csv", 3, "c", message)
    assert column.values.tolist() == [0, 0]


def test_ids_in_floating_point_lose_their_fraction_of_zero() -> None:
    assert sheet_of(pa.float64(), [20101.0, None, math.nan, 1.5]).text("c") == ["20101", "", "", "1.5"]
    assert sheet_of(pa.float32(), [7.0, 0.5]).text("c") == ["7", "0.5"]


def test_rows_that_are_taken_keep_their_lines() -> None:
    sheet = sheet_of(pa.string(), ["a", "b", "c", "d"]).take(np.array([3, 1])).take(np.array([1]))
    assert (sheet.text("c"), sheet.line(0)) == (["b"], 3)


def test_an_absent_column_is_empty_text() -> None:
    assert sheet_of(pa.string(), ["a", "b"]).text("other") == ["", ""]


def test_a_table_is_read_with_its_lines() -> None:
    sheet, faults = read(b'\xef\xbb\xbfid, name\r\n1,"a,b"\r\n2,\xc3\xa9\r\n')
    assert sheet is not None
    assert faults == []
    assert (sheet.text("id"), sheet.text("name"), sheet.line(1)) == (["1", "2"], ["a,b", "é"], 3)


def test_a_header_alone_is_a_table_without_rows() -> None:
    sheet, _ = read(b"id,name\n")
    assert sheet is not None
    assert (sheet.rows, sheet.text("id")) == (0, [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "t.csv:1: there is no header line"),
        (b"\n1,2\n", "t.csv:1: there is no header line"),
        (b"\x00\x01\x02\n", "t.csv:1: there is no header line"),
        (b"x" * 70_000, "t.csv:1: the first line is too long for a table's header"),
        (b"\xff\xfeid\n1\n", "t.csv:1: not UTF-8 text (byte 0)"),
        (b"id,id\n1,2\n", "t.csv:1: id: the column stands twice"),
        (b"id,name\n1,a\n2\n3,c\n", "t.csv:3: the row has 1 cells where the header has 2: '2'"),
        (b"id,name\n1,\xff\n", "t.csv: not a CSV table"),
    ],
)
def test_what_is_no_table_is_refused(text: bytes, fault: str) -> None:
    sheet, faults = read(text)
    assert sheet is None
    assert faults[0].startswith(fault)


class Endless(io.RawIOBase):
    """A stream that repeats one block for ever, and counts what was taken of it."""

    def __init__(self, start: bytes, block: bytes) -> None:
        self.taken = 0
        self._parts = [start]
        self._blocks = repeat(block)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._parts[0]:
            self._parts[0] = next(self._blocks)
        part, self._parts[0] = self._parts[0][: len(buffer)], self._parts[0][len(buffer) :]
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)


@pytest.mark.parametrize(
    ("start", "block"),
    [
        (b"", b"\x00" * 65_536),
        (b"", b"nonsense " * 8_000),
        (b"id,votes\n", b"\x00\xfe" * 32_768),
        (b"id,votes\n", b"one cell only\n" * 5_000),
        (b'id,votes\n1,"', b"never closed " * 5_000),
        (b"id,votes\n", b"S-0001,5\n" * 7_000),
    ],
    ids=["zeros", "no-line", "binary", "ragged", "open-quote", "well-formed"],
)
def test_an_endless_stream_is_given_up_early(start: bytes, block: bytes) -> None:
    stream, faults = Endless(start, block), Faults()
    assert read_sheet_stream(io.BufferedReader(stream), "-", faults, max_rows=100_000) is None
    assert faults.count > 0
    assert stream.taken < 1 << 30


def test_more_rows_than_the_election_has_are_refused() -> None:
    sheet, faults = read(b"id\n" + b"1\n" * 11, max_rows=10)
    assert sheet is None
    assert faults[0].startswith("t.csv: more than 10 rows")


def test_absent_files_and_columns_are_faults(tmp_path: Path) -> None:
    faults = Faults()
    assert read_sheet(tmp_path / "none.csv", faults) is None
    sheet = sheet_of(pa.string(), ["a"])
    assert not require_columns(sheet, ("id",), (), faults)
    assert [(fault.file, fault.line, fault.field, fault.message) for fault in faults] == [
        ("none.csv", None, "", "the file is missing"),
        ("t.csv", 1, "id", "the column is missing"),
        ("t.csv", 1, "c", "the column is not known"),
    ]


def test_faults_beyond_the_limit_are_counted() -> None:
    faults = Faults(limit=2)
    sheet_of(pa.string(), ["x"] * 5).integers("c", faults)
    assert [fault.message for fault in faults][:2] == ["'x' is not a number"] * 2
    assert len(list(faults)) == 3
