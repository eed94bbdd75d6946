"""Exact probabilities against sums written out in full, and integer percentages against fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.forensics.binomial import binomial_tail, hit_chance, is_integer, rate_interval, upper_p


def percentage_is_whole(k: int, n: int) -> bool:
    share = Fraction(100 * k, n)
    return abs(share - round(share)) <= Fraction(5, 100)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_whole_percentages_are_those_of_exact_fractions(counts: tuple[int, int]) -> None:
    k, n = counts
    assert bool(is_integer(np.array([k]), np.array([n]))[0]) == percentage_is_whole(k, n)


@given(st.integers(1, 2500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_chance_of_a_whole_percentage_is_the_sum_of_its_binomial_terms(counts: tuple[int, int]) -> None:
    k, n = counts
    p = k / n
    expected = math.fsum(
        math.exp(
            math.lgamma(n + 1)
            - math.lgamma(j + 1)
            - math.lgamma(n - j + 1)
            + (j * math.log(p) if j else 0)
            + ((n - j) * math.log1p(-p) if n - j else 0)
        )
        for j in range(n + 1)
        if percentage_is_whole(j, n) and (p > 0 or j == 0) and (p < 1 or j == n)
    )
    assert hit_chance(np.array([k]), np.array([n]))[0] == pytest.approx(expected, abs=1e-7)


def test_many_stations_at_once_are_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(1, 4000, 9000)
    k = rng.binomial(n, rng.random(9000))
    together = hit_chance(k, n)
    rows = rng.choice(9000, 50, replace=False)
    alone = [hit_chance(k[[row]], n[[row]])[0] for row in rows]
    assert together[rows] == pytest.approx(alone, abs=1e-12)


def test_no_station_at_all() -> None:
    none = np.zeros(0, np.int64)
    assert len(hit_chance(none, none)) == 0


def test_tails() -> None:
    assert binomial_tail(34, 35, 0.1) == pytest.approx(3.16e-33, rel=1e-2)
    assert binomial_tail(0, 5, 0.3) == 1.0
    assert binomial_tail(1, 5, 0.0) == 0.0
    assert binomial_tail(6, 5, 0.5) == 0.0
    assert binomial_tail(2, 3, 0.5) == pytest.approx(0.5)
    assert binomial_tail(5200, 25_000, 0.2) == pytest.approx(upper_p(199.5 / 4000**0.5), rel=0.05)


def test_intervals_of_rates() -> None:
    """0 of n: from 0 to 1 - 0.025^(1/n); 5 of 20: as in tables of Clopper and Pearson."""
    assert rate_interval(0, 19) == pytest.approx((0, 1 - 0.025 ** (1 / 19)), abs=1e-6)
    assert rate_interval(20, 20) == pytest.approx((0.025 ** (1 / 20), 1), abs=1e-6)
    assert rate_interval(5, 20) == pytest.approx((0.0866, 0.4910), abs=1e-4)
