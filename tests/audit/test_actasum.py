"""Statements of the actasum format: theirs is the judge of what we write, and we read what they write."""

import io
import json
from pathlib import Path

import pytest
from actasum import statement as theirs
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.audit.actasum import is_statements, statement, write_statements
from tallyroom.audit.source import UNREAD, read_source
from tallyroom.election.fault import BadInput

FIGURE = st.none() | st.integers(0, 2**40)
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
LINES = st.fixed_dictionaries({}, optional=dict.fromkeys(("registered", "valid", "invalid"), FIGURE))


@given(st.dictionaries(NAMES, FIGURE, min_size=1, max_size=4), LINES, NAMES)
def test_their_reader_takes_every_statement_and_gives_it_the_same_identifier(votes, lines, station) -> None:
    ours = statement("e", station, "c", votes, lines, act=7, kind="protocol")
    (read,) = theirs.read_jsonl(io.StringIO(write_statements([ours]).decode()))
    assert read.statement_id() == ours.id
    assert read.canonical() + b"\n" == write_statements([ours])
    assert {candidate: read.value(f"candidature:{candidate}") for candidate in votes} == votes
    assert read.value("null") == lines.get("invalid")
    assert {item for item in read.unread if item.startswith("candidature:")} == {
        f"candidature:{candidate}" for candidate, figure in votes.items() if figure is None
    }


def test_statements_are_read_as_a_table_without_those_that_are_superseded(tmp_path: Path) -> None:
    first = statement("e", "S-0001", "N", {"a": 5, "b": 3}, {"valid": 8, "invalid": 1}, 1, "protocol")
    second = statement("e", "S-0002", "S", {"a": None, "b": 3}, {"valid": None, "invalid": None}, 2, "protocol")
    ruling = statement("e", "S-0001", "N", {"a": 6, "b": 2}, {"valid": 8, "invalid": 1}, 3, "recount", first.id)
    path = tmp_path / "s.jsonl"
    path.write_bytes(write_statements([first, second, ruling]))
    assert is_statements(path)
    found = read_source(path, None, repeats=True)
    assert found.table.text("station_id") == ["S-0002", "S-0001"]
    assert (found.table.areas, found.place(0), found.place(1)) == (("constituency",), "line 2", "line 3")
    assert found.figures(("valid", "invalid", "v_a", "v_b")).tolist() == [[UNREAD, UNREAD, UNREAD, 3], [8, 1, 6, 2]]


def test_blank_null_and_other_ballots_are_invalid_and_a_candidature_not_listed_has_no_vote(tmp_path: Path) -> None:
    common = {"profile": "x", "election": "e", "constituency": "c"}
    rows = [
        theirs.Statement(**common, station="1", blank=1, null=2, candidatures={"a": 5}, other={"unmarked": 4}),
        theirs.Statement(**common, station="2", blank=1, null=None, candidatures={"b": 5}, unread={"null": "empty"}),
        theirs.Statement(
            **common,
            station="3",
            blank=None,
            null=2,
            candidatures={"a": 0, "b": 1},
            not_on_sheet={"blank": "no-field"},
        ),
    ]
    path = tmp_path / "s.jsonl"
    with path.open("w") as stream:
        theirs.write_jsonl(rows, stream)
    found = read_source(path, None)
    assert found.figures(("invalid", "v_a", "v_b")).tolist() == [[7, 5, 0], [UNREAD, 0, 5], [2, 0, 1]]


def test_lines_that_are_no_statements_are_refused_all_at_once(tmp_path: Path) -> None:
    good = json.loads(write_statements([statement("e", "1", "c", {"a": 5}, {}, 1, "protocol")]))
    bad = [
        good | {"spec": "other"},
        good | {"counts": {"candidatures": {"a": -1}}},
        good | {"counts": {"candidatures": {"a": 1.5}}},
        {key: value for key, value in good.items() if key != "station"},
    ]
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in [good, *bad]) + "not json\n")
    with pytest.raises(BadInput) as caught:
        read_source(path, None)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4, 5, 6]
