"""Binomial and normal probabilities, exact to rounding, over many stations at once (numpy, two threads).

`hit_chance(k, n)` is the heart of the exact null of integer percentages: for each station the chance that a count
drawn from Bin(n, k/n) is a whole percentage of n, a sum of binomial probabilities instead of a simulation.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from tallyroom.forensics.returns import Flags, Floats, Ints

BLOCK = 4096
"""Stations worked on at once: their terms stay in the processor's cache."""

TAIL_SD, TAIL = 6.0, 10.0
"""Terms further from the mean than 6 standard deviations and 10 counts are left away (together below 1e-8)."""


def is_integer(k: Ints, n: Ints) -> Flags:
    """Whether k is a whole percentage of n to within 0.05 points, by whole numbers and so without rounding."""
    nearest = (200 * k + n) // (2 * n)
    return np.asarray(20 * np.abs(100 * k - nearest * n) <= n)


def hit_chance(k: Ints, n: Ints) -> Floats:
    """Chance that a draw from Bin(n, k/n) is an integer percentage of n, shape (m,); every n > 0."""
    chance = np.ones(len(n))
    inside = np.flatnonzero((k > 0) & (k < n))
    order = inside[np.argsort(n[inside], kind="stable")]
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    if not blocks:
        return chance
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


def _block(k: Ints, n: Ints, factorials: Floats) -> Floats:
    """Sum of Bin(j; n, k/n) over the integer percentages j near the mean; 0 < k < n."""
    p = k / n
    half = TAIL_SD * np.sqrt(k * (1 - p)) + TAIL
    low = np.maximum(0, np.floor((k - half) * 100 / n)).astype(np.int64)
    high = np.minimum(100, np.ceil((k + half) * 100 / n)).astype(np.int64)
    many = high - low + 1
    row = np.repeat(np.arange(len(n)), many)
    middle = 20 * (np.arange(len(row)) - np.repeat(np.cumsum(many) - many - low, many)) * n[row]
    first = np.maximum(-((n[row] - middle) // 2000), 0)
    last = np.minimum((middle + n[row]) // 2000, n[row])
    log_p, log_q, log_n = np.log(p), np.log1p(-p), factorials[n]
    total = np.zeros(len(n))
    while (there := np.flatnonzero(first <= last)).size:
        row, first, last = row[there], first[there], last[there]
        rest = n[row] - first
        terms = log_n[row] - factorials[first] - factorials[rest] + first * log_p[row] + rest * log_q[row]
        total += np.bincount(row, np.exp(terms), len(n))
        first = first + 1
    return total


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
