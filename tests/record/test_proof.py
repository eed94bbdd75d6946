"""Proofs are those of RFC 6962, from tiles; hostile ones prove nothing; tlog-proof files read back or not at all."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, open_checkpoint
from tallyroom.record.proof import (
    TlogProof,
    consistency_proof,
    consistency_ranges,
    inclusion_proof,
    inclusion_ranges,
    prove,
    verify_consistency,
    verify_inclusion,
)
from tallyroom.record.stored import StoredTree
from tallyroom.record.tiles import Edge, entries_path
from tallyroom.record.tree import EMPTY_ROOT, leaf_hash, leaf_hashes
from tests.record.conftest import entry
from tests.record.test_tree import naive_root

NewLog = Callable[[int], Log]
Leaves = list[bytes]

MILLION = 1_000_000


class Memory:
    """Tiles in memory."""

    def __init__(self, leaves: Leaves) -> None:
        self.edge = Edge()
        self._tiles = {(tile.level, tile.n): tile.hashes for tile in self.edge.extend(leaves)}
        self._tiles |= {(tile.level, tile.n): tile.hashes for tile in self.edge.partial()}

    def hashes(self, level: int, n: int, width: int) -> Leaves:
        return list(self._tiles[level, n][:width])

    def bundle(self, n: int, width: int) -> Leaves:
        raise NotImplementedError("there are only hashes")

    def tree(self) -> StoredTree:
        return StoredTree(self, self.edge.size, self.edge.root())


@cache
def numbered(count: int) -> Leaves:
    return leaf_hashes(b"%d" % number for number in range(count))


@cache
def tree_of(count: int) -> StoredTree:
    return Memory(numbered(count)).tree()


def below(size: int) -> int:
    """The largest power of two smaller than a size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def naive_path(m: int, leaves: Leaves) -> Leaves:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = below(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: Leaves, whole: bool = True) -> Leaves:
    """SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2, word for word."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = below(len(leaves))
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], False), naive_root(leaves[:k])]


SIZES = st.one_of(st.integers(1, 70), st.integers(250, 260), st.integers(510, 700))


@given(st.data())
def test_inclusion_is_that_of_the_rfc(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    grown = size + data.draw(st.integers(0, 300))
    leaves = numbered(size)
    proof = inclusion_proof(tree_of(grown), index, size)
    assert proof == naive_path(index, leaves)
    assert verify_inclusion(leaves[index], index, size, proof, naive_root(leaves))


@given(st.data())
def test_consistency_is_that_of_the_rfc(data: st.DataObject) -> None:
    new = data.draw(SIZES)
    old = data.draw(st.integers(1, new))
    leaves = numbered(new)
    proof = consistency_proof(tree_of(new + data.draw(st.integers(0, 300))), old, new)
    assert proof == naive_proof(old, leaves)
    assert verify_consistency(old, new, naive_root(leaves[:old]), naive_root(leaves), proof)


@given(st.data())
def test_a_changed_proof_proves_nothing(data: st.DataObject) -> None:
    new = data.draw(SIZES)
    old = data.draw(st.integers(1, new))
    leaves = numbered(new)
    before, after = naive_root(leaves[:old]), naive_root(leaves)
    inclusion, consistency = naive_path(old - 1, leaves), naive_proof(old, leaves)
    for change in (flipped, longer, shorter):
        other = change(inclusion)
        assert other == inclusion or not verify_inclusion(leaves[old - 1], old - 1, new, other, after)
        other = change(consistency)
        assert other == consistency or not verify_consistency(old, new, before, after, other)
    assert old == new or not verify_consistency(old, new, after, after, consistency)
    for index in {old - 2, old, old + 1, -1}:
        assert not verify_inclusion(leaves[old - 1], index, new, inclusion, after)


def flipped(proof: Leaves) -> Leaves:
    return [bytes([proof[-1][0] ^ 1]) + proof[-1][1:], *proof[:-1]][::-1] if proof else proof


def longer(proof: Leaves) -> Leaves:
    return [*proof, EMPTY_ROOT]


def shorter(proof: Leaves) -> Leaves:
    return proof[:-1]


@given(st.integers(1, 2**63 - 1), st.data())
def test_proofs_are_as_long_as_the_tree_is_high(size: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, size))
    assert len(inclusion_ranges(number - 1, size)) <= (size - 1).bit_length() <= 63
    assert len(consistency_ranges(number, size)) <= (size - 1).bit_length() + 1
    covered = sorted([*inclusion_ranges(number - 1, size), (number - 1, number)])
    assert [start for start, _ in covered] == [0, *(stop for _, stop in covered[:-1])]


def hash_of(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def hashes_of(case: dict[str, Any]) -> Leaves:
    return [hash_of(text) for text in case["proof"] or []]


# Where our answer is not the one of the test vectors; docs/decisions/0010-degenerate-proofs.md says why.
DIFFERENT = {"additional/sizes-are-equal-one-and-proof-is-empty.json"}


def test_the_test_vectors(shared: Path) -> None:
    """196 proofs of transparency-dev/merkle, 184 of which prove nothing."""
    cases = json.loads((shared / "vectors/merkle/cases.json").read_bytes())
    answers = {
        f"inclusion {case['case']}": (
            verify_inclusion(
                hash_of(case["leafHash"]), case["leafIdx"], case["treeSize"], hashes_of(case), hash_of(case["root"])
            ),
            not case["wantErr"],
        )
        for case in cases["inclusion"]
    } | {
        f"consistency {case['case']}": (
            verify_consistency(
                case["size1"], case["size2"], hash_of(case["root1"]), hash_of(case["root2"]), hashes_of(case)
            ),
            not case["wantErr"],
        )
        for case in cases["consistency"]
    }
    assert len(answers) == 196
    assert {name for name, (ours, theirs) in answers.items() if ours != theirs} == {
        f"consistency {name}" for name in DIFFERENT
    }


ONE, TWO = numbered(2)
ROOT = naive_root([ONE, TWO])
DEGENERATE_INCLUSION = {
    "an entry of the empty tree": (ONE, 0, 0, [], EMPTY_ROOT, False),
    "the only entry is the root": (ONE, 0, 1, [], ONE, True),
    "an empty leaf that is an empty root": (b"", 0, 1, [], b"", False),
    "the root of nothing over one entry": (ONE, 0, 1, [], EMPTY_ROOT, False),
    "an index at the size": (TWO, 2, 2, [ONE], ROOT, False),
    "a negative index": (TWO, -1, 2, [ONE], ROOT, False),
    "a hash of 31 bytes": (ONE, 0, 2, [TWO[:31]], ROOT, False),
    "a hash of 33 bytes": (ONE, 0, 2, [TWO + b"\0"], ROOT, False),
}
DEGENERATE_CONSISTENCY = {
    "nothing begins nothing": (0, 0, EMPTY_ROOT, EMPTY_ROOT, [], True),
    "nothing begins every tree": (0, 2, EMPTY_ROOT, ROOT, [], True),
    "nothing with a proof": (0, 2, EMPTY_ROOT, ROOT, [ROOT], False),
    "nothing under another root": (0, 2, ROOT, ROOT, [], False),
    "nothing that is not nothing": (0, 0, EMPTY_ROOT, ROOT, [], False),
    "a tree begins itself": (2, 2, ROOT, ROOT, [], True),
    "a tree begins itself, with a proof": (2, 2, ROOT, ROOT, [ROOT], False),
    "two trees of one size": (2, 2, ROOT, ONE, [], False),
    "equal roots that are no hashes": (1, 1, b"the same", b"the same", [], False),
    "empty roots": (1, 1, b"", b"", [], False),
    "a tree that shrinks": (2, 1, ROOT, ONE, [], False),
    "negative sizes": (-1, 2, ONE, ROOT, [TWO], False),
    "no proof where there must be one": (1, 2, ONE, ROOT, [], False),
}


@pytest.mark.parametrize("case", DEGENERATE_INCLUSION.values(), ids=DEGENERATE_INCLUSION)
def test_degenerate_inclusion(case: Any) -> None:
    *arguments, expected = case
    assert verify_inclusion(*arguments) is expected


@pytest.mark.parametrize("case", DEGENERATE_CONSISTENCY.values(), ids=DEGENERATE_CONSISTENCY)
def test_degenerate_consistency(case: Any) -> None:
    *arguments, expected = case
    assert verify_consistency(*arguments) is expected


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, 11)])
def test_what_is_not_in_the_tree_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(tree_of(10), index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (0, 11)])
def test_what_does_not_grow_is_not_proved(old: int, new: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(tree_of(10), old, new)


def test_a_million_entries() -> None:
    """The root that five other implementations gave, and proofs in it that read a few tiles."""
    leaves = leaf_hashes(map(entry, range(MILLION)))
    memory = Memory(leaves)
    root = memory.edge.root()
    assert root.hex() == "a62acad5f20e0f77373757c4be95a6b197009f36b3d6bf8b8604f4552705022c"
    for index in (0, 255, 256, 65_535, 524_288, MILLION - 1):
        proof = inclusion_proof(memory.tree(), index)
        assert verify_inclusion(leaves[index], index, MILLION, proof, root)
        assert len(proof) <= 20
    tree = memory.tree()
    for old in (1, 100_000, 999_999):
        proof = consistency_proof(tree, old)
        assert verify_consistency(old, MILLION, tree.root_at(old), root, proof)


def test_a_damaged_tile_gives_no_proof(new_log: NewLog) -> None:
    log = new_log(600)
    tile = log.folder / "tile/0/001"
    data = bytearray(tile.read_bytes())
    data[40] ^= 1
    tile.write_bytes(data)
    with pytest.raises(Damaged, match="tile/0/001"):
        inclusion_proof(log.tree, 300)


def test_a_proof_file_is_checked_without_the_record(new_log: NewLog) -> None:
    log = new_log(600)
    file = prove(log.tree, log.checkpoint, 300, entry(300)).encode()
    proof = TlogProof.parse(file)
    checkpoint = open_checkpoint(proof.checkpoint, log.verifier)
    assert (proof.index, proof.extra) == (300, entry(300))
    assert proof.includes(entry(300), checkpoint)
    assert not proof.includes(entry(301), checkpoint)
    assert not replace(proof, index=301).includes(entry(300), checkpoint)


def test_a_proof_file_is_that_of_the_specification() -> None:
    proof = TlogProof(5, (ONE, TWO), b"the checkpoint\n", b"more")
    assert proof.encode().decode() == (
        "c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 5\n"
        f"{encode_base64(ONE)}\n{encode_base64(TWO)}\n\nthe checkpoint\n"
    )
    assert b"extra" not in replace(proof, extra=b"").encode()


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(max_size=80),
    st.binary(max_size=80),
)
def test_proof_files_read_back(index: int, hashes: Leaves, checkpoint: bytes, extra: bytes) -> None:
    proof = TlogProof(index, tuple(hashes), checkpoint, extra)
    assert TlogProof.parse(proof.encode()) == proof


H = encode_base64(ONE)
HOSTILE = {
    "empty": "",
    "another version": f"c2sp.org/tlog-proof@v2\nindex 0\n{H}\n\ncheckpoint\n",
    "no header": f"index 0\n{H}\n\ncheckpoint\n",
    "no blank line": f"c2sp.org/tlog-proof@v1\nindex 0\n{H}\n",
    "no index": f"c2sp.org/tlog-proof@v1\n{H}\n\ncheckpoint\n",
    "nothing but the header": "c2sp.org/tlog-proof@v1\n\ncheckpoint\n",
    "a leading zero": f"c2sp.org/tlog-proof@v1\nindex 01\n{H}\n\ncheckpoint\n",
    "a sign": f"c2sp.org/tlog-proof@v1\nindex +1\n{H}\n\ncheckpoint\n",
    "digits of another script": f"c2sp.org/tlog-proof@v1\nindex ٥\n{H}\n\ncheckpoint\n",
    "an index above 64 bits": f"c2sp.org/tlog-proof@v1\nindex {10**20}\n{H}\n\ncheckpoint\n",
    "two spaces": f"c2sp.org/tlog-proof@v1\nindex  1\n{H}\n\ncheckpoint\n",
    "extra after the index": f"c2sp.org/tlog-proof@v1\nindex 1\nextra bW9yZQ==\n{H}\n\ncheckpoint\n",
    "extra twice": f"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nextra bW9yZQ==\nindex 1\n{H}\n\ncheckpoint\n",
    "empty extra": f"c2sp.org/tlog-proof@v1\nextra \nindex 1\n{H}\n\ncheckpoint\n",
    "extra that is not base64": f"c2sp.org/tlog-proof@v1\nextra !!!\nindex 1\n{H}\n\ncheckpoint\n",
    "a short hash": "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\ncheckpoint\n",
    "a hash with loose bits": f"c2sp.org/tlog-proof@v1\nindex 1\n{'A' * 42}B=\n\ncheckpoint\n",
    "64 hashes": "c2sp.org/tlog-proof@v1\nindex 1\n" + f"{H}\n" * 64 + "\ncheckpoint\n",
    "carriage returns": f"c2sp.org/tlog-proof@v1\r\nindex 1\r\n{H}\r\n\r\ncheckpoint\r\n",
    "a space at the end of a line": f"c2sp.org/tlog-proof@v1\nindex 1\n{H} \n\ncheckpoint\n",
    "longer than the limit": f"c2sp.org/tlog-proof@v1\nindex 1\n{H}\n\n" + "x" * 2_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_proof_files_are_refused(text: str) -> None:
    with pytest.raises(RecordError, match="tlog-proof"):
        TlogProof.parse(text.encode())


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    with pytest.raises(RecordError):
        TlogProof.parse(b"c2sp.org/tlog-proof@v1\n" + data.replace(b"index", b""))


def test_an_entry_is_proved_before_it_is_given(new_log: NewLog) -> None:
    log = new_log(300)
    assert log.tree.entry(299) == entry(299)
    bundle = log.folder / entries_path(1, 44)
    bundle.write_bytes(bundle.read_bytes().replace(b"000299", b"000298"))
    with pytest.raises(Damaged, match="entries"):
        log.tree.entry(299)


def test_a_leaf_is_not_taken_for_a_node() -> None:
    """Two leaves side by side are no entry: RFC 6962 tells leaves and nodes apart."""
    forged = Checkpoint("results.example/2026", 1, ROOT)
    proof = TlogProof(0, (), b"")
    assert leaf_hash(ONE + TWO) != ROOT
    assert not proof.includes(ONE + TWO, forged)
