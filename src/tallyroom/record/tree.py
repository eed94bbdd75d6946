"""The Merkle tree of RFC 6962 (section 2.1): one root that binds every entry and its place.

A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), the empty tree SHA-256("").

    >>> frontier = Frontier()
    >>> frontier.extend([leaf_hash(b"one"), leaf_hash(b"two")])
    >>> frontier.root() == node_hash(leaf_hash(b"one"), leaf_hash(b"two"))
    True
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The hashes of entries, in order."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of one level, of which there is at least one.

    The last hash may stand for an incomplete subtree: RFC 6962 splits at the largest power of two, so the
    odd one at the right of each level rises unchanged.
    """
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(hashes) % 2:
            above.append(hashes[-1])
        hashes = above
    return hashes[0]


class Frontier:
    """A growing tree that remembers only its right edge: one root for each one-bit of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        self._push(leaf, 1)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Adds leaf hashes in order, in the largest complete subtrees that fit."""
        done = 0
        while done < len(leaves):
            width = 1 << ((len(leaves) - done).bit_length() - 1)
            if self.size:
                width = min(width, self.size & -self.size)
            self._push(subtree_root(leaves[done : done + width]), width)
            done += width

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def _push(self, node: bytes, width: int) -> None:
        complete = self.size // width
        while complete & 1:
            node = node_hash(self._peaks.pop(), node)
            complete >>= 1
        self._peaks.append(node)
        self.size += width
