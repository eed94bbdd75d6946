"""A witness signs what extends all it has signed, and nothing else; from several hands, and after a crash."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.cosignature import cosigned_at, parse_cosigner
from tallyroom.record.error import RecordError
from tallyroom.record.note import Checkpoint, Signer, open_note, sign
from tallyroom.record.proof import consistency_proof
from tallyroom.record.store import Store
from tallyroom.record.tree import EMPTY_ROOT, leaf_hash
from tallyroom.record.witness import (
    MAX_REQUEST,
    SIZE_TYPE,
    Request,
    Witness,
    create_witness,
    hash_of,
    open_witness,
)
from tests.record.conftest import ORIGIN
from tests.record.witnesses import NOW, NewLog, at_size, evidence, forked, request, witness_in


def test_a_growing_log_is_signed_at_each_size(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(600)
    held = 0
    for size in (0, 1, 255, 256, 256, 600):
        answer = witness.add_checkpoint(request(log, held, size, signer))
        assert answer.status == 200
        note = at_size(log, size, signer) + answer.body
        (cosignature,) = open_note(note, [parse_cosigner(witness.vkeys[0])]).verified
        assert cosigned_at(cosignature) == NOW
        assert witness.checkpoint(hash_of(ORIGIN)) == note
        held = size
    assert evidence(witness) == []


def test_a_wrong_old_size_is_told_the_right_one(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(10)
    witness.add_checkpoint(request(log, 0, 7, signer))
    answer = witness.add_checkpoint(request(log, 3, 10, signer))
    assert (answer.status, answer.body, answer.content_type) == (409, b"7\n", SIZE_TYPE)
    older = witness.add_checkpoint(request(log, 3, 5, signer))
    assert (older.status, older.body) == (409, b"7\n")


def test_two_trees_of_one_size_are_kept_as_evidence(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(10)
    witness.add_checkpoint(request(log, 0, 10, signer))
    fork = Request(10, (), forked(log, 10, signer)).encode()
    before = witness.checkpoint(hash_of(ORIGIN))
    assert witness.add_checkpoint(fork).status == 422
    assert witness.checkpoint(hash_of(ORIGIN)) == before
    held, kept = evidence(witness)
    assert (witness.folder / held).read_bytes() == before
    assert (witness.folder / kept).read_bytes() == fork
    assert witness.add_checkpoint(fork).status == 422
    assert len(evidence(witness)) == 2


def test_a_fork_is_evidence_though_its_old_size_is_wrong(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(10)
    witness.add_checkpoint(request(log, 0, 10, signer))
    answer = witness.add_checkpoint(Request(0, (), forked(log, 10, signer)).encode())
    assert (answer.status, answer.body) == (409, b"10\n")
    assert len(evidence(witness)) == 2


def test_a_longer_fork_is_kept_as_evidence(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(20)
    witness.add_checkpoint(request(log, 0, 10, signer))
    proof = tuple(consistency_proof(log.tree, 10, 20))
    assert witness.add_checkpoint(Request(10, proof, forked(log, 20, signer)).encode()).status == 422
    assert len(evidence(witness)) == 2
    assert witness.add_checkpoint(request(log, 10, 20, signer)).status == 200


def test_a_first_fork_is_no_evidence_of_anything(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(10)
    with_proof = Request(0, (EMPTY_ROOT,), at_size(log, 10, signer)).encode()
    assert witness.add_checkpoint(with_proof).status == 422
    assert evidence(witness) == []


def test_a_tree_of_nothing_has_the_root_of_nothing(witness: Witness, signer: Signer) -> None:
    lie = sign(Checkpoint(ORIGIN, 0, leaf_hash(b"x")).text(), [signer])
    assert witness.add_checkpoint(Request(0, (), lie).encode()).status == 422
    assert len(evidence(witness)) == 2


def test_only_the_log_itself_can_ask(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    log = new_log(5)
    stranger = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    assert witness.add_checkpoint(request(log, 0, 5, stranger)).status == 403
    text, line = at_size(log, 5, signer).decode().split("\n\n")
    spoilt = f"{text}\n\n{line}".replace("\n5\n", "\n6\n", 1)
    assert witness.add_checkpoint(f"old 0\n\n{spoilt}".encode()).status == 403
    other = Signer("other.example", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    unknown = sign(Checkpoint("other.example", 0, EMPTY_ROOT).text(), [other])
    assert witness.add_checkpoint(Request(0, (), unknown).encode()).status == 404
    assert witness.checkpoint(hash_of(ORIGIN)) is None
    assert witness.checkpoint(hash_of("other.example")) is None


def test_signatures_of_strangers_are_ignored_and_not_passed_on(
    new_log: NewLog, witness: Witness, signer: Signer
) -> None:
    log = new_log(5)
    other = Signer("other.example", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    both = sign(Checkpoint(ORIGIN, 5, log.root).text(), [other, signer])
    assert witness.add_checkpoint(Request(0, (), both).encode()).status == 200
    assert b"other.example" not in (witness.checkpoint(hash_of(ORIGIN)) or b"")


def test_a_log_may_have_two_keys(new_log: NewLog, tmp_path: Path, signer: Signer) -> None:
    log = new_log(5)
    rotated = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    create_witness(tmp_path / "two", "w", [signer.verifier, rotated.verifier])
    witness = open_witness(tmp_path / "two", lambda: NOW)
    assert witness.add_checkpoint(request(log, 0, 3, signer)).status == 200
    assert witness.add_checkpoint(request(log, 3, 5, rotated)).status == 200


H = "A" * 43 + "="
MALFORMED = {
    "empty": "",
    "no blank line": "old 0\n{note}",
    "no old line": "\n\n{note}",
    "another word": "size 0\n\n{note}",
    "a leading zero": "old 00\n\n{note}",
    "a sign": "old +0\n\n{note}",
    "a size above 64 bits": "old 100000000000000000000\n\n{note}",
    "a space at the end": "old 0 \n\n{note}",
    "carriage returns": "old 0\r\n\r\n{note}",
    "a short hash": "old 0\nAAAA\n\n{note}",
    "a hash with loose bits": f"old 0\n{'A' * 42}B=\n\n{{note}}",
    "64 hashes": "old 0\n" + f"{H}\n" * 64 + "\n{note}",
    "no checkpoint": "old 0\n\n",
    "a checkpoint without signatures": f"old 0\n\n{ORIGIN}\n5\n{H}\n",
    "an extension line": f"old 0\n\n{ORIGIN}\n5\n{H}\nmore\n\n— {ORIGIN} {H}\n",
    "an old size above the new": "old 6\n\n{note}",
    "longer than the limit": "old 0\n\n{note}" + "x" * MAX_REQUEST,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_requests_are_refused(new_log: NewLog, witness: Witness, signer: Signer, body: str) -> None:
    note = at_size(new_log(5), 5, signer).decode()
    assert witness.add_checkpoint(body.replace("{note}", note).encode()).status == 400
    assert witness.checkpoint(hash_of(ORIGIN)) is None


def test_nothing_is_answered_before_it_is_on_the_disk(
    new_log: NewLog, witness: Witness, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Store, files: dict[str, bytes]) -> None:
        raise OSError(28, "No space left on device")

    log = new_log(5)
    monkeypatch.setattr(Store, "write", full)
    with pytest.raises(OSError, match="No space"):
        witness.add_checkpoint(request(log, 0, 5, signer))
    monkeypatch.undo()
    assert witness.checkpoint(hash_of(ORIGIN)) is None
    assert witness.add_checkpoint(request(log, 0, 5, signer)).status == 200


def test_of_many_at_once_one_is_signed(new_log: NewLog, witness: Witness, signer: Signer) -> None:
    """Every request is right for size 0: the first is signed, the others are told its size."""
    log = new_log(16)
    bodies = [request(log, 0, size, signer) for size in range(1, 17)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(witness.add_checkpoint, bodies))
    signed = [size for size, answer in enumerate(answers, 1) if answer.status == 200]
    assert len(signed) == 1
    assert {answer.body for answer in answers if answer.status == 409} == {b"%d\n" % signed[0]}


SIGNER = """
import sys
from pathlib import Path
from tallyroom.record.witness import open_witness
witness = open_witness(Path(sys.argv[1]), lambda: 1)
for path in sys.argv[2:]:
    print(witness.add_checkpoint(Path(path).read_bytes()).status, flush=True)
"""


def test_two_processes_share_one_witness(new_log: NewLog, witness: Witness, signer: Signer, tmp_path: Path) -> None:
    log = new_log(40)
    paths = []
    for size in range(1, 41):
        paths.append(tmp_path / f"request-{size}")
        paths[-1].write_bytes(request(log, size - 1, size, signer))
    children = [
        subprocess.Popen([sys.executable, "-c", SIGNER, witness.folder, *paths], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [child.communicate()[0].split() for child in children]
    for first, second in zip(*said, strict=True):
        assert [first, second].count("200") <= 1
    assert b"\n40\n" in (witness.checkpoint(hash_of(ORIGIN)) or b"")


def test_a_witness_is_made_once(tmp_path: Path, signer: Signer, witness: Witness) -> None:
    with pytest.raises(RecordError, match="holds a witness already"):
        create_witness(witness.folder, "blue.example/w", [signer.verifier])
    with pytest.raises(RecordError, match="key name"):
        create_witness(tmp_path / "other", "blue example", [signer.verifier])
    assert not (tmp_path / "other").exists()
    assert (witness.folder / "cosigner.key").stat().st_mode & 0o077 == 0


def test_a_making_that_was_cut_off_is_made_whole(tmp_path: Path, signer: Signer) -> None:
    made = create_witness(tmp_path / "w", "blue.example/w", [signer.verifier])
    (tmp_path / "w" / "witness.vkey").unlink()
    assert create_witness(tmp_path / "w", "blue.example/w", [signer.verifier]).vkey == made.vkey


def test_a_key_that_is_not_the_published_one_is_refused(tmp_path: Path, signer: Signer, witness: Witness) -> None:
    other = witness_in(tmp_path / "other", signer)
    (witness.folder / "witness.vkey").write_bytes((other.folder / "witness.vkey").read_bytes())
    with pytest.raises(RecordError, match="not the published one"):
        open_witness(witness.folder, lambda: NOW)


def test_names_of_files_are_hashes_of_origins() -> None:
    assert hash_of(ORIGIN) == sha256(ORIGIN.encode()).hexdigest()
