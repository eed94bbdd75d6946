"""Returns: the figures of a station table as arrays, which is all that the tests of this room see.

    returns = read_returns(Path("stations.csv"))
    k, n, rows = returns.result("smith")

A figure that is unread or not reported is UNREAD (-1) and takes part in nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.election.sheet import IntColumn
from tallyroom.election.table import StationTable

UNREAD = -1

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Base = Literal["valid", "found"]
"""What percentages are of, by the election's law: valid votes, or all ballots found (valid and invalid)."""


class Grouping(NamedTuple):
    """A division of the stations: the group of each (codes, shape (n,), -1 for none) and the groups' names."""

    name: str
    codes: Ints
    names: tuple[str, ...]


class Fractions(NamedTuple):
    """k of n at some stations: k, n and the rows they stand in, all of one length."""

    k: Ints
    n: Ints
    rows: Ints


@dataclass(frozen=True)
class Returns:
    """The figures of n polling stations.

    Counts have shape (n,), UNREAD where not known.  votes: by candidate.  areas: widest first.  centre: stations
    that vote under one roof, None where the table does not tell.  reported_at: seconds since 1970, NaN where not
    known; None without times.  base: what a candidate's share is of.  origin: real, synthetic, mixed or "".
    names: of candidates, as far as known.  laws: by code of a contradiction, the law that allows it here.
    """

    name: str
    station_ids: tuple[str, ...]
    registered: Ints
    ballots: Ints
    valid: Ints
    invalid: Ints
    votes: Mapping[str, Ints]
    areas: tuple[Grouping, ...] = ()
    centre: Grouping | None = None
    reported_at: Floats | None = None
    base: Base = "valid"
    origin: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    laws: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.registered)

    @cached_property
    def found(self) -> Ints:
        """Valid and invalid ballots, UNREAD where the valid ones are; invalid ones not known count as none."""
        return np.where(self.valid == UNREAD, UNREAD, self.valid + np.maximum(self.invalid, 0))

    @property
    def whole(self) -> Ints:
        """What shares are of (see `base`)."""
        return self.found if self.base == "found" else self.valid

    @cached_property
    def totals(self) -> dict[str, int]:
        """Votes of each candidate."""
        return {candidate: int(known(votes).sum()) for candidate, votes in self.votes.items()}

    @cached_property
    def ranking(self) -> tuple[str, ...]:
        """Candidates by their votes, the leader first."""
        return tuple(sorted(self.totals, key=lambda candidate: (-self.totals[candidate], candidate)))

    def name_of(self, candidate: str) -> str:
        """A candidate's name as far as the table tells it, else the id."""
        return self.names.get(candidate) or candidate

    def result(self, candidate: str) -> Fractions:
        """Votes of a candidate and what shares are of, where both are known and the latter is not 0."""
        k, n = self.votes[candidate], self.whole
        return _fractions(k, n)

    def turnout(self) -> Fractions:
        """Ballots and registered voters, where both are known and the latter is not 0."""
        return _fractions(self.ballots, self.registered)

    def take(self, rows: Ints) -> "Returns":
        """The returns of some stations."""
        return replace(
            self,
            station_ids=tuple(self.station_ids[row] for row in rows.tolist()),
            registered=self.registered[rows],
            ballots=self.ballots[rows],
            valid=self.valid[rows],
            invalid=self.invalid[rows],
            votes={candidate: votes[rows] for candidate, votes in self.votes.items()},
            areas=tuple(level._replace(codes=level.codes[rows]) for level in self.areas),
            centre=self.centre and self.centre._replace(codes=self.centre.codes[rows]),
            reported_at=None if self.reported_at is None else self.reported_at[rows],
        )


def level_of(returns: Returns, at_least: int) -> Grouping | None:
    """The narrowest level of areas in which half of the stations share their area with at least so many."""
    for level in reversed(returns.areas):
        inside = level.codes[level.codes >= 0]
        if len(inside) and np.median(np.bincount(inside)[inside]) >= at_least:
            return level
    return None


def known(counts: Ints) -> Ints:
    """The counts with 0 for those that are not known, to be added up."""
    return np.maximum(counts, 0)


def _fractions(k: Ints, n: Ints) -> Fractions:
    rows = np.flatnonzero((k >= 0) & (n > 0))
    return Fractions(k[rows], n[rows], rows)


def grouping(name: str, labels: Sequence[str]) -> Grouping:
    """Stations by label; an empty label is no group."""
    names, codes = np.unique(np.array(labels, np.str_), return_inverse=True)
    if len(names) and names[0] == "":
        return Grouping(name, codes.astype(np.int64) - 1, tuple(names[1:].tolist()))
    return Grouping(name, codes.astype(np.int64), tuple(names.tolist()))


def nested(levels: Mapping[str, Sequence[str]]) -> tuple[Grouping, ...]:
    """Groupings by areas that lie in each other, widest first: names that repeat in two wider areas are two."""
    found, paths = [], [""] * len(next(iter(levels.values()), ()))
    for name, labels in levels.items():
        paths = [f"{path} / {label}" if path and label else label for path, label in zip(paths, labels, strict=True)]
        found.append(grouping(name, paths))
    return tuple(found)


def of_table(table: StationTable, name: str, base: Base = "valid", centre: Sequence[str] = ()) -> Returns:
    """The returns of a station table; centre: label of each station's voting centre, if known."""
    times = table.text("reported_at")
    return Returns(
        name=name,
        station_ids=tuple(table.text("station_id")),
        registered=_figures(table.count("registered")),
        ballots=_figures(table.count("ballots")),
        valid=_figures(table.count("valid")),
        invalid=_figures(table.count("invalid")),
        votes={candidate: _figures(table.votes(candidate)) for candidate in table.candidates},
        areas=nested({level: table.text(level) for level in table.areas}),
        centre=grouping("centre", centre) if any(centre) else None,
        reported_at=np.array([_seconds(time) for time in times]) if any(times) else None,
        base=base,
        origin=table.data_origin,
    )


def _figures(column: IntColumn) -> Ints:
    return np.where(column.unread, UNREAD, column.values).astype(np.int64)


def _seconds(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp() if time else float("nan")
    except ValueError:
        return float("nan")
