"""Whatever moment the writer dies at: what it acknowledged is there, once, and the next writer goes on."""

import errno
import multiprocessing
import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Signer
from tests.record.conftest import ORIGIN, entry

NewLog = Callable[[int], Log]
STEPS = ["mkdir", "fsync", "replace", "pwrite", "unlink", "rmdir"]


def append_up_to(log: Log, size: int) -> None:
    log.append([entry(index) for index in range(log.size, size)])


def write_until_killed(folder: Path, signer: Signer, seed: int, acknowledged: Connection) -> None:
    draw = random.Random(seed)
    log = Log.open(folder, signer.verifier, signer)
    while True:
        append_up_to(log, log.size + draw.choice([1, 2, 30, 300]))
        acknowledged.send(log.size)


def test_killed_25_times(tmp_path: Path, signer: Signer) -> None:
    folder = tmp_path / "record"
    Log.create(folder, ORIGIN, signer).close()
    draw = random.Random(20260207)
    process = multiprocessing.get_context("fork")
    for seed in range(25):
        receive, send = process.Pipe(duplex=False)
        writer = process.Process(target=write_until_killed, args=(folder, signer, seed, send))
        writer.start()
        send.close()
        size = receive.recv()
        writer.join(draw.uniform(0, 0.05))
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        while receive.poll():
            try:
                size = receive.recv()
            except EOFError:
                break
        with Log.open(folder, signer.verifier, signer) as log:
            assert log.size >= size
            assert list(log.verified_entries()) == [entry(index) for index in range(log.size)]


class Crash(OSError):
    """The moment at which a simulated writer dies."""


@contextmanager
def crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> Iterator[list[str]]:
    """The step-th call that changes the disk, and every later one, does not happen."""
    calls: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls.append(name)
            if len(calls) >= step:
                raise Crash(errno.EIO, "crash")
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, counted(name, getattr(os, name)))
        yield calls


@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 5), (200, 300), (250, 256), (256, 600)])
def test_a_crash_before_each_step(
    new_log: NewLog, signer: Signer, monkeypatch: pytest.MonkeyPatch, before: int, after: int, tmp_path: Path
) -> None:
    undisturbed = new_log(700).root
    step, crashed = 0, True
    while crashed:
        step += 1
        folder = tmp_path / str(step) / "record"
        log = Log.create(folder, ORIGIN, signer)
        append_up_to(log, before)
        with crash_at(monkeypatch, step) as calls:
            with suppress(RecordError):
                append_up_to(log, after)
            crashed = len(calls) >= step
        log.close()
        with Log.open(folder, signer.verifier, signer) as log:
            assert log.size in (before, after)
            assert list(log.verified_entries()) == [entry(index) for index in range(log.size)]
            append_up_to(log, 700)
            assert log.root == undisturbed
        assert list(Log.open(folder, signer.verifier).verified_entries()) == [entry(i) for i in range(700)]
    assert step > 8


@pytest.mark.parametrize("step", range(1, 9))
def test_a_log_that_could_not_be_created_can_be(
    tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    with crash_at(monkeypatch, step):
        try:
            Log.create(tmp_path / "record", ORIGIN, signer).close()
            created = True
        except OSError:
            created = (tmp_path / "record" / "checkpoint").exists()
    if not created:
        Log.create(tmp_path / "record", ORIGIN, signer).close()
    with Log.open(tmp_path / "record", signer.verifier, signer) as log:
        append_up_to(log, 3)


def test_after_a_failed_append_the_log_refuses_until_it_is_opened_again(
    new_log: NewLog, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = new_log(3)
    with crash_at(monkeypatch, 2), pytest.raises(RecordError, match="cannot be written"):
        append_up_to(log, 300)
    assert log.size == 3
    with pytest.raises(RecordError, match="last append failed"):
        append_up_to(log, 300)
    log.close()
    with Log.open(log.folder, signer.verifier, signer) as again:
        append_up_to(again, 300)


@contextmanager
def files_no_larger_than(limit: int) -> Iterator[None]:
    """The operating system refuses to write beyond so many bytes in a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_more(new_log: NewLog, signer: Signer) -> None:
    log = new_log(3)
    before = log.checkpoint
    with files_no_larger_than(4096), pytest.raises(RecordError, match="cannot be written: File too large"):
        append_up_to(log, 300)
    log.close()
    with Log.open(log.folder, signer.verifier, signer) as again:
        assert again.checkpoint == before
        append_up_to(again, 300)
        assert list(again.verified_entries()) == [entry(index) for index in range(300)]


@pytest.mark.parametrize("path", ["tile/entries/000.p/8", "tile/0/000.p/8"])
def test_leftovers_beyond_the_checkpoint_are_overwritten(new_log: NewLog, signer: Signer, path: str) -> None:
    log = new_log(3)
    log.close()
    (log.folder / path).write_bytes(b"torn")
    (log.folder / (path + ".tmp")).write_bytes(b"torn")
    with Log.open(log.folder, signer.verifier, signer) as again:
        append_up_to(again, 8)
        assert list(again.verified_entries()) == [entry(index) for index in range(8)]
        append_up_to(again, 9)
    assert not list(log.folder.rglob("*.tmp"))


def test_a_disk_that_does_not_keep_what_was_written_is_noticed_before_signing(
    new_log: NewLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = new_log(3)
    before = log.checkpoint
    real = os.replace

    def lossy(source: Path, target: Path) -> None:
        data = bytearray(source.read_bytes())
        data[-1] ^= 1
        source.write_bytes(data)
        real(source, target)

    monkeypatch.setattr(os, "replace", lossy)
    with pytest.raises(RecordError, match="reads back other than it was written"):
        append_up_to(log, 300)
    assert (log.folder / "checkpoint").read_bytes() == before
