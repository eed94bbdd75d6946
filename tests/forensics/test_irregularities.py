"""Each test of irregularities on tables where the answer is known."""

import math

import numpy as np
import pytest

from tallyroom.forensics import betabinomial
from tallyroom.forensics.arrival import arrival, early_by_time
from tallyroom.forensics.betabinomial import log_gamma
from tallyroom.forensics.centres import centres
from tallyroom.forensics.clean import clean_election
from tallyroom.forensics.clean_core import clean_core
from tallyroom.forensics.controls import controls
from tallyroom.forensics.fingerprint import fingerprint, two_fractions
from tallyroom.forensics.flows import slopes, transfers
from tallyroom.forensics.frauds import invented, stuffing
from tallyroom.forensics.histograms import histograms
from tallyroom.forensics.multiplicity import discoveries
from tallyroom.forensics.outliers import outliers
from tallyroom.forensics.returns import Returns, grouping
from tallyroom.forensics.small_counts import small_counts
from tallyroom.forensics.spikes import spikes
from tallyroom.forensics.vectors import repeated_vectors
from tests.forensics.tables import table


def clean(kind: str = "overdispersed", stations: int = 2000, seed: int = 1) -> Returns:
    return clean_election(kind, stations, np.random.default_rng(seed))  # type: ignore[arg-type]


def test_discoveries_hold_the_rate() -> None:
    assert discoveries(np.array([0.001, 0.9, 0.02, 0.5])).tolist() == [True, False, True, False]
    assert discoveries(np.array([0.04, 0.04, 0.04])).tolist() == [True, True, True]
    assert not discoveries(np.array([0.2, 0.03])).any()
    assert len(discoveries(np.zeros(0))) == 0


def test_boxes_of_one_centre_differ_by_chance_in_a_binomial_election() -> None:
    found = centres(clean("binomial"), "a")
    assert found is not None
    assert found.ratio == pytest.approx(1, abs=0.1)
    assert found.beyond_three_percent < 1
    wide = centres(clean("overdispersed"), "a")
    assert wide is not None
    assert wide.ratio > 3
    assert centres(table([9], [5], {"a": [3], "b": [2]}), "a") is None


def test_copied_protocols_are_repeats_beyond_chance() -> None:
    returns = clean()
    level = returns.areas[-1]
    honest = repeated_vectors(returns, level)
    assert honest is not None
    assert honest.p > 0.001
    copied = returns.take(np.r_[0:2000, 0:20])
    found = repeated_vectors(copied, copied.areas[-1])
    assert found is not None
    assert found.pairs >= found.same_invalid >= 20
    assert found.p < 1e-9
    assert "S-0001" in found.examples


def test_repeats_of_stations_under_one_roof_are_told_by_those_that_just_miss() -> None:
    """Stations far more alike than the rest of their area: many repeats, and as many as chance gives."""
    rng = np.random.default_rng(3)
    share = np.repeat(rng.beta(4, 4, 1500), 12)
    valid = rng.binomial(100, np.repeat(rng.uniform(0.6, 0.9, 1500), 12))
    a = rng.binomial(valid, share)
    area = [str(row // 120) for row in range(18_000)]
    votes = {"a": a.tolist(), "b": (valid - a).tolist()}
    returns = table([100] * 18_000, [95] * 18_000, votes, area=area)
    found = repeated_vectors(returns, returns.areas[0])
    assert found is not None
    assert found.pairs > 900
    assert found.expected == pytest.approx(found.pairs, rel=0.06)
    assert found.p > 0.001


def test_pairs_that_just_miss_are_counted_one_by_one() -> None:
    rng = np.random.default_rng(4)
    votes = rng.integers(30, 36, (80, 2))
    area = rng.integers(0, 3, 80)
    returns = table(
        [100] * 80, [90] * 80, {"a": votes[:, 0].tolist(), "b": votes[:, 1].tolist()}, area=[f"A{x}" for x in area]
    )
    found = repeated_vectors(returns, returns.areas[0])
    assert found is not None
    apart = [np.abs(votes[i] - votes[j]) for i in range(80) for j in range(i) if area[i] == area[j]]
    assert found.pairs == sum(each.tolist() == [0, 0] for each in apart)
    assert found.near == sum(sorted(each.tolist()) == [0, 2] for each in apart)


def test_small_counts_without_noughts() -> None:
    ones = [1] * 25 + [2] * 25 + [0] * 2 + [50] * 8
    returns = table([100] * 60, [90] * 60, {"a": [30] * 60, "b": ones}, area=["x"] * 60)
    found = small_counts(returns, returns.areas[0])
    assert found is not None
    (one,) = found.found
    assert (one.candidate, one.noughts, one.ones, one.twos) == ("b", 2, 25, 25)
    assert one.poisson_noughts == 12.5
    assert small_counts(returns, None) is None


def test_outliers_have_both_signs_and_a_placebo() -> None:
    returns = clean("binomial", 1600)
    a = returns.votes["a"].copy()
    a[0], a[40] = int(returns.valid[0] * 0.95), int(returns.valid[40] * 0.05)
    moved = table(
        returns.registered.tolist(),
        returns.ballots.tolist(),
        {"a": a.tolist(), "b": (returns.valid - a).tolist()},
        area=[str(row // 20) for row in range(1600)],
    )
    found = outliers(moved, "a", moved.areas[0])
    assert found is not None
    assert "P0" in found.examples_above
    assert "P40" in found.examples_below
    assert found.above_two > found.above_three
    assert found.discoveries_above < found.above_two


def test_stuffing_makes_slopes_steep() -> None:
    returns = clean("binomial", 2000)
    before = slopes(returns, "a", returns.areas[0])
    after = slopes(stuffing(returns, "a", 0.3, np.random.default_rng(1)), "a", returns.areas[0])
    assert before is not None
    assert after is not None
    assert 0.4 < before.low < before.high < 0.6
    assert after.slope > 0.9


def test_voters_who_moved_between_two_elections_are_found() -> None:
    rng = np.random.default_rng(1)
    register = rng.integers(500, 1500, 800)
    share = rng.beta(4, 4, 800)
    turnout = rng.beta(30, 15, 800)
    cast = (register * turnout).astype(int)
    first = np.stack([(cast * share).astype(int), cast - (cast * share).astype(int)])
    second_a = np.rint(0.8 * first[0] + 0.1 * first[1]).astype(int)
    second_b = np.rint(0.2 * first[0] + 0.9 * first[1]).astype(int)
    area = [str(row // 40) for row in range(800)]
    before = table(register.tolist(), cast.tolist(), {"a": first[0].tolist(), "b": first[1].tolist()}, area=area)
    votes = {"a": second_a.tolist(), "b": second_b.tolist()}
    after = table(register.tolist(), (second_a + second_b).tolist(), votes, area=area)
    found = transfers(before, after)
    assert found is not None
    share_ = np.array(found.share)
    assert share_[:2, :2] == pytest.approx(np.array([[0.8, 0.2], [0.1, 0.9]]), abs=0.02)
    assert share_.sum(axis=1) == pytest.approx(1)
    assert (np.array(found.low) <= np.array(found.high)).all()


def test_instruments_find_votes_that_are_only_elsewhere() -> None:
    returns = clean("binomial", 2000)
    instrument = np.random.default_rng(2).random(2000) < 0.3
    honest = controls(returns, "a", instrument, returns.areas[-1])
    assert honest is not None
    assert honest.p > 0.01
    a = np.where(instrument, returns.votes["a"], np.rint(returns.votes["a"] * 1.1)).astype(np.int64)
    added = int((a - returns.votes["a"]).sum())
    votes = {"a": a.tolist(), "b": returns.votes["b"].tolist()}
    area = [str(code) for code in returns.areas[-1].codes.tolist()]
    more = table(returns.registered.tolist(), returns.ballots.tolist(), votes, area=area)
    found = controls(more, "a", instrument, more.areas[0])
    assert found is not None
    assert found.p < 0.01
    assert found.low < added < found.high


def test_late_stations_of_other_places_are_no_shift() -> None:
    area = ["town"] * 30 + ["country"] * 30
    a = [40] * 30 + [70] * 30
    b = [60] * 30 + [30] * 30
    returns = table([200] * 60, [100] * 60, {"a": a, "b": b}, area=area)
    early = np.array([row < 30 or row >= 55 for row in range(60)])
    found = arrival(returns, "a", "b", early)
    assert found is not None
    assert (found.late, found.predicted, found.residual) == (40, 40, 0)
    assert found.early < 0
    a[40] = 90
    shifted = arrival(table([200] * 60, [100] * 60, {"a": a, "b": b}, valid=[120] * 60, area=area), "a", "b", early)
    assert shifted is not None
    assert shifted.residual > 0
    assert arrival(returns, "a", "b", np.ones(60, np.bool_)) is None


def test_early_stations_by_their_times() -> None:
    returns = table([100] * 10, [50] * 10, {"a": [25] * 10, "b": [25] * 10}, reported_at=np.arange(10.0)[::-1])
    early = early_by_time(returns)
    assert early is not None
    assert early.tolist() == [False, False] + [True] * 8
    assert early_by_time(table([100], [50], {"a": [25], "b": [25]})) is None


def test_the_clean_core_of_an_election_without_a_slope_has_no_votes_beyond() -> None:
    returns = clean("binomial", 4000)
    found = clean_core(returns, "a")
    assert found is not None
    assert found.credible
    assert found.beyond is not None
    assert abs(found.beyond) < 0.05 * returns.totals["a"]
    full = table([100] * 50, [97] * 50, {"a": [60] * 50, "b": [37] * 50})
    high = clean_core(full, "a")
    assert high is not None
    assert not high.credible
    assert high.beyond is None


def test_the_fingerprint_model_is_quiet_on_a_clean_election_and_sees_stuffing() -> None:
    quiet = fingerprint(clean("overdispersed", 4000), "a", replicates=2)
    assert quiet is not None
    assert quiet.extreme.high < 0.02
    returns = clean("binomial", 4000)
    assert fingerprint(returns.take(np.arange(50)), "a") is None


def test_two_fractions_are_the_best_ones() -> None:
    rng = np.random.default_rng(1)
    basis = rng.normal(size=(2, 30))
    x, y, error = two_fractions(basis, 0.3 * basis[0] + 0.2 * basis[1])
    assert (x, y, error) == pytest.approx((0.3, 0.2, 0), abs=1e-9)
    for target in rng.normal(size=(30, 30)):
        x, y, error = two_fractions(basis, target)
        grid = [(i / 40, j / 40) for i in range(41) for j in range(41 - i)]
        best = min(float(((a * basis[0] + b * basis[1] - target) ** 2).sum()) for a, b in grid)
        assert min(x, y) >= 0
        assert x + y <= 1 + 1e-12
        assert error <= best + 1e-9


def test_spikes_are_where_percentages_were_made_up() -> None:
    returns = clean("overdispersed", 2000)
    before = spikes(returns, "a", resamples=60)
    after = spikes(invented(returns, "a", 0.2, np.random.default_rng(1)), "a", resamples=60)
    assert before is not None
    assert after is not None
    assert after.percent > before.percent + 3
    assert sum(heap == round(heap) for heap, _ in after.heaps) >= len(after.heaps) / 2


def test_log_gamma() -> None:
    x = np.array([1e-3, 0.3, 1, 2.5, 6.999, 7, 1e5])
    assert log_gamma(x) == pytest.approx([math.lgamma(value) for value in x.tolist()], rel=1e-10, abs=1e-10)


def test_a_mixture_finds_its_components() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(300, 900, 3000)
    p = np.where(rng.random(3000) < 0.4, rng.beta(40, 160, 3000), rng.beta(140, 60, 3000))
    found = betabinomial.fit(rng.binomial(n, p), n, rng)
    means = found.alpha / (found.alpha + found.beta)
    assert min(means) == pytest.approx(0.2, abs=0.03)
    assert max(means) == pytest.approx(0.7, abs=0.03)


def test_histograms_hold_every_voter_once() -> None:
    returns = clean()
    found = histograms(returns, "a")
    assert sum(found.turnout) == returns.registered.sum()
    assert sum(found.share) == returns.registered.sum()
    assert sum(map(sum, found.plane)) == returns.registered.sum()


def test_groups_by_label() -> None:
    found = grouping("g", ["b", "", "a", "b"])
    assert found.codes.tolist() == [1, -1, 0, 1]
    assert found.names == ("a", "b")
