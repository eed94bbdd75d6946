"""Spikes: heaps in a candidate's shares beyond what smooth shares would give (Rozenas, Political Analysis 25, 2017).

Ballots and votes are fitted by mixtures of beta-binomials; from each station's posterior, ballots t* and votes s* are
drawn anew, `RESAMPLES` times.  The shares are counted at 1,001 points (the method's kernel is narrower than their
distance, so that it does no more than divide a station between two points) and compared point by point: where the
observed count is above the highest of all resamples, what is above their mean is added up, in per cent of the stations.
Coarse fractions (1/2, 3/4), which small stations have by themselves, are in the resamples too.

The figure falls with the number of resamples, and can be compared at the same number only.  Whether a heap that is
just at the highest is in it differs from seed to seed: each heap is told with its size.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics import betabinomial
from tallyroom.forensics.progress import Progress, silent
from tallyroom.forensics.returns import Floats, Ints, Returns

RESAMPLES, POINTS = 1000, 1001
BATCH = 10


class Spikes(msgspec.Struct, frozen=True):
    """Per cent of stations in heaps, at how many resamples; the highest heaps as (share in %, per cent of stations)."""

    candidate: str
    stations: int
    resamples: int
    percent: float
    heaps: tuple[tuple[float, float], ...]


class _Posterior(NamedTuple):
    """Parameters of the posterior Beta of each station under each component, and the components' chances."""

    alpha: Floats
    beta: Floats
    chosen: Floats


def spikes(
    returns: Returns, candidate: str, seed: int = 42, progress: Progress = silent, resamples: int = RESAMPLES
) -> Spikes | None:
    """The test for one candidate; None without registers."""
    votes, whole = returns.votes[candidate], returns.whole
    rows = (returns.registered > 0) & (whole > 0) & (votes >= 0) & (whole <= returns.registered) & (votes <= whole)
    if rows.sum() < 100:
        return None
    registered, cast, mine = returns.registered[rows], whole[rows], votes[rows]
    rng = np.random.default_rng((seed, 0))
    turnout, result = _posterior(cast, registered, rng), _posterior(mine, cast, rng)
    total, highest = np.zeros(POINTS), np.zeros(POINTS)

    def batch(number: int) -> tuple[Floats, Floats]:
        own = np.random.default_rng((seed, 1, number))
        many = min(BATCH, resamples - BATCH * number)
        drawn = np.stack([_weights(*_resample(turnout, result, registered, own)) for _ in range(many)])
        return drawn.sum(axis=0), drawn.max(axis=0)

    batches = range(-(-resamples // BATCH))
    with ThreadPoolExecutor(2) as threads:
        for number, (added, most) in zip(batches, threads.map(batch, batches), strict=True):
            total += added
            np.maximum(highest, most, out=highest)
            progress(number + 1, len(batches))
    observed = _weights(mine, cast)
    above = np.where(observed > highest, np.maximum(observed - total / resamples, 0), 0.0)
    return Spikes(candidate, len(mine), resamples, 100 * float(above.sum()), _heaps(above))


def _heaps(above: Floats) -> tuple[tuple[float, float], ...]:
    order = np.argsort(-above, kind="stable")[:10]
    places = order[above[order] > 0].tolist()
    return tuple((round(100 * point / (POINTS - 1), 1), 100 * float(above[point])) for point in places)


def _posterior(k: Ints, n: Ints, rng: np.random.Generator) -> _Posterior:
    mixture = betabinomial.fit(k, n, rng)
    chance = np.cumsum(betabinomial.responsibilities(mixture, k, n), axis=0)
    alpha, beta = k + mixture.alpha[:, None], n - k + mixture.beta[:, None]
    return _Posterior(alpha, beta, chance)


def _drawn(posterior: _Posterior, n: Ints, rng: np.random.Generator) -> Ints:
    """A count for each station from its posterior."""
    components, size = posterior.alpha.shape
    component = np.zeros(size, np.int64)
    if components > 1:
        component = np.minimum((rng.random(size) > posterior.chosen).sum(axis=0), components - 1)
    place = (component, np.arange(size))
    a = rng.standard_gamma(posterior.alpha[place])
    b = rng.standard_gamma(posterior.beta[place])
    return rng.binomial(n, a / (a + b))


def _resample(turnout: _Posterior, result: _Posterior, registered: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    cast = np.maximum(_drawn(turnout, registered, rng), 1)
    return _drawn(result, cast, rng), cast


def _weights(k: Ints, n: Ints) -> Floats:
    """Share of the stations at each point; a station between two points is divided between them."""
    x = k / n * (POINTS - 1)
    low = np.minimum(np.floor(x).astype(np.int64), POINTS - 2)
    part = x - low
    weights = np.bincount(low, 1 - part, POINTS) + np.bincount(low + 1, part, POINTS)
    return weights.astype(np.float64) / len(k)
