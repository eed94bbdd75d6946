"""Power cuts and refusals while a site is published: what is shown is whole, and publishing goes on to one site."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

import brotli
import pytest

from tallyroom.announce.compress import ENCODINGS
from tallyroom.announce.manifest import MANIFEST, read_manifest
from tallyroom.announce.publish import go_on, publish
from tallyroom.election.folder import load, write
from tallyroom.election.template import presidential
from tallyroom.intake.opening import open_record, read_vkey, writer
from tallyroom.record.acts import Opened
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.tally.replay import publications, replay
from tests.record.disk import REFUSALS, WatchedDisk

EVERY = 11
"""Power cuts are looked at after each so many steps: two snapshots with their twins take more than 600."""

TIMES = ("2030-03-10T09:00:00+00:00", "2030-03-10T10:00:00+00:00")
Published = Callable[[], WatchedDisk]


def publish_as_of(house: Path, number: int) -> None:
    """As the command does: make whole what a stop left out, then, unless it is there, publish one snapshot more."""
    definition = load(house / "spring")
    clerk = writer(house / "spring", definition)
    try:
        state = replay(definition, clerk.log)
        assert go_on(state, clerk, house / "spring", house / "site") == []
        if len(state.publications) < number:
            publish(state, clerk, house / "spring", house / "site", TIMES[number - 1])
    finally:
        clerk.log.close()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """An election whose record is open, with some acts."""
    folder = tmp_path / "house/spring"
    write(folder, presidential("spring"))
    clerk = open_record(folder, load(folder), "2030-03-10T07:00:00+00:00")
    clerk.enter([Opened(at="2030-03-10T08:00:00+00:00", station=f"S-{n:04d}") for n in range(1, 4)])
    clerk.log.close()
    return tmp_path / "house"


@pytest.fixture
def disk(house: Path, monkeypatch: pytest.MonkeyPatch) -> WatchedDisk:
    """The disk on which two snapshots were published, each acknowledged."""
    disk = WatchedDisk(house)
    with disk.watching(monkeypatch):
        for number in (1, 2):
            publish_as_of(house, number)
            disk.acknowledge(number)
    return disk


def files_below(folder: Path) -> dict[str, bytes]:
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {name: data for name, data in found.items() if not name.endswith(".tmp")}


def packing(name: str) -> str:
    """The ending of a compressed twin, "" for any other file."""
    return next((ending for ending in ENCODINGS.values() if name.endswith(ending)), "")


def unpacked(name: str, data: bytes) -> bytes:
    """The file that a twin stands for."""
    return {".br": brotli.decompress, ".gz": gzip.decompress, "": bytes}[packing(name)](data)


def faults_of(house: Path, acknowledged: int | None, whole: Path) -> Iterator[str]:
    """What is wrong with what a site shows, as it was left; whole: where the manifests are that the acts bind."""
    record = Log.open(house / "spring/record", read_vkey(house / "spring/record"))
    shown = files_below(house / "site") if (house / "site").exists() else {}
    hashes = {f"v/{one.number}/{name}": sha256 for one in publications(record) for name, sha256 in one.files.items()}
    for name in [name for name in hashes if name.endswith(MANIFEST)]:
        content = (whole / "site" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == hashes[name]
        listed = read_manifest(name, content).files
        hashes = {f"{name.removesuffix(MANIFEST)}{path}": one.sha256 for path, one in listed.items()} | hashes
    for name in (name for name in shown if name.startswith("v/")):
        if hashlib.sha256(unpacked(name, shown[name])).hexdigest() != hashes.get(name.removesuffix(packing(name))):
            yield f"{name} is not what was published"
    if "checkpoint" in shown:
        site = Log.open(house / "site", record.verifier)
        if list(site.verified_entries()) != list(record.verified_entries(0, site.size)):
            yield "the public record is another"
    pointer = json.loads(shown["latest.json"]) if "latest.json" in shown else {"number": 0}
    if pointer["number"] < (acknowledged or 0):
        yield f"snapshot {acknowledged} was acknowledged and is not shown"
    if pointer["number"] and f"{pointer['path']}results.json" not in shown:
        yield "the pointer leads nowhere"


def test_a_power_cut_while_publishing_shows_nothing_half_written(disk: WatchedDisk, tmp_path: Path) -> None:
    found, faults, images = tmp_path / "found", [], 0
    for steps, acknowledged, image in disk.power_cuts(Random(2026), singly=False, every=EVERY):
        images += 1
        image.lay_out(disk.folder, found)
        faults += [f"after {steps} steps: {fault}" for fault in faults_of(found, acknowledged, disk.folder)]
    assert faults == []
    assert images * EVERY > len(disk.steps)


def test_publishing_again_after_a_power_cut_makes_the_same_site(disk: WatchedDisk, tmp_path: Path) -> None:
    found = tmp_path / "found"
    undisturbed = {
        name: data for name, data in files_below(disk.folder / "site").items() if not name.startswith("tile")
    }
    for _, _, image in islice(disk.power_cuts(Random(2026), singly=False, every=8 * EVERY), 0, None, 2):
        image.lay_out(disk.folder, found)
        for file in (found / "spring/private").iterdir():
            file.chmod(0o600)
        for number in (1, 2):
            publish_as_of(found, number)
        assert list(faults_of(found, 2, disk.folder)) == []
        again = files_below(found / "site")
        assert {name: again.get(name) for name in undisturbed} == undisturbed


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_disk_that_refuses_one_call_of_publishing(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    publish_as_of(house, 1)
    before = WatchedDisk(house).before
    number, met = 1, True
    while met:
        copy = tmp_path / "copy"
        before.lay_out(house, copy)
        for file in (copy / "spring/private").iterdir():
            file.chmod(0o600)
        disk = WatchedDisk(copy)
        with disk.watching(monkeypatch):
            disk.fail(number, refusal)
            try:
                publish_as_of(copy, 2)
                acknowledged = 2
            except (OSError, RecordError):
                acknowledged = 1
            met = disk.failed
        shown = {name: data for name, data in files_below(copy / "site").items() if name.startswith("v/")}
        publish_as_of(copy, 2)
        again = files_below(copy / "site")
        assert {name: again[name] for name in shown} == shown
        assert acknowledged == 1 or f"v/2/{MANIFEST}" in shown
        assert list(faults_of(copy, 2, copy)) == []
        number += 31
    assert number > 100
