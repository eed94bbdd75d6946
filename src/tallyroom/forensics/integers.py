"""Integer percentages: are whole percentages of turnout or of a candidate's result too frequent?

Kobak, Shpilkin and Pshenichnikov, "Integer percentages as electoral falsification fingerprints", Annals of Applied
Statistics 10 (2016).  Their null is simulated; here it is exact.  With a_i and b_i the chances that a count drawn from
Bin(V_i, s_i) and Bin(N_i, t_i) is an integer percentage, e_i = 1 - (1-a_i)(1-b_i), the excess is H - sum e_i with
variance sum e_i(1-e_i).

That null takes the observed share for the true one and so expects too many hits in small stations and small shares.
It is calibrated: counts are drawn anew (`shares`), their excess is what a clean election like this one shows, and
z_calibrated is measured from its mean.  The mean is of `draws` draws; its own error is in z_calibrated.
One-sided: an excess is hard to explain, its absence proves nothing.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.binomial import hit_chance, is_integer, upper_p
from tallyroom.forensics.progress import Progress, silent
from tallyroom.forensics.returns import Flags, Floats, Ints, Returns
from tallyroom.forensics.shares import shares

MIN_REGISTERED, MAX_SHARE = 100, 0.99
"""Stations with fewer voters, or with turnout or result above 99 %, are left out (as in the paper)."""


class Excess(msgspec.Struct, frozen=True):
    """Integer percentages beyond expectation; bias: mean excess of clean redraws; p: one-sided, of z_calibrated."""

    observed: int
    expected: float
    excess: float
    sd: float
    z: float
    bias: float
    z_calibrated: float
    p: float


class Integers(msgspec.Struct, frozen=True):
    """The test for one candidate: either (turnout or result), result alone, turnout alone (None without register)."""

    candidate: str
    stations: int
    either: Excess
    result: Excess
    turnout: Excess | None


class Count(NamedTuple):
    """One count of every station beside what it is of, hit (is it an integer percentage) and chance, shape (n,)."""

    hits: Flags
    chances: Floats


class Deviations(NamedTuple):
    """Hits and their chances for either, result and turnout, shape (3, m)."""

    hits: Flags
    chances: Floats

    @property
    def excess(self) -> Floats:
        """Excess of each of the three."""
        found: Floats = (self.hits - self.chances).sum(axis=1)
        return found


def integers(returns: Returns, candidate: str, seed: int = 42, draws: int = 8) -> Integers:
    """The test for one candidate with its calibrated z; draws: clean redraws that calibrate it."""
    return integer_tests(returns, [candidate], seed, draws)[0]


def integer_tests(
    returns: Returns, candidates: Sequence[str], seed: int = 42, draws: int = 8, progress: Progress = silent
) -> list[Integers]:
    """The test for each candidate; turnout, which they have in common, is worked out once."""
    total, done = (draws + 1) * (1 + len(candidates)), 0

    def counts(k: Ints, n: Ints, rows: Flags, key: int) -> list[Count]:
        nonlocal done
        found = []
        for count in _counts(k, n, rows, (seed, key), draws):
            found.append(count)
            done += 1
            progress(done, total)
        return found

    turnout_rows = with_turnout(returns)
    turnout = counts(returns.ballots, returns.registered, turnout_rows, 0) if turnout_rows.any() else None
    tests = []
    for candidate in candidates:
        rows = kept(returns, candidate)
        key = 1 + list(returns.votes).index(candidate)
        result = counts(returns.votes[candidate], returns.whole, rows, key)
        none: list[Count | None] = [None] * len(result)
        pairs = zip(result, turnout or none, strict=True)
        tests.append(_test(candidate, [deviations(*pair, rows) for pair in pairs], turnout is not None))
    return tests


class Calibration(NamedTuple):
    """Mean excess of clean redraws, and the standard deviation of an observed excess about it."""

    bias: float
    spread: float


def excesses(returns: Returns, candidate: str) -> Floats:
    """Excess of either, result and turnout, not calibrated, shape (3,)."""
    return _all_counts(returns, candidate, (), 0)[0].excess


def calibrated(
    returns: Returns, candidate: str, seed: int = 42, draws: int = 8
) -> tuple[Calibration, Calibration, Calibration]:
    """What clean redraws of the returns show, for either, result and turnout."""
    clean = _all_counts(returns, candidate, (seed, 99), draws)[1:]
    return calibration(clean, 0), calibration(clean, 1), calibration(clean, 2)


def _all_counts(returns: Returns, candidate: str, key: tuple[int, ...], draws: int) -> list[Deviations]:
    """The returns as they are, then as drawn anew."""
    rows, usable = kept(returns, candidate), with_turnout(returns)
    result = _counts(returns.votes[candidate], returns.whole, rows, (*key, 1), draws)
    turnout: Iterable[Count | None] = repeat(None)
    if usable.any():
        turnout = _counts(returns.ballots, returns.registered, usable, (*key, 0), draws)
    return [deviations(*pair, rows) for pair in zip(result, turnout, strict=False)]


def with_turnout(returns: Returns) -> Flags:
    """Stations whose turnout the test can use."""
    ballots, registered = returns.ballots, returns.registered
    return np.asarray((ballots >= 0) & (registered >= MIN_REGISTERED) & (ballots <= MAX_SHARE * registered))


def kept(returns: Returns, candidate: str) -> Flags:
    """The stations that the test keeps; without any register, those with enough ballots stand in."""
    votes, whole, turnout = returns.votes[candidate], returns.whole, with_turnout(returns)
    keep = (votes >= 0) & (whole > 0) & (votes <= MAX_SHARE * whole)
    return np.asarray(keep & (turnout if turnout.any() else returns.found >= MIN_REGISTERED))


def _counts(k: Ints, n: Ints, rows: Flags, key: tuple[int, ...], draws: int) -> Iterator[Count]:
    """The count of the kept rows as it is, then drawn anew `draws` times."""
    k, n = k[rows], n[rows]
    yield _count(k, n, rows)
    if not draws:
        return
    behind = shares(k, n)
    for draw in range(1, draws + 1):
        yield _count(behind.draw(np.random.default_rng((*key, draw))), n, rows)


def _count(k: Ints, n: Ints, rows: Flags) -> Count:
    hits, chances = np.zeros(len(rows), np.bool_), np.zeros(len(rows))
    hits[rows], chances[rows] = is_integer(k, n), hit_chance(k, n)
    return Count(hits, chances)


def deviations(result: Count, turnout: Count | None, rows: Flags) -> Deviations:
    """Hits and exact chances of the kept stations."""
    h, a = result.hits[rows], result.chances[rows]
    if turnout is None:
        return Deviations(np.stack([h, h, np.zeros_like(h)]), np.stack([a, a, np.zeros_like(a)]))
    g, b = turnout.hits[rows], turnout.chances[rows]
    return Deviations(np.stack([h | g, h, g]), np.stack([1 - (1 - a) * (1 - b), a, b]))


def _test(candidate: str, found: list[Deviations], has_turnout: bool) -> Integers:
    plain, *clean = found
    return Integers(
        candidate=candidate,
        stations=plain.hits.shape[1],
        either=_excess(plain, clean, 0),
        result=_excess(plain, clean, 1),
        turnout=_excess(plain, clean, 2) if has_turnout else None,
    )


def _excess(plain: Deviations, clean: list[Deviations], which: int) -> Excess:
    hits, chances = plain.hits[which], plain.chances[which]
    expected, excess = float(chances.sum()), float((hits - chances).sum())
    sd = math.sqrt(float((chances * (1 - chances)).sum()))
    bias, spread = calibration(clean, which)
    return Excess(
        observed=int(hits.sum()),
        expected=expected,
        excess=excess,
        sd=sd,
        z=excess / sd if sd else 0.0,
        bias=bias,
        z_calibrated=(excess - bias) / spread if spread else 0.0,
        p=upper_p((excess - bias) / spread) if spread else 1.0,
    )


def calibration(clean: list[Deviations], which: int) -> Calibration:
    """Mean of the excess of clean redraws, and the standard deviation of an observed excess about that mean.

    Stations are independent, so that the variance of a sum is the sum of variances, known well from few draws.
    """
    if not clean:
        return Calibration(0.0, 0.0)
    each = np.stack([draw.hits[which] - draw.chances[which] for draw in clean])
    bias = float(each.sum()) / len(clean)
    about = each - each.mean(axis=0)
    spare = len(clean) / (len(clean) - 1) if len(clean) > 1 else 1.0
    variance = float((about**2).mean(axis=0).sum()) * spare
    return Calibration(bias, math.sqrt(variance * (1 + 1 / len(clean))))
