"""Table files: three formats, one shape; and files that mean harm."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tallyroom.election import tablefile
from tallyroom.election.fault import Faults
from tallyroom.election.sheet import Sheet
from tallyroom.election.tablefile import read_table_file

ROWS = [("S-0001", 20101, 7), ("S-0002", 20102, None)]


def read(path: Path, **options: object) -> tuple[Sheet | None, list[str]]:
    faults = Faults()
    return read_table_file(path, faults, **options), [str(fault) for fault in faults]  # type: ignore[arg-type]


def write_xlsx(path: Path, rows: list[tuple[object, ...]], title: str = "Results") -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    workbook.create_sheet("Notes").append(["nothing"])
    workbook.save(path)


def write_csv(path: Path) -> None:
    path.write_text("station_id,code,v_a\nS-0001,20101,7\nS-0002,20102,\n")


def write_parquet(path: Path) -> None:
    ids, codes, votes = zip(*ROWS, strict=True)
    columns = {"station_id": pa.array(ids).dictionary_encode(), "code": pa.array(map(float, codes)), "v_a": votes}
    pq.write_table(pa.table(columns), path)


def write_workbook(path: Path) -> None:
    write_xlsx(path, [("station_id", "code", "v_a"), *ROWS])


@pytest.mark.parametrize("write", [write_csv, write_parquet, write_workbook])
def test_every_format_gives_the_same_figures(tmp_path: Path, write: object) -> None:
    write(tmp_path / "table")  # type: ignore[operator]
    sheet, faults = read(tmp_path / "table")
    assert sheet is not None
    assert faults == []
    assert sheet.text("station_id") == ["S-0001", "S-0002"]
    assert sheet.text("code") == ["20101", "20102"]
    votes = sheet.integers("v_a", Faults())
    assert (votes.values.tolist(), votes.unread.tolist()) == ([7, 0], [False, True])


def test_a_worksheet_is_named_or_the_first(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "t.xlsx", [("a", "", "b"), (1, None, 2), (None, None, None)])
    sheet, _ = read(tmp_path / "t.xlsx")
    assert sheet is not None
    assert (sheet.rows, list(sheet.columns)) == (1, ["a", "b"])
    notes, _ = read(tmp_path / "t.xlsx", worksheet="Notes")
    assert notes is not None
    assert list(notes.columns) == ["nothing"]
    nothing, faults = read(tmp_path / "t.xlsx", worksheet="Votes")
    assert nothing is None
    assert faults == ["t.xlsx: Votes: there is no such worksheet. Use one of: Results, Notes."]


def test_a_column_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "t.xlsx", [("a", "a"), (1, 2)])
    _, faults = read(tmp_path / "t.xlsx")
    assert faults == ["t.xlsx:1: a: the column stands twice. Keep one of them."]


def test_columns_that_hold_no_cells_are_left_aside(tmp_path: Path) -> None:
    table = pa.table(
        {"id": ["a"], "shape": pa.array([b"\x00"]), "list": [[1, 2]], "at": pa.array([0], pa.timestamp("s"))}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    sheet, _ = read(tmp_path / "t.parquet")
    assert sheet is not None
    assert list(sheet.columns) == ["id", "at"]
    assert sheet.text("at") == ["1970-01-01 00:00:00.000"]
    assert sheet.line(0) == 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"PAR1 and then nothing of the kind", "t: not a readable Parquet file"),
        (b"PK\x03\x04 and then nothing of the kind", "t: not a readable XLSX file"),
        (b"", "t:1: there is no header line"),
    ],
)
def test_a_file_that_only_begins_like_a_table_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "t").write_bytes(content)
    sheet, faults = read(tmp_path / "t")
    assert sheet is None
    assert faults[0].startswith(fault)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    sheet, faults = read(tmp_path / "t.xlsx")
    assert sheet is None
    assert faults[0].startswith("t.xlsx: not a readable XLSX file")


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path / "none.csv")[1][0].startswith("none.csv: the file cannot be read")
    assert read(tmp_path)[1][0].startswith(f"{tmp_path.name}: the file cannot be read")


def rewritten(path: Path, part: str, content: bytes) -> None:
    """Replaces one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_a_workbook_that_unfolds_without_end_is_not_unfolded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tablefile, "MAX_UNPACKED", 1 << 20)
    write_xlsx(tmp_path / "t.xlsx", [("a",), (1,)])
    rewritten(tmp_path / "t.xlsx", "xl/bomb.bin", bytes(2 << 20))
    assert (tmp_path / "t.xlsx").stat().st_size < 1 << 20
    sheet, faults = read(tmp_path / "t.xlsx")
    assert sheet is None
    assert faults[0].startswith("t.xlsx: the file unfolds to more than 1 MiB")


def test_a_workbook_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "t.xlsx", [("a",), (1,)])
    rewritten(tmp_path / "t.xlsx", "xl/bomb.bin", bytes(2 << 20))
    honest = (2 << 20).to_bytes(4, "little")
    content = (tmp_path / "t.xlsx").read_bytes()
    assert content.count(honest) == 2
    (tmp_path / "t.xlsx").write_bytes(content.replace(honest, (16).to_bytes(4, "little")))
    sheet, faults = read(tmp_path / "t.xlsx")
    assert sheet is None
    assert "Bad CRC-32" in faults[0]


def test_two_far_corners_do_not_make_a_worksheet(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "t.xlsx", [("a",), (1,)])
    corners = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    rewritten(tmp_path / "t.xlsx", "xl/worksheets/sheet1.xml", corners)
    sheet, faults = read(tmp_path / "t.xlsx")
    assert sheet is None
    assert "spans more than" in faults[0]


def test_a_parquet_file_with_more_rows_than_the_election_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.repeat("x", 1000)}), tmp_path / "t.parquet")
    sheet, faults = read(tmp_path / "t.parquet", max_rows=999)
    assert sheet is None
    assert faults[0].startswith("t.parquet: 1000 rows by 1 columns is more than")


def test_a_csv_file_with_more_rows_than_the_election_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(io.BytesIO(b"id\n" + b"x\n" * 1000).getvalue())
    assert read(tmp_path / "t.csv", max_rows=999)[0] is None
