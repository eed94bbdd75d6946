"""History: the results of the snapshots before one, which its pages compare it with and draw lines through.

They are a function of the record, so they may be read from the site where its files are those that the record
binds by hash, and are computed again from the record where one is missing or another.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tallyroom.announce.view import Moment
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.log import Log
from tallyroom.tally.replay import Published, catch_up, publications, summarise
from tallyroom.tally.results import AreaResults, Results, percent
from tallyroom.tally.state import State

_FIRST_VOTE = 10
"""Column of areas.csv where the votes begin, in the order of the ballot paper."""

History = dict[str, tuple[Moment, ...]]
"""The snapshots before one, oldest first, by contest; areas are those of the last alone."""


def history(definition: Definition, log: Log, before: int, out: Path) -> History:
    """The snapshots of a record before number `before`, as they stand in the site `out` or in the record."""
    known = [published for published in publications(log) if published.number < before]
    found = {contest.id: _stored(definition, contest, known, out) for contest in definition.contests}
    if all(len(moments) == len(known) for moments in found.values()):
        return {contest: tuple(moments) for contest, moments in found.items()}
    return _replayed(definition, log, known)


def extended(past: History, number: int, results: dict[str, Results]) -> History:
    """A history with one snapshot more."""
    return {
        contest: (
            *(Moment(moment.number, _bare(moment.results)) for moment in past.get(contest, ())),
            Moment(number, found),
        )
        for contest, found in results.items()
    }


def _bare(results: Results) -> Results:
    return msgspec.structs.replace(results, areas=())


def _replayed(definition: Definition, log: Log, known: list[Published]) -> History:
    state, found = State(definition), History()
    areas = range(len(definition.areas))
    for published in known:
        catch_up(state, log, published.size)
        results = {
            contest.id: summarise(state, log, contest.id, published.at, publishing=True).results(areas)
            for contest in definition.contests
        }
        found = extended(found, published.number, results)
    return found


def _stored(definition: Definition, contest: Contest, known: list[Published], out: Path) -> list[Moment]:
    """The snapshots whose files stand in the site as they were published."""
    folder = "" if contest is definition.contests[0] else f"{contest.id}/"
    names = (f"{folder}results.json", f"{folder}areas.csv")
    found = []
    for published in known:
        files = dict(_bound(published, out, names))
        if len(files) < len(names):
            break
        results = msgspec.json.decode(files[names[0]], type=Results)
        if published is known[-1]:
            results = msgspec.structs.replace(results, areas=tuple(_areas(definition, contest, files[names[1]])))
        found.append(Moment(published.number, results))
    return found


def _bound(published: Published, out: Path, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """The files of a snapshot that are there and have the hash that the record gives."""
    for name in names:
        path = out / f"v/{published.number}/{name}"
        content = path.read_bytes() if path.is_file() else b""
        if published.files.get(name) == hashlib.sha256(content).hexdigest():
            yield name, content


def _areas(definition: Definition, contest: Contest, table: bytes) -> Iterator[AreaResults]:
    """The figures of areas.csv, whose rows stand in the order of the definition.

    Ids and names are taken from the definition: in the table they are written for spreadsheets.
    """
    rows = csv.DictReader(io.StringIO(table.decode()))
    for area, row in zip(definition.areas.areas, rows, strict=True):
        own = list(row.values())[_FIRST_VOTE : _FIRST_VOTE + len(contest.candidates)]
        votes = dict(zip(contest.candidate_ids, map(int, own), strict=True))
        valid = int(row["valid"])
        yield AreaResults(
            area_id=area.id,
            name=area.name,
            level=area.level,
            parent_id=area.parent_id,
            stations_total=int(row["stations_total"]),
            stations_reported=int(row["stations_reported"]),
            registered=int(row["registered"]),
            cast=int(row["cast"]) if row["cast"] else None,
            valid=valid,
            invalid=int(row["invalid"]),
            votes=votes,
            percent={candidate: percent(count, valid) for candidate, count in votes.items()},
        )
