"""Apportionment: whole numbers that add up exactly to announced totals.

Two problems of a synthetic election.  One total has to be shared out among stations (`apportion`), and a
table of stations and candidates has to add up along both margins (`fill_margins`).  Both answers are whole
numbers, the sums are exact, and the same input (with the same seed) gives the same answer.

    >>> apportion(10, [1.0, 1.0, 2.0], low=0, high=4).tolist()
    [3, 3, 4]
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.floating]

_BISECTIONS = 100
_NEGLIGIBLE = 1e-12
_FITTING_ROUNDS = 500
_FITTING_TOLERANCE = 1e-10


def apportion(total: int, weights: ArrayLike, low: ArrayLike, high: ArrayLike) -> Counts:
    """Share `total` among n parts in proportion to `weights`, each part within low..high (n values or one).

    The real-valued answer is clip(scale * weight, low, high) with the one scale at which it adds up; what
    rounding down leaves goes to the largest remainders, the first part first where remainders are equal.
    A part without weight (below 1e-12 of the largest) stays at its low.
    Raises ValueError where the bounds cannot hold `total` or a weight is negative or not finite.
    """
    weight = np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    least = np.broadcast_to(np.asarray(low, dtype=np.int64), weight.shape)
    most = np.where(weight > _NEGLIGIBLE * weight.max(initial=0), np.asarray(high, dtype=np.int64), least)
    if (least > most).any() or not least.sum() <= total <= most.sum():
        raise ValueError(f"{total} cannot be shared within bounds that hold {least.sum()} to {most.sum()}")
    return _round_to(total, np.clip(_scale(total, weight, least, most) * weight, least, most), least, most)


def _scale(total: int, weight: Floats, least: Counts, most: Counts) -> float:
    """Find by bisection the scale at which the clipped parts add up to `total`."""
    weighty = most > least
    below, above = 0.0, float((most[weighty] / weight[weighty]).max(initial=0.0))
    for _ in range(_BISECTIONS):
        middle = (below + above) / 2
        if np.clip(middle * weight, least, most).sum() < total:
            below = middle
        else:
            above = middle
    return above


def _round_to(total: int, exact: Floats, least: Counts, most: Counts) -> Counts:
    """Round `exact` to whole numbers within the bounds that add up to `total`, by largest remainders."""
    parts = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(parts - exact, kind="stable")
    # One pass is the rule; more are needed where the parts that may still grow are fewer than the units left.
    while (missing := total - int(parts.sum())) != 0:
        step = 1 if missing > 0 else -1
        order = by_remainder if step > 0 else by_remainder[::-1]
        movable = order[(parts < most)[order] if step > 0 else (parts > least)[order]]
        parts[movable[: abs(missing)]] += step
    return parts


def draw_rare(total: int, expected: Floats, high: Counts, rng: np.random.Generator) -> Counts:
    """Share `total` rare events among parts: over-dispersed, near `expected`, at most `high` (n each)."""
    counts = rng.poisson(expected * rng.standard_gamma(1.5, len(expected)) / 1.5)
    too_few = total > int(np.where(counts > 0, high, 0).sum())
    return apportion(total, counts + expected if too_few else counts, 0, high)


def fill_margins(
    probabilities: Floats, row_sums: ArrayLike, column_sums: ArrayLike, rng: np.random.Generator
) -> Counts:
    """Draw an integer table (n, c) whose rows and columns add up exactly to the margins given.

    `probabilities` (n, c), all above zero, say how likely each column is within a row.  They are fitted to
    both margins by iterative proportional fitting (Deming & Stephan 1940, Annals of Mathematical Statistics
    11:427-444), each row is drawn from its multinomial distribution, and the few units by which a column
    then misses its sum are moved, drawn at random from all units of the columns that have too many.
    Raises ValueError where the margins disagree or a probability is not above zero.
    """
    rows = np.asarray(row_sums, dtype=np.int64)
    columns = np.asarray(column_sums, dtype=np.int64)
    if (rows < 0).any() or (columns < 0).any():
        raise ValueError("no row or column may have a negative sum")
    if rows.sum() != columns.sum():
        raise ValueError(f"the rows add up to {rows.sum()}, the columns to {columns.sum()}: they must agree")
    if not (probabilities > 0).all():
        raise ValueError("every probability must be above zero")
    table = rng.multinomial(rows, _fit(probabilities, rows, columns)).astype(np.int64)
    return _mend_columns(table, columns, rng)


def _fit(probabilities: Floats, rows: Counts, columns: Counts) -> Floats:
    """Fit `probabilities` to both margins; rows of the answer add up to 1."""
    fitted = probabilities / probabilities.sum(axis=1, keepdims=True)
    for _ in range(_FITTING_ROUNDS):
        expected = rows @ fitted
        if np.allclose(expected, columns, rtol=_FITTING_TOLERANCE, atol=_FITTING_TOLERANCE):
            break
        fitted = fitted * np.divide(columns, expected, out=np.ones_like(expected), where=expected > 0)
        fitted /= fitted.sum(axis=1, keepdims=True)
    return np.asarray(fitted)


def _mend_columns(table: Counts, columns: Counts, rng: np.random.Generator) -> Counts:
    """Move units within rows until every column has its sum."""
    surplus = table.sum(axis=0) - columns
    while surplus.any():
        giver, taker = int(surplus.argmax()), int(surplus.argmin())
        count = int(min(surplus[giver], -surplus[taker]))
        moved = rng.multivariate_hypergeometric(table[:, giver], count, method="marginals")
        table[:, giver] -= moved
        table[:, taker] += moved
        surplus[giver] -= count
        surplus[taker] += count
    return table
