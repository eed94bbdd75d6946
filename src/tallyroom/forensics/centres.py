"""Within centres: do the stations under one roof differ by chance alone?  (Jimenez 2011; Klimek and Jimenez 2018.)

Voters of a centre are dealt to its boxes by alphabet or address, so that each box is a sample:
z^2 = (w - V p)^2 / (V p (1-p) (1 - V / sum V)) with p of the whole centre has a mean of about 1.  It is never 1 in real
elections (families, streets and age come in lumps), so it is shown beside other elections and not scored.  Figures
that were made up are hard to make binomial: a mean far above or far below that of peers needs an explanation.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.binomial import two_sided_p
from tallyroom.forensics.multiplicity import discoveries
from tallyroom.forensics.returns import Floats, Grouping, Returns


class Centres(msgspec.Struct, frozen=True):
    """Boxes in centres of two or more, the mean of z^2, per cent beyond 3 sigma; flagged boxes above and below."""

    candidate: str
    grouping: str
    boxes: int
    centres: int
    ratio: float
    beyond_three_percent: float
    above: int
    below: int


class _Deviations(NamedTuple):
    z: Floats
    centres: int


def centres(returns: Returns, candidate: str) -> Centres | None:
    """The test for one candidate; None where no two stations are known to share a centre."""
    group = returns.centre
    found = group and _deviations(returns, candidate, group)
    if not group or not found or not len(found.z):
        return None
    z = found.z
    flagged = discoveries(two_sided_p(z))
    return Centres(
        candidate=candidate,
        grouping=group.name,
        boxes=len(z),
        centres=found.centres,
        ratio=float(np.mean(z**2)),
        beyond_three_percent=100 * float(np.mean(np.abs(z) > 3)),
        above=int((flagged & (z > 0)).sum()),
        below=int((flagged & (z < 0)).sum()),
    )


def _deviations(returns: Returns, candidate: str, group: Grouping) -> _Deviations:
    votes, valid = returns.votes[candidate], returns.valid
    rows = np.flatnonzero((group.codes >= 0) & (valid > 0) & (votes >= 0) & (votes <= valid))
    code, w, v = group.codes[rows], votes[rows], valid[rows]
    many = np.bincount(code, minlength=len(group.names))
    all_votes, all_valid = (np.bincount(code, x, len(group.names)) for x in (w, v))
    p = (all_votes / np.maximum(all_valid, 1))[code]
    variance = v * p * (1 - p) * (1 - v / all_valid[code])
    keep = (many[code] > 1) & (variance > 0)
    z = (w - v * p)[keep] / np.sqrt(variance[keep])
    return _Deviations(z, len(np.unique(code[keep])))
