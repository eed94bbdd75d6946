"""Paths, bundles and tiles are those of C2SP tlog-tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.tiles import (
    MAX_ENTRY,
    Edge,
    Tile,
    decode_bundle,
    edge_paths,
    edge_tiles,
    encode_bundle,
    entries_path,
    parse_path,
    split_hashes,
    tile_path,
)
from tallyroom.record.tree import Frontier, leaf_hashes


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (tile_path(0, 0), "tile/0/000"),
        (tile_path(0, 1234067), "tile/0/x001/x234/067"),
        (tile_path(3, 1000, 7), "tile/3/x001/000.p/7"),
        (entries_path(273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert path == expected


@given(st.integers(-1, 63), st.integers(0, 10**10), st.integers(1, 256))
def test_paths_read_back(level: int, n: int, width: int) -> None:
    path = entries_path(n, width) if level < 0 else tile_path(level, n, width)
    assert parse_path(path) == (level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "checkpoint",
        "tile/64/000",
        "tile/00/000",
        "tile/0/1",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/007",
        "tile/0/000.tmp",
        "tile/0/../000",
        "tile/0/٠٠٠",
    ],
)
def test_other_paths_are_no_tiles(path: str) -> None:
    assert parse_path(path) is None


@pytest.mark.parametrize(
    ("size", "partial", "full"),
    [
        (256, ["tile/1/000.p/1"], {0: 1}),
        (
            70_000,
            ["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"],
            {0: 273, 1: 1},
        ),
    ],
)
def test_files_of_the_sizes_in_the_specification(size: int, partial: list[str], full: dict[int, int]) -> None:
    edge = Edge()
    tiles = edge.extend([b"\0" * 32] * size)
    assert edge_paths(size) == partial
    assert [tile.path for tile in edge.partial()] == [path for path in partial if "entries" not in path]
    assert {level: sum(tile.level == level for tile in tiles) for level in full} == full
    assert len(tiles) == sum(full.values())


@given(st.lists(st.integers(1, 1000), max_size=5))
def test_edge_grows_in_any_steps(steps: list[int]) -> None:
    leaves = leaf_hashes(b"%d" % number for number in range(sum(steps)))
    edge, at_once, frontier = Edge(), Edge(), Frontier()
    full: list[Tile] = []
    for step in steps:
        full += edge.extend(leaves[edge.size : edge.size + step])
    frontier.extend(leaves)
    assert sorted(tile.path for tile in full) == sorted(tile.path for tile in at_once.extend(leaves))
    assert edge.root() == at_once.root() == frontier.root()
    assert [tile.path for tile in edge.partial()] == [tile_path(*tile) for tile in edge_tiles(len(leaves))]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_bundles_read_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


def test_the_longest_entry_fits() -> None:
    assert decode_bundle(encode_bundle([b"x" * MAX_ENTRY])) == [b"x" * MAX_ENTRY]
    with pytest.raises(OverflowError):
        encode_bundle([b"x" * (MAX_ENTRY + 1)])


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=3), st.data())
def test_a_torn_bundle_is_no_bundle(entries: list[bytes], data: st.DataObject) -> None:
    bundle = encode_bundle(entries)
    boundaries = {len(encode_bundle(entries[:count])) for count in range(len(entries) + 1)}
    cut = data.draw(st.sampled_from([at for at in range(len(bundle)) if at not in boundaries]))
    with pytest.raises(ValueError, match="torn"):
        decode_bundle(bundle[:cut])


def test_a_torn_tile_is_no_tile() -> None:
    assert split_hashes(b"a" * 32 + b"b" * 32) == [b"a" * 32, b"b" * 32]
    with pytest.raises(ValueError, match="torn"):
        split_hashes(b"a" * 33)
