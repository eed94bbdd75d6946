"""The tree is that of RFC 6962, however it is built."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.tree import EMPTY_ROOT, Frontier, leaf_hash, leaf_hashes, node_hash, subtree_root

# The eight leaves that RFC 6962 implementations test with, and their root (certificate-transparency-go).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOT_OF_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def numbered(count: int) -> list[bytes]:
    return leaf_hashes(b"%d" % number for number in range(count))


def test_root_of_eight() -> None:
    frontier = Frontier()
    frontier.extend([leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES])
    assert frontier.root().hex() == ROOT_OF_8


def test_leaf_and_node_are_told_apart() -> None:
    one, two = leaf_hash(b"1"), leaf_hash(b"2")
    assert one == sha256(b"\x001").digest()
    assert node_hash(one, two) == sha256(b"\x01" + one + two).digest()


def test_empty_tree() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()


@given(st.lists(st.integers(0, 70), max_size=6))
def test_frontier_is_the_naive_tree(counts: list[int]) -> None:
    leaves = numbered(sum(counts))
    bulk, single = Frontier(), Frontier()
    for count in counts:
        bulk.extend(leaves[bulk.size : bulk.size + count])
        assert bulk.root() == naive_root(leaves[: bulk.size])
    for leaf in leaves:
        single.append(leaf)
    assert (single.size, single.root()) == (bulk.size, bulk.root())


@pytest.mark.parametrize("count", range(1, 40))
def test_subtree_root_is_the_naive_tree(count: int) -> None:
    assert subtree_root(numbered(count)) == naive_root(numbered(count))
