"""Binomial and normal probabilities, exact to rounding, over many stations at once (numpy, two threads).

`hit_chance(k, n)` is the heart of the exact null of integer percentages: for each station the chance that a count
drawn from Bin(n, k/n) is a whole percentage of n, a sum of binomial probabilities instead of a simulation.
"""

import math
import os
from collections.abc import Callable
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

NORMAL = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""

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
    if len(blocks) == 1:  # a thread of its own would cost more than it brings
        chance[order] = _block(k[order], n[order], factorials)
        return chance
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


def upper_p(z: float) -> float:
    """Chance that a standard normal is above z."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def two_sided_p(z: Floats) -> Floats:
    """Chance that a standard normal is further from 0 than z, for each."""
    flat = np.abs(z).ravel() / math.sqrt(2)
    return np.array([math.erfc(value) for value in flat.tolist()]).reshape(z.shape)


def binomial_tail(k: int, n: int, p: float) -> float:
    """Chance of k or more of n."""
    if k <= 0 or p >= 1:
        return 1.0
    if p <= 0:
        return 0.0
    most, log_p, log_q = math.lgamma(n + 1), math.log(p), math.log1p(-p)
    logs = (most - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q for i in range(k, n + 1))
    return min(1.0, math.fsum(map(math.exp, logs)))


def rate_interval(k: int, n: int) -> tuple[float, float]:
    """The exact 95 % interval of a rate that gave k of n (Clopper and Pearson 1934)."""
    return _crossing(lambda p: binomial_tail(k, n, p) >= 0.025), _crossing(lambda p: binomial_tail(k + 1, n, p) > 0.975)


def _crossing(above: Callable[[float], bool]) -> float:
    """The smallest number of [0, 1] from which on a statement holds, to 1e-9; 1 where it never does."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if above(middle) else (middle, high)
    return high if high < 1 else 1.0
