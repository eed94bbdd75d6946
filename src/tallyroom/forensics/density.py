"""Kernel densities of shares on a fine grid, by binning: deterministic and fast for any number of stations."""

import numpy as np

from tallyroom.forensics.returns import Floats

GRID = 1024


def rule_of_thumb(x: Floats) -> float:
    """Silverman's bandwidth: 0.9 min(sd, IQR / 1.34) n^(-1/5)."""
    low, high = np.percentile(x, [25, 75])
    spread = min(float(x.std()), float(high - low) / 1.34) or float(x.std())
    return 0.9 * spread * float(len(x) ** -0.2)


def density(x: Floats, bandwidth: float) -> Floats:
    """Gaussian kernel density of shares at the middles of GRID bins of [0, 1], up to a constant."""
    counts = np.histogram(x, GRID, (0, 1))[0].astype(np.float64)
    kernel = np.exp(-0.5 * (np.arange(-GRID, GRID + 1) / GRID / bandwidth) ** 2)
    size = 4 * GRID
    spread = np.fft.irfft(np.fft.rfft(counts, size) * np.fft.rfft(kernel, size), size)
    found: Floats = spread[GRID : 2 * GRID]
    return found


def first_mode(x: Floats, above: float) -> float | None:
    """The first local maximum of the density of shares above a value; None where there is none.

    A ripple lower than a tenth of the highest point is no mode.
    """
    bandwidth = rule_of_thumb(x) if len(x) > 1 else 0.0
    if bandwidth <= 0:
        return None
    f = density(x, bandwidth)
    peaks = np.flatnonzero((f[1:-1] > f[:-2]) & (f[1:-1] >= f[2:]) & (f[1:-1] > f.max() / 10)) + 1
    places = (peaks + 0.5) / GRID
    high = places[places > above]
    return float(high[0]) if len(high) else None
