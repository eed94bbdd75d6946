"""The stored tree of one checkpoint, every hash of which is proved before it is used.

The right edge must fold to the root, and each full tile must fold to the hash that its parent holds. One tile
a level is kept, so that a walk from the first entry to the last reads each tile once.
"""

from collections.abc import Sequence
from typing import Protocol

from tallyroom.record.error import Damaged
from tallyroom.record.tiles import WIDTH, Edge, Tile, entries_path, tile_path
from tallyroom.record.tree import leaf_hashes, subtree_root

_MEND = "Run fsck, and restore the file from a copy."


class TileReader(Protocol):
    """Where the tiles of a record are read, none of them proved: a folder, a web site."""

    def hashes(self, level: int, n: int, width: int) -> list[bytes]:
        """The first `width` hashes of a tile; Damaged when it cannot be read."""

    def bundle(self, n: int, width: int) -> list[bytes]:
        """The first `width` entries of a bundle; Damaged when it cannot be read."""


class StoredTree:
    """A tree of `size` leaves and its root, as stored; Damaged when the right edge gives another root."""

    def __init__(self, store: TileReader, size: int, root: bytes) -> None:
        self.store = store
        self.size = size
        self.root = root
        self.edge = Edge.at(size, store.hashes)
        self._partial = {tile.level: tile for tile in self.edge.partial()}
        self._full: dict[int, Tile] = {}
        if self.edge.root() != root:
            paths = ", ".join(tile.path for tile in self._partial.values()) or "checkpoint"
            raise Damaged(paths, "the right edge does not give the root", root.hex(), self.edge.root().hex(), _MEND)

    def tile(self, level: int, n: int) -> Sequence[bytes]:
        """The hashes of a tile, proved."""
        if (n + 1) * WIDTH > self.size >> 8 * level:
            return self._partial[level].hashes
        tile = self._full.get(level)
        if tile is None or tile.n != n:
            tile = Tile(level, n, self.store.hashes(level, n, WIDTH))
            expected = self.tile(level + 1, n // WIDTH)[n % WIDTH]
            if subtree_root(tile.hashes) != expected:
                raise Damaged(tile.path, "not what the tree above it holds", mend=_MEND)
            self._full[level] = tile
        return tile.hashes

    def bundle(self, n: int) -> list[bytes]:
        """The entries of a bundle, proved."""
        width = min(WIDTH, self.size - n * WIDTH)
        entries = self.store.bundle(n, width)
        if leaf_hashes(entries) != list(self.tile(0, n)):
            path = entries_path(n, width)
            raise Damaged(path, f"the entries are not those of {tile_path(0, n, width)}", mend=_MEND)
        return entries

    def entry(self, index: int) -> bytes:
        """One entry, proved."""
        return self.bundle(index // WIDTH)[index % WIDTH]

    def root_at(self, size: int) -> bytes:
        """The root of the first `size` leaves, at most those of this tree."""
        if not 0 <= size <= self.size:
            raise ValueError(f"size {size} is not within 0..{self.size}")
        return Edge.at(size, lambda level, n, width: self.tile(level, n)[:width]).root()
