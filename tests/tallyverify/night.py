"""A night in miniature, played through the rooms of tallyroom, and what an attacker does to its site."""

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tallyroom.announce.publish import VKEY, publish
from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Definition
from tallyroom.election.stations import Stations
from tallyroom.intake.acceptance import enter, file_protocols
from tallyroom.intake.opening import open_record, reader
from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64
from tallyroom.record.clerk import Clerk
from tallyroom.record.copy import copy_record
from tallyroom.record.keys import RoleKey, load_key, signed_bytes
from tallyroom.record.log import CHECKPOINT, Log
from tallyroom.record.note import Signer
from tallyroom.tally.replay import replay
from tallyroom.tally.state import State
from tests.tally.village import AREAS, lines, village

PLACES = ("N1", "N1", "N1", "N2", "N2", "N2", "N", "S1", "S1", "S1", "S1", "S")
CONFIRMED = "the station confirmed the figures by telephone"
CANDIDATES = {"mayor": "abc", "council": "xyz"}


def town() -> Definition:
    """The village with a dozen stations, one of them without a register, and two contests."""
    registered = np.array([100 * n for n in range(1, 13)])
    registered[6] = -1
    stations = Stations(
        ids=tuple(f"S-{n:04d}" for n in range(1, 13)),
        names=tuple(f"Station {n}" for n in range(1, 13)),
        kinds=("ordinary",) * 12,
        area=np.array([AREAS.index[place] for place in PLACES]),
        registered=registered,
        details={},
    )
    return dataclasses.replace(village(contests=2), stations=stations)


def at(hour: int) -> str:
    return f"2025-06-15T{hour:02d}:00:00+00:00"


def protocol(station: int, contest: str, votes: Sequence[int], hour: int = 21, **more: object) -> acts.Protocol:
    return acts.Protocol(
        at=at(hour),
        contest=contest,
        station=f"S-{station:04d}",
        lines=lines(sum(votes), 1),
        votes=dict(zip(CANDIDATES[contest], votes, strict=True)),
        **more,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class Night:
    """A night that was played: the election folder, its site, and the site's first checkpoint."""

    folder: Path
    site: Path
    first_checkpoint: bytes

    @property
    def vkey(self) -> str:
        return (self.site / VKEY).read_text().strip()

    @property
    def signer(self) -> Signer:
        return Signer(town().origin, load_key(self.folder / "private" / "log.key"))

    @property
    def entries(self) -> list[bytes]:
        return list(reader(self.folder).entries())

    def number(self, kind: str, nth: int = 0) -> int:
        """The number of the nth act of a type."""
        wanted = f'"type":"{kind}"'.encode()
        return [number for number, entry in enumerate(self.entries) if wanted in entry][nth]


def play(out: Path) -> Night:
    """Three snapshots: at noon, when half is counted, and at the end with a correction, a recount, an annulment."""
    folder, site = out / "election", out / "site"
    election_folder.write(folder, town())
    definition = election_folder.load(folder)
    clerk = open_record(folder, definition, at(7))
    state = replay(definition, clerk.log)
    try:
        _day(state, clerk)
        publish(state, clerk, folder, site, at(13))
        first = (site / CHECKPOINT).read_bytes()
        _evening(state, clerk)
        publish(state, clerk, folder, site, at(22))
        _days_after(state, clerk)
        publish(state, clerk, folder, site, at(23))
    finally:
        clerk.log.close()
    return Night(folder, site, first)


def _day(state: State, clerk: Clerk) -> None:
    ids = state.definition.stations.ids
    enter(state, clerk, [acts.Opened(at=at(8), station=station) for station in ids])
    for hour, share in (("12:00", 20), ("20:00", 40)):
        reports = [
            acts.Turnout(at=at(12), station=station, hour=hour, voted=share + n)
            for n, station in enumerate(ids, 1)
            if (hour, n) != ("20:00", 3)
        ]
        enter(state, clerk, reports)
        said = acts.Statement(
            at=at(12), kind="claim", speaker="A paper", said_at="noon", source="front page", text="=long queues"
        )
        enter(state, clerk, [said])


def _evening(state: State, clerk: Clerk) -> None:
    enter(state, clerk, [acts.Closed(at=at(20), station=station) for station in state.definition.stations.ids])
    mayor = [protocol(n, "mayor", (10 + n, 9, n)) for n in range(1, 9)]
    wrong = protocol(2, "mayor", (12, 9, 2))
    mayor[1] = acts.Protocol(
        at=wrong.at, contest="mayor", station="S-0002", lines={**wrong.lines, "valid": None}, votes=wrong.votes
    )
    file_protocols(state, clerk, mayor, at(21), CONFIRMED)
    file_protocols(state, clerk, [protocol(n, "council", (5, n, 30)) for n in range(1, 13)], at(21), CONFIRMED)


def _days_after(state: State, clerk: Clerk) -> None:
    held = state.contests["mayor"].act[1].item()
    file_protocols(state, clerk, [protocol(2, "mayor", (12, 9, 2), supersedes=held)], at(22), CONFIRMED)
    file_protocols(state, clerk, [protocol(n, "mayor", (10, 9, n)) for n in range(9, 13)], at(22), CONFIRMED)
    for kind, station, votes in (("correction", 1, (10, 10, 1)), ("recount", 4, (15, 9, 4)), ("annulment", 5, ())):
        stands = state.contests["mayor"].act_in_force(station - 1)
        common = {"at": at(22), "contest": "mayor", "station": f"S-{station:04d}", "supersedes": stands}
        change: acts.AnyAct
        if kind == "annulment":
            change = acts.Annulment(**common, reason="the box was open")
        else:
            made = protocol(station, "mayor", votes)
            of = acts.Correction if kind == "correction" else acts.Recount
            change = of(**common, reason="counted again", lines=made.lines, votes=made.votes)
        enter(state, clerk, [change])
    for role in ("desk-1", "desk-2"):
        enter(state, clerk, [acts.Call(at=at(22), contest="mayor", candidate="a")], role)
    enter(state, clerk, [acts.CandidateStatus(at=at(22), contest="mayor", candidate="c", status="withdrawn")])
    scan = acts.Evidence("0" * 64, 1000, "image/png")
    enter(state, clerk, [acts.Attachment(at=at(22), act=held, evidence=(scan,))])
    seen = acts.Seen(clerk.log.size, encode_base64(clerk.log.root))
    enter(state, clerk, [acts.Certification(at=at(22), contest="council", snapshot=seen, winner="z")])


def rebuild(night: Night, site: Path, entries: Sequence[bytes], signer: Signer | None = None) -> None:
    """The record of a copied site, made again from these entries and signed by the log's key or another."""
    signer = signer or night.signer
    work = site.parent / "rebuilt"
    with Log.create(work / "record", signer.name, signer) as log:
        log.append(entries)
        for path in (site / "tile", site / CHECKPOINT):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        copy_record(log, site)


def signed(night: Night, act: acts.Act, role: str = "commission", origin: str = "", seen: int | None = None) -> bytes:
    """An act as its author would enter it at the end of the record."""
    with Log.open(night.site, night.vkey) as log:
        size = log.size if seen is None else seen
        prev = act.prev_checkpoint or acts.Seen(size, encode_base64(log.root_at(size)))
        key = RoleKey(role, load_key(night.folder / "private" / f"{role}.key"))
        act = key.sign_act(msgspec.structs.replace(act, prev_checkpoint=prev), origin or log.origin)
    return acts.encode(act)


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of a file; it must be another file afterwards."""
    before = path.read_bytes()
    after = change(before)
    assert after != before, f"{path} is as it was"
    path.write_bytes(after)


def seen(night: Night) -> acts.Seen:
    """The checkpoint of the night's whole record."""
    with Log.open(night.site, night.vkey) as log:
        return acts.Seen(log.size, encode_base64(log.root))


def role_key(night: Night, role: str) -> RoleKey:
    return RoleKey(role, load_key(night.folder / "private" / f"{role}.key"))


def by_key(night: Night, key: RoleKey, act: acts.Act) -> bytes:
    """An act, complete with the checkpoint, signed by any key."""
    return acts.encode(key.sign_act(msgspec.structs.replace(act, prev_checkpoint=seen(night)), town().origin))


def key_act(night: Night, by: RoleKey, new: RoleKey | None = None, prover: RoleKey | None = None, **more: Any) -> bytes:
    """An act that changes keys, signed by one key and proved by the new one, or by `prover`."""
    act = acts.Key(at=at(23), by=by.id, prev_checkpoint=seen(night), key=new and new.announced(), **more)
    if prover := prover or new:
        proof = prover.private.sign(signed_bytes(act, town().origin))
        act = msgspec.structs.replace(act, proof=encode_base64(proof))
    return acts.encode(by.sign_act(act, town().origin))
