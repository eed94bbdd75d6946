"""Ruritania: a fictional country with a close first round, a run-off, and faults put in on purpose.

A real country's name must not stand beside faults, frauds and audits that never happened there.  Ruritania
has 2,400 polling stations in 60 constituencies and about 1.9 million voters.  In the first round the leader
has 49.60 % of the valid votes, which forces a run-off; there the same candidate wins with 50.40 %.  Small
stations in the country report first and favour the other candidate, so the lead changes during both nights.

    >>> night = first_round()
    >>> len(night.station_ids), [fault.kind for fault in faults(night)].count("miskeyed")
    (2400, 12)
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from tallyroom.election.stations import Kind
from tallyroom.rehearsal import electorate as draws
from tallyroom.rehearsal.apportion import Counts, Floats, apportion, draw_rare, fill_margins
from tallyroom.rehearsal.electorate import Candidate, Electorate, Flags, Stations, VotingDay
from tallyroom.rehearsal.tampering import Tampering, tampered

NAME = "Presidential election of Ruritania"
SEED = 1894
TIMEZONE = "Etc/GMT-1"  # one hour ahead of UTC all year
STATIONS, CONSTITUENCIES, REGISTERED = 2_400, 60, 1_903_412
KINDS: dict[Kind, int] = {"hospital": 14, "prison": 6, "military": 10}

_VELINKA = Candidate("velinka", "Ada Velinka", "Velinka", "Harbour Union")
_HRADEK = Candidate("hradek", "Otmar Hradek", "Hradek", "Meadow Party", incumbent=True)
_OSMUND = Candidate("osmund", "Perrin Osmund", "Osmund", "Lantern League")
_TARROW = Candidate("tarrow", "Ilse Tarrow", "Tarrow", "independent")


@dataclass(frozen=True)
class Round:
    """One round of the election: its day, candidates in ballot order, valid votes, and what the totals are.

    hundredths: each candidate's total in hundredths of a percent of the valid votes.
    """

    number: int
    date: datetime.date
    candidates: tuple[Candidate, ...]
    valid: int
    hundredths: tuple[int, ...]

    def at(self, hour: int, minute: int = 0) -> int:
        """Return an hour of Ruritanian time, counted from the start of the day, as UTC epoch seconds."""
        zone = datetime.timezone(datetime.timedelta(hours=1))
        midnight = datetime.datetime.combine(self.date, datetime.time(), zone)
        return int(midnight.timestamp()) + 3600 * hour + 60 * minute


FIRST_ROUND = Round(
    1,
    datetime.date(2025, 6, 15),
    (_HRADEK, _OSMUND, _TARROW, _VELINKA),
    1_287_341,
    (4190, 540, 310, 4960),
)
RUN_OFF = Round(2, datetime.date(2025, 6, 29), (_HRADEK, _VELINKA), 1_301_257, (4960, 5040))
POLLS_OPEN, POLLS_CLOSE = 7, 20
TURNOUT_HOURS = (10, 13, 16, 20)
_TURNOUT_SO_FAR = (0.213, 0.468, 0.719, 0.997)
_STATIONS_REPORTING = (2_383, 2_391, 2_396, STATIONS)
_RURAL_TILT = {"velinka": -0.6, "hradek": 0.6}


def first_round(seed: int = SEED, tampering: Tampering | None = None) -> Electorate:
    """Make the first round: the leader at exactly 49.60 % of the valid votes, as counted and as standing.

    With tampering, which favours the incumbent, the percentages are what it makes of them.
    """
    return _vote(FIRST_ROUND, seed, tampering)


def run_off(seed: int = SEED, tampering: Tampering | None = None) -> Electorate:
    """Make the run-off on the same stations: the winner at exactly 50.40 %, as counted and as standing.

    With tampering the percentages, and perhaps the winner, are what it makes of them.
    """
    return _vote(RUN_OFF, seed, tampering)


def _vote(this: Round, seed: int, tampering: Tampering | None) -> Electorate:
    """Draw one round on the stations of the seed."""
    stations, rurality = _draw_stations(np.random.default_rng([seed, 0]))
    rng = np.random.default_rng([seed, this.number])
    registered = stations.registered
    votes = _draw_votes(this, stations, rurality, rng)
    valid = votes.sum(axis=1)
    invalid = draw_rare(round(0.011 * this.valid), 0.011 * valid, registered - valid, rng)
    candidate_ids = tuple(candidate.id for candidate in this.candidates)
    if tampering:
        own = np.random.default_rng([seed, this.number, 4])
        votes, invalid = tampered(stations, candidate_ids, votes, invalid, tampering, _HRADEK.id, own)
    return draws.complete(
        stations,
        _voting_day(this, int(votes.sum() + invalid.sum())),
        seed=seed,
        candidate_ids=candidate_ids,
        votes=votes,
        invalid=invalid,
        added=draw_rare(round(0.003 * REGISTERED), 0.003 * registered, registered // 25, rng),
        mobile_share=0.01 + 0.02 * rurality,
        reported_at=_draw_reports(this, rurality, rng),
        stage=np.ones(STATIONS, dtype=np.int64),
        annulled=_draw_annulled(votes, rng),
        rng=rng,
    )


def _voting_day(this: Round, issued: int) -> VotingDay:
    return VotingDay(
        polls_open=this.at(POLLS_OPEN),
        polls_close=this.at(POLLS_CLOSE),
        turnout_at=tuple(this.at(hour) for hour in TURNOUT_HOURS),
        voted=tuple(round(share * issued) for share in _TURNOUT_SO_FAR),
        reporting=_STATIONS_REPORTING,
    )


def _draw_stations(rng: np.random.Generator) -> tuple[Stations, Floats]:
    """Draw the stations of both rounds and their rurality (n): 0 in the middle of a town, 1 far from any."""
    per_area = apportion(STATIONS, rng.normal(1, 0.15, CONSTITUENCIES), 20, 80)
    area = np.repeat(np.arange(CONSTITUENCIES), per_area)
    rurality = np.clip(rng.beta(1.1, 1.1, CONSTITUENCIES)[area] + rng.normal(0, 0.15, STATIONS), 0.01, 0.99)
    kind = draws.place_kinds(KINDS, np.ones(STATIONS, dtype=bool), rng)
    size = (1.6 - 1.2 * rurality) * rng.gamma(12, 1 / 12, STATIONS) * np.where(kind == "ordinary", 1, 0.4)
    stations = Stations(
        area_ids=tuple(f"R-{number:02d}" for number in range(1, CONSTITUENCIES + 1)),
        area_names=tuple(f"Ruritanian constituency {number}" for number in range(1, CONSTITUENCIES + 1)),
        area=area,
        kind=tuple(kind.tolist()),
        name=tuple(f"Ruritanian station {number}" for number in range(1, STATIONS + 1)),
        registered=apportion(REGISTERED, size, 40, 2_500),
    )
    return stations, rurality


def _draw_votes(this: Round, stations: Stations, rurality: Floats, rng: np.random.Generator) -> Counts:
    """Draw votes (n, c) with exactly the totals of the round; Velinka is strong in towns, Hradek outside."""
    totals = apportion(this.valid, this.hundredths, 0, this.valid)
    tilt = np.array([_RURAL_TILT.get(candidate.id, 0.0) for candidate in this.candidates])
    expected = np.exp(np.outer(2 * rurality - 1, tilt)) * totals
    shares = draws.draw_shares(expected / expected.sum(axis=1, keepdims=True), stations.area, (120, 60), rng)
    participation = draws.draw_participation(np.full(STATIONS, 0.68), stations.area, rng)
    valid = apportion(this.valid, stations.registered * participation, 0, stations.registered)
    return fill_margins(shares, valid, totals, rng)


def _draw_reports(this: Round, rurality: Floats, rng: np.random.Generator) -> Counts:
    """Draw when each protocol reached the commission: from 20:40 to 04:30, the country before the towns."""
    reported_at = np.empty(STATIONS, dtype=np.int64)
    order = np.argsort(rng.normal(0, 0.35, STATIONS) - rurality)
    reported_at[order] = draws.draw_arrivals(STATIONS, this.at(20, 40), this.at(28, 30), (1.6, 2.4), rng)
    return reported_at


def _draw_annulled(votes: Counts, rng: np.random.Generator) -> Flags:
    """Choose one station without which no candidate's percentage, at two decimals, is another."""
    totals = votes.sum(axis=0)
    same = (_hundredths(totals - votes) == _hundredths(totals)).all(axis=1)
    annulled = np.zeros(len(votes), dtype=bool)
    annulled[rng.choice(np.flatnonzero(same))] = True
    return annulled


def _hundredths(votes: Counts) -> Counts:
    """Percentages of the sum along the last axis, in hundredths, rounded half-up."""
    valid = votes.sum(axis=-1, keepdims=True)
    return np.asarray((20_000 * votes + valid) // (2 * valid))


FaultKind = Literal["miskeyed", "correction", "recount", "annulment"]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at one station (by position) and is put right later.

    wrong: the lines and votes that differ from the right protocol, named as in `Electorate.columns`; a form
    that lacks one of the lines does without it.
    miskeyed: `wrong` is in the first entry, breaks an equation, and is keyed again.  correction, recount:
    `wrong` keeps every equation and is published, then replaced.  annulment: the figures are right.
    mended_at: when it is put right (or annulled), UTC epoch seconds.
    """

    station: int
    kind: FaultKind
    wrong: dict[str, int]
    reason: str
    mended_at: int


@dataclass(frozen=True)
class _Mistake:
    """A way of going wrong; `make` returns what it changes in the right figures, nothing if it cannot."""

    kind: FaultKind
    reason: str
    stations: int
    hours_to_mend: float
    make: Callable[[dict[str, int]], dict[str, int]]


def _digits_exchanged(right: dict[str, int]) -> dict[str, int]:
    rest, tens, units = right["velinka"] // 100, right["velinka"] // 10 % 10, right["velinka"] % 10
    return {"velinka": 100 * rest + 10 * units + tens} if tens != units else {}


def _issued_for_valid(right: dict[str, int]) -> dict[str, int]:
    return {"valid": right["ballots_issued"]} if right["invalid"] else {}


def _digit_too_many(right: dict[str, int]) -> dict[str, int]:
    return {"ballots_issued": 10 * right["ballots_issued"] + right["ballots_issued"] % 10}


def _lines_exchanged(right: dict[str, int]) -> dict[str, int]:
    if right["voters_listed"] <= right["ballots_issued"] + right["voters_added"]:
        return {}
    return {"voters_listed": right["ballots_issued"], "ballots_issued": right["voters_listed"]}


def _candidates_exchanged(right: dict[str, int]) -> dict[str, int]:
    if right["velinka"] == right["hradek"]:
        return {}
    return {"velinka": right["hradek"], "hradek": right["velinka"]}


def _invalid_taken_for_valid(right: dict[str, int]) -> dict[str, int]:
    count = right["invalid_unmarked"]
    if count < 3:
        return {}
    return {
        "velinka": right["velinka"] + count,
        "valid": right["valid"] + count,
        "invalid": right["invalid"] - count,
        "invalid_unmarked": 0,
    }


_MISTAKES = (
    _Mistake("miskeyed", "two digits exchanged", 3, 0.15, _digits_exchanged),
    _Mistake("miskeyed", "ballots issued entered as valid votes", 3, 0.2, _issued_for_valid),
    _Mistake("miskeyed", "a digit entered twice", 3, 0.1, _digit_too_many),
    _Mistake("miskeyed", "voters and ballots issued exchanged", 3, 0.3, _lines_exchanged),
    _Mistake("correction", "votes of two candidates exchanged", 3, 14, _candidates_exchanged),
    _Mistake("recount", "unmarked ballots had been counted as valid", 2, 40, _invalid_taken_for_valid),
)


def faults(night: Electorate) -> tuple[Fault, ...]:
    """Put the faults of a Ruritanian night on stations drawn by its seed; no station has two."""
    rng = np.random.default_rng([night.seed, 3])
    others = iter(rng.permutation(np.flatnonzero(~night.annulled)).tolist())
    spoilt = [fault for mistake in _MISTAKES for fault in _make(mistake, night, others)]
    return (*spoilt, *(_annulment(night, station) for station in np.flatnonzero(night.annulled).tolist()))


def _make(mistake: _Mistake, night: Electorate, stations: Iterator[int]) -> Iterator[Fault]:
    """Make a mistake at the next stations where it can happen."""
    possible = ((station, mistake.make(night.figures(station))) for station in stations)
    for station, wrong in islice((one for one in possible if one[1]), mistake.stations):
        mended_at = int(night.reported_at[station]) + round(3600 * mistake.hours_to_mend)
        yield Fault(station, mistake.kind, wrong, mistake.reason, mended_at)


def _annulment(night: Electorate, station: int) -> Fault:
    annulled_at = int(night.reported_at[station]) + 3 * 86_400
    return Fault(station, "annulment", {}, "the ballot boxes had been left unguarded", annulled_at)
