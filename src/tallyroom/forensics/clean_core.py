"""The clean core (after Shpilkin): votes by turnout, if the share did not depend on turnout.  A description.

Votes of the leader L(t) and of all others O(t) are added up by bins of one point of turnout.  The core is where O has
its mode t0; there k = L / O.  "Anomalous" votes are the sum of L(t) - k O(t) above the core.  That rests on one
assumption (among honest stations the share does not depend on turnout) which town and country break everywhere, so the
figure is given with a band over the choices of core and never as votes that were added.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.returns import Floats, Ints, Returns

WIDTH = 2
"""The core reaches this many points to both sides of the mode."""

HIGHEST = 80
"""A mode at or above this turnout (%) is no core: where few honest stations are left, it is found among the others."""


class CleanCore(msgspec.Struct, frozen=True):
    """Turnout of the core (%), leader's votes for each other vote there, votes beyond, and the corrected share (%).

    low, high: of the votes beyond, over cores shifted and widened by up to 3 points.  credible: False where the mode
    is no core; then the figures are None.
    """

    candidate: str
    core: int
    credible: bool
    ratio: float | None
    beyond: float | None
    low: float | None
    high: float | None
    corrected_percent: float | None


class Curves(NamedTuple):
    """Votes by bin of turnout, 0 to 100 %: of the candidate, of all others."""

    leader: Floats
    others: Floats


def clean_core(returns: Returns, candidate: str) -> CleanCore | None:
    """The decomposition for one candidate; None without registers or without other votes."""
    curves = curves_of(returns, candidate)
    if curves is None or not curves.others.any():
        return None
    mode = _mode(curves.others)
    band = [b for b in (_beyond(curves, mode + shift, width) for shift in (-3, 0, 3) for width in (1, 2, 3)) if b]
    found = _beyond(curves, mode, WIDTH)
    if mode >= HIGHEST or found is None:
        return CleanCore(candidate, mode, False, None, None, None, None, None)
    ratio, beyond = found
    leader, total = float(curves.leader.sum()), float(curves.leader.sum() + curves.others.sum())
    return CleanCore(
        candidate=candidate,
        core=mode,
        credible=True,
        ratio=ratio,
        beyond=beyond,
        low=min(each for _, each in band),
        high=max(each for _, each in band),
        corrected_percent=100 * (leader - beyond) / (total - beyond) if total > beyond else None,
    )


def curves_of(returns: Returns, candidate: str) -> Curves | None:
    """Votes by turnout; stations above 100 % stand at 100."""
    votes, rows = returns.votes[candidate], (returns.registered > 0) & (returns.ballots >= 0) & (returns.valid >= 0)
    rows = rows & (votes >= 0)
    if not rows.any():
        return None
    turnout = _bins(returns.ballots[rows], returns.registered[rows])
    return Curves(
        np.bincount(turnout, votes[rows], 101).astype(np.float64),
        np.bincount(turnout, np.maximum(returns.valid - votes, 0)[rows], 101).astype(np.float64),
    )


def _bins(ballots: Ints, registered: Ints) -> Ints:
    nearest: Ints = np.minimum((200 * ballots + registered) // (2 * registered), 100)
    return nearest


def _mode(others: Floats) -> int:
    """The bin with most other votes, smoothed over three; the last bins hold stations of 100 % and are left out."""
    smooth = np.convolve(others, np.ones(3) / 3, "same")
    return int(np.argmax(smooth[:100]))


def _beyond(curves: Curves, mode: int, width: int) -> tuple[float, float] | None:
    """Ratio in the core and votes of the candidate beyond it."""
    core = slice(max(mode - width, 0), mode + width + 1)
    others = float(curves.others[core].sum())
    if others <= 0:
        return None
    ratio = float(curves.leader[core].sum()) / others
    above = slice(mode + width + 1, None)
    return ratio, float((curves.leader[above] - ratio * curves.others[above]).sum())
