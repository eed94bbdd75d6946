"""Shares behind counts, and counts drawn anew from them."""

import numpy as np
import pytest

from tallyroom.forensics.integers import integers
from tallyroom.forensics.shares import shares
from tests.forensics.tables import table


def test_redrawn_counts_have_the_spread_of_the_real_ones() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(300, 1500, 20_000)
    for true in (rng.beta(20, 30, 20_000), np.full(20_000, 0.52)):
        k = rng.binomial(n, true)
        again = shares(k, n).draw(rng)
        assert (again / n).mean() == pytest.approx((k / n).mean(), abs=0.002)
        assert (again / n).std() == pytest.approx((k / n).std(), rel=0.05)
        assert ((again >= 0) & (again <= n)).all()


def test_two_humps_stay_two() -> None:
    """A party of one region: next to nothing elsewhere."""
    rng = np.random.default_rng(1)
    n = rng.integers(150, 400, 20_000)
    k = rng.binomial(n, np.where(rng.random(20_000) < 0.2, rng.beta(30, 20, 20_000), rng.beta(2, 300, 20_000)))
    again = shares(k, n).draw(rng)
    edges = [0, 0.005, 0.01, 0.02, 0.05, 0.3, 0.5, 0.7, 1]
    real, drawn = (np.histogram(count / n, edges)[0] for count in (k, again))
    assert drawn == pytest.approx(real, abs=250)


def test_heaps_at_whole_percentages_are_not_drawn_again() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(800, 1500, 4000)
    k = np.rint(n * rng.integers(50, 90, 4000) / 100).astype(np.int64)
    again = shares(k, n).draw(rng)
    whole = np.abs(100 * again / n - np.rint(100 * again / n)) <= 0.05
    assert whole.mean() < 0.15


def test_a_party_of_one_region_in_small_stations_is_no_excess() -> None:
    """With one Beta for all stations, such parties had z from -13 to 4.4 in real elections."""
    z = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        valid = rng.integers(100, 300, 8000)
        share = np.where(rng.random(8000) < 0.15, rng.beta(10, 20, 8000), rng.beta(1.5, 60, 8000))
        a = rng.binomial(valid, share)
        returns = table([400] * 8000, valid.tolist(), {"a": a.tolist(), "b": (valid - a).tolist()})
        z.append(integers(returns, "a").result.z_calibrated)
    assert abs(np.mean(z)) < 1.2
    assert max(z) < 3.1


def test_no_station_at_all() -> None:
    none = np.zeros(0, np.int64)
    assert len(shares(none, none).draw(np.random.default_rng(1))) == 0
