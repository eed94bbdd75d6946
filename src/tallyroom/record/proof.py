"""Proofs of RFC 6962 (sections 2.1.1 and 2.1.2) from stored tiles, their verification, and tlog-proof files.

An inclusion proof shows that an entry is in a tree at its place, a consistency proof that one tree is the
beginning of another. Both are the roots of O(log n) ranges of leaves; which ranges follows from the sizes
alone, so the same function says what to read from the tiles and what a proof must hold.

A tlog-proof (C2SP tlog-proof v1) is a text file with an inclusion proof and the checkpoint it leads to. It is
checked without the record and without the network:

    c2sp.org/tlog-proof@v1
    extra eyJhdCI6IjIw...
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

    results.example/2026
    ...
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tallyroom.record.canonical import decode_base64, encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.note import MAX_NOTE, Checkpoint
from tallyroom.record.stored import StoredTree
from tallyroom.record.tiles import WIDTH
from tallyroom.record.tree import EMPTY_ROOT, HASH_SIZE, leaf_hash, node_hash, subtree_root

MAX_HASHES = 63
"""Hashes in a proof: a size has at most 63 bits."""

HEADER = "c2sp.org/tlog-proof@v1"

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")

Range = tuple[int, int]
"""Leaves from the first number up to but without the second."""


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots are the proof of leaf `index` in a tree of `size` leaves, from the leaf upward."""
    start, stop = 0, size
    ranges = []
    while stop - start > 1:
        split = _split(start, stop)
        if index < split:
            ranges.append((split, stop))
            stop = split
        else:
            ranges.append((start, split))
            start = split
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges whose roots prove that `old` leaves (at least one) begin a tree of `new`, upward."""
    start, stop = 0, new
    ranges = []
    while stop != old:
        split = _split(start, stop)
        if old <= split:
            ranges.append((split, stop))
            stop = split
        else:
            ranges.append((start, split))
            start = split
    if start:  # without it, the verifier begins with the old root itself
        ranges.append((start, stop))
    return ranges[::-1]


def inclusion_proof(tree: StoredTree, index: int, size: int | None = None) -> list[bytes]:
    """The hashes that lead from entry `index` to the root of the first `size` leaves (all, if None).

    IndexError for an index or size beyond the tree; Damaged when a tile is not what the root proves.
    """
    size = tree.size if size is None else size
    if not 0 <= index < size <= tree.size:
        raise IndexError(f"entry {index} of {size}, in a tree of {tree.size}")
    return [_root(tree, *leaves) for leaves in inclusion_ranges(index, size)]


def consistency_proof(tree: StoredTree, old: int, new: int | None = None) -> list[bytes]:
    """The hashes that prove the first `old` leaves to be the beginning of the first `new` (all, if None).

    Empty for an empty beginning and for equal sizes. IndexError for sizes that are not within the tree.
    """
    new = tree.size if new is None else new
    if not 0 <= old <= new <= tree.size:
        raise IndexError(f"sizes {old} and {new}, in a tree of {tree.size}")
    return [_root(tree, *leaves) for leaves in consistency_ranges(old, new)] if old else []


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from a leaf hash at `index` to the root of a tree of `size` leaves."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    ranges = inclusion_ranges(index, size)
    if len(proof) != len(ranges):
        return False
    node = leaf
    for (start, _), sibling in zip(ranges, proof, strict=True):
        node = node_hash(sibling, node) if start < index else node_hash(node, sibling)
    return node == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows the tree of `old` leaves to be the beginning of the tree of `new`.

    The empty tree begins every tree: its root must be that of nothing, and the proof empty.
    """
    if not 0 <= old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    ranges = consistency_ranges(old, new)
    if len(proof) != len(ranges):
        return False
    steps = list(zip(ranges, proof, strict=True))
    before = after = steps.pop(0)[1] if steps and ranges[0][1] == old else old_root
    for (start, _), node in steps:
        if start < old:
            before, after = node_hash(node, before), node_hash(node, after)
        else:
            after = node_hash(after, node)
    return before == old_root and after == new_root


@dataclass(frozen=True)
class TlogProof:
    """An inclusion proof with the checkpoint it leads to.

    checkpoint: the signed note.  extra: bytes that the proof says nothing about until they are checked; here
    the entry itself, so that one file is enough.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def encode(self) -> bytes:
        """The bytes of the file."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines += [f"index {self.index}", *map(encode_base64, self.hashes)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """The proof that a file holds; RecordError unless it is exactly what `encode` would write.

        The checkpoint is not opened.
        """
        if len(data) > 2 * MAX_NOTE:
            raise _malformed("too long", f"at most {2 * MAX_NOTE} bytes", str(len(data)))
        head, blank, checkpoint = data.partition(b"\n\n")
        lines = head.decode("ascii", "replace").split("\n")
        if lines.pop(0) != HEADER or not blank:
            raise _malformed(f"not a proof: no line {HEADER!r} above, or no blank line before a checkpoint")
        extra: bytes | None = b""
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra "))
            if not extra:
                raise _malformed("the extra data is empty or not base64")
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise _malformed("no line with the index", "index NUMBER")
        hashes = [decode_base64(line) or b"" for line in lines]
        if len(hashes) > MAX_HASHES or not _are_hashes(*hashes):
            raise _malformed("a line is not a hash", f"at most {MAX_HASHES} lines of 32 bytes in base64")
        return cls(int(index[1]), tuple(hashes), checkpoint, extra or b"")

    def includes(self, entry: bytes, checkpoint: Checkpoint) -> bool:
        """Whether it proves the entry to be in the tree of a checkpoint, which is this proof's, opened."""
        return verify_inclusion(leaf_hash(entry), self.index, checkpoint.size, self.hashes, checkpoint.root)


def prove(tree: StoredTree, checkpoint: bytes, index: int, extra: bytes = b"") -> TlogProof:
    """The proof that entry `index` is in the tree, whose signed checkpoint is given."""
    return TlogProof(index, tuple(inclusion_proof(tree, index)), checkpoint, extra)


def _malformed(what: str, expected: str = "", got: str = "") -> RecordError:
    return RecordError("tlog-proof", what, expected, got)


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(one) == HASH_SIZE for one in hashes)


def _split(start: int, stop: int) -> int:
    """Where RFC 6962 divides a range: at the largest power of two below its length."""
    return start + (1 << (stop - start - 1).bit_length() - 1)


def _root(tree: StoredTree, start: int, stop: int) -> bytes:
    """The root over a range as `_split` makes it: complete subtrees, each smaller than the one before."""
    node = b""
    while start < stop:
        height = ((stop - start) & (start - stop)).bit_length() - 1
        stop -= 1 << height
        complete = _node(tree, height, stop >> height)
        node = node_hash(complete, node) if node else complete
    return node


def _node(tree: StoredTree, height: int, n: int) -> bytes:
    """The root of the n-th complete subtree of 2^height leaves."""
    level, within = divmod(height, 8)
    first = n << within
    hashes = tree.tile(level, first // WIDTH)
    return subtree_root(hashes[first % WIDTH : first % WIDTH + (1 << within)])
