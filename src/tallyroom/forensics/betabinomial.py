"""Mixtures of beta-binomial distributions for counts k of n, fitted by expectation and maximisation.

The maximisation matches moments (mean and over-dispersion of each component) instead of maximising the likelihood
itself: these mixtures are only the smooth prior of a resampling, which hardly depends on their detail.
"""

from typing import NamedTuple

import numpy as np

from tallyroom.forensics.returns import Floats, Ints

SAMPLE, STEPS, MOST_COMPONENTS = 10_000, 80, 5
GOOD = 0.99
"""Components are added until the mixture's histogram correlates this well with the observed one."""


class Mixture(NamedTuple):
    """Weights and the two parameters of each component, shape (c,)."""

    weight: Floats
    alpha: Floats
    beta: Floats


def log_gamma(x: Floats) -> Floats:
    """log of the gamma function for x > 0, by Stirling's series after a shift (relative error below 1e-11)."""
    x = np.asarray(x, np.float64)
    shift = np.ones_like(x)
    y = x
    for _ in range(7):
        small = y < 7
        shift = np.where(small, shift * y, shift)
        y = np.where(small, y + 1, y)
    z = 1 / (y * y)
    series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / y
    found: Floats = (y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + series - np.log(shift)
    return found


def fit(k: Ints, n: Ints, rng: np.random.Generator) -> Mixture:
    """The smallest mixture whose histogram of shares looks like the observed one, at most MOST_COMPONENTS."""
    if len(k) > SAMPLE:
        rows = np.sort(rng.choice(len(k), SAMPLE, replace=False))
        k, n = k[rows], n[rows]
    observed = np.histogram(k / n, 50, (0, 1))[0]
    for components in range(1, MOST_COMPONENTS + 1):
        mixture = _em(k, n, components)
        drawn = _simulated(mixture, n, rng)
        correlation = np.corrcoef(observed, np.histogram(drawn / n, 50, (0, 1))[0])[0, 1]
        if correlation >= GOOD:
            break
    return mixture


def responsibilities(mixture: Mixture, k: Ints, n: Ints) -> Floats:
    """Chance of each component for each count, shape (c, m)."""
    log_f = log_density(mixture, k, n) + np.log(mixture.weight)[:, None]
    f = np.exp(log_f - log_f.max(axis=0, initial=-np.inf))
    found: Floats = f / f.sum(axis=0)
    return found


def log_density(mixture: Mixture, k: Ints, n: Ints) -> Floats:
    """log of the beta-binomial probability up to the binomial coefficient, shape (c, m)."""
    a, b = mixture.alpha[:, None], mixture.beta[:, None]
    found: Floats = log_gamma(a + b) - log_gamma(a) - log_gamma(b)
    return found + _log_gammas(a, k) + _log_gammas(b, n - k) - _log_gammas(a + b, n)


def _log_gammas(x: Floats, counts: Ints) -> Floats:
    """log of the gamma function of x + counts, shape (c, m); equal counts are worked out once."""
    distinct, place = np.unique(counts, return_inverse=True)
    return log_gamma(x + distinct)[:, place]


def _em(k: Ints, n: Ints, components: int) -> Mixture:
    means = np.quantile(k / n, (np.arange(components) + 0.5) / components)
    mixture = _mixture(np.full(components, 1 / components), means, np.full(components, 0.02))
    for _ in range(STEPS):
        mixture = _moments(responsibilities(mixture, k, n), k, n)
    return mixture


def _moments(r: Floats, k: Ints, n: Ints) -> Mixture:
    """The mixture whose components have the mean and the over-dispersion of the counts assigned to them."""
    size, voters = r.sum(axis=1) + 1e-9, r @ n + 1e-9
    mean = np.clip((r @ k) / voters, 1e-3, 1 - 1e-3)
    square = (r * n * (k / n - mean[:, None]) ** 2).sum(axis=1) / voters
    ratio, share = square / (mean * (1 - mean)), size / voters
    rho = np.clip((ratio - share) / np.maximum(1 - share, 1e-9), 1e-4, 0.9)
    return _mixture(size / size.sum(), mean, rho)


def _mixture(weight: Floats, mean: Floats, rho: Floats) -> Mixture:
    whole = (1 - rho) / rho
    return Mixture(weight, mean * whole, (1 - mean) * whole)


def _simulated(mixture: Mixture, n: Ints, rng: np.random.Generator) -> Ints:
    component = rng.choice(len(mixture.weight), len(n), p=mixture.weight)
    return rng.binomial(n, rng.beta(mixture.alpha[component], mixture.beta[component]))
