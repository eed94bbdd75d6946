"""A witness to test with, and what a log brings to it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Signer, sign
from tallyroom.record.proof import consistency_proof
from tallyroom.record.tree import leaf_hash
from tallyroom.record.witness import Request, Witness, create_witness, open_witness
from tallyroom.record.witness_http import WitnessServer

NewLog = Callable[[int], Log]
NOW = 1_770_480_000


def witness_in(folder: Path, signer: Signer, name: str = "blue.example/w") -> Witness:
    create_witness(folder, name, [signer.verifier])
    return open_witness(folder, lambda: NOW)


def at_size(log: Log, size: int, signer: Signer) -> bytes:
    """The checkpoint that the log signed when it had so many entries."""
    return sign(Checkpoint(log.origin, size, log.root_at(size)).text(), [signer])


def request(log: Log, old: int, new: int, signer: Signer) -> bytes:
    return Request(old, tuple(consistency_proof(log.tree, old, new)), at_size(log, new, signer)).encode()


def forked(log: Log, size: int, signer: Signer) -> bytes:
    return sign(Checkpoint(log.origin, size, leaf_hash(b"another tree")).text(), [signer])


def evidence(witness: Witness) -> list[str]:
    files = (witness.folder / "evidence").rglob("*")
    return sorted(file.relative_to(witness.folder).as_posix() for file in files if file.is_file())


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    """The address of a witness while it answers."""
    with WitnessServer(witness, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
