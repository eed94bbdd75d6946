"""The shares behind the counts of a table, and counts drawn anew from them.

A station's own share is not known; its count is a draw from it.  The distribution of shares is fitted as a mixture of
many narrow Betas whose weights alone are free (Kiefer and Wolfowitz 1956; Efron, "Empirical Bayes deconvolution
estimates", Biometrika 103, 2016): a party of one region has two humps, and one Beta has not.  Clean counts are drawn
from each station's posterior.  No Beta is narrow enough to follow heaps at whole percentages.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.forensics.betabinomial import Mixture, log_density, responsibilities
from tallyroom.forensics.returns import Ints

FURTHEST, STEP = 7.0, 0.35
"""The Betas lie so far apart in log odds, from 0.1 % to 99.9 %, and are as wide as they lie apart."""

SAMPLE, STEPS = 10_000, 60
"""Stations that weights are fitted to, and steps of expectation and maximisation."""


class Shares(NamedTuple):
    """Counts k of n with what is known of the share behind each; cumulative: of the Betas' chances, shape (c, m)."""

    k: Ints
    n: Ints
    prior: Mixture
    cumulative: npt.NDArray[np.float32]

    def draw(self, rng: np.random.Generator) -> Ints:
        """Clean counts like k: a share from the posterior of each station, then a count from Bin(n, share)."""
        which = np.minimum((rng.random(len(self.k)) > self.cumulative).sum(axis=0), len(self.prior.weight) - 1)
        share = rng.beta(self.k + self.prior.alpha[which], self.n - self.k + self.prior.beta[which])
        return rng.binomial(self.n, share)


def shares(k: Ints, n: Ints) -> Shares:
    """The shares behind counts k of n, shape (m,); every n > 0."""
    prior = fitted(k, n)
    chances = responsibilities(prior, k, n).astype(np.float32)
    return Shares(k, n, prior, np.cumsum(chances, axis=0, out=chances))


def fitted(k: Ints, n: Ints) -> Mixture:
    """The mixture of narrow Betas, and one as wide as all stations differ, whose weights suit the counts best."""
    odds = np.arange(-FURTHEST, FURTHEST + STEP / 2, STEP)
    mean = 1 / (1 + np.exp(-odds))
    one = alike(k, n)
    alpha, beta = np.append(1 / (STEP**2 * (1 - mean)), one[0]), np.append(1 / (STEP**2 * mean), one[1])
    flat = Mixture(np.full(len(alpha), 1 / len(alpha)), alpha, beta)
    by_share = np.argsort(k / n, kind="stable")
    rows = by_share[np.linspace(0, len(k) - 1, min(len(k), SAMPLE)).astype(np.int64)]
    log_f = log_density(flat, k[rows], n[rows])
    f = np.exp(log_f - log_f.max(axis=0, initial=-np.inf))
    weight = flat.weight
    for _ in range(STEPS if len(rows) else 0):
        weight = weight * (f / (weight @ f)).mean(axis=1)
    return flat._replace(weight=np.maximum(weight, 1e-12))


def alike(k: Ints, n: Ints) -> tuple[float, float]:
    """Parameters of the one Beta whose beta-binomial has the mean and the over-dispersion of the counts."""
    whole = float(n.sum())
    mean = (float(k.sum()) + 0.5) / (whole + 1)
    chance = n * mean * (1 - mean)
    beyond = float(((k - n * mean) ** 2 - chance).sum()) / max(float((chance * (n - 1)).sum()), 1e-9)
    rho = min(max(beyond, 1e-6), 0.5)
    return mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
