"""Repeated vectors: stations of one area that report the same votes for every candidate.

Sheets that are entered twice repeat; so do small and like stations, by chance.  How often chance repeats is read off
the pairs that just miss: two stations whose votes differ by two for one candidate and by none for the others.  Of two
stations with the sum 2x of a candidate's votes, each is as likely to have got any one of them, so that (x - 1, x + 1)
is x / (x + 1) times as likely as (x, x); if the stations are less alike, it is likelier (as long as some tens of voters
stay away, so that one vote more for a candidate need not be one fewer for another).  This is the null of ties
within a voting centre (Taylor, "Too many ties?", 2005), and needs no model of how stations of an area differ.

Real elections do not keep it: among those that ship, sheets that stand in the table twice are not rare (docs/examine.md
has the figures).  The pairs are a list of sheets to look at; nothing is scored by them.
"""

import math
from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.arithmetic import EXAMPLES
from tallyroom.forensics.binomial import binomial_tail
from tallyroom.forensics.returns import Floats, Grouping, Ints, Returns

SMALLEST = 50
"""Stations with fewer valid votes are left out: their vectors repeat all the time."""


class Vectors(msgspec.Struct, frozen=True):
    """Pairs of stations of one area with the same votes.

    near: pairs that just miss.  expected: pairs by chance, read off these.  sd: of pairs less expected, by chance.
    p: of so many pairs or more, given how many there are of both kinds.  same_invalid: pairs with the same invalid
    ballots too, at which the test does not look.
    """

    level: str
    stations: int
    pairs: int
    near: int
    expected: float
    sd: float
    p: float
    same_invalid: int
    examples: tuple[str, ...]


def repeated_vectors(returns: Returns, level: Grouping | None) -> Vectors | None:
    """The test over all candidates; None with fewer than two candidates or stations large enough."""
    found = _large(returns, level)
    if found is None:
        return None
    repeats = _repeats(found.keys)
    pairs = _pairs(repeats)
    named = found.rows[np.flatnonzero(np.bincount(repeats)[repeats] > 1)]
    near = _near(found.keys)
    chance = _chance(np.concatenate([_twins(found.keys, repeats), near]))
    odds = chance / (1 - chance)
    invalid = returns.invalid[found.rows]
    told = invalid >= 0
    return Vectors(
        level=level.name if level else "",
        stations=len(found.rows),
        pairs=pairs,
        near=len(near),
        expected=len(near) * odds,
        sd=math.sqrt((len(near) + 1) * odds * (1 + odds)),
        p=binomial_tail(pairs, pairs + len(near), chance),
        same_invalid=_pairs(_repeats(np.column_stack([found.keys, invalid])[told])) if told.any() else 0,
        examples=tuple(returns.station_ids[row] for row in named[:EXAMPLES].tolist()),
    )


class _Large(NamedTuple):
    """Rows of the stations looked at, and the area and votes of each, shape (m, 1 + candidates)."""

    rows: Ints
    keys: Ints


def _large(returns: Returns, level: Grouping | None) -> _Large | None:
    votes = np.stack(list(returns.votes.values()), axis=1)
    area = level.codes if level else np.zeros(len(returns), np.int64)
    rows = np.flatnonzero((votes >= 0).all(axis=1) & (votes.sum(axis=1) >= SMALLEST) & (area >= 0))
    if votes.shape[1] < 2 or len(rows) < 2:
        return None
    return _Large(rows, np.column_stack([area, votes])[rows])


def _repeats(keys: Ints) -> Ints:
    """The number of the distinct row of each row."""
    whole = np.ascontiguousarray(keys)
    rows = whole.view(np.dtype((np.void, whole.dtype.itemsize * whole.shape[1]))).ravel()
    return np.unique(rows, return_inverse=True)[1].astype(np.int64)


def _pairs(repeats: Ints) -> int:
    many = np.bincount(repeats)
    return int((many * (many - 1) // 2).sum())


def _twins(keys: Ints, repeats: Ints) -> Ints:
    """Votes of every pair that is the same, shape (pairs, candidates)."""
    at, many = np.unique(repeats, return_index=True, return_counts=True)[1:]
    return np.repeat(keys[at, 1:], many * (many - 1) // 2, axis=0)


def _near(keys: Ints) -> Ints:
    """Mean votes of every pair of one area that differs by two for one candidate, shape (pairs, candidates).

    Rows are known by a sum with random factors, so that two votes more for a candidate is one addition.
    """
    factors = np.random.default_rng(0).integers(1, 1 << 63, size=(keys.shape[1],), dtype=np.uint64)
    known = np.asarray((keys.astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64))
    there, many = np.unique(known, return_counts=True)
    found = []
    for candidate in range(1, keys.shape[1]):
        wanted = known + np.uint64(2) * factors[candidate]
        at = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
        rows = np.flatnonzero(there[at] == wanted)
        middle = keys[rows, 1:]
        middle[:, candidate - 1] += 1
        found.append(np.repeat(middle, many[at[rows]], axis=0))
    return np.concatenate(found)


def _chance(votes: Ints) -> float:
    """Mean chance that a pair with these mean votes is the same, if it is the same or just misses."""
    if not len(votes):
        return 1 / (1 + 2 * int(votes.shape[1]))
    ways: Floats = 2 * votes / (votes + 1.0)
    return float((1 / (1 + ways.sum(axis=1))).mean())
