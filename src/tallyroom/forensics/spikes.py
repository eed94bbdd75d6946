"""Spikes: heaps in a candidate's shares beyond what smooth shares would give (Rozenas, Political Analysis 25, 2017).

Ballots and votes are fitted by mixtures of beta-binomials; from each station's posterior, ballots t* and votes s* are
drawn anew, `DRAWS` times.  A resample takes one of its draws for each station, by lot, and there are `RESAMPLES` of
them: stations are independent, so that a heap of a resample is as likely as if all had been drawn for it alone, and
a thousand resamples cost little more than two hundred.  The shares are counted at 1,001 points (the method's kernel is
narrower than their distance, so that it does no more than divide a station between two points) and compared point by
point: where the observed count is above the highest of all resamples, what is above their mean is added up, in per
cent of the stations.  Coarse fractions (1/2, 3/4), which small stations have by themselves, are in the resamples too.

The figure falls with the number of resamples, and can be compared at the same number only.  Whether a heap that is
just at the highest is in it differs from seed to seed: each heap is told with its size.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from tallyroom.forensics import betabinomial
from tallyroom.forensics.progress import Progress, silent
from tallyroom.forensics.returns import Floats, Ints, Returns

RESAMPLES, DRAWS, POINTS = 1000, 200, 1001
BATCH = 10

Places = npt.NDArray[np.float32]
"""Where shares stand among the points: 0 to POINTS - 1."""


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


class _Fitted(NamedTuple):
    """What resamples are drawn from: posteriors of turnout and result, and the registered voters."""

    turnout: _Posterior
    result: _Posterior
    registered: Ints


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
    fitted = _Fitted(_posterior(cast, registered, rng), _posterior(mine, cast, rng), registered)
    draws = min(DRAWS, resamples)
    drawn = np.empty((len(mine), draws), np.float32)

    def draw(number: int) -> Floats:
        drawn[:, number] = _resample(fitted, np.random.default_rng((seed, 1, number)))
        return _weights(drawn[:, number])

    def highest_of(number: int) -> Floats:
        own, many = np.random.default_rng((seed, 2, number)), min(BATCH, resamples - BATCH * number)
        return np.asarray(np.max([_weights(_by_lot(drawn, own)) for _ in range(many)], axis=0))

    batches = range(-(-resamples // BATCH))
    mean, highest = np.zeros(POINTS), np.zeros(POINTS)
    with ThreadPoolExecutor(2) as threads:
        for number, weights in enumerate(threads.map(draw, range(draws)), 1):
            mean += weights / draws
            progress(number, draws + len(batches))
        for number, most in enumerate(threads.map(highest_of, batches), 1):
            np.maximum(highest, most, out=highest)
            progress(draws + number, draws + len(batches))
    observed = _weights(_places(mine, cast))
    above = np.where(observed > highest, np.maximum(observed - mean, 0), 0.0)
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


def _resample(fitted: _Fitted, rng: np.random.Generator) -> Places:
    cast = np.maximum(_drawn(fitted.turnout, fitted.registered, rng), 1)
    return _places(_drawn(fitted.result, cast, rng), cast)


def _by_lot(drawn: Places, rng: np.random.Generator) -> Places:
    """One of the draws of each station."""
    stations, draws = drawn.shape
    chosen = rng.integers(0, draws, stations, np.uint16)
    return np.asarray(drawn.ravel()[np.arange(0, drawn.size, draws) + chosen])


def _places(k: Ints, n: Ints) -> Places:
    return (k / n * (POINTS - 1)).astype(np.float32)


def _weights(places: Places) -> Floats:
    """Share of the stations at each point; a station between two points is divided between them."""
    low = np.minimum(places.astype(np.int64), POINTS - 2)
    parts = np.bincount(low, places - low, POINTS)
    weights = np.bincount(low, minlength=POINTS) - parts
    weights[1:] += parts[:-1]
    return np.asarray(weights / len(places), np.float64)
