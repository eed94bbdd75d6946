"""Other people's programs accept our proofs, cosignatures and requests to witnesses, and refuse the forged ones."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import actasum.note
import actasum.witness
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tallyroom.record.cosignature import Ed25519CosigningKey, MlDsaCosigningKey, cosigned_at, parse_cosigner
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Signer, open_note, sign
from tallyroom.record.proof import (
    TlogProof,
    consistency_proof,
    inclusion_proof,
    prove,
    verify_consistency,
    verify_inclusion,
)
from tallyroom.record.tree import EMPTY_ROOT, leaf_hash
from tallyroom.record.witness import Request, Witness, create_witness, open_witness
from tests.judges import (
    Proof,
    cosigned_by_tlog_scales,
    install_from_npm,
    judge_go,
    proof_by_sigstore,
    proofs_by_go,
    proofs_by_tlog_scales,
)
from tests.record.conftest import ORIGIN, entry

Judge = Callable[[list[Proof]], list[str]]
NewLog = Callable[[int], Log]
NOW = 1_770_480_000

both = pytest.mark.parametrize("judge", [proofs_by_go, proofs_by_tlog_scales])


def proofs_of(log: Log) -> list[Proof]:
    """Proofs of inclusion and of consistency between sizes at and beside the edges of tiles."""
    places = [0, 1, 2, 254, 255, 256, 257, 511, 512, log.size - 1]
    included = [
        Proof(log.size, log.root, leaf_hash(entry(index)), inclusion_proof(log.tree, index), index) for index in places
    ]
    older = [
        Proof(size, log.root_at(size), leaf_hash(entry(0)), inclusion_proof(log.tree, 0, size), 0)
        for size in (1, 2, 255, 256, 257, 512)
    ]
    grown = [
        Proof(log.size, log.root, log.root_at(size), consistency_proof(log.tree, size), old=size)
        for size in (1, 2, 3, 255, 256, 257, 511, 512, 513)
    ]
    return [*included, *older, *grown]


def forged(proof: Proof) -> list[Proof]:
    """The proof with one thing changed."""
    flipped = bytes([proof.root[0] ^ 1]) + proof.root[1:]
    changed = [Proof(proof.size, flipped, proof.node, proof.hashes, proof.index, proof.old)]
    if proof.hashes:
        other = [flipped, *proof.hashes[1:]]
        changed += [
            Proof(proof.size, proof.root, proof.node, hashes, proof.index, proof.old)
            for hashes in (other, proof.hashes[1:], proof.hashes[:-1], [*proof.hashes, flipped])
        ]
    return changed


def ours(one: Proof) -> bool:
    if one.index is None:
        return verify_consistency(one.old, one.size, one.node, one.root, one.hashes)
    return verify_inclusion(one.node, one.index, one.size, one.hashes, one.root)


@both
def test_our_proofs_are_accepted_and_forged_ones_refused(judge: Judge, new_log: NewLog) -> None:
    proofs = proofs_of(new_log(700))
    assert judge(proofs) == [""] * len(proofs)
    wrong = [other for proof in proofs for other in forged(proof)]
    assert all(judge(wrong))
    assert not any(map(ours, wrong))


def vectors(shared: Path) -> dict[str, Proof]:
    """The test vectors, without the sizes that are not in 63 bits."""
    cases: dict[str, Any] = json.loads((shared / "vectors/merkle/cases.json").read_bytes())

    def hashes(case: dict[str, Any]) -> list[bytes]:
        return [base64.b64decode(text) for text in case["proof"] or []]

    found = {
        f"inclusion {case['case']}": Proof(
            case["treeSize"],
            base64.b64decode(case["root"]),
            base64.b64decode(case["leafHash"]),
            hashes(case),
            case["leafIdx"],
        )
        for case in cases["inclusion"]
    } | {
        f"consistency {case['case']}": Proof(
            case["size2"],
            base64.b64decode(case["root2"] or ""),
            base64.b64decode(case["root1"] or ""),
            hashes(case),
            old=case["size1"],
        )
        for case in cases["consistency"]
    }
    return {name: one for name, one in found.items() if max(one.size, one.old, one.index or 0) < 2**63}


# Where a judge answers other than we do: all of them are values that are no hashes, or the empty tree under a
# root that is not its own. docs/decisions/0010-degenerate-proofs.md has the table.
NO_HASHES = {
    "inclusion single-entry/empty-root-and-leaf.json",
    "consistency additional/sizes-are-equal-one-and-proof-is-empty.json",
}
DISAGREES = {
    "proofs_by_go": NO_HASHES,
    "proofs_by_tlog_scales": {
        *NO_HASHES,
        "consistency additional/sizes-are-equal-zero-and-proof-is-empty.json",
        "consistency additional/roots-do-not-match-and-sizes-are-zero.json",
        "consistency additional/size1-is-zero-and-size2-is-not-zero.json",
    },
}


@both
def test_the_judges_answer_the_test_vectors_as_we_do(judge: Judge, shared: Path) -> None:
    cases = vectors(shared)
    answers = dict(zip(cases, judge(list(cases.values())), strict=True))
    different = {name for name, one in cases.items() if ours(one) != (answers[name] == "")}
    assert different == DISAGREES[judge.__name__]


@pytest.fixture
def ed25519() -> Ed25519CosigningKey:
    return Ed25519CosigningKey("blue.example/w", Ed25519PrivateKey.from_private_bytes(b"\x11" * 32), lambda: NOW)


@pytest.fixture
def ml_dsa() -> MlDsaCosigningKey:
    return MlDsaCosigningKey("blue.example/w", MLDSA44PrivateKey.from_seed_bytes(b"\x12" * 32), lambda: NOW)


def test_go_accepts_a_record_with_cosignatures(
    new_log: NewLog, signer: Signer, ed25519: Ed25519CosigningKey, ml_dsa: MlDsaCosigningKey
) -> None:
    log = new_log(300)
    cosigned = sign(Checkpoint(ORIGIN, 300, log.root).text(), [ed25519, signer, ml_dsa])
    (log.folder / "checkpoint").write_bytes(cosigned)
    assert judge_go(log.folder, signer.verifier.vkey) == (True, "accepted: 300 entries")


def test_tlog_scales_accepts_cosignatures_of_both_types(
    signer: Signer, ed25519: Ed25519CosigningKey, ml_dsa: MlDsaCosigningKey
) -> None:
    note = sign(Checkpoint(ORIGIN, 7, leaf_hash(b"x")).text(), [signer, ed25519, ml_dsa])
    for key in (ed25519, ml_dsa):
        assert cosigned_by_tlog_scales(note, key.verifier.vkey)
        assert not cosigned_by_tlog_scales(note.replace(b"\n7\n", b"\n8\n"), key.verifier.vkey)


def test_actasum_opens_a_cosigned_checkpoint(signer: Signer, ed25519: Ed25519CosigningKey) -> None:
    note = sign(Checkpoint(ORIGIN, 7, leaf_hash(b"x")).text(), [signer, ed25519])
    trusted = [actasum.note.Verifier.parse(vkey) for vkey in (signer.verifier.vkey, ed25519.verifier.vkey)]
    _, verified = actasum.note.open_note(note.decode(), trusted)
    assert [(one.verifier.name, one.timestamp) for one in verified] == [(ORIGIN, None), ("blue.example/w", NOW)]
    with pytest.raises(actasum.note.SignatureError):
        actasum.note.open_note(note.decode().replace("\n7\n", "\n8\n"), trusted)


@pytest.fixture
def witnesses(tmp_path: Path, signer: Signer) -> tuple[Witness, actasum.witness.Witness]:
    """Two witnesses of one log: ours and actasum's."""
    create_witness(tmp_path / "ours", "ours.example", [signer.verifier])
    theirs = actasum.witness.Witness.create(str(tmp_path / "theirs"), "theirs.example")
    theirs.trust(actasum.note.Verifier.parse(signer.verifier.vkey))
    return open_witness(tmp_path / "ours", lambda: NOW), theirs


def test_actasum_and_we_answer_the_same_requests_alike(
    new_log: NewLog, witnesses: tuple[Witness, actasum.witness.Witness], signer: Signer
) -> None:
    """One conversation with two witnesses: status by status, and their cosignature under our verifier."""
    log = new_log(300)
    stranger = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    other = Signer("other.example", Ed25519PrivateKey.from_private_bytes(b"\x09" * 32))

    def body(old: int, new: int, root: bytes = b"", by: Signer = signer) -> bytes:
        note = sign(Checkpoint(by.name, new, root or log.root_at(new)).text(), [by])
        return Request(old, tuple(consistency_proof(log.tree, old, new)) if old <= new else (), note).encode()

    another = leaf_hash(b"another record")
    ours, theirs = witnesses
    conversation = [
        (b"old", 400),
        (body(0, 0, another), 422),
        (body(0, 10), 200),
        (body(0, 10), 409),
        (body(10, 10), 200),
        (body(10, 10, another), 422),
        (body(10, 9, another), 400),
        (body(10, 256), 200),
        (body(256, 300, another), 422),
        (body(256, 300, by=stranger), 403),
        (body(256, 300, by=other), 404),
        (Request(256, (EMPTY_ROOT,), sign(Checkpoint(ORIGIN, 256, log.root_at(256)).text(), [signer])).encode(), 422),
        (body(256, 300), 200),
        (body(256, 300), 409),
    ]
    for request, status in conversation:
        answer, (their_status, their_body) = ours.add_checkpoint(request), theirs.add_checkpoint(request.decode())
        assert (answer.status, their_status) == (status, status)
        if status == 409:
            assert answer.body == their_body.encode()
        if status == 200:
            note = request.partition(b"\n\n")[2] + their_body.encode()
            (cosignature,) = open_note(note, [parse_cosigner(theirs.signer.verifier.vkey())]).verified
            assert cosigned_at(cosignature) > 0


@pytest.fixture(scope="module")
def sigstore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where @sigstore/verify is installed."""
    folder = tmp_path_factory.mktemp("npm")
    if why := install_from_npm(folder):
        pytest.skip(why)
    return folder


def test_sigstore_accepts_a_proof_under_a_cosigned_checkpoint(
    sigstore: Path, new_log: NewLog, signer: Signer, ed25519: Ed25519CosigningKey
) -> None:
    log = new_log(300)
    cosigned = sign(Checkpoint(ORIGIN, 300, log.root).text(), [signer, ed25519])
    proof = prove(log.tree, cosigned, 299, entry(299))
    assert proof_by_sigstore(proof, signer.verifier, sigstore) == (True, "accepted: 300 entries")
    forged: list[TlogProof] = [
        replace(proof, index=298),
        replace(proof, extra=entry(298)),
        replace(proof, hashes=proof.hashes[1:]),
        replace(proof, checkpoint=cosigned.replace(b"\n300\n", b"\n301\n")),
    ]
    for one in forged:
        accepted, said = proof_by_sigstore(one, signer.verifier, sigstore)
        assert not accepted
        assert "refused" in said
