"""A night in a harbour town: eight snapshots in three languages, published through the doors of a real count."""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tallyroom.announce.edition import Snapshot
from tallyroom.announce.publish import publish
from tallyroom.announce.view import View
from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Definition, Name
from tallyroom.election.stations import Stations
from tallyroom.intake.acceptance import enter, file_protocols
from tallyroom.intake.opening import open_record, reader
from tallyroom.record import acts
from tallyroom.record.clerk import Clerk
from tallyroom.tally.replay import catch_up, publications, replay
from tallyroom.tally.state import State
from tests.tally.village import AREAS, lines, village

PLACES = ("N1", "N1", "N1", "N1", "N2", "N2", "N2", "S1", "S1", "S1", "S1", "S", "S1")
KINDS = ("ordinary", "ordinary", "hospital", "ordinary", "ordinary", "ordinary", "abroad") + ("ordinary",) * 6
VOTES = ((60, 40, 5), (80, 50, 9), (20, 9, 1), (90, 70, 3), (50, 55, 2), (40, 44, 0), (30, 12, 4))
VOTES += ((70, 72, 8), (60, 66, 7), (110, 50, 2), (91, 85, 6), (33, 30, 1), (44, 41, 2))
SCAN = acts.Evidence("ab" * 32, 12_345, "image/jpeg")
HOSTILE = 'B "the\u202e Bee" <b>&'
LANGUAGES = ("en", "az", "ru")
REASON = "the station confirmed the figures"
TIMES = ((7, 30), (12, 30), (21, 30), (21, 50), (22, 0), (22, 10), (22, 30), (23, 30))
SNAPSHOTS = len(TIMES)


def harbour(languages: tuple[str, ...] = LANGUAGES) -> Definition:
    """The village with thirteen stations of several kinds and names in three languages."""
    stations = Stations(
        ids=tuple(f"S-{n:04d}" for n in range(1, 14)),
        names=tuple(f"Station {n}" for n in range(1, 14)),
        kinds=KINDS,
        area=np.array([AREAS.index[place] for place in PLACES]),
        registered=np.array([200 + 10 * n for n in range(13)]),
        details={},
    )
    made = village()
    contest = made.contests[0]
    people = tuple(
        dataclasses.replace(one, name=name, party="Harbour List")
        for one, name in zip(contest.candidates, ("Ada Quay", HOSTILE, "Cato"), strict=True)
    )
    names = [Name("a", "az", "Ada Liman", "ours"), Name("a", "ru", "Ада Причал", "ours")]
    names += [Name("N1", "en", "North one", "ours"), Name("N1", "en", "Old North", "the museum")]
    return dataclasses.replace(
        made,
        name="Harbour election",
        stations=stations,
        languages=languages,
        names=tuple(names),
        contests=(dataclasses.replace(contest, candidates=people),),
    )


def at(hour: int, minute: int = 0) -> str:
    return f"2025-06-15T{hour:02d}:{minute:02d}:00+00:00"


def protocol(station: int, evidence: tuple[acts.Evidence, ...] = ()) -> acts.Protocol:
    votes = VOTES[station]
    return acts.Protocol(
        at=at(21),
        contest="mayor",
        station=f"S-{station + 1:04d}",
        lines=lines(sum(votes), 2, listed=200 + 10 * station),
        votes=dict(zip("abc", votes, strict=True)),
        evidence=evidence,
    )


def said(kind: str, text: str, hour: int) -> acts.Statement:
    return acts.Statement(
        at=at(hour),
        contest="mayor",
        kind=kind,  # type: ignore[arg-type]
        speaker="Cato",
        said_at="in the evening",
        source="the harbour paper",
        text=text,
    )


def play(root: Path, languages: tuple[str, ...] = LANGUAGES) -> Path:
    """Play the night into root/election and root/site, with a copy of each stage in root/stages/<number>; the site."""
    folder, site = root / "election", root / "site"
    definition = harbour(languages)
    election_folder.write(folder, definition)
    definition = election_folder.load(folder)
    clerk = open_record(folder, definition, at(6))
    state = replay(definition, clerk.log)
    ids = definition.stations.ids
    steps = (
        lambda: None,
        lambda: _vote(state, clerk, ids),
        lambda: _count(state, clerk, range(5)),
        lambda: _count(state, clerk, range(5, 9)),
        lambda: _count(state, clerk, range(9, 10)),
        lambda: _count(state, clerk, range(10, 11)),
        lambda: _disputes(state, clerk),
        lambda: _end(state, clerk),
    )
    for number, (step, time) in enumerate(zip(steps, TIMES, strict=True), 1):
        step()
        publish(state, clerk, folder, site, at(*time))
        shutil.copytree(site, root / "stages" / str(number))
    clerk.log.close()
    return site


def _vote(state: State, clerk: Clerk, ids: Sequence[str]) -> None:
    opened = [acts.Opened(at=at(8), station=one) for one in ids]
    turnout = [acts.Turnout(at=at(12), station=one, hour="12:00", voted=60) for one in ids[:9]]
    enter(state, clerk, [*opened, *turnout])


def _count(state: State, clerk: Clerk, stations: range) -> None:
    if 0 in stations:
        ids = state.definition.stations.ids
        turnout = [acts.Turnout(at=at(20), station=one, hour="20:00", voted=150) for one in ids]
        enter(state, clerk, [*turnout, said("absence", "I took no part", 20)])
    scans = {0: (SCAN,)}
    file_protocols(state, clerk, [protocol(n, scans.get(n, ())) for n in stations], at(21), REASON)


def _disputes(state: State, clerk: Clerk) -> None:
    file_protocols(state, clerk, [protocol(n) for n in range(12, 13)], at(22), REASON)
    count = state.contests["mayor"]
    right = protocol(1)
    correction = acts.Correction(
        at=at(22),
        contest="mayor",
        station=right.station,
        supersedes=int(count.act[1]),
        reason="two rows exchanged",
        lines=right.lines,
        votes=right.votes | {"a": 79, "b": 51},
    )
    annulment = acts.Annulment(
        at=at(22), contest="mayor", station="S-0003", supersedes=int(count.act[2]), reason="the box was open"
    )
    enter(state, clerk, [correction])
    enter(state, clerk, [annulment, said("concession", "the others have won it", 22)])


def _end(state: State, clerk: Clerk) -> None:
    file_protocols(state, clerk, [protocol(11)], at(23), REASON)
    for desk in ("desk-1", "desk-2"):
        call = acts.Call(at=at(23), contest="mayor", candidate="a", reason="every station is in")
        enter(state, clerk, [call], desk)


def views(root: Path) -> list[View]:
    """The view of every snapshot of a night that was played; the state of each is its own."""
    definition = election_folder.load(root / "election")
    log = reader(root / "election")
    found: list[View] = []
    for published in publications(log):
        state = State(definition)
        catch_up(state, log, published.size)
        found.append(Snapshot(state, log, published.number, published.at).view)
    return found
