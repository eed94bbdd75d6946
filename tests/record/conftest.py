"""A record to test with: the log of a fictional commission, its signer and clerk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record import acts
from tallyroom.record.clerk import Clerk
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.note import Signer
from tallyroom.record.witness import Witness
from tests.record.witnesses import witness_in

ORIGIN = "results.example/2026"
NIGHT = "2026-02-07T20:00:00+04:00"


def entry(index: int) -> bytes:
    """The entry of a number, as the root that other implementations agreed on has it."""
    return b'{"station":"%06d","votes":[%d,%d,7],"seq":%d}' % (index, index % 500, index % 300, index)


def role_key(role: str, seed: int) -> RoleKey:
    return RoleKey(role, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def opened(number: int) -> acts.Opened:
    return acts.Opened(at=NIGHT, station=f"S-{number:04d}")


def call(candidate: str) -> acts.Call:
    return acts.Call(at=NIGHT, contest="president", candidate=candidate)


def definition(*keys: RoleKey) -> acts.Definition:
    return acts.Definition(
        at=NIGHT,
        election="Ruritania 2026",
        origin=ORIGIN,
        data_origin="synthetic",
        files={"election.toml": "00" * 32},
        stations=acts.StationList(3, "00" * 32),
        keys=tuple(key.announced() for key in keys),
        software="tallyroom 0.1.0",
    )


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))


@pytest.fixture
def new_log(tmp_path: Path, signer: Signer) -> Iterator[Callable[[int], Log]]:
    """Makes a log of so many entries, in `record/`, open for writing."""
    logs = []

    def make(size: int) -> Log:
        log = Log.create(tmp_path / "record", ORIGIN, signer)
        logs.append(log)
        log.append([entry(index) for index in range(size)])
        return log

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def witness(tmp_path: Path, signer: Signer) -> Witness:
    """A witness of the log of `signer`."""
    return witness_in(tmp_path / "witness", signer)


@pytest.fixture
def commission() -> RoleKey:
    return role_key("commission", 1)


@pytest.fixture
def observer() -> RoleKey:
    return role_key("observer", 2)


@pytest.fixture
def clerk(new_log: Callable[[int], Log], commission: RoleKey, observer: RoleKey) -> Clerk:
    """A clerk who has entered the definition, act 0."""
    clerk = Clerk(new_log(0), {"commission": commission, "observer": observer})
    clerk.enter([definition(commission, observer)])
    return clerk
