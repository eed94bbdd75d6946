"""Feeds of small nights: what a state of the count becomes in the formats of others."""

from dataclasses import replace

import pyarrow as pa

from tallyroom.announce.feedsource import Feed
from tallyroom.announce.unitfigures import unit_figures
from tallyroom.announce.units import Units
from tallyroom.election.candidates import Candidate
from tallyroom.election.definition import Definition, Name
from tallyroom.record import acts
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State
from tallyroom.tally.stations import station_table
from tallyroom.tally.summary import Summary
from tests.tally.village import lines, village

AT = "2025-06-15T21:30:00.250+04:00"


def bilingual() -> Definition:
    """The village with parties, names that need escaping, and names in a second language."""
    definition = village()
    (contest,) = definition.contests
    candidates = (
        Candidate("a", "Anna <Böll> & Co", 'Party "One"', 1, True, "mayor"),
        Candidate("b", "Boris", "", 2, False, "mayor"),
        Candidate("c", "Clara", "Party Two", 3, False, "mayor"),
    )
    return replace(
        definition,
        contests=(replace(contest, candidates=candidates),),
        languages=("en", "ru"),
        country="xx",
        names=(Name("a", "ru", "Анна", ""), Name("N", "ru", "Север", ""), Name("N", "ru", "Norden", "a newspaper")),
    )


def protocol(station: int, *votes: int | None, invalid: int = 1) -> acts.Protocol:
    known = [vote for vote in votes if vote is not None]
    figures = lines(sum(known), invalid)
    if None in votes:
        figures |= {"valid": None}
    return acts.Protocol(
        at=AT, contest="mayor", station=f"S-{station:04d}", lines=figures, votes=dict(zip("abc", votes, strict=True))
    )


def counted(night: list[acts.AnyAct], definition: Definition | None = None) -> State:
    state = State(definition or bilingual())
    fold(state, night)
    assert not state.breaches
    return state


def night() -> list[acts.AnyAct]:
    """Turnout; five protocols, one with a figure unread, one received only; a correction and an annulment."""
    turnout = [acts.Turnout(at=AT, station=f"S-{n:04d}", hour="12:00", voted=10 * n) for n in (1, 2, 4)]
    protocols = [protocol(1, 40, 20, 1), protocol(2, 10, None, 5), protocol(3, 7, 8, 9), protocol(6, 100, 50, 10)]
    accepted = acts.Accepted(at=AT, first=3, count=4)
    correction = acts.Correction(
        at=AT,
        contest="mayor",
        station="S-0001",
        lines=lines(50, 2),
        votes={"a": 30, "b": 20, "c": 0},
        supersedes=3,
        reason="miscounted",
    )
    annulment = acts.Annulment(at=AT, contest="mayor", station="S-0003", supersedes=5, reason="box broken")
    return [*turnout, *protocols, accepted, correction, annulment, protocol(4, 1, 2, 3)]


def table_of(state: State) -> pa.Table:
    return station_table(state, state.contests["mayor"])


def feed_of(state: State) -> Feed:
    definition, count = state.definition, state.contests["mayor"]
    results = Summary(state, count, "cm9vdA==", AT, publishing=True).results(range(len(definition.areas)))
    return Feed(Units(definition), count.contest, results, unit_figures(definition, count.contest, table_of(state)))
