"""The tree of areas: chains up to the whole, and every way it can be wrong."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.areas import COLUMNS, Areas, read_areas
from tallyroom.election.fault import Faults
from tallyroom.election.folder import load
from tallyroom.election.sheet import Sheet


def areas_of(rows: list[tuple[str, str]]) -> tuple[Areas, Faults]:
    """Areas from (id, parent) pairs."""
    cells = [(area_id, area_id.upper(), "level", parent) for area_id, parent in rows]
    texts = zip(*cells, strict=True) if cells else [()] * len(COLUMNS)
    columns = {c: pa.chunked_array([list(t)], pa.string()) for c, t in zip(COLUMNS, texts, strict=True)}
    faults = Faults()
    return read_areas(Sheet("areas.csv", columns, len(cells)), faults), faults


@given(st.lists(st.integers(0, 20), max_size=12))
def test_a_chain_leads_from_every_area_to_the_whole(parents: list[int]) -> None:
    rows = [(f"a{i}", f"a{p}" if p < i else "") for i, p in enumerate(parents)]
    areas, faults = areas_of(rows)
    assert faults.count == 0
    for i, chain in enumerate(areas.chains):
        assert (chain[0], chain[-1]) == (i, len(areas))
        ids = ["" if at == len(areas) else areas.areas[at].id for at in chain]
        assert [areas.areas[areas.index[a]].parent_id for a in ids[:-1]] == ids[1:]
    assert {*areas.leaves} == {i for i, (a, _) in enumerate(rows) if a not in {parent for _, parent in rows}}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("a", ""), ("", "a")], "areas.csv:3: area_id: the id is empty"),
        ([("a", ""), ("a", "")], "areas.csv:3: area_id: 'a' stands on line 2 already"),
        ([("a", "b")], "areas.csv:2: parent_id: there is no area 'b'"),
        ([("a", "a")], "areas.csv:2: parent_id: 'a' lies in itself (a in a)"),
        ([("a", "b"), ("b", "c"), ("c", "a")], "areas.csv:2: parent_id: 'a' lies in itself (a in b in c in a)"),
    ],
)
def test_a_broken_tree_is_named_with_its_line(rows: list[tuple[str, str]], fault: str) -> None:
    _, faults = areas_of(rows)
    (found,) = faults
    assert str(found).startswith(fault)


def test_areas_of_a_folder(election: Path) -> None:
    areas = load(election).areas
    assert [area.name for area in areas.areas] == ["North", "Centre", "South"]
    assert areas.leaves == (0, 1, 2)
