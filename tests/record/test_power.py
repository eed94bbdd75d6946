"""Power cuts and refusals at every write, flush and rename: an acknowledged act is there, and the log opens again."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tallyroom.record import store
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Signer
from tests.record.conftest import ORIGIN, entry
from tests.record.disk import REFUSALS, WatchedDisk

KINDS = {"create", "write", "flush", "rename", "flush folder", "mkdir", "unlink", "rmdir"}
"""All kinds of steps that an append takes."""

SIZES = (3, 256, 257, 600)
Appends = Callable[..., WatchedDisk]


def append_up_to(log: Log, size: int) -> None:
    log.append([entry(index) for index in range(log.size, size)])


@pytest.fixture
def appends(tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> Appends:
    """Makes a log on a watched disk and appends to it in pieces, each of which is acknowledged."""

    def make(sizes: Sequence[int] = SIZES) -> WatchedDisk:
        house = tmp_path / "house"
        house.mkdir()
        disk = WatchedDisk(house)
        with disk.watching(monkeypatch), Log.create(house / "record", ORIGIN, signer) as log:
            disk.acknowledge(0)
            for size in sizes:
                append_up_to(log, size)
                disk.acknowledge(size)
        return disk

    return make


def faults_of(house: Path, signer: Signer, acknowledged: int | None) -> Iterator[str]:
    """What is wrong with a log that is opened after a power cut; where none was acknowledged, it may be begun anew."""
    try:
        if acknowledged is None and not (house / "record/checkpoint").exists():
            Log.create(house / "record", ORIGIN, signer).close()
        with Log.open(house / "record", signer.verifier, signer) as log:
            if log.size not in (0, *SIZES) or log.size < (acknowledged or 0):
                yield f"size {log.size} after {acknowledged} were acknowledged"
            if list(log.verified_entries()) != [entry(index) for index in range(log.size)]:
                yield "other entries than were appended"
    except RecordError as error:
        yield f"does not open: {error}"


def all_faults(disk: WatchedDisk, signer: Signer, target: Path) -> Iterator[str]:
    """The faults found after a power cut at any moment, in any state that it may leave."""
    for steps, acknowledged, image in disk.power_cuts(Random(2026)):
        image.lay_out(disk.folder, target)
        for fault in faults_of(target, signer, acknowledged):
            yield f"after {steps} steps: {fault}"


def test_a_power_cut_at_any_moment_loses_no_acknowledged_act(appends: Appends, signer: Signer, tmp_path: Path) -> None:
    disk = appends()
    assert {step.kind for step in disk.steps} == KINDS
    assert list(all_faults(disk, signer, tmp_path / "found")) == []


def test_what_is_acknowledged_is_safe(appends: Appends) -> None:
    """All but the removal of files that the new checkpoint does not need."""
    disk = appends((3, 257, 600, 66_000, 66_001))
    for length, size in disk.acknowledged:
        steps = disk.steps[:length]
        assert {steps[place].kind for place in disk.unsafe(steps)} <= {"unlink", "rmdir"}, size


def test_after_a_power_cut_the_log_grows_to_the_same_root(appends: Appends, signer: Signer, tmp_path: Path) -> None:
    disk = appends()
    undisturbed = Log.open(disk.folder / "record", signer.verifier).root
    for _, acknowledged, image in list(disk.power_cuts(Random(1)))[::19]:
        house = tmp_path / "found"
        image.lay_out(disk.folder, house)
        assert list(faults_of(house, signer, acknowledged)) == []
        with Log.open(house / "record", signer.verifier, signer) as log:
            append_up_to(log, SIZES[-1])
            assert log.root == undisturbed


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_store_that_does_not_flush_would_be_noticed(
    appends: Appends, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The disk of these tests is one on which a flush makes the difference."""

    class Careless:
        """The module os, without the flush of files."""

        def __getattr__(self, name: str) -> Any:
            return (lambda _: None) if name == "fsync" else getattr(os, name)

    monkeypatch.setattr(store, *(("os", Careless()) if kind == "file" else ("flush_folder", lambda _: None)))
    assert next(all_faults(appends(), signer, tmp_path / "found"))


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize(("before", "after"), [(0, 3), (200, 300), (256, 600)])
def test_a_disk_that_refuses_one_call(
    tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch, before: int, after: int, refusal: int
) -> None:
    """Every call in turn: nothing is acknowledged, readers find the old record or the new, and the next open works."""
    number, met = 0, True
    while met:
        number += 1
        folder = tmp_path / str(number) / "record"
        with Log.create(folder, ORIGIN, signer) as log:
            append_up_to(log, before)
            disk = WatchedDisk(folder.parent)
            with disk.watching(monkeypatch):
                disk.fail(number, refusal)
                acknowledged = appended(log, after)
                met = disk.failed
            assert log.size == (after if acknowledged else before)
            assert list(Log.open(folder, signer.verifier).verified_entries())[:before] == list(
                map(entry, range(before))
            )
            if not acknowledged:
                with pytest.raises(RecordError, match="last append failed"):
                    append_up_to(log, after)
        with Log.open(folder, signer.verifier, signer) as log:
            assert log.size == after if acknowledged else log.size in (before, after)
            append_up_to(log, 700)
            assert list(log.verified_entries()) == [entry(index) for index in range(700)]
    assert number > 12


def appended(log: Log, size: int) -> bool:
    """Whether an append was acknowledged."""
    try:
        append_up_to(log, size)
    except RecordError:
        return False
    return True
