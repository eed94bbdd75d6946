"""The station table: written and read back the same, null is not zero, and faults are named."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.fault import BadInput
from tallyroom.election.mappingfile import read_mapping
from tallyroom.election.sheet import IntColumn
from tallyroom.election.table import COUNTS, StationTable, read_table, station_table, write_csv, write_parquet

figures = st.none() | st.integers(0, 10**12)
names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


def column(cells: list[int | None]) -> IntColumn:
    return IntColumn(np.array([c or 0 for c in cells], np.int64), np.array([c is None for c in cells], np.bool_))


@st.composite
def tables(draw: st.DrawFn) -> StationTable:
    n = draw(st.integers(1, 6))
    rows = lambda cells: draw(st.lists(cells, min_size=n, max_size=n))  # noqa: E731
    return station_table(
        [f"S-{i:04d}" for i in range(n)],
        {"region": rows(names), "district": rows(names)},
        {count: column(rows(figures)) for count in COUNTS},
        {candidate: column(rows(figures)) for candidate in ("a", "b")},
        status=rows(st.sampled_from(["accepted", ""])),
        data_origin=["synthetic"] * n,
    )


@given(tables(), st.sampled_from([write_csv, write_parquet]))
def test_a_table_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, table: StationTable, write: object
) -> None:
    path = tmp_path_factory.mktemp("tables") / "stations"
    content = write(table.arrow)  # type: ignore[operator]
    assert content == write(table.arrow)  # type: ignore[operator]
    path.write_bytes(content)
    found = read_table(path)
    assert found.arrow.equals(table.arrow)
    assert (found.areas, found.candidates, found.data_origin) == (table.areas, table.candidates, "synthetic")


def test_counts_are_64_bit_and_null_is_not_zero() -> None:
    table = station_table(["1", "2"], {}, {"valid": column([2**40, None])}, {"a": column([2**40, 0])})
    assert {str(field.type) for field in table.arrow.schema if field.name != "station_id"} == {"int64"}
    assert table.count("valid").unread.tolist() == [False, True]
    assert table.count("registered").unread.tolist() == [True, True]
    assert table.votes("a").values.tolist() == [2**40, 0]
    assert table.text("status") == ["", ""]
    assert table.data_origin == ""


def test_the_columns_stand_in_the_order_of_the_contract() -> None:
    table = station_table(["1"], {"region": ["N"]}, {}, {"a": column([1])}, reported_at=["t"], status=["accepted"])
    header = write_csv(table.arrow).decode().splitlines()[0].replace('"', "")
    assert header == "station_id,region,registered,ballots,valid,invalid,v_a,reported_at,status"


def test_ballots_are_those_issued_where_the_form_has_the_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("station_id,ballots_issued,ballots,v_a\n1,60,55,50\n")
    assert read_table(tmp_path / "t.csv").count("ballots").values.tolist() == [60]


def test_small_integers_of_a_file_become_64_bit(tmp_path: Path) -> None:
    small = pa.table(
        {
            "station_id": ["1", "2"],
            "valid": pa.array([250, None], pa.uint8()),
            "v_a": pa.array([250, 5], pa.uint8()),
        }
    )
    pq.write_table(small, tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert table.arrow["v_a"].type == pa.int64()
    assert table.count("valid").unread.tolist() == [False, True]


def test_rows_that_are_no_protocol_have_a_register_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'station_id = "id"\ncandidate_columns = "v_*"\n[lines]\nvoters_listed = "reg"\nvalid = "valid"\n'
        '[[unreported]]\ncolumn = "in"\nequals = "no"\nwhy = "not in"\n'
    )
    (tmp_path / "t.csv").write_text("id,reg,valid,in,v_a\n1,9,5,yes,5\n2,8,0,no,0\n")
    table = read_table(tmp_path / "t.csv", read_mapping(str(tmp_path / "map.toml")))
    assert table.count("registered").values.tolist() == [9, 8]
    assert table.count("valid").unread.tolist() == [False, True]
    assert table.votes("a").unread.tolist() == [False, True]


def test_a_table_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("station_id,valid,v_a\n1,x,5\n1,5,-5\n")
    with pytest.raises(BadInput) as caught:
        read_table(tmp_path / "t.csv")
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [
        *((3, "station_id"), (2, "valid"), (3, "v_a")),
    ]


def test_a_parquet_table_is_one_that_others_read() -> None:
    table = station_table(["1"], {"region": ["N"]}, {}, {"a": column([1])})
    assert pq.read_table(io.BytesIO(write_parquet(table.arrow))).equals(table.arrow)
