"""A record to import into: a new log with the clerk of one role."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.clerk import Clerk
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.note import Signer

ORIGIN = "results.example.org/test"


@pytest.fixture
def new_clerk(tmp_path: Path) -> Iterator[Callable[[str], Clerk]]:
    """Makes a clerk who writes to a new log in the folder of this name, always with the same keys."""
    private = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    logs = []

    def make(name: str) -> Clerk:
        log = Log.create(tmp_path / name / "record", ORIGIN, Signer(ORIGIN, private))
        logs.append(log)
        return Clerk(log, {"commission": RoleKey("commission", private)})

    yield make
    for log in logs:
        log.close()
