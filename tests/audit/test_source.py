"""Sources: the same returns from every kind of file, and ids that a cell holds with more around them."""

import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tallyroom.audit.source import UNREAD, read_source
from tallyroom.election.fault import BadInput
from tallyroom.election.mappingfile import read_mapping

HEADER = ("station_id", "region", "registered", "valid", "invalid", "v_a", "v_b")
ROWS = [("S-0001", "North", 500, 30, 1, 20, 10), ("S-0002", "South", 600, 40, 0, None, 10)]


def write(folder: Path, kind: str) -> Path:
    path = folder / f"copies.{kind}"
    if kind == "csv":
        lines = [HEADER, *(["" if cell is None else str(cell) for cell in row] for row in ROWS)]
        path.write_text("\n".join(",".join(line) for line in lines) + "\n")
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in ROWS))
    elif kind == "parquet":
        pq.write_table(pa.table(dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))), path)
    else:
        workbook = openpyxl.Workbook()
        for row in (HEADER, *ROWS):
            workbook.active.append(row)
        workbook.save(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx"])
def test_every_kind_of_file_gives_the_same_figures(tmp_path: Path, kind: str) -> None:
    found = read_source(write(tmp_path, kind), None, repeats=True)
    assert found.table.text("station_id") == ["S-0001", "S-0002"]
    assert found.table.areas == ("region",)
    assert found.figures(("registered", "valid", "invalid", "v_a", "v_b")).tolist() == [
        [500, 30, 1, 20, 10],
        [600, 40, 0, UNREAD, 10],
    ]
    assert found.place(1) == ("line 2" if kind in ("jsonl", "parquet") else "line 3")
    assert (found.meanings, found.act(1)) == (("register", "not given"), None)


def test_json_lines_that_are_no_rows_are_all_named_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "copies.jsonl"
    path.write_text('{"station_id": "S-0001", "v_a": 1}\n\n{"v_a": [1]}\n{"v_a": \n' + "[" * 100_000 + "\n")
    with pytest.raises(BadInput) as caught:
        read_source(path, None)
    assert [fault.line for fault in caught.value.faults] == [3, 4, 5]


def test_a_figure_that_is_no_whole_number_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "copies.jsonl"
    path.write_text('{"station_id": "S-0001", "v_a": 12.0}\n\n{"station_id": "S-0002", "v_a": 0.5}\n')
    with pytest.raises(BadInput, match=r"copies\.jsonl:3: v_a: '0\.5' is not a whole number"):
        read_source(path, None)


PATTERN = """station_id = "sheet"
station_id_pattern = '{}'
candidate_columns = "v_*"
"""


def mapping(folder: Path, pattern: str):
    (folder / "map.toml").write_text(PATTERN.format(pattern))
    return read_mapping(str(folder / "map.toml"))


def test_the_groups_of_a_pattern_are_the_station_id(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("sheet,v_a\n010101001.02.1,5\n020.11.1,6\n")
    chosen = mapping(tmp_path, r"^0*(?P<centre>[0-9]+)\.0*(?P<table>[0-9]+)\.")
    assert read_source(tmp_path / "t.csv", chosen).table.text("station_id") == ["10101001/2", "20/11"]
    (tmp_path / "t.csv").write_text("sheet,v_a\n020.11.1,6\nelsewhere,5\n")
    with pytest.raises(BadInput, match=r"t\.csv:3: sheet: the station's id is not of the mapping's pattern"):
        read_source(tmp_path / "t.csv", chosen)


@pytest.mark.parametrize("pattern", ["(", "no groups", "([0-9]+)"])
def test_a_pattern_without_named_groups_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(BadInput, match="has no named groups"):
        mapping(tmp_path, pattern)


def test_a_station_that_stands_twice_is_a_fault_unless_the_rows_are_copies(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("station_id,region,v_a\nS-0001,N,5\nS-0001,N,6\n")
    twice = read_source(tmp_path / "t.csv", None, repeats=True)
    assert twice.table.text("station_id") == ["S-0001", "S-0001"]
    with pytest.raises(BadInput, match="'N/S-0001' stands on line 2 already"):
        read_source(tmp_path / "t.csv", None)
