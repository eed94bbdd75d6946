"""An electorate: one voting day and one count, station by station, as numbers ready to be played.

An `Electorate` holds what every polling station reports from its opening to its protocol.  It is synthetic:
it is generated from a seed and describes no real station.  The figures hold together as a lawful protocol
does (Electoral Code of Azerbaijan, Article 100.2; the equations are listed at `Electorate.broken_equations`),
and an electorate whose figures do not cannot be made.  The `draw_...` functions are the parts that every
generator of electorates needs; they take the random generator of the night and read no clock and no file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallyroom.election.stations import KINDS, Kind
from tallyroom.rehearsal.apportion import Counts, Floats, apportion, draw_rare

Flags = NDArray[np.bool_]

NOT_REPORTED = -1
"""In `Electorate.turnout`: the station did not report at that hour."""

_TURNOUT_CONCENTRATION = 60.0


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A candidate as on the ballot paper; the id is ASCII, the incumbent holds the office."""

    id: str
    name: str
    short: str
    party: str
    incumbent: bool = False


@dataclass(frozen=True, eq=False)
class Stations:
    """The n stations before a vote is cast; `area` (n) is the position of the area in `area_ids`."""

    area_ids: tuple[str, ...]
    area_names: tuple[str, ...]
    area: Counts
    kind: tuple[Kind, ...]
    name: tuple[str, ...]
    registered: Counts

    def by_kind(self, values: dict[Kind, float], otherwise: float) -> Floats:
        """Give every station the value of its kind (n)."""
        return np.array([values.get(kind, otherwise) for kind in self.kind])


@dataclass(frozen=True)
class VotingDay:
    """The day's times (UTC epoch seconds), and for each turnout hour the voters and stations reporting."""

    polls_open: int
    polls_close: int
    turnout_at: tuple[int, ...]
    voted: tuple[int, ...]
    reporting: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Electorate:
    """What n stations report of c candidates and h turnout hours; arrays are int64 of length n unless said.

    area: position of the station's area in `area_ids`.  registered: the opening register; added: voters
    added on the day; card_in, card_out: voters who came or left with a de-registration card.
    invalid_form: ballots of undetermined form, which no box count includes; invalid_other: the rest.
    votes: (n, c), columns as `candidate_ids`.  turnout: (n, h), ballots issued so far at each of
    `turnout_at` (h), NOT_REPORTED where the station did not report.
    Times are UTC epoch seconds: opened_at and closed_at of the polls, completed_at when the protocol was
    signed, reported_at when it reached the commission.
    stage: number (from 1) of the announcement by which the station had reported, 1 where there is only one.
    annulled: bool, the result is annulled after the count.
    Arrays become read-only.  Raises ValueError where an equation of the protocol does not hold.
    """

    seed: int
    candidate_ids: tuple[str, ...]
    area_ids: tuple[str, ...]
    area_names: tuple[str, ...]
    station_ids: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[Kind, ...]
    area: Counts
    registered: Counts
    added: Counts
    card_in: Counts
    card_out: Counts
    received_ballots: Counts
    issued: Counts
    issued_mobile: Counts
    mobile_box: Counts
    unused: Counts
    spoilt: Counts
    valid: Counts
    invalid_form: Counts
    invalid_other: Counts
    votes: Counts
    turnout_at: Counts
    turnout: Counts
    opened_at: Counts
    closed_at: Counts
    completed_at: Counts
    reported_at: Counts
    stage: Counts
    annulled: Flags

    def __post_init__(self) -> None:
        if broken := self.broken_equations():
            raise ValueError(f"the figures of this electorate break: {'; '.join(broken)}")
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def voters_total(self) -> Counts:
        """Voters of each station after additions and de-registration cards (n)."""
        return self.registered + self.added + self.card_in - self.card_out

    @property
    def station_box(self) -> Counts:
        """Ballots found in the stationary boxes, without those of undetermined form (n)."""
        return self.valid + self.invalid_other - self.mobile_box

    @cached_property
    def columns(self) -> dict[str, Counts]:
        """The right protocols as columns (n each): the lines of the forms that we ship, then candidate ids."""
        lines = {
            "voters_listed": self.registered,
            "voters_added": self.added,
            "voters_card_in": self.card_in,
            "voters_card_out": self.card_out,
            "voters_total": self.voters_total,
            "ballots_received": self.received_ballots,
            "ballots_issued": self.issued,
            "ballots_issued_mobile": self.issued_mobile,
            "ballots_unused": self.unused,
            "ballots_cancelled": np.zeros_like(self.unused),
            "ballots_spoilt": self.spoilt,
            "ballots_mobile_box": self.mobile_box,
            "ballots_station_box": self.station_box,
            "ballots_found": self.mobile_box + self.station_box + self.invalid_form,
            "valid": self.valid,
            "invalid": self.invalid_form + self.invalid_other,
            "invalid_form": self.invalid_form,
            "invalid_unmarked": self.invalid_other,
        }
        return lines | dict(zip(self.candidate_ids, self.votes.T, strict=True))

    def figures(self, station: int) -> dict[str, int]:
        """Return the right protocol of the station at this position, named as in `columns`."""
        return {name: int(values[station]) for name, values in self.columns.items()}

    def broken_equations(self) -> list[str]:
        """List the rules that some station's figures break, in words; empty where all hold."""
        boxes = self.mobile_box + self.station_box
        rules: dict[str, Flags] = {
            "valid = sum of votes": self.valid == self.votes.sum(axis=1),
            "received = issued + unused + spoilt": self.received_ballots == self.issued + self.unused + self.spoilt,
            "boxes + undetermined form = issued": boxes + self.invalid_form == self.issued,
            "mobile box <= issued for mobile voting <= issued": (self.mobile_box <= self.issued_mobile)
            & (self.issued_mobile <= self.issued),
            "voted with a card <= issued": self.card_in <= self.issued,
            "issued <= voters in total": self.issued <= self.voters_total,
            "turnout never falls and ends at or below issued": _never_falls(self.turnout, self.issued),
            "opened < closed < signed < reported": (self.opened_at < self.closed_at)
            & (self.closed_at < self.completed_at)
            & (self.completed_at < self.reported_at),
            "no figure below zero": (self.votes >= 0).all(axis=1) & self._no_line_below_zero(),
        }
        return [rule for rule, holds in rules.items() if not holds.all()]

    def _no_line_below_zero(self) -> Flags:
        lines = [self.registered, self.added, self.card_in, self.card_out, self.unused, self.spoilt]
        lines += [self.invalid_form, self.invalid_other, self.mobile_box, self.station_box]
        return np.asarray(np.min(lines, axis=0) >= 0)


def _never_falls(turnout: Counts, issued: Counts) -> Flags:
    highest = np.maximum.accumulate(turnout, axis=1)
    never = ((turnout == highest) | (turnout == NOT_REPORTED)).all(axis=1)
    return np.asarray(never & (highest[:, -1] <= issued))


def complete(
    stations: Stations,
    day: VotingDay,
    *,
    seed: int,
    candidate_ids: tuple[str, ...],
    votes: Counts,
    invalid: Counts,
    added: Counts,
    mobile_share: Floats,
    reported_at: Counts,
    stage: Counts,
    annulled: Flags,
    rng: np.random.Generator,
) -> Electorate:
    """Draw everything that a result leaves open: cards, papers, mobile voting, turnout reports and times.

    invalid (n): invalid ballots of both sorts.  mobile_share (n): expected share of ballots issued for mobile
    voting.  The other arguments are those of `Electorate`.  One ballot in 1,250 is spoilt and replaced, four
    invalid ballots in ten are of undetermined form, and a station holds 0.5 to 3 % more ballots than voters.
    """
    valid = votes.sum(axis=1)
    issued = valid + invalid
    invalid_form = rng.binomial(invalid, 0.4)
    card_in, card_out = _draw_cards(stations.registered, issued, rng)
    spoilt = rng.binomial(issued, 0.0008)
    reserve = 1 + rng.binomial(stations.registered, rng.uniform(0.005, 0.03, len(issued)))
    received = np.maximum(stations.registered, issued + spoilt) + reserve
    issued_mobile = rng.binomial(issued, mobile_share)
    turnout = draw_turnout(issued, day.voted, day.reporting, rng)
    opened_at = day.polls_open + (rng.random(len(issued)) < 1 / 30) * rng.integers(30, 1500, len(issued))
    waiting = issued - turnout[:, -1]
    closed_at = day.polls_close + np.minimum(1500, waiting * rng.integers(20, 90, len(issued)))
    counting = (rng.uniform(0.4, 0.9, len(issued)) * (reported_at - closed_at)).astype(np.int64)
    return Electorate(
        seed=seed,
        candidate_ids=candidate_ids,
        area_ids=stations.area_ids,
        area_names=stations.area_names,
        station_ids=tuple(f"S-{number:04d}" for number in range(1, len(issued) + 1)),
        name=stations.name,
        kind=stations.kind,
        area=stations.area,
        registered=stations.registered,
        added=added,
        card_in=card_in,
        card_out=card_out,
        received_ballots=received,
        issued=issued,
        issued_mobile=issued_mobile,
        mobile_box=issued_mobile - rng.hypergeometric(issued_mobile, issued - issued_mobile, invalid_form),
        unused=received - issued - spoilt,
        spoilt=spoilt,
        valid=valid,
        invalid_form=invalid_form,
        invalid_other=invalid - invalid_form,
        votes=votes,
        turnout_at=np.array(day.turnout_at, dtype=np.int64),
        turnout=turnout,
        opened_at=opened_at,
        closed_at=closed_at,
        completed_at=closed_at + counting,
        reported_at=reported_at,
        stage=stage,
        annulled=annulled,
    )


def _draw_cards(registered: Counts, issued: Counts, rng: np.random.Generator) -> tuple[Counts, Counts]:
    """Draw voters who came and who left with a card (n each): equal sums, at most 1 % of a register."""
    most = registered // 100
    card_out = np.minimum(rng.poisson(registered * 0.0006), np.minimum(most, registered - issued))
    card_in = draw_rare(int(card_out.sum()), registered * 0.0006, np.minimum(most, issued), rng)
    return card_in, card_out


def place_kinds(numbers: dict[Kind, int], free: Flags, rng: np.random.Generator) -> NDArray[np.str_]:
    """Make `numbers` of the stations marked `free` (n) special, at random; the others are ordinary."""
    kinds = np.full(len(free), "ordinary", dtype=f"<U{max(map(len, KINDS))}")
    chosen = rng.choice(np.flatnonzero(free), sum(numbers.values()), replace=False)
    kinds[chosen] = np.repeat(list(numbers), list(numbers.values()))
    return kinds


def draw_shares(expected: Floats, area: Counts, concentration: tuple[float, float], rng: np.random.Generator) -> Floats:
    """Draw each station's probabilities (n, c) around `expected` ones (n, c; rows add up to 1).

    Stations of one area lean the same way and stations differ among themselves: a Dirichlet factor an area,
    then a Dirichlet draw a station.  The higher a concentration (areas, stations), the less they differ.
    """
    mean = expected.mean(axis=0)
    leaning = expected * (rng.dirichlet(mean * concentration[0], int(area.max()) + 1) / mean)[area]
    leaning /= leaning.sum(axis=1, keepdims=True)
    drawn = rng.standard_gamma(leaning * concentration[1]) + 1e-6  # no probability may be zero
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def draw_participation(mean: Floats, area: Counts, rng: np.random.Generator) -> Floats:
    """Draw the share of voters (n) who vote, around `mean` (n), varying by area and by station."""
    lean = rng.normal(0, 0.22, int(area.max()) + 1)[area] + rng.normal(0, 0.38, len(area))
    return np.asarray(1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + lean))))


def draw_turnout(issued: Counts, totals: Sequence[int], reporting: Sequence[int], rng: np.random.Generator) -> Counts:
    """Draw turnout reports (n, h): at each hour `reporting` stations report, and they add up to `totals`.

    Worked out from the last hour back, each report below the next one, so that no station's turnout falls.
    The stations that do not report at an hour are the slowest ones, in one order for the whole day.
    """
    order = rng.permutation(len(issued))
    turnout = np.full((len(issued), len(totals)), NOT_REPORTED, dtype=np.int64)
    ceiling = issued.copy()
    for hour in reversed(range(len(totals))):
        stations = order[: reporting[hour]]
        most = ceiling[stations]
        share = totals[hour] / int(most.sum())
        progress = rng.beta(share * _TURNOUT_CONCENTRATION, (1 - share) * _TURNOUT_CONCENTRATION, len(most))
        ceiling[stations] = apportion(totals[hour], most * progress, 0, most)
        turnout[stations, hour] = ceiling[stations]
    return turnout


def draw_arrivals(count: int, after: int, until: int, shape: tuple[float, float], rng: np.random.Generator) -> Counts:
    """Draw `count` different whole seconds, after < t <= until, rising; `shape` is that of a beta density."""
    moment = (np.arange(until - after) + 0.5) / (until - after)
    density = moment ** (shape[0] - 1) * (1 - moment) ** (shape[1] - 1)
    return np.sort(after + 1 + rng.choice(until - after, count, replace=False, p=density / density.sum()))
