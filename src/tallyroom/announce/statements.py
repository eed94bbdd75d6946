"""The count as statements of another verifier's format, so that a program that is not ours can add it up again.

Each accepted protocol is a statement of the station's count; each correction, recount and annulment is a ruling
that supersedes the one before.  An annulment leaves no vote of its station in the totals as standing; where
nothing was accepted before, it is the station's only statement.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tallyroom.audit.actasum import OFFICIAL, PROFILE, Statement, canonical, statement
from tallyroom.record.acts import Annulment
from tallyroom.record.log import Log
from tallyroom.tally.contest import UNREAD, ContestCount, Status
from tallyroom.tally.replay import summarise
from tallyroom.tally.state import State
from tallyroom.tally.sums import Rows

LINES = ("registered", "valid", "invalid")


def statements(state: State, contest: str) -> Iterator[Statement]:
    """Every act in force or superseded by one that is, first all protocols, then what changed them."""
    count = state.contests[contest]
    latest: dict[int, str] = {}
    for station in sorted({*np.flatnonzero(count.status >= Status.ACCEPTED).tolist()} - count.unaccepted):
        found = _statement(state, count, station, count.filed[station], int(count.act[station]), "protocol")
        latest[station] = found.id
        yield found
    for change in state.changes[contest]:
        content = change.content
        if isinstance(content, Annulment):
            row = tuple([0] * len(count.columns))
        else:
            row = count.row(content.lines, content.votes) or ()
        kind = type(content).__name__.lower()
        found = _statement(state, count, change.station, np.array(row), change.act, kind, latest.get(change.station))
        latest[change.station] = found.id
        yield found


def official_totals(state: State, log: Log, contest: str) -> bytes:
    """The totals as standing of each of the widest areas, in the form that statements are held against."""
    roots = sorted({_root(state, station) for station in range(len(state.definition.stations))})
    results = summarise(state, log, contest).results(roots)
    has_invalid = bool(state.definition.form.roles.invalid)
    areas = {
        area.area_id: {
            "candidatures": area.votes,
            "candidature_total": area.valid,
            "stations": area.stations_reported,
            **({"null": area.invalid} if has_invalid else {}),
        }
        for area in results.areas
        if area.stations_reported
    }
    document: dict[str, Any] = {
        "spec": OFFICIAL,
        "profile": PROFILE,
        "election": results.election,
        "level": results.areas[0].level if results.areas else "constituency",
        "grouping": "constituency",
        "areas": areas,
        "source": {
            "data_origin": results.data_origin,
            "size": results.snapshot.size,
            "root": results.snapshot.root,
        },
    }
    return canonical(document) + b"\n"


def _statement(
    state: State, count: ContestCount, station: int, row: Rows, act: int, kind: str, supersedes: str | None = None
) -> Statement:
    definition = state.definition
    figures = [None if figure == UNREAD else figure for figure in row.tolist()]
    return statement(
        election=definition.id,
        station=definition.stations.ids[station],
        constituency=definition.areas.areas[_root(state, station)].id,
        votes=dict(zip(count.contest.candidate_ids, figures[count.candidates], strict=True)),
        lines=_lines(state, count, row),
        act=act,
        kind=kind,
        supersedes=supersedes,
    )


def _root(state: State, station: int) -> int:
    """Position of the widest area that a station lies in."""
    return int(state.definition.areas.chains[int(state.definition.stations.area[station])][-2])


def _lines(state: State, count: ContestCount, row: Rows) -> Mapping[str, int | None]:
    """The sums of lines that the form has, None where one of them is unread."""
    found: dict[str, int | None] = {}
    for role in LINES:
        weights = count.weights(getattr(state.definition.form.roles, role))
        if np.any(weights):
            found[role] = None if np.any(row[weights != 0] == UNREAD) else int(row @ weights)
    return found
