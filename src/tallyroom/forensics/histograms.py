"""Pictures in numbers: turnout and share at 0.1 %, and both together.  Descriptions.

Counts are of registered voters (of ballots where there is no register), so that small stations do not paint the
picture.
"""

import msgspec
import numpy as np

from tallyroom.forensics.returns import Returns, known

CELLS = 100


class Histograms(msgspec.Struct, frozen=True):
    """Voters by share and by turnout in steps of 0.1 % (1,001 values), and by both in cells of 1 % (turnout, share)."""

    candidate: str
    share: tuple[float, ...]
    turnout: tuple[float, ...]
    plane: tuple[tuple[float, ...], ...]


def histograms(returns: Returns, candidate: str) -> Histograms:
    """The three histograms of one candidate; those of turnout are empty without registers."""
    votes, whole = returns.votes[candidate], returns.whole
    good = (whole > 0) & (votes >= 0) & (votes <= whole)
    register = returns.registered > 0
    weight = np.where(register, known(returns.registered), known(returns.found)).astype(np.float64)
    share = votes / np.maximum(whole, 1)
    counted = register & (returns.ballots >= 0) & (returns.ballots <= returns.registered)
    turnout = returns.ballots / np.maximum(returns.registered, 1)
    both = good & counted
    plane = np.histogram2d(turnout[both], share[both], CELLS, ((0, 1), (0, 1)), weights=weight[both])[0]
    return Histograms(
        candidate=candidate,
        share=_tenths(share[good], weight[good]),
        turnout=_tenths(turnout[counted], weight[counted]) if counted.any() else (),
        plane=tuple(tuple(row) for row in plane.tolist()) if both.any() else (),
    )


def _tenths(
    x: np.ndarray[tuple[int, ...], np.dtype[np.float64]], weight: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[float, ...]:
    return tuple(np.bincount(np.rint(x * 1000).astype(np.int64), weight, 1001).tolist())
