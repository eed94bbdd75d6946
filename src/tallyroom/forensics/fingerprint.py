"""The fingerprint model of Klimek, Yegorov, Hanel and Thurner (PNAS 109, 2012), as a band.  A description.

    a ~ N(tau, s_tau), v ~ N(nu, s_nu), both within [0, 1]
    x = |N(0, theta)| with probability f_i ("incremental"), 1 - |N(0, 0.075)| with f_e ("extreme"), else 0
    leader = N (a v + x (1-a) + x^alpha (1-v) a),  turnout = 1 - (1-x)(1-a)

tau, nu: first modes above 0.3; s_nu: rms of v - nu below nu; s_tau: rms of a - tau where both are below;
theta: square root of the rms of v - nu above nu.  The fit minimises sum ((model - observed) / (observed + 1))^2 over
the leader's share in 101 bins.  For fixed alpha the model is linear in (f_i, f_e): a problem of two unknowns that is
solved outright replaces a grid of simulations.

f_i cannot be told from a mixture of town and country, and is high in control elections; it is shown as a band over
replicates, resampled stations and exponents that fit as well, never as a number of stations.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.density import first_mode
from tallyroom.forensics.progress import Progress, silent
from tallyroom.forensics.returns import Floats, Returns

ALPHAS = np.round(np.arange(1.0, 5.55, 0.1), 1)
REPLICATES, DRAWS = 20, 100_000
LOWEST_MODE, EXTREME = 0.3, 0.075
BINS = 101
NEARLY = 1.1
"""Fits with an error up to this many times the smallest are in the band: the exponent is hardly identified."""


class Parameters(msgspec.Struct, frozen=True):
    """Modes and spreads of turnout and share that the model starts from."""

    tau: float
    nu: float
    s_tau: float
    s_nu: float
    theta: float


class Band(msgspec.Struct, frozen=True):
    """Median, lowest and highest of the fits that are as good as the best, nearly."""

    mid: float
    low: float
    high: float


class Fingerprint(msgspec.Struct, frozen=True):
    """The fit for one candidate: the share of stations "incremental" and "extreme", and the exponent."""

    candidate: str
    stations: int
    parameters: Parameters
    incremental: Band
    extreme: Band
    alpha: Band


class Fit(NamedTuple):
    """The fractions for one exponent, and the error of the fit."""

    f_i: float
    f_e: float
    alpha: float
    error: float


class TurnoutAndShare(NamedTuple):
    """Turnout and the candidate's share of the stations, both within [0, 1]."""

    turnout: Floats
    result: Floats


def turnout_and_share(returns: Returns, candidate: str) -> TurnoutAndShare:
    """Turnout and share of every station that has both; stations above full turnout are left out."""
    votes, found = returns.votes[candidate], returns.found
    rows = (returns.registered > 0) & (returns.ballots >= 0) & (found > 0) & (votes >= 0)
    rows &= (returns.ballots <= returns.registered) & (votes <= found)
    return TurnoutAndShare(returns.ballots[rows] / returns.registered[rows], votes[rows] / found[rows])


def parameters(observed: TurnoutAndShare) -> Parameters | None:
    """What the model starts from; None where there is no mode to start from."""
    a, v = observed
    if len(a) < 100:
        return None
    tau, nu = first_mode(a, LOWEST_MODE), first_mode(v, LOWEST_MODE)
    if tau is None or nu is None:
        return None
    found = [_rms((a - tau)[(a < tau) & (v < nu)]), _rms((v - nu)[v < nu]), _rms((v - nu)[v > nu]) ** 0.5]
    return Parameters(tau, nu, *found) if all(found) else None


def _rms(x: Floats) -> float:
    return float(np.sqrt(np.mean(x**2))) if len(x) else 0.0


def fingerprint(
    returns: Returns, candidate: str, seed: int = 42, progress: Progress = silent, replicates: int = REPLICATES
) -> Fingerprint | None:
    """The fit for one candidate; None without registers or without modes."""
    observed = turnout_and_share(returns, candidate)
    start = parameters(observed)
    if start is None:
        return None
    fits: list[Fit] = []
    for replicate in range(replicates):
        rng = np.random.default_rng((seed, replicate))
        resampled = observed.result[rng.integers(0, len(observed.result), len(observed.result))]
        fits += _fits(_histogram(resampled), start, rng)
        progress(replicate + 1, replicates)
    f_i, f_e, alpha = np.array([fit[:3] for fit in fits]).T
    return Fingerprint(candidate, len(observed.result), start, _band(f_i), _band(f_e), _band(alpha))


def _band(values: Floats) -> Band:
    return Band(float(np.median(values)), float(values.min()), float(values.max()))


def _histogram(share: Floats) -> Floats:
    return np.bincount(np.rint(100 * share).astype(np.int64), minlength=BINS)[:BINS].astype(np.float64)


def _fits(observed: Floats, start: Parameters, rng: np.random.Generator) -> list[Fit]:
    """The fits of one simulation of the model that are as good as the best, nearly."""
    scale = observed.sum() / DRAWS
    a, v = _truncated(start.tau, start.s_tau, rng), _truncated(start.nu, start.s_nu, rng)
    honest = _histogram(v) * scale
    some, most = _truncated_half(start.theta, rng), 1 - _truncated_half(EXTREME, rng)
    weight = 1 / (observed + 1)
    fits = []
    for alpha in ALPHAS.tolist():
        basis = np.stack([_moved(a, v, x, alpha) * scale - honest for x in (some, most)])
        f_i, f_e, error = two_fractions(basis * weight, (observed - honest) * weight)
        fits.append(Fit(f_i, f_e, alpha, error))
    best = min(fit.error for fit in fits)
    return [fit for fit in fits if fit.error <= NEARLY * best]


def _truncated_half(sd: float, rng: np.random.Generator) -> Floats:
    """|N(0, sd)| within [0, 1]."""
    return np.abs(_truncated(0.0, sd, rng, -1.0))


def _truncated(mean: float, sd: float, rng: np.random.Generator, low: float = 0.0) -> Floats:
    x = rng.normal(mean, sd, DRAWS)
    while (out := np.flatnonzero((x < low) | (x > 1))).size:
        x[out] = rng.normal(mean, sd, len(out))
    return x


def _moved(a: Floats, v: Floats, x: Floats, alpha: float) -> Floats:
    """Histogram of the leader's share after x of the non-voters and x^alpha of the others' votes moved."""
    leader = a * v + x * (1 - a) + x**alpha * (1 - v) * a
    return _histogram(np.minimum(leader / np.maximum(1 - (1 - x) * (1 - a), 1e-9), 1.0))


def two_fractions(basis: Floats, target: Floats) -> tuple[float, float, float]:
    """x, y >= 0 with x + y <= 1 that minimise |x basis[0] + y basis[1] - target|^2, and the minimum."""
    gram, right, square = basis @ basis.T, basis @ target, float(target @ target)
    (aa, ab), (_, bb) = gram
    ra, rb = right
    candidates = [(0.0, 0.0), (_unit(ra, aa), 0.0), (0.0, _unit(rb, bb))]
    edge = aa - 2 * ab + bb
    x = _unit(ra - rb - ab + bb, edge)
    candidates.append((x, 1 - x))
    determinant = aa * bb - ab * ab
    if determinant > 0:
        x, y = (ra * bb - rb * ab) / determinant, (rb * aa - ra * ab) / determinant
        if x >= 0 and y >= 0 and x + y <= 1:
            candidates.append((x, y))
    errors = [square - 2 * (x * ra + y * rb) + x * x * aa + 2 * x * y * ab + y * y * bb for x, y in candidates]
    place = int(np.argmin(errors))
    return float(candidates[place][0]), float(candidates[place][1]), float(errors[place])


def _unit(numerator: float, denominator: float) -> float:
    return min(max(numerator / denominator, 0.0), 1.0) if denominator > 0 else 0.0
