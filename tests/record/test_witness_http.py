"""A witness over HTTP: what it answers to logs and to strangers, and what a log makes of its answers."""

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from tallyroom.record import witness_http
from tallyroom.record.log import Log
from tallyroom.record.note import Signer
from tallyroom.record.policy import Policy, read_policy
from tallyroom.record.policy import Witness as KnownWitness
from tallyroom.record.store import Store
from tallyroom.record.stored import StoredTree
from tallyroom.record.witness import SIZE_TYPE, Request, Witness, hash_of
from tallyroom.record.witness_http import NotCosigned, Reply, ask_for_checkpoint, collect
from tests.record.conftest import ORIGIN, entry
from tests.record.witnesses import NewLog, evidence, forked, request, served, witness_in


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


def test_a_quorum_does_not_wait_for_a_witness_that_hangs(
    new_log: NewLog, witness: Witness, url: str, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, returned, waited = new_log(5), threading.Event(), Queue[bool]()
    policy = policy_of(signer, "any", (witness, url), (witness_in(tmp_path / "slow", signer, "slow.example"), "http://x"))
    bring = witness_http._bring

    def hanging(tree: StoredTree, note: bytes, asked: KnownWitness) -> Reply:
        if asked.url == url:
            return bring(tree, note, asked)
        waited.put(returned.wait(30))
        return Reply(asked.name, refusal="too late")

    monkeypatch.setattr(witness_http, "_bring", hanging)
    monkeypatch.setattr(witness_http, "GRACE", 0.01)
    cosigned = collect(log.tree, log.checkpoint, policy)
    returned.set()
    assert waited.get(timeout=30)
    assert policy.cosigners(policy.open(cosigned)[1]) == ("w0",)


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
