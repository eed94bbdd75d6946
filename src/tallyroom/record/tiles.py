"""Tiles: the tree and its entries cut into files that never change, after C2SP tlog-tiles v0.1.0.

A bundle holds up to 256 entries, each after its length (16 bits, big-endian). A tile of level 0 holds the
hashes of up to 256 leaves; a tile of level l + 1 holds the roots of up to 256 full tiles of level l. A file
of fewer than 256 is partial and carries its width in its path.

    >>> tile_path(0, 1234067), tile_path(2, 0, 1)
    ('tile/0/x001/x234/067', 'tile/2/000.p/1')
    >>> [(level, n, width) for level, n, width in edge_tiles(70_000)]
    [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tallyroom.record.tree import EMPTY_ROOT, HASH_SIZE, subtree_root

WIDTH = 256
"""Entries in a full bundle, hashes in a full tile."""

MAX_ENTRY = 65_535
"""The longest entry, in bytes."""

_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """The path of the n-th tile of a level."""
    return f"tile/{level}/{_numbered(n, width)}"


def entries_path(n: int, width: int = WIDTH) -> str:
    """The path of the n-th bundle of entries."""
    return f"tile/entries/{_numbered(n, width)}"


def _numbered(n: int, width: int) -> str:
    name = f"{n % 1000:03d}"
    while n := n // 1000:
        name = f"x{n % 1000:03d}/{name}"
    return name if width == WIDTH else f"{name}.p/{width}"


def parse_path(path: str) -> tuple[int, int, int] | None:
    """(level, n, width) of a path, level -1 for a bundle; None for a path that is no tile's."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level = -1 if match[1] == "entries" else int(match[1])
    n = int(match[2].replace("/", "").replace("x", ""))
    width = int(match[3] or WIDTH)
    written = entries_path(n, width) if level < 0 else tile_path(level, n, width)
    return (level, n, width) if written == path else None


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle; OverflowError for an entry above `MAX_ENTRY`."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; ValueError when the last one is torn."""
    entries = []
    start = 0
    while start + 1 < len(data):
        first = start + 2
        start = first + (data[start] << 8 | data[start + 1])
        entries.append(data[first:start])
    if start != len(data):
        raise ValueError("the last entry is torn")
    return entries


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes of a tile; ValueError when it is not a whole number of them."""
    if len(data) % HASH_SIZE:
        raise ValueError("the last hash is torn")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def edge_tiles(size: int) -> list[tuple[int, int, int]]:
    """(level, n, width) of each partial tile of a tree of `size` leaves, from level 0 upward."""
    tiles = []
    level = 0
    while count := size >> 8 * level:
        if width := count % WIDTH:
            tiles.append((level, count // WIDTH, width))
        level += 1
    return tiles


def edge_paths(size: int) -> list[str]:
    """The paths of the partial bundle and the partial tiles of a tree of `size` leaves."""
    bundle = [entries_path(size // WIDTH, size % WIDTH)] if size % WIDTH else []
    return bundle + [tile_path(*tile) for tile in edge_tiles(size)]


@dataclass(frozen=True)
class Tile:
    """The n-th tile of a level and its hashes."""

    level: int
    n: int
    hashes: Sequence[bytes]

    @property
    def path(self) -> str:
        """Its path in the record."""
        return tile_path(self.level, self.n, len(self.hashes))

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return b"".join(self.hashes)


class Edge:
    """The right edge of a tree: the partial tile of each level, from which the rest of the tree grows."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = []

    @classmethod
    def at(cls, size: int, hashes: Callable[[int, int, int], Sequence[bytes]]) -> "Edge":
        """The edge of a tree of `size` leaves, from `hashes(level, n, width)` of its partial tiles."""
        edge = cls()
        edge.size = size
        edge._levels = [[] for _ in range((size.bit_length() + 7) // 8)]
        for level, n, width in edge_tiles(size):
            edge._levels[level] = list(hashes(level, n, width))
        return edge

    def extend(self, leaves: Sequence[bytes]) -> list[Tile]:
        """Adds leaf hashes; the tiles that became full, of every level."""
        full: list[Tile] = []
        before, self.size = self.size, self.size + len(leaves)
        level = 0
        while leaves:
            if level == len(self._levels):
                self._levels.append([])
            row = self._levels[level] + list(leaves)
            done = len(row) // WIDTH * WIDTH
            first = before >> 8 * (level + 1)
            tiles = [Tile(level, first + at // WIDTH, row[at : at + WIDTH]) for at in range(0, done, WIDTH)]
            self._levels[level] = row[done:]
            leaves = [subtree_root(tile.hashes) for tile in tiles]
            full += tiles
            level += 1
        return full

    def partial(self) -> list[Tile]:
        """The partial tiles, from level 0 upward."""
        return [Tile(level, n, self._levels[level]) for level, n, _ in edge_tiles(self.size)]

    def root(self) -> bytes:
        """The root of the tree: each level's hashes with what is incomplete below at their right."""
        below: list[bytes] = []
        for row in self._levels:
            hashes = row + below
            below = [subtree_root(hashes)] if hashes else []
        return below[0] if below else EMPTY_ROOT
