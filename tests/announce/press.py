"""A small election that is counted and published, step by step."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from tallyroom.announce.manifest import Manifest, read_manifest
from tallyroom.announce.publish import go_on, publish
from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Definition
from tallyroom.intake.acceptance import enter, file_protocols
from tallyroom.intake.opening import open_record, reader, writer
from tallyroom.record import acts
from tallyroom.record.clerk import Clerk
from tallyroom.tally.replay import replay
from tallyroom.tally.results import Results
from tallyroom.tally.state import State
from tests.tally.village import REGISTERED, lines, village


def at(minute: int) -> str:
    return f"2025-06-15T21:{minute:02d}:00+00:00"


def protocol(station: int, *votes: int, minute: int = 0) -> acts.Protocol:
    figures = lines(sum(votes), 0, REGISTERED[station - 1])
    return acts.Protocol(
        at=at(minute),
        contest="mayor",
        station=f"S-{station:04d}",
        lines=figures,
        votes=dict(zip("abc", votes, strict=True)),
    )


class Press:
    """An election folder with an open record, and its site."""

    def __init__(self, house: Path, site: Path | None = None, definition: Definition | None = None) -> None:
        self.folder, self.site = house / "election", site or house / "site"
        if not self.folder.exists():
            election_folder.write(self.folder, definition or village())
            open_record(self.folder, election_folder.load(self.folder), at(0)).log.close()

    @contextmanager
    def room(self) -> Iterator[tuple[State, Clerk]]:
        """State and clerk, as a process has them that has just begun."""
        definition = election_folder.load(self.folder)
        clerk = writer(self.folder, definition)
        try:
            yield replay(definition, clerk.log), clerk
        finally:
            clerk.log.close()

    def file(self, *protocols: acts.Protocol) -> None:
        with self.room() as (state, clerk):
            file_protocols(state, clerk, protocols, at(1), "checked")

    def enter(self, *entered: acts.AnyAct, role: str = "commission") -> None:
        with self.room() as (state, clerk):
            enter(state, clerk, entered, role)

    def publish(self, minute: int) -> Results:
        with self.room() as (state, clerk):
            assert go_on(state, clerk, self.folder, self.site) == []
            return publish(state, clerk, self.folder, self.site, at(minute))

    def state(self) -> State:
        return replay(election_folder.load(self.folder), reader(self.folder))

    def read(self, path: str) -> bytes:
        return (self.site / path).read_bytes()

    def manifest(self, number: int) -> Manifest:
        return read_manifest("manifest.json", self.read(f"v/{number}/manifest.json"))

    def files(self) -> dict[str, bytes]:
        """All files of the site but the record's, by path."""
        found = {file.relative_to(self.site).as_posix(): file for file in self.site.rglob("*") if file.is_file()}
        return {name: file.read_bytes() for name, file in found.items() if not name.startswith(("tile/", "checkpoint"))}


def three_snapshots(house: Path) -> Press:
    """Before any result; three stations of two areas; one more and a correction in the first of them."""
    press = Press(house)
    press.publish(2)
    press.file(protocol(1, 10, 5, 5), protocol(2, 20, 1, 0), protocol(5, 7, 9, 11))
    press.publish(4)
    state = press.state()
    stands = state.contests["mayor"].act_in_force(0)
    press.enter(
        acts.Correction(
            at=at(5),
            contest="mayor",
            station="S-0001",
            lines=lines(30, 0, REGISTERED[0]),
            votes={"a": 12, "b": 9, "c": 9},
            supersedes=stands,
            reason="miscounted",
        )
    )
    press.publish(6)
    return press


def json_of(content: bytes) -> object:
    return msgspec.json.decode(content)


def random_protocols(seed: int, stations: int) -> list[acts.Protocol]:
    random = np.random.default_rng(seed)
    return [protocol(n, *random.integers(0, 40, 3).tolist()) for n in range(1, stations + 1)]
