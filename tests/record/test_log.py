"""The log keeps what it acknowledges, in order, under one root."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tallyroom.record.error import Damaged, Locked, RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Signer
from tallyroom.record.store import Store
from tallyroom.record.tiles import MAX_ENTRY, edge_paths
from tallyroom.record.tree import EMPTY_ROOT, Frontier, leaf_hashes
from tests.record.conftest import ORIGIN, entry

NewLog = Callable[[int], Log]


def naive_root(size: int) -> bytes:
    frontier = Frontier()
    frontier.extend(leaf_hashes(entry(index) for index in range(size)))
    return frontier.root()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_log_is_empty(new_log: NewLog) -> None:
    log = new_log(0)
    assert (log.origin, log.size, log.root) == (ORIGIN, 0, EMPTY_ROOT)
    assert list(log.entries()) == list(log.verified_entries()) == []


def test_the_anchor(new_log: NewLog) -> None:
    """100,000 entries give the root that five other implementations gave, under the key they knew."""
    log = new_log(100_000)
    assert b"6mrNGGCvxeMe2fWoOUITQjToJbRBEoDgYxdPycgDTfI=" in log.checkpoint
    assert log.verifier.vkey == f"{ORIGIN}+971ad4cb+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"


@settings(max_examples=20)
@given(steps=st.lists(st.integers(1, 600), min_size=1, max_size=5))
def test_any_steps_give_the_same_record(
    tmp_path_factory: pytest.TempPathFactory, signer: Signer, steps: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("steps") / "record"
    with Log.create(folder, ORIGIN, signer) as log:
        for step in steps:
            first = log.size
            numbers = log.append([entry(index) for index in range(first, first + step)])
            assert numbers == range(first, first + step)
            assert log.root == naive_root(log.size)
    read = Log.open(folder, signer.verifier)
    assert list(read.verified_entries()) == [entry(index) for index in range(sum(steps))]
    assert read.checkpoint == (folder / "checkpoint").read_bytes()


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (255, 257), (256, 512), (300, None), (599, 700)])
def test_ranges(new_log: NewLog, start: int, stop: int | None) -> None:
    log = new_log(600)
    expected = [entry(index) for index in range(600)][start:stop]
    assert list(log.entries(start, stop)) == list(log.verified_entries(start, stop)) == expected


def test_one_entry(new_log: NewLog) -> None:
    log = new_log(300)
    assert [log.entry(index) for index in (0, 255, 256, 299)] == [entry(i) for i in (0, 255, 256, 299)]
    for index in (-1, 300):
        with pytest.raises(IndexError):
            log.entry(index)


def test_the_root_of_every_older_size(new_log: NewLog) -> None:
    log = new_log(600)
    for size in [*range(0, 600, 7), 255, 256, 257, 512, 600]:
        assert log.root_at(size) == naive_root(size)
    with pytest.raises(ValueError, match="not within"):
        log.root_at(601)


def test_nothing_appended_is_nothing_written(new_log: NewLog) -> None:
    log = new_log(3)
    before = log.checkpoint
    assert log.append([]) == range(3, 3)
    assert log.checkpoint == before


def test_only_the_files_of_this_checkpoint_stay(new_log: NewLog) -> None:
    log = new_log(3)
    log.append([entry(index) for index in range(3, 300)])
    log.append([entry(300)])
    assert files(log.folder) == {"checkpoint", "tile/entries/000", "tile/0/000", *edge_paths(301)}


def test_a_reader_of_an_older_checkpoint_reads_on(new_log: NewLog) -> None:
    log = new_log(3)
    reader = Log.open(log.folder, log.verifier)
    log.append([entry(index) for index in range(3, 10)])
    assert list(reader.verified_entries()) == [entry(index) for index in range(3)]
    log.append([entry(index) for index in range(10, 600)])
    assert list(reader.verified_entries()) == [entry(index) for index in range(3)]


@pytest.mark.parametrize("size", [5, 255])
def test_a_file_that_is_removed_while_it_is_looked_for_is_found_in_the_wider_one(
    new_log: NewLog, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The writer signs and sweeps between a reader's look for a partial file and its reading."""
    log, before, swept = new_log(size), Store.read, list[str]()
    reading = Log.open(log.folder, log.verifier)

    def read(store: Store, path: str) -> bytes:
        if path.endswith(f"entries/000.p/{size}") and not swept:
            swept.append(path)
            log.append([entry(size)])
        return before(store, path)

    monkeypatch.setattr(Store, "read", read)
    assert list(reading.verified_entries(size - 1)) == [entry(size - 1)]
    assert swept
    assert not (log.folder / swept[0]).exists()


def test_an_entry_that_is_too_long_is_refused_before_anything_is_written(new_log: NewLog) -> None:
    log = new_log(1)
    before = files(log.folder)
    with pytest.raises(RecordError, match="entry 2: too long"):
        log.append([b"x" * MAX_ENTRY, b"x" * (MAX_ENTRY + 1)])
    assert (files(log.folder), log.size) == (before, 1)
    assert log.append([b"x" * MAX_ENTRY]) == range(1, 2)


def test_two_writers_are_refused(new_log: NewLog, signer: Signer) -> None:
    log = new_log(1)
    with pytest.raises(Locked, match="another program"):
        Log.open(log.folder, signer.verifier, signer)
    log.close()
    with Log.open(log.folder, signer.verifier, signer) as second:
        assert second.append([entry(1)]) == range(1, 2)


def test_a_closed_or_read_only_log_is_not_written(new_log: NewLog) -> None:
    log = new_log(1)
    with pytest.raises(RecordError, match="reading only"):
        Log.open(log.folder, log.verifier).append([entry(1)])
    log.close()
    with pytest.raises(RecordError, match="reading only"):
        log.append([entry(1)])


def test_a_record_is_begun_once(new_log: NewLog, signer: Signer) -> None:
    log = new_log(1)
    log.close()
    with pytest.raises(RecordError, match="begun here already"):
        Log.create(log.folder, ORIGIN, signer)
    (log.folder / "checkpoint").unlink()
    with pytest.raises(RecordError, match="begun here already"):
        Log.create(log.folder, ORIGIN, signer)


def test_origin_and_signer_belong_together(tmp_path: Path, new_log: NewLog, signer: Signer) -> None:
    with pytest.raises(RecordError, match="not the origin"):
        Log.create(tmp_path / "other", "another/record", signer)
    log = new_log(1)
    log.close()
    other = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    with pytest.raises(RecordError, match="not of this log"):
        Log.open(log.folder, signer.verifier, other)
    with pytest.raises(RecordError, match="trusted"):
        Log.open(log.folder, other.verifier)


def test_no_record_says_so(tmp_path: Path, signer: Signer) -> None:
    with pytest.raises(RecordError, match="holds no record"):
        Log.open(tmp_path, signer.verifier)


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/1/000.p/1"])
@pytest.mark.parametrize("damage", ["flipped", "torn", "short", "missing"])
def test_a_damaged_right_edge_does_not_open(new_log: NewLog, path: str, damage: str) -> None:
    log = new_log(300)
    hurt(log.folder / path, damage)
    with pytest.raises(Damaged, match=path):
        Log.open(log.folder, log.verifier)


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000"])
@pytest.mark.parametrize("damage", ["flipped", "torn", "short", "missing"])
def test_a_verified_walk_stops_at_a_damaged_file(new_log: NewLog, path: str, damage: str) -> None:
    log = new_log(300)
    hurt(log.folder / path, damage)
    with pytest.raises(Damaged, match=path):
        list(Log.open(log.folder, log.verifier).verified_entries())


def hurt(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        half = len(data) // 2
        path.write_bytes(
            {
                "flipped": data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :],
                "torn": data[:-1],
                "short": data[:half],
            }[damage]
        )


def test_a_record_restored_to_an_older_state_is_not_written(new_log: NewLog, signer: Signer, tmp_path: Path) -> None:
    log = new_log(10)
    backup = {path: (log.folder / path).read_bytes() for path in files(log.folder)}
    log.append([entry(10)])
    log.close()
    for path, data in backup.items():
        (log.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (log.folder / path).write_bytes(data)
    assert Log.open(log.folder, signer.verifier).size == 10
    with pytest.raises(RecordError, match=r"not the record that was last signed \(expected size 11, got size 10\)"):
        Log.open(log.folder, signer.verifier, signer)


def test_another_record_of_the_same_key_is_not_written(new_log: NewLog, signer: Signer, tmp_path: Path) -> None:
    new_log(10).close()
    with Log.create(tmp_path / "other" / "record", ORIGIN, signer) as other:
        other.append([entry(1)] * 20)
    with pytest.raises(RecordError, match="not the record that was last signed"):
        Log.open(other.folder, signer.verifier, signer, lock=tmp_path / "private" / "lock")


def test_a_lock_file_that_is_not_ours_is_refused(new_log: NewLog, signer: Signer, tmp_path: Path) -> None:
    log = new_log(1)
    log.close()
    (tmp_path / "private" / "lock").write_text("pid 123\n")
    with pytest.raises(RecordError, match="last checkpoint signed cannot be read"):
        Log.open(log.folder, signer.verifier, signer)
    with pytest.raises(RecordError, match="last checkpoint signed cannot be read"):  # the lock was let go
        Log.open(log.folder, signer.verifier, signer)
