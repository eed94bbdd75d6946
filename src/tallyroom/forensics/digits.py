"""Digits of vote counts: shown because people ask for them.  They are no evidence.

Second-digit Benford and last-digit tests reject in clean elections (Deckert, Myagkov and Ordeshook 2011, and every
table of reference elections here), because real counts are neither scale-free nor large.  Digits of announced
percentages are another matter (`announced`).
"""

import math

import msgspec
import numpy as np

from tallyroom.forensics.returns import Ints, Returns

SECOND = tuple(math.fsum(math.log10(1 + 1 / (10 * first + second)) for first in range(1, 10)) for second in range(10))
"""Chances of a second digit by Benford's law."""


class Digits(msgspec.Struct, frozen=True):
    """Mean second digit (4.187 by Benford) and mean last digit (4.5), with p-values that prove nothing."""

    candidate: str
    counts: int
    second_mean: float
    second_p: float
    last_mean: float
    last_p: float
    last: tuple[int, ...]
    second: tuple[int, ...]


def digits(returns: Returns, candidate: str) -> Digits | None:
    """Digits of a candidate's counts; None with fewer than 100 counts of two digits."""
    votes = returns.votes[candidate]
    two = votes[votes >= 10]
    if len(two) < 100:
        return None
    first_two = two // 10 ** np.maximum(np.floor(np.log10(two)).astype(np.int64) - 1, 0)
    second = np.bincount(first_two % 10, minlength=10)
    last = np.bincount(two % 10, minlength=10)
    return Digits(
        candidate=candidate,
        counts=len(two),
        second_mean=_mean(second),
        second_p=_chi_square(second, np.array(SECOND)),
        last_mean=_mean(last),
        last_p=_chi_square(last, np.full(10, 0.1)),
        last=tuple(last.tolist()),
        second=tuple(second.tolist()),
    )


def _mean(counts: Ints) -> float:
    return float((np.arange(10) * counts).sum() / counts.sum())


def _chi_square(counts: Ints, chances: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Chance of so far from the chances, or further, with nine degrees of freedom."""
    expected = counts.sum() * chances
    x = float(((counts - expected) ** 2 / expected).sum())
    series = 1 + x / 3 + x**2 / 15 + x**3 / 105
    return math.erfc(math.sqrt(x / 2)) + math.sqrt(2 * x / math.pi) * math.exp(-x / 2) * series
