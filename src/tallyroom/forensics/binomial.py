"""Binomial and normal probabilities, exact to rounding, over many stations at once (numpy, two threads).

`hit_chance(k, n)` is the heart of the exact null of integer percentages: for each station the chance that a count
drawn from Bin(n, k/n) is a whole percentage of n, a sum of binomial probabilities instead of a simulation.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.forensics.returns import Flags, Floats, Ints

BLOCK = 4096
"""Stations worked on at once: their terms stay in the processor's cache."""

TAIL_SD, TAIL = 6.0, 6.0
"""Terms further from the mean than 6 standard deviations and 6 counts are left away (together below 1e-8)."""

NARROW = 500_000
"""Counts below this are multiplied by 4,000 in 32 bits, which is twice as fast."""


def is_integer(k: Ints, n: Ints) -> Flags:
    """Whether k is a whole percentage of n to within 0.05 points, by whole numbers and so without rounding."""
    nearest = (200 * k + n) // (2 * n)
    return np.asarray(20 * np.abs(100 * k - nearest * n) <= n)


def hit_chance(k: Ints, n: Ints) -> Floats:
    """Chance that a draw from Bin(n, k/n) is an integer percentage of n, shape (m,); every n > 0."""
    chance = np.ones(len(n))
    inside = np.flatnonzero((k > 0) & (k < n))
    if not inside.size:
        return chance
    order = inside[np.argsort(n[inside].astype(np.uint16 if n.max() < 1 << 16 else np.int64), kind="stable")]
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    factorials = log_factorials(int(n.max()))
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as threads:
        parts = threads.map(lambda rows: _block(k[rows], n[rows], factorials), blocks)
        for rows, part in zip(blocks, parts, strict=True):
            chance[rows] = part
    return chance


@cache
def _log_factorials(size: int) -> Floats:
    table = np.zeros(size)
    np.cumsum(np.log(np.arange(1, size)), out=table[1:])
    return table


def log_factorials(most: int) -> Floats:
    """log 0!, log 1!, ... to at least log most!."""
    return _log_factorials(1 << (most + 1).bit_length())


class _Wholes(NamedTuple):
    """The integer percentages of some numbers of voters: counts, and logs of their binomial coefficients.

    start: where the counts of each percentage begin, shape (sizes, percentages + 1), from the percentage `lowest` up.
    """

    counts: Ints
    log_ways: Floats
    start: Ints
    lowest: Ints


def _wholes(n: Ints, low: Ints, high: Ints, factorials: Floats) -> _Wholes:
    """Those of each n from the percentage low to high."""
    kind = np.int32 if n.max() < NARROW else np.int64
    whole = n.astype(kind)[:, None]
    percents: npt.NDArray[Any] = low.astype(kind)[:, None] + np.arange(int((high - low).max()) + 1).astype(kind)
    middle = 20 * percents * whole
    first = np.maximum((middle - whole + 1999) // 2000, 0)
    many = np.maximum(np.minimum((middle + whole) // 2000, whole) - first + 1, 0)
    ends = np.cumsum(many, dtype=np.int64).reshape(many.shape)
    start = np.concatenate([np.append(0, ends[:-1, -1])[:, None], ends], axis=1)
    count = np.arange(ends[-1, -1]) + np.repeat((first - start[:, :-1]).ravel(), many.ravel())
    voters = np.repeat(n, start[:, -1] - start[:, 0])
    return _Wholes(count, factorials[voters] - factorials[count] - factorials[voters - count], start, low)


def _block(k: Ints, n: Ints, factorials: Floats) -> Floats:
    """Sum of Bin(j; n, k/n) over the integer percentages j near the mean; 0 < k < n, n in ascending order.

    Stations of one size have their integer percentages and coefficients in common.
    """
    half = TAIL_SD * np.sqrt(k * (1 - k / n)) + TAIL
    low = np.maximum((k - half) * 100 // n, 0).astype(np.int64)
    high = np.minimum(np.ceil((k + half) * 100 / n), 100).astype(np.int64)
    new = np.append(True, n[1:] != n[:-1])
    at, size = np.flatnonzero(new), np.cumsum(new) - 1
    whole = _wholes(n[at], np.minimum.reduceat(low, at), np.maximum.reduceat(high, at), factorials)
    first = whole.start[size, low - whole.lowest[size]]
    many = whole.start[size, high - whole.lowest[size] + 1] - first
    place = np.arange(many.sum()) + np.repeat(first - np.cumsum(many) + many, many)
    log_p, log_q = np.log(k / n), np.log1p(-k / n)
    terms = whole.counts[place] * np.repeat(log_p - log_q, many)
    terms += whole.log_ways[place]
    terms += np.repeat(n * log_q, many)
    station = np.repeat(np.arange(len(n)), many)
    return np.asarray(np.bincount(station, np.exp(terms, out=terms), len(n)), np.float64)


def redraw(k: Ints, n: Ints, rng: np.random.Generator) -> Ints:
    """Clean counts like k of n: a share from the posterior Beta of each station, then a count from Bin(n, share).

    The prior Beta has the mean of all stations and is as wide as they differ beyond chance, so that redrawn counts
    differ as much as the real ones, neither more nor less.
    """
    a, b = prior(k, n)
    return rng.binomial(n, rng.beta(k + a, n - k + b))


def prior(k: Ints, n: Ints) -> tuple[float, float]:
    """Parameters of the Beta whose beta-binomial has the mean and the over-dispersion of the counts."""
    whole = float(n.sum())
    mean = (float(k.sum()) + 0.5) / (whole + 1)
    chance = n * mean * (1 - mean)
    beyond = float(((k - n * mean) ** 2 - chance).sum()) / max(float((chance * (n - 1)).sum()), 1e-9)
    rho = min(max(beyond, 1e-6), 0.5)
    return mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)


def upper_p(z: float) -> float:
    """Chance that a standard normal is above z."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def two_sided_p(z: Floats) -> Floats:
    """Chance that a standard normal is further from 0 than z, for each."""
    flat = np.abs(z).ravel() / math.sqrt(2)
    return np.array([math.erfc(value) for value in flat.tolist()]).reshape(z.shape)


def binomial_tail(k: int, n: int, p: float) -> float:
    """Chance of k or more of n."""
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def poisson_tail(k: int, mean: float) -> float:
    """Chance that a Poisson count is k or more."""
    if k <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if k > mean + 1:  # the tail itself, summed upwards, keeps its relative precision
        term, total, i = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)), 0.0, k
        while term > total * 1e-17:
            total, i = total + term, i + 1
            term *= mean / i
        return total
    terms = (math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k))
    return max(0.0, 1.0 - math.fsum(terms))
