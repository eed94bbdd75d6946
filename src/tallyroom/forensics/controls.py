"""Matched stations: those with a camera, a scanner or an observer against others of the same area.

What an area's stations with the instrument show, its other stations should show too, if the instrument was given out
without choice.  The excess is the votes reported elsewhere less the registered voters there times the votes for each
registered voter at stations with the instrument.  The interval resamples areas; p is of exchanging the instruments
among the stations of each area.  How instruments were given out is for people to say, and decides what this is worth.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.returns import Flags, Floats, Grouping, Ints, Returns

EXCHANGES, RESAMPLES = 999, 500


class Controls(msgspec.Struct, frozen=True):
    """Votes of one candidate beyond what the stations with the instrument lead to expect; negative: fewer."""

    candidate: str
    level: str
    areas: int
    with_instrument: int
    without: int
    excess: float
    low: float
    high: float
    p: float


class _Sums(NamedTuple):
    """By area: registered voters and votes at stations with the instrument, and at the others."""

    n_with: Floats
    w_with: Floats
    n_else: Floats
    w_else: Floats

    @property
    def excess(self) -> Floats:
        """Excess of each area that has both kinds, else 0."""
        both = (self.n_with > 0) & (self.n_else > 0)
        rate = self.w_with / np.where(both, self.n_with, 1)
        return np.where(both, self.w_else - self.n_else * rate, 0.0)


def controls(
    returns: Returns, candidate: str, instrument: Flags, level: Grouping | None, seed: int = 42
) -> Controls | None:
    """The comparison for one candidate; None where no area has stations of both kinds."""
    votes = returns.votes[candidate]
    code = level.codes if level else np.zeros(len(returns), np.int64)
    rows = np.flatnonzero((code >= 0) & (returns.registered > 0) & (votes >= 0))
    code, n, w, has = code[rows], returns.registered[rows], votes[rows], instrument[rows]
    sums = _sums(code, n, w, has)
    both = np.flatnonzero((sums.n_with > 0) & (sums.n_else > 0))
    if not len(both):
        return None
    rng = np.random.default_rng((seed, 13))
    each = sums.excess[both]
    resampled = each[rng.integers(0, len(each), (RESAMPLES, len(each)))].sum(axis=1)
    total = float(each.sum())
    as_far = sum(
        abs(float(_sums(code, n, w, _exchanged(code, has, rng)).excess.sum())) >= abs(total) for _ in range(EXCHANGES)
    )
    return Controls(
        candidate=candidate,
        level=level.name if level else "",
        areas=len(both),
        with_instrument=int(has.sum()),
        without=int((~has).sum()),
        excess=total,
        low=float(np.quantile(resampled, 0.025)),
        high=float(np.quantile(resampled, 0.975)),
        p=(as_far + 1) / (EXCHANGES + 1),
    )


def _sums(code: Ints, n: Ints, w: Ints, has: Flags) -> _Sums:
    size = int(code.max(initial=0)) + 1
    return _Sums(*(np.bincount(code[part], x[part], size).astype(np.float64) for part in (has, ~has) for x in (n, w)))


def _exchanged(code: Ints, has: Flags, rng: np.random.Generator) -> Flags:
    """The instruments dealt out anew among the stations of each area."""
    shuffled = np.lexsort((rng.random(len(code)), code))
    in_order = np.argsort(code, kind="stable")
    dealt = np.zeros(len(has), np.bool_)
    dealt[in_order] = has[shuffled]
    return dealt
