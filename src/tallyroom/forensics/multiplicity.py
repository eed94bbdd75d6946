"""Many stations, many looks: the false discovery rate (Benjamini and Hochberg 1995)."""

import numpy as np

from tallyroom.forensics.returns import Flags, Floats

RATE = 0.05
"""Share of the flagged stations that may be flagged by chance."""


def discoveries(p: Floats, rate: float = RATE) -> Flags:
    """Which of the tests with these p-values are flagged so that at most `rate` of the flags are false on average."""
    if not len(p):
        return np.zeros(0, np.bool_)
    order = np.argsort(p, kind="stable")
    below = np.flatnonzero(p[order] <= rate * np.arange(1, len(p) + 1) / len(p))
    flags = np.zeros(len(p), np.bool_)
    if len(below):
        flags[order[: below[-1] + 1]] = True
    return flags
