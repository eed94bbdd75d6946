"""A night of one's own: the commission's election as it is defined, with voters that were never there.

The shape is the election's: as many areas, stations and candidates, the same registers, hours, form and rule.
Names and ids are not: stations are S-0001 onward, areas and candidates are numbered, so that a synthetic figure
cannot be taken for one of a real place or person.  Votes are drawn from a seed and favour candidates at random.
"""

import datetime
from dataclasses import replace
from typing import cast

import numpy as np

from tallyroom.election.areas import Area, Areas
from tallyroom.election.candidates import Candidate
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.fault import BadInput, Fault
from tallyroom.election.stations import Kind, Stations
from tallyroom.rehearsal import electorate as draws
from tallyroom.rehearsal.apportion import Counts, apportion
from tallyroom.rehearsal.electorate import Electorate, VotingDay
from tallyroom.rehearsal.play import Night
from tallyroom.rehearsal.schedule import Publish, Schedule, in_order

REASON = "Rehearsal: warnings are set aside"
_REGISTER = 500
"""Voters of a station for which the definition gives no register."""
_COUNT = 6 * 3600
"""Seconds after the close until the last protocol has arrived."""


def own_night(definition: Definition, seed: int) -> Night:
    """The night of an election as defined, drawn from a seed; its first contest alone.

    Raises BadInput where the form has lines of which no figure can be drawn, or there is no hour of turnout.
    """
    played = _nameless(definition)
    night = _electorate(played, seed)
    unknown = [line for line in played.form.line_ids if line not in night.columns]
    if unknown:
        mend = f"A rehearsal draws: {', '.join(night.columns)}"
        raise BadInput([Fault("election.toml", None, "form", f"no figure can be drawn for {unknown}", mend)])
    schedule = Schedule(played, night, {}, REASON)
    opens, last = int(night.opened_at.min()), int(night.reported_at.max())
    shown = [opens - 1800, *(at + 60 for at in night.turnout_at.tolist())]
    shown += [*range(int(night.closed_at.max()) + 1800, last, 1800), last + 60]
    steps = [*schedule.day(), *schedule.count(), *(Publish(at) for at in shown)]
    return Night(schedule, in_order(steps))


def _nameless(definition: Definition) -> Definition:
    """The definition with numbered stations, areas and candidates, which says that it is synthetic."""
    areas, stations, contest = definition.areas, definition.stations, definition.contests[0]
    number = {area.id: f"A-{place:03d}" for place, area in enumerate(areas.areas, 1)} | {"": ""}
    count = len(stations)
    registered = np.where(stations.registered < 0, _REGISTER, stations.registered)
    return replace(
        definition,
        id=f"{definition.id}-rehearsal",
        name=f"{definition.name} (rehearsal with synthetic stations)",
        data_origin="synthetic",
        authority="nobody: a rehearsal, not issued by any commission",
        origin=f"rehearsal.tallyroom.example/{definition.id}",
        areas=Areas(
            tuple(
                Area(number[area.id], f"Synthetic area {place}", area.level, number[area.parent_id])
                for place, area in enumerate(areas.areas, 1)
            )
        ),
        stations=Stations(
            tuple(f"S-{place:04d}" for place in range(1, count + 1)),
            tuple(f"Synthetic station {place}" for place in range(1, count + 1)),
            stations.kinds,
            stations.area,
            registered,
            {},
        ),
        contests=(_numbered(contest),),
        files={},
        notices=(),
    )


def _numbered(contest: Contest) -> Contest:
    candidates = tuple(
        Candidate(f"c{place}", f"Synthetic candidate {place}", "", place, incumbent=False, contest=contest.id)
        for place in range(1, len(contest.candidates) + 1)
    )
    return replace(contest, candidates=candidates)


def _electorate(definition: Definition, seed: int) -> Electorate:
    rng = np.random.default_rng(seed)
    registered, area = definition.stations.registered, definition.stations.area
    stations = draws.Stations(
        tuple(place.id for place in definition.areas.areas),
        tuple(place.name for place in definition.areas.areas),
        area,
        cast(tuple[Kind, ...], definition.stations.kinds),
        definition.stations.names,
        registered,
    )
    votes = _votes(definition, rng)
    invalid = rng.binomial(np.minimum(votes.sum(axis=1), registered - votes.sum(axis=1)), 0.011)
    issued = int((votes.sum(axis=1) + invalid).sum())
    day = _voting_day(definition, issued)
    arrivals = draws.draw_arrivals(
        len(registered), day.polls_close + 1800, day.polls_close + 1800 + max(_COUNT, len(registered)), (1.6, 2.4), rng
    )
    return draws.complete(
        stations,
        day,
        seed=seed,
        candidate_ids=definition.contests[0].candidate_ids,
        votes=votes,
        invalid=invalid,
        added=rng.binomial(registered // 25, 0.08),
        mobile_share=np.full(len(registered), 0.02),
        reported_at=rng.permutation(arrivals),
        stage=np.ones(len(registered), np.int64),
        annulled=np.zeros(len(registered), np.bool_),
        rng=rng,
    )


def _votes(definition: Definition, rng: np.random.Generator) -> Counts:
    """Votes (n, c): about two voters in three vote, and each candidate has a share drawn for the whole."""
    registered, area = definition.stations.registered, definition.stations.area
    candidates = len(definition.contests[0].candidates)
    expected = np.tile(rng.dirichlet(np.full(candidates, 2.0)), (len(registered), 1))
    shares = draws.draw_shares(expected, area, (120, 60), rng)
    participation = draws.draw_participation(np.full(len(registered), 0.66), area, rng)
    valid = rng.binomial(registered, participation * 0.98)
    return np.asarray(rng.multinomial(valid, shares), np.int64)


def _voting_day(definition: Definition, issued: int) -> VotingDay:
    hours = definition.turnout_hours
    if not hours:
        raise BadInput([Fault("election.toml", None, "turnout_hours", "a rehearsal needs one", "Add the hours")])
    moments = [_moment(definition, datetime.time.fromisoformat(hour)) for hour in hours]
    share = apportion(issued, np.ones(len(hours) + 1), 0, issued)
    return VotingDay(
        polls_open=_moment(definition, definition.opens),
        polls_close=_moment(definition, definition.closes),
        turnout_at=tuple(moments),
        voted=tuple(np.cumsum(share)[:-1].tolist()),
        reporting=(len(definition.stations),) * len(hours),
    )


def _moment(definition: Definition, hour: datetime.time) -> int:
    return int(datetime.datetime.combine(definition.day, hour, definition.zone).timestamp())
