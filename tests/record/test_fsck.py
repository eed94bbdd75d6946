"""fsck names each damaged file, and no other."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.clerk import Clerk
from tallyroom.record.fsck import MAX_FAULTS, Report, fsck
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Signer, open_checkpoint, sign
from tallyroom.record.store import Store
from tallyroom.record.tiles import edge_paths, entries_path, tile_path
from tests.record.conftest import ORIGIN, call, definition, opened, role_key

STATIONS = 256 * 257 + 38  # with definition and seal: tiles of levels 0, 1 and 2, full and partial
SIZE = STATIONS + 2
FILES = [
    entries_path(0),
    entries_path(256),
    entries_path(257, 40),
    tile_path(0, 0),
    tile_path(0, 255),
    tile_path(0, 256),
    tile_path(0, 257, 40),
    tile_path(1, 0),
    tile_path(1, 1, 1),
    tile_path(2, 0, 1),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Path:
    commission = role_key("commission", 1)
    with Log.create(tmp_path_factory.mktemp("whole") / "record", ORIGIN, signer) as log:
        clerk = Clerk(log, {"commission": commission})
        clerk.enter([definition(commission)])
        clerk.enter([opened(number) for number in range(STATIONS)])
        assert log.size == SIZE
    return log.folder


@pytest.fixture
def record(whole: Path, tmp_path: Path) -> Path:
    """A copy of links: a file of it is damaged by putting another in its place."""
    shutil.copytree(whole, tmp_path / "record", copy_function=os.link)
    return tmp_path / "record"


def put(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def flipped(path: Path, at: int) -> bytes:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    return bytes(data)


def named(report: Report) -> list[str]:
    return [fault.where for fault in report.faults]


def test_a_whole_record(whole: Path, signer: Signer) -> None:
    report = fsck(whole, signer.verifier)
    assert (named(report), report.notes, report.size) == ([], [], SIZE)
    assert report.root == Log.open(whole, signer.verifier).root


def test_an_empty_record(tmp_path: Path, signer: Signer) -> None:
    Log.create(tmp_path / "record", ORIGIN, signer).close()
    report = fsck(tmp_path / "record", signer.verifier)
    assert (report.size, report.faults, report.notes) == (0, [], [])


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda data: data[:-1],
    "short": lambda data: data[:-32],
    "long": lambda data: data + b"\0" * 32,
}


@pytest.mark.parametrize("path", FILES)
def test_a_flipped_bit_names_its_file(record: Path, signer: Signer, path: str) -> None:
    put(record / path, flipped(record / path, at=20))
    assert named(fsck(record, signer.verifier)) == [path]


@pytest.mark.parametrize("path", [entries_path(0), entries_path(257, 40), tile_path(0, 0), tile_path(1, 1, 1)])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_file_of_the_wrong_length_is_named(
    record: Path, signer: Signer, path: str, damage: Callable[[bytes], bytes]
) -> None:
    put(record / path, damage((record / path).read_bytes()))
    assert named(fsck(record, signer.verifier)) == [path]


@pytest.mark.parametrize("path", FILES)
def test_a_missing_file_is_named(record: Path, signer: Signer, path: str) -> None:
    (record / path).unlink()
    assert named(fsck(record, signer.verifier)) == [path]


def test_several_damaged_files_are_all_named(record: Path, signer: Signer) -> None:
    hurt = [tile_path(0, 3), entries_path(5), entries_path(200), entries_path(257, 40)]
    for path in hurt:
        put(record / path, flipped(record / path, at=40))
    assert sorted(named(fsck(record, signer.verifier))) == sorted(hurt)


def test_forged_entries_with_forged_tiles_are_named(record: Path, signer: Signer, tmp_path: Path) -> None:
    """Another record's bundle and tile agree with each other, but not with what was signed."""
    with Log.create(tmp_path / "other" / "record", ORIGIN, signer) as other:
        other.append([b"forged"] * 256)
    for path in ("tile/entries/000", "tile/0/000"):
        put(record / path, (other.folder / path).read_bytes())
    assert sorted(named(fsck(record, signer.verifier))) == ["tile/0/000", "tile/entries/000"]


def test_a_bit_of_the_checkpoint(record: Path, signer: Signer) -> None:
    path = record / "checkpoint"
    good = path.read_bytes()
    for at in range(0, len(good), 5):
        put(path, flipped(path, at))
        assert named(fsck(record, signer.verifier)) == ["checkpoint"]
        put(path, good)


def test_a_checkpoint_signed_by_another_key(record: Path, signer: Signer) -> None:
    forger = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    signed = open_checkpoint((record / "checkpoint").read_bytes(), signer.verifier)
    put(record / "checkpoint", sign(signed.text(), [forger]))
    assert named(fsck(record, signer.verifier)) == ["checkpoint"]


def test_a_signed_root_that_the_entries_do_not_give(record: Path, signer: Signer) -> None:
    put(record / "checkpoint", sign(Checkpoint(ORIGIN, SIZE, b"x" * 32).text(), [signer]))
    (fault,) = fsck(record, signer.verifier).faults
    assert (fault.where, fault.what) == ("checkpoint", "the signed root is not that of the entries")


def test_leftovers_are_notes(record: Path, signer: Signer) -> None:
    leftovers = [entries_path(257, 39), entries_path(258), tile_path(0, 300, 3), "tile/0/257.p/41.tmp"]
    Store(record).write(dict.fromkeys(leftovers, b"leftover"))
    report = fsck(record, signer.verifier)
    assert named(report) == []
    assert sorted(note.split(":")[0] for note in report.notes) == sorted(leftovers)


def test_faults_of_acts_are_found_in_a_whole_tree(tmp_path: Path, signer: Signer) -> None:
    commission = role_key("commission", 1)
    with Log.create(tmp_path / "record", ORIGIN, signer) as log:
        clerk = Clerk(log, {"commission": commission})
        clerk.enter([definition(commission)])
        clerk.enter([call("c1")])
        log.append([log.entry(1).replace(b'"c1"', b'"c2"'), b"not an act"])
    report = fsck(log.folder, signer.verifier)
    assert named(report) == ["act 2 in tile/entries/000", "act 3 in tile/entries/000"]
    assert all(fault.what for fault in report.faults)


def test_a_hostile_record_does_not_fill_the_memory(tmp_path: Path, signer: Signer) -> None:
    with Log.create(tmp_path / "record", ORIGIN, signer) as log:
        log.append([b"not an act"] * (MAX_FAULTS + 200))
    report = fsck(log.folder, signer.verifier)
    assert (len(report.faults), report.omitted) == (MAX_FAULTS, 200)


def test_a_size_that_never_was_is_not_walked_to_its_end(record: Path, signer: Signer) -> None:
    put(record / "checkpoint", sign(Checkpoint(ORIGIN, 10**18, b"x" * 32).text(), [signer]))
    report = fsck(record, signer.verifier)
    assert len(report.faults) == MAX_FAULTS
    assert report.omitted > 0


def test_nothing_there(tmp_path: Path, signer: Signer) -> None:
    assert named(fsck(tmp_path, signer.verifier)) == ["checkpoint"]


def test_nothing_is_changed(record: Path, signer: Signer) -> None:
    before = {path: path.stat().st_mtime_ns for path in record.rglob("*")}
    fsck(record, signer.verifier)
    assert {path: path.stat().st_mtime_ns for path in record.rglob("*")} == before
    assert set(edge_paths(SIZE)) <= {path.relative_to(record).as_posix() for path in before}
