"""A witness signs what extends all it has signed, and nothing else; over HTTP, from several hands, after a crash."""

import http.client
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record import witness_http
from tallyroom.record.cosignature import cosigned_at, parse_cosigner
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Signer, open_note, sign
from tallyroom.record.policy import Policy, read_policy
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
from tallyroom.record.witness_http import NotCosigned, WitnessServer, ask_for_checkpoint, collect
from tests.record.conftest import ORIGIN, entry

NewLog = Callable[[int], Log]
NOW = 1_770_480_000


def witness_in(folder: Path, signer: Signer, name: str = "blue.example/w") -> Witness:
    create_witness(folder, name, [signer.verifier])
    return open_witness(folder, lambda: NOW)


@pytest.fixture
def witness(tmp_path: Path, signer: Signer) -> Witness:
    return witness_in(tmp_path / "witness", signer)


def at_size(log: Log, size: int, signer: Signer) -> bytes:
    """The checkpoint that the log signed when it had so many entries."""
    return sign(Checkpoint(log.origin, size, log.root_at(size)).text(), [signer])


def request(log: Log, old: int, new: int, signer: Signer) -> bytes:
    return Request(old, tuple(consistency_proof(log.tree, old, new)), at_size(log, new, signer)).encode()


def evidence(witness: Witness) -> list[str]:
    files = (witness.folder / "evidence").rglob("*")
    return sorted(file.relative_to(witness.folder).as_posix() for file in files if file.is_file())


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


def forked(log: Log, size: int, signer: Signer) -> bytes:
    return sign(Checkpoint(log.origin, size, leaf_hash(b"another tree")).text(), [signer])


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


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    with WitnessServer(witness, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def url(witness: Witness) -> Iterator[str]:
    with served(witness) as address:
        yield address


def policy_of(signer: Signer, quorum: str, *witnesses: tuple[Witness, str]) -> Policy:
    lines = [f"log {signer.verifier.vkey}"]
    lines += [f"witness w{n} {w.vkeys[0]} {url}" for n, (w, url) in enumerate(witnesses)]
    names = " ".join(f"w{n}" for n in range(len(witnesses)))
    return read_policy("\n".join([*lines, f"group all-of-them {quorum} {names}", "quorum all-of-them"]).encode())


def test_a_log_collects_over_http(new_log: NewLog, witness: Witness, url: str, signer: Signer) -> None:
    log = new_log(300)
    policy = policy_of(signer, "all", (witness, url))
    for _ in range(2):
        cosigned = collect(log.tree, log.checkpoint, policy)
        assert cosigned.startswith(log.checkpoint)
        assert policy.cosigners(policy.open(cosigned)[1]) == ("w0",)
        assert ask_for_checkpoint(policy.witnesses["w0"], ORIGIN) == cosigned
        log.append([b"one more"] * 300)


def test_statuses_and_types_over_http(new_log: NewLog, witness: Witness, url: str, signer: Signer) -> None:
    log = new_log(5)

    def post(body: bytes) -> tuple[int, str | None, bytes]:
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()

    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", f"/{hash_of(ORIGIN)}/checkpoint")
    assert connection.getresponse().read() == b"nothing was signed\n"
    assert post(b"old")[0] == 400
    status, _, body = post(request(log, 0, 5, signer))
    assert (status, body[:4]) == (200, "— ".encode())
    assert post(request(log, 0, 5, signer)) == (409, SIZE_TYPE, b"5\n")
    assert post(Request(5, (), forked(log, 5, signer)).encode())[0] == 422
    for path in ("/", "/add-checkpoint", f"/{hash_of(ORIGIN).upper()}/checkpoint", "/../cosigner.key"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (404, b"nothing was signed\n")
    connection.close()


def spoken(url: str, *pieces: bytes) -> bytes:
    """The first line of what a server answers to bytes."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"", b"411"),
        (b"Content-Length: -1\r\n", b"411"),
        (b"Content-Length: 1e3\r\n", b"411"),
        (b"Content-Length: 999999999\r\n", b"413"),
        (b"Content-Length: 5\r\n", b"400"),
    ],
)
def test_requests_of_no_or_another_length_are_refused(url: str, header: bytes, status: bytes) -> None:
    answer = spoken(url, b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n", header, b"\r\nold")
    assert answer.split()[1] == status


def test_a_connection_that_says_nothing_is_cut(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_http, "MAX_CONNECTION", 0.05)
    with served(witness) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold")
            assert not connection.recv(1) or b"400" in connection.recv(100)


def test_a_connection_too_many_is_closed(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_http, "MAX_CONNECTIONS", 1)
    with served(witness) as url:
        host, port = url.removeprefix("http://").split(":")
        first = http.client.HTTPConnection(host, int(port))
        first.request("GET", "/")
        assert first.getresponse().read()
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            spoken_to(http.client.HTTPConnection(host, int(port)))
        first.close()


def spoken_to(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/")
    return connection.getresponse().read()


def test_a_disk_that_is_full_is_answered_with_500(
    new_log: NewLog, witness: Witness, url: str, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = new_log(5)

    def full(self: Store, files: dict[str, bytes]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "write", full)
    with pytest.raises(NotCosigned, match="answers 500"):
        collect(log.tree, log.checkpoint, policy_of(signer, "all", (witness, url)))


def test_without_a_quorum_there_is_no_cosigned_checkpoint(
    new_log: NewLog, witness: Witness, url: str, signer: Signer, tmp_path: Path
) -> None:
    """One witness answers, one is not there, one signs under a key that the policy does not have."""
    log = new_log(5)
    absent = (witness_in(tmp_path / "absent", signer, "absent.example"), "http://127.0.0.1:9")
    with served(witness_in(tmp_path / "other", signer)) as elsewhere:
        wrong = (witness_in(tmp_path / "wrong", signer), elsewhere)
        policy = policy_of(signer, "2", (witness, url), absent, wrong)
        with pytest.raises(NotCosigned) as refused:
            collect(log.tree, log.checkpoint, policy)
        said = refused.value.diagnostics()
        assert "w1: http://127.0.0.1:9/add-checkpoint: gives no answer" in said
        assert "not of the key in the policy" in said
        assert collect(log.tree, log.checkpoint, policy_of(signer, "any", (witness, url), absent, wrong))


def test_a_witness_that_has_seen_more_says_so(
    new_log: NewLog, witness: Witness, url: str, signer: Signer, tmp_path: Path
) -> None:
    """A record restored from an old backup: the witness holds a larger one."""
    log = new_log(5)
    policy = policy_of(signer, "all", (witness, url))
    collect(log.tree, log.checkpoint, policy)
    with Log.create(tmp_path / "restored/record", ORIGIN, signer) as older:
        older.append([entry(0)])
        with pytest.raises(NotCosigned, match="has signed a larger record, of 5 entries"):
            collect(older.tree, older.checkpoint, policy)


def test_a_rewritten_record_gets_no_cosignature(
    new_log: NewLog, witness: Witness, url: str, signer: Signer, tmp_path: Path
) -> None:
    log = new_log(5)
    policy = policy_of(signer, "all", (witness, url))
    collect(log.tree, log.checkpoint, policy)
    with Log.create(tmp_path / "rewritten/record", ORIGIN, signer) as other:
        other.append([b"another past"] * 9)
        with pytest.raises(NotCosigned, match="answers 422"):
            collect(other.tree, other.checkpoint, policy)
    assert len(evidence(witness)) == 2


def test_names_of_files_are_hashes_of_origins() -> None:
    assert hash_of(ORIGIN) == sha256(ORIGIN.encode()).hexdigest()
