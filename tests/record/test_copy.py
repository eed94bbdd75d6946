"""The public copy holds what every checkpoint it ever showed needs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.copy import copy_record
from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.fsck import fsck
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Signer, sign
from tallyroom.record.tiles import edge_paths
from tests.record.conftest import ORIGIN, entry

NewLog = Callable[[int], Log]


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("size", [0, 1, 256, 300, 66_000])
def test_a_first_copy_is_the_record(new_log: NewLog, tmp_path: Path, size: int) -> None:
    log = new_log(size)
    copy_record(log, tmp_path / "site")
    assert contents(tmp_path / "site") == contents(log.folder)


def test_every_checkpoint_that_was_published_can_still_be_read(new_log: NewLog, tmp_path: Path, signer: Signer) -> None:
    log, site = new_log(0), tmp_path / "site"
    shown = []
    for size in (3, 3, 7, 256, 300, 600):
        log.append([entry(index) for index in range(log.size, size)])
        copy_record(log, site)
        shown.append((size, log.checkpoint))
        assert set(edge_paths(size)) <= set(contents(site))
    for size, checkpoint in shown:
        (site / "checkpoint").write_bytes(checkpoint)
        read = Log.open(site, signer.verifier)
        assert list(read.verified_entries()) == [entry(index) for index in range(size)]


def test_only_new_files_are_written(new_log: NewLog, tmp_path: Path) -> None:
    log, site = new_log(300), tmp_path / "site"
    copy_record(log, site)
    old = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file()}
    log.append([entry(300)])
    copy_record(log, site)
    rewritten = {path.name for path, time in old.items() if path.stat().st_mtime_ns != time}
    assert rewritten == {"checkpoint"}


def test_a_copy_of_another_record_is_refused(new_log: NewLog, tmp_path: Path, signer: Signer) -> None:
    site = tmp_path / "site"
    with Log.create(tmp_path / "other" / "record", ORIGIN, signer) as other:
        other.append([b"another entry"])
        copy_record(other, site)
        before = contents(site)
        log = new_log(5)
        with pytest.raises(RecordError, match="holds another record"):
            copy_record(log, site)
        assert contents(site) == before


def test_a_copy_that_is_ahead_is_refused(new_log: NewLog, tmp_path: Path) -> None:
    log, site = new_log(5), tmp_path / "site"
    older = Log.open(log.folder, log.verifier)
    log.append([entry(5)])
    copy_record(log, site)
    with pytest.raises(RecordError, match="holds another record"):
        copy_record(older, site)


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/0/000", "tile/entries/001.p/44"])
def test_damage_is_not_published(new_log: NewLog, tmp_path: Path, path: str) -> None:
    log = new_log(300)
    data = (log.folder / path).read_bytes()
    (log.folder / path).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(Damaged, match=path):
        copy_record(log, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_copy_passes_fsck(new_log: NewLog, tmp_path: Path) -> None:
    log = new_log(300)
    copy_record(log, tmp_path / "site")
    log.append([entry(300)])
    copy_record(log, tmp_path / "site")
    report = fsck(tmp_path / "site", log.verifier)
    assert [fault for fault in report.faults if not fault.where.startswith("act")] == []
    assert sorted(note.split(":")[0] for note in report.notes) == ["tile/0/001.p/44", "tile/entries/001.p/44"]


def test_a_cosigned_checkpoint_is_shown_until_there_is_a_larger_one(
    new_log: NewLog, tmp_path: Path, signer: Signer
) -> None:
    log, shown = new_log(5), tmp_path / "site" / "checkpoint"
    cosigner = Signer("blue.example", Ed25519PrivateKey.from_private_bytes(b"\x11" * 32))
    cosigned = sign(Checkpoint(ORIGIN, 5, log.root).text(), [signer, cosigner])
    for checkpoint, expected in ((b"", log.checkpoint), (cosigned, cosigned), (log.checkpoint, cosigned)):
        copy_record(log, tmp_path / "site", checkpoint)
        assert shown.read_bytes() == expected
    log.append([entry(5)])
    copy_record(log, tmp_path / "site")
    assert shown.read_bytes() == log.checkpoint
