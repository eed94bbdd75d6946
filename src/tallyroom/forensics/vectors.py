"""Repeated vectors: stations of one area that report the same votes for every candidate.

Copied protocols repeat; so do small and like stations, by chance.  How often chance repeats is found by drawing every
station anew: its shares from a Dirichlet around those of its area, as wide as the stations of the area differ beyond
chance and moved towards its own votes; then its votes, of as many valid ones.  Stations drawn in this way are as like
each other as the real ones, where a plain redraw of each would make them less alike and repeats seem rare.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.arithmetic import EXAMPLES
from tallyroom.forensics.binomial import poisson_tail
from tallyroom.forensics.returns import Floats, Grouping, Ints, Returns

SMALLEST = 50
"""Stations with fewer valid votes are left out: their vectors repeat all the time."""


class Vectors(msgspec.Struct, frozen=True):
    """Pairs of stations of one area with the same votes; expected: mean of redraws; p: of so many or more."""

    level: str
    stations: int
    pairs: int
    expected: float
    p: float
    examples: tuple[str, ...]


def repeated_vectors(returns: Returns, level: Grouping | None, seed: int = 42, draws: int = 5) -> Vectors | None:
    """The test over all candidates; None with fewer than two candidates or no station large enough."""
    found = _large(returns, level)
    if found is None:
        return None
    repeats = _repeats(found.votes, found.area)
    expected = _expected(found, seed, draws)
    pairs = _pairs(repeats)
    named = found.rows[np.flatnonzero(np.bincount(repeats)[repeats] > 1)]
    return Vectors(
        level=level.name if level else "",
        stations=len(found.rows),
        pairs=pairs,
        expected=expected,
        p=poisson_tail(pairs, expected + 1 / draws),
        examples=tuple(returns.station_ids[row] for row in named[:EXAMPLES].tolist()),
    )


def pairs_of(returns: Returns, level: Grouping | None) -> int:
    """Pairs of stations of one area with the same votes."""
    found = _large(returns, level)
    return _pairs(_repeats(found.votes, found.area)) if found else 0


def expected_pairs(returns: Returns, level: Grouping | None, seed: int = 42, draws: int = 5) -> float:
    """Pairs that redraws have on average, with what their number leaves unknown added."""
    found = _large(returns, level)
    return (_expected(found, seed, draws) if found else 0.0) + 1 / draws


class _Large(NamedTuple):
    rows: Ints
    votes: Ints
    area: Ints


def _large(returns: Returns, level: Grouping | None) -> _Large | None:
    votes = np.stack(list(returns.votes.values()), axis=1)
    rows = np.flatnonzero((votes >= 0).all(axis=1) & (votes.sum(axis=1) >= SMALLEST))
    if votes.shape[1] < 2 or len(rows) < 2:
        return None
    return _Large(rows, votes[rows], level.codes[rows] if level else np.zeros(len(rows), np.int64))


def _expected(found: _Large, seed: int, draws: int) -> float:
    rng = np.random.default_rng((seed, 7))
    prior = _prior(found.votes, found.area)
    return sum(_pairs(_repeats(_redrawn(found.votes, prior, rng), found.area)) for _ in range(draws)) / draws


def _repeats(votes: Ints, area: Ints) -> Ints:
    """The number of the distinct vector (area included) of each station."""
    key = np.ascontiguousarray(np.column_stack([area, votes]))
    hashed = key.view(np.dtype((np.void, key.dtype.itemsize * key.shape[1]))).ravel()
    return np.unique(hashed, return_inverse=True)[1].astype(np.int64)


def _pairs(repeats: Ints) -> int:
    many = np.bincount(repeats)
    return int((many * (many - 1) // 2).sum())


def _prior(votes: Ints, area: Ints) -> Floats:
    """Parameters of each station's Dirichlet before its own votes, shape (m, candidates)."""
    code = np.unique(area, return_inverse=True)[1]
    size = int(code.max()) + 1
    totals = np.stack([np.bincount(code, column, size) for column in votes.T], axis=1)
    whole, valid = totals.sum(axis=1), votes.sum(axis=1)
    mean = (totals + 0.5) / (whole + 0.5 * votes.shape[1])[:, None]
    square = ((votes - valid[:, None] * mean[code]) ** 2).sum(axis=1)
    chance = valid * (1 - (mean[code] ** 2).sum(axis=1)) * (1 - valid / (whole[code] + 1))
    weight = chance * (valid - 1)
    beyond = np.bincount(code, square - chance, size) / np.maximum(np.bincount(code, weight, size), 1e-9)
    rho = np.clip(beyond, 1e-5, 0.5)
    found: Floats = mean[code] * (1 / rho - 1)[code][:, None]
    return found


def _redrawn(votes: Ints, prior: Floats, rng: np.random.Generator) -> Ints:
    """Every station anew: shares from a Dirichlet, votes from a multinomial."""
    shares = rng.standard_gamma(votes + prior)
    return rng.multinomial(votes.sum(axis=1), shares / shares.sum(axis=1, keepdims=True)).astype(np.int64)
