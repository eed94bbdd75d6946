"""Frauds put in on purpose: what a table would look like if some stations had been tampered with.

Each takes returns and gives new ones, with `size` of the stations (a share) changed in favour of a candidate.  They
exist to measure what the tests of this room would see, and to rehearse on a fictional country; see `power`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tallyroom.forensics.returns import Flags, Floats, Ints, Returns

STUFFED, SWITCHED = 0.3, 0.3
"""Share of the absent voters who are made to vote, and of the others' votes that change sides, at a station."""

Fraud = Callable[[Returns, str, float, np.random.Generator], Returns]


class _Station(NamedTuple):
    """Changed stations: their rows, and the figures that fraud starts from."""

    rows: Ints
    absent: Ints
    others: Ints


def stuffing(returns: Returns, candidate: str, size: float, rng: np.random.Generator) -> Returns:
    """Ballots of the absent are added for the candidate."""
    return _stuffed(returns, candidate, _chosen(returns, candidate, size, rng), STUFFED)


def switching(returns: Returns, candidate: str, size: float, rng: np.random.Generator) -> Returns:
    """Votes of the others are counted for the candidate."""
    station = _chosen(returns, candidate, size, rng)
    return _switched(returns, candidate, station, rng.binomial(station.others, SWITCHED))


def invented(returns: Returns, candidate: str, size: float, rng: np.random.Generator) -> Returns:
    """Protocols are made up from a turnout and a result in whole per cent."""
    station = _chosen(returns, candidate, size, rng)
    registered = returns.registered[station.rows]
    turnout, result = rng.integers(70, 96, len(registered)), rng.integers(65, 96, len(registered))
    ballots = _nearest(registered, turnout)
    share = _nearest(ballots, result)
    return _written(returns, candidate, station.rows, ballots, share)


def rounded_turnout(returns: Returns, candidate: str, size: float, rng: np.random.Generator) -> Returns:
    """Turnout is raised to the next multiple of five per cent; what is added goes to the candidate."""
    station = _chosen(returns, candidate, size, rng)
    registered, ballots = returns.registered[station.rows], returns.ballots[station.rows]
    wanted = np.minimum(5 * (20 * ballots // registered + 1), 100)
    added = np.clip(_nearest(registered, wanted) - ballots, 0, station.absent)
    return _added(returns, candidate, station.rows, added)


def targeted(returns: Returns, candidate: str, size: float, rng: np.random.Generator) -> Returns:
    """Ballots are added as in `stuffing`, at every station of as many areas as hold `size` of the stations."""
    if not returns.areas:
        return stuffing(returns, candidate, size, rng)
    code = returns.areas[0].codes if len(returns.areas) == 1 else returns.areas[1].codes
    many = np.bincount(code[code >= 0])
    order = rng.permutation(len(many))
    picked = order[: int(np.searchsorted(np.cumsum(many[order]), size * len(returns))) + 1]
    return _stuffed(returns, candidate, _figures(returns, candidate, np.isin(code, picked)), STUFFED)


FRAUDS: Mapping[str, Fraud] = {
    "stuffing": stuffing,
    "switching": switching,
    "invented": invented,
    "rounded_turnout": rounded_turnout,
    "targeted": targeted,
}


def gained(before: Returns, after: Returns, candidate: str) -> int:
    """Votes that the lead of a candidate over all others gained."""
    a, b = before.totals, after.totals
    return 2 * (b[candidate] - a[candidate]) - (sum(b.values()) - sum(a.values()))


def _usable(returns: Returns, candidate: str) -> Flags:
    registered, ballots = returns.registered, returns.ballots
    known = (registered > 0) & (ballots >= 0) & (ballots <= registered)
    return np.asarray(known & (returns.valid >= 0) & (returns.votes[candidate] >= 0))


def _chosen(returns: Returns, candidate: str, size: float, rng: np.random.Generator) -> _Station:
    rows = np.flatnonzero(_usable(returns, candidate))
    many = min(len(rows), round(size * len(returns)))
    flags = np.zeros(len(returns), np.bool_)
    flags[rng.choice(rows, many, replace=False)] = True
    return _figures(returns, candidate, flags)


def _figures(returns: Returns, candidate: str, flags: Flags) -> _Station:
    rows = np.flatnonzero(flags & _usable(returns, candidate))
    absent = returns.registered[rows] - returns.ballots[rows]
    return _Station(rows, absent, np.maximum(returns.valid - returns.votes[candidate], 0)[rows])


def _nearest(whole: Ints, percent: Ints) -> Ints:
    return (2 * whole * percent + 100) // 200


def _stuffed(returns: Returns, candidate: str, station: _Station, share: float) -> Returns:
    return _added(returns, candidate, station.rows, np.rint(station.absent * share).astype(np.int64))


def _added(returns: Returns, candidate: str, rows: Ints, added: Ints) -> Returns:
    ballots, valid, votes = returns.ballots.copy(), returns.valid.copy(), returns.votes[candidate].copy()
    for column in (ballots, valid, votes):
        column[rows] += added
    return replace(returns, ballots=ballots, valid=valid, votes={**returns.votes, candidate: votes})


def _switched(returns: Returns, candidate: str, station: _Station, moved: Ints) -> Returns:
    share = 1 - moved / np.maximum(station.others, 1)
    return _others(returns, candidate, station.rows, share, returns.valid[station.rows])


def _written(returns: Returns, candidate: str, rows: Ints, ballots: Ints, mine: Ints) -> Returns:
    """Protocols with these ballots, all valid, and these votes; the others share what is left as they did."""
    all_ballots, valid, invalid = returns.ballots.copy(), returns.valid.copy(), returns.invalid.copy()
    all_ballots[rows], valid[rows] = ballots, ballots
    invalid[rows] = np.minimum(invalid[rows], 0)
    written = replace(returns, ballots=all_ballots, valid=valid, invalid=invalid)
    rest = [name for name in returns.votes if name != candidate]
    before = np.maximum(np.sum([np.maximum(returns.votes[name][rows], 0) for name in rest], axis=0), 1)
    found = _others(written, candidate, rows, (ballots - mine) / before, ballots)
    votes = {name: column.copy() for name, column in found.votes.items()}
    if rest:  # what rounding down left over is not the candidate's: the percentage is exact
        votes[rest[0]][rows] += votes[candidate][rows] - mine
        votes[candidate][rows] = mine
    return replace(found, votes=votes)


def _others(returns: Returns, candidate: str, rows: Ints, share: Floats, valid: Ints) -> Returns:
    """The other candidates keep a share of their votes, rounded down; the candidate has all that is left."""
    votes = {name: column.copy() for name, column in returns.votes.items()}
    left = valid.copy()
    for name, column in votes.items():
        if name != candidate:
            column[rows] = np.floor(np.maximum(column[rows], 0) * share).astype(np.int64)
            left -= column[rows]
    votes[candidate][rows] = np.maximum(left, 0)
    return replace(returns, votes=votes)
