"""Flows: votes against turnout within areas, and from one election to the next (Myagkov, Ordeshook and Shakin 2009).

Where more voters come, each candidate gains between none and all of them: the slope of votes / registered on turnout
lies between 0 and 1 if stations of an area are alike.  They never are quite (ecological fallacy), hence slopes are
taken within areas, shown beside other elections and not scored.

Between two elections, the shares of voters who went from each choice to each other one are fitted by least squares
with shares of 0 or more that add up to 1 (projected gradient), with a band from resampled areas.
"""

import msgspec
import numpy as np

from tallyroom.forensics.binomial import NORMAL
from tallyroom.forensics.returns import Floats, Grouping, Returns
from tallyroom.forensics.stages import pairing

SMALLEST_AREA = 10
STEPS, RESAMPLES = 500, 50
ABSENT = "none"
"""Registered voters without a valid vote, as a choice."""


class Slopes(msgspec.Struct, frozen=True):
    """Slope within areas, 95 % interval over areas; areas with a slope above 1 or below 0 by 3 standard errors."""

    candidate: str
    level: str
    areas: int
    slope: float
    low: float
    high: float
    above_one: int
    below_zero: int


class Transfers(msgspec.Struct, frozen=True):
    """Share of each earlier choice (rows) that went to each later one (columns), with a 90 % band."""

    stations: int
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    share: tuple[tuple[float, ...], ...]
    low: tuple[tuple[float, ...], ...]
    high: tuple[tuple[float, ...], ...]


def slopes(returns: Returns, candidate: str, level: Grouping | None) -> Slopes | None:
    """Slopes for one candidate; None without registers or areas."""
    if level is None:
        return None
    votes = returns.votes[candidate]
    rows = (level.codes >= 0) & (returns.registered > 0) & (returns.ballots >= 0) & (votes >= 0)
    rows &= returns.ballots <= returns.registered
    if not rows.any():
        return None
    n, code, size = returns.registered[rows].astype(np.float64), level.codes[rows], len(level.names)
    x, y = returns.ballots[rows] / n, votes[rows] / n
    total = np.bincount(code, n, size)
    means = [(np.bincount(code, n * each, size) / np.maximum(total, 1))[code] for each in (x, y)]
    dx, dy = x - means[0], y - means[1]
    xx, xy = np.bincount(code, n * dx * dx, size), np.bincount(code, n * dx * dy, size)
    use = (np.bincount(code, minlength=size) >= SMALLEST_AREA) & (xx > 0)
    if not use.any():
        return None
    slope = np.where(use, xy / np.where(use, xx, 1), 0)
    error = n * dx * (dy - slope[code] * dx)
    se = np.sqrt(np.bincount(code, error**2, size)) / np.where(use, xx, 1)
    pooled = float(xy[use].sum() / xx[use].sum())
    spread = NORMAL * float(np.sqrt(((xy[use] - pooled * xx[use]) ** 2).sum())) / float(xx[use].sum())
    return Slopes(
        candidate=candidate,
        level=level.name,
        areas=int(use.sum()),
        slope=pooled,
        low=pooled - spread,
        high=pooled + spread,
        above_one=int((use & (slope - 3 * se > 1)).sum()),
        below_zero=int((use & (slope + 3 * se < 0)).sum()),
    )


def transfers(earlier: Returns, later: Returns, seed: int = 42) -> Transfers | None:
    """Where the voters of an earlier election went, over the stations of both; None where they share too few."""
    rows, before = pairing(later, earlier)
    x, names = _choices(earlier.take(before))
    y, later_names = _choices(later.take(rows))
    good = (x >= 0).all(axis=1) & (y >= 0).all(axis=1)
    x, y, code = x[good], y[good], later.areas[0].codes[rows][good] if later.areas else rows[good]
    if len(x) < SMALLEST_AREA * len(names):
        return None
    fitted = _simplex_fit(x.T @ x, x.T @ y)
    areas = np.unique(code)
    grams = [(x[code == area].T @ x[code == area], x[code == area].T @ y[code == area]) for area in areas]
    rng = np.random.default_rng((seed, 11))
    drawn = []
    for _ in range(RESAMPLES):
        many = np.bincount(rng.integers(0, len(grams), len(grams)), minlength=len(grams))
        xx = np.sum([k * gram[0] for k, gram in zip(many, grams, strict=True)], axis=0)
        xy = np.sum([k * gram[1] for k, gram in zip(many, grams, strict=True)], axis=0)
        drawn.append(_simplex_fit(xx, xy))
    low, high = np.quantile(np.stack(drawn), [0.05, 0.95], axis=0)
    return Transfers(len(x), names, later_names, _rows(fitted), _rows(low), _rows(high))


def _rows(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)


def _choices(returns: Returns) -> tuple[Floats, tuple[str, ...]]:
    """Voters of each station by choice, those without a valid vote last, weighted by the root of the register."""
    votes = np.stack(list(returns.votes.values()), axis=1).astype(np.float64)
    register = np.where(returns.registered > 0, returns.registered, returns.found).astype(np.float64)
    absent = register - votes.sum(axis=1)
    missing = (votes < 0).any(axis=1) | (absent < 0) | (register <= 0)
    counts = np.column_stack([votes, absent]) / np.sqrt(np.maximum(register, 1))[:, None]
    counts[missing] = -1
    return counts, (*returns.votes, ABSENT)


def _simplex_fit(xx: Floats, xy: Floats) -> Floats:
    """Rows of shares that minimise |X B - Y|^2 by accelerated projected gradient; xx = X'X, xy = X'Y."""
    step = 1 / max(float(np.linalg.eigvalsh(xx)[-1]), 1e-12)
    b = momentum = np.full(xy.shape, 1 / xy.shape[1])
    t = 1.0
    for _ in range(STEPS):
        after = _onto_simplex(momentum - step * (xx @ momentum - xy))
        faster = (1 + np.sqrt(1 + 4 * t * t)) / 2
        momentum, b, t = after + (t - 1) / faster * (after - b), after, faster
    return b


def _onto_simplex(rows: Floats) -> Floats:
    """The nearest rows of shares that are 0 or more and add up to 1."""
    ordered = -np.sort(-rows, axis=1)
    over = np.cumsum(ordered, axis=1) - 1
    places = np.arange(1, rows.shape[1] + 1)
    many = (ordered - over / places > 0).sum(axis=1)
    shift = over[np.arange(len(rows)), many - 1] / many
    found: Floats = np.maximum(rows - shift[:, None], 0)
    return found
