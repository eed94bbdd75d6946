"""Published tables and copies of them, with and without changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from tallyroom.audit.source import Source, sheet_source
from tallyroom.election.sheet import Sheet

CANDIDATES = ("v_a", "v_b", "v_c")
FIGURES = ("registered", "ballots", "valid", "invalid", *CANDIDATES)

Row = dict[str, Any]


def source(rows: Sequence[Mapping[str, Any]], repeats: bool = False, name: str = "table.csv") -> Source:
    """The source of a table given by its rows; a figure that is None is unread."""
    texts = ("station_id", "region", "district", "status", "data_origin")
    columns = {
        column: pa.chunked_array(
            [pa.array([row.get(column) for row in rows], pa.string() if column in texts else pa.int64())]
        )
        for column in dict.fromkeys(column for row in rows for column in row)
    }
    return sheet_source(Sheet(name, columns, len(rows)), None, repeats)


def row(number: int, *votes: int | None, invalid: int | None = 3, **other: Any) -> Row:
    """A protocol in which everything fits together; the register is 1000."""
    valid = sum(votes) if None not in votes else None  # type: ignore[arg-type]
    return {
        "station_id": f"S-{number:04d}",
        "region": f"R{number % 2}",
        "district": f"D{number % 4}",
        "registered": 1000,
        "ballots": None if valid is None or invalid is None else valid + invalid,
        "valid": valid,
        "invalid": invalid,
        **dict(zip(CANDIDATES, votes, strict=True)),
        **other,
    }


@st.composite
def tables(draw: st.DrawFn, most: int = 12) -> list[Row]:
    """A whole published table."""
    votes = st.tuples(*[st.integers(0, 300)] * len(CANDIDATES))
    drawn = draw(st.lists(st.tuples(votes, st.integers(0, 9)), min_size=1, max_size=most))
    return [row(number, *own, invalid=invalid) for number, (own, invalid) in enumerate(drawn, 1)]


@st.composite
def copied(draw: st.DrawFn, published: list[Row]) -> list[Row]:
    """Copies of some stations of a table, in any order, with changed and unread figures; at least one of them."""
    chosen = draw(st.lists(st.sampled_from(published), min_size=1, unique_by=lambda one: one["station_id"]))
    copies = [dict(one) for one in chosen]
    for one in copies:
        for figure in draw(st.lists(st.sampled_from(FIGURES[1:]), max_size=3)):
            one[figure] = draw(st.none() | st.integers(0, 300))
    copies[0]["v_a"] = copies[0]["v_a"] or 0
    return copies
