"""Snapshot: the files of one moment of the count, as bytes.

Pure functions of `Results`, and so of one prefix of the record: a replay gives the same bytes.  Parquet is kept
out of `headline_files`, because its bytes also depend on the release of the library that wrote it.

Spreadsheets run a cell of text that begins with = + - or @ as a formula.  In CSV such a cell gets an apostrophe
in front, as OWASP advises (CSV Injection), and every text is on one line; JSON and Parquet hold it as it is.
"""

import csv
import io

import msgspec
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tallyroom.announce.figures import clean
from tallyroom.tally.results import Results

_encoder = msgspec.json.Encoder(order="sorted")
_FORMULA_STARTS = ("=", "+", "-", "@")
_AREA_TEXTS = ("area_id", "name", "level", "parent_id")
_AREA_COUNTS = ("stations_total", "stations_reported", "registered", "cast", "valid", "invalid")


def results_json(results: Results) -> bytes:
    """Canonical results.json: UTF-8, members sorted, two spaces of indent, one line feed at the end."""
    return msgspec.json.format(_encoder.encode(results), indent=2) + b"\n"


def areas_csv(results: Results) -> bytes:
    """One row an area: the columns of AreaResults, v_<candidate> each, data_origin and snapshot_size.

    UTF-8, comma, line feed; an empty cell is a figure not known, never zero.
    """
    columns = _columns(results)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_cell(name) for name in columns)
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return out.getvalue().encode()


def stations_csv(table: pa.Table) -> bytes:
    """A table of stations as `areas_csv` writes its own: text that a spreadsheet would run is led by an apostrophe."""
    return guarded_csv(guarded(table))


def guarded(table: pa.Table) -> pa.Table:
    """A table whose texts are as `stations_csv` writes them; rows of it can be written by `guarded_csv`."""
    columns = [_guarded(column) if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.table(columns, [str(_cell(name)) for name in table.column_names])


def guarded_csv(table: pa.Table) -> bytes:
    """The rows of a guarded table."""
    out = io.BytesIO()
    pacsv.write_csv(table, out, pacsv.WriteOptions(quoting_style="needed"))
    return out.getvalue()


def _guarded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = column.combine_chunks().dictionary_encode()
    return pa.chunked_array([pa.array(map(_cell, texts.dictionary.to_pylist()), pa.string()).take(texts.indices)])


def areas_parquet(results: Results) -> bytes:
    """The table of `areas_csv`: text as it is, counts as 64-bit integers, null where not known."""
    texts = {*_AREA_TEXTS, "data_origin"}
    table = pa.table(
        {
            name: pa.array(values, pa.string() if name in texts else pa.int64())
            for name, values in _columns(results).items()
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def headline_files(results: Results) -> dict[str, bytes]:
    """The figures that a snapshot publishes first, by their path below v/<number>/.

    results.json is kept small: the areas are in areas.csv and on their own pages.
    """
    return {
        "results.json": results_json(msgspec.structs.replace(results, areas=())),
        "areas.csv": areas_csv(results),
    }


def _columns(results: Results) -> dict[str, list[str | int | None]]:
    """The table of areas by column; candidates in the order of the ballot paper, which the areas keep."""
    areas = results.areas
    candidates = list(areas[0].votes) if areas else sorted(candidate.id for candidate in results.candidates)
    return {
        **{name: [getattr(area, name) for area in areas] for name in (*_AREA_TEXTS, *_AREA_COUNTS)},
        **{f"v_{candidate}": [area.votes[candidate] for area in areas] for candidate in candidates},
        "data_origin": [results.data_origin] * len(areas),
        "snapshot_size": [results.snapshot.size] * len(areas),
    }


def _cell(value: str | int | None) -> str | int | None:
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
