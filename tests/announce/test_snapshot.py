import csv
import io
import json

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings

from tallyroom.announce.snapshot import areas_csv, areas_parquet, headline_files, results_json, stations_csv
from tallyroom.tally.results import Results
from tests.announce import examples
from tests.announce.strategies import any_results

COLUMNS = ["area_id", "name", "level", "parent_id", "stations_total", "stations_reported", "registered", "cast"]
VOTES = ["v_c1", "v_c2", "v_c3", "v_c4", "v_c5", "v_c6", "v_c7"]


@given(any_results())
def test_results_json_reads_back_as_the_same_results(results: Results) -> None:
    assert msgspec.json.decode(results_json(results), type=Results) == results


def test_results_json_is_sorted_text_with_a_last_line_feed() -> None:
    text = results_json(examples.at_0313()).decode()
    again = json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False)
    assert text == again + "\n"


def test_areas_csv_has_a_row_an_area_and_says_where_it_comes_from() -> None:
    rows = list(csv.DictReader(io.StringIO(areas_csv(examples.at_0313()).decode())))
    assert list(rows[0]) == [*COLUMNS, "valid", "invalid", *VOTES, "data_origin", "snapshot_size"]
    assert len(rows) == 125
    assert sum(int(row["v_c1"]) for row in rows) == 4_281_625
    assert {(row["data_origin"], row["snapshot_size"]) for row in rows} == {("synthetic", "52345")}


def test_a_figure_not_known_is_empty_and_never_zero() -> None:
    results = examples.at_0313()
    area = msgspec.structs.replace(results.areas[0], cast=None)
    unknown = msgspec.structs.replace(results, areas=(area,))
    (row,) = csv.DictReader(io.StringIO(areas_csv(unknown).decode()))
    assert row["cast"] == ""
    assert pq.read_table(io.BytesIO(areas_parquet(unknown)))["cast"].to_pylist() == [None]


def test_without_areas_the_tables_have_their_columns_and_no_row() -> None:
    results = examples.noon()
    header = areas_csv(results).decode()
    assert header == ",".join([*COLUMNS, "valid", "invalid", *VOTES, "data_origin", "snapshot_size"]) + "\n"
    assert pq.read_table(io.BytesIO(areas_parquet(results))).num_rows == 0


def test_no_cell_of_the_csv_is_a_formula() -> None:
    results = examples.at_0313()
    starts = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n\x00 =1")
    areas = tuple(msgspec.structs.replace(results.areas[0], name=name) for name in starts)
    table = areas_csv(msgspec.structs.replace(results, areas=areas)).decode()
    rows = csv.DictReader(io.StringIO(table, newline=""))
    assert [row["name"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'=1", "'=1", "'=1"]


def test_areas_parquet_holds_the_text_as_it_is_and_64_bit_counts() -> None:
    results = examples.hostile()
    table = pq.read_table(io.BytesIO(areas_parquet(results)))
    assert table["name"].to_pylist() == [area.name for area in results.areas]
    assert {table.schema.field(name).type for name in [*VOTES, "valid", "snapshot_size"]} == {pa.int64()}


@given(any_results())
@settings(max_examples=25)
def test_the_same_results_give_the_same_bytes(results: Results) -> None:
    copy = msgspec.json.decode(msgspec.json.encode(results), type=Results)
    assert headline_files(results) == headline_files(copy)
    assert areas_parquet(results) == areas_parquet(copy)


def test_the_headline_files() -> None:
    files = headline_files(examples.at_0313())
    assert sorted(files) == ["areas.csv", "results.json"]
    assert json.loads(files["results.json"])["areas"] == []


def test_no_cell_of_the_station_table_is_run_by_a_spreadsheet() -> None:
    table = pa.table({"station_id": ["=1+1", "S-0001", None], "@level": ["-x", "+y", "plain"], "valid": [-1, 2, None]})
    lines = stations_csv(table).decode().splitlines()
    assert lines == ['"station_id","\'@level","valid"', '"\'=1+1","\'-x",-1', '"S-0001","\'+y",2', ',"plain",']
