"""On clean elections the scored tests flag no more than they say; frauds put in are seen where they should be.

A seeded sample; benchmarks/examine.py runs a thousand elections of each kind.
"""

import numpy as np
import pytest

from tallyroom.forensics.binomial import binomial_tail
from tallyroom.forensics.clean import KINDS, Kind, clean_election, redrawn
from tallyroom.forensics.digits import digits
from tallyroom.forensics.examination import CLASSES
from tallyroom.forensics.frauds import FRAUDS, gained
from tallyroom.forensics.integers import integers
from tallyroom.forensics.power import TESTS, Task, power, setting, simulate
from tallyroom.forensics.references import INTEGERS, RARE, control_rate, rate
from tallyroom.forensics.vectors import repeated_vectors

ELECTIONS, STATIONS = 100, 500
NEVER = 1e-4
"""A number of rejections that a test of the right size gives less often than this is a failure."""


def too_many(p: list[float], level: float) -> bool:
    """Whether so many p-values are below the level that their true rate must be above it."""
    return binomial_tail(sum(value < level for value in p), len(p), level) < NEVER


@pytest.mark.parametrize("kind", KINDS)
def test_scored_tests_are_of_their_size_on_clean_elections(kind: Kind) -> None:
    p: dict[str, list[float]] = {"either": [], "result": [], "turnout": [], "vectors": []}
    for number in range(ELECTIONS):
        returns = clean_election(kind, STATIONS, np.random.default_rng((7, number)))
        found = integers(returns, "a", seed=number)
        assert found.turnout is not None
        p["either"].append(found.either.p)
        p["result"].append(found.result.p)
        p["turnout"].append(found.turnout.p)
        repeats = repeated_vectors(returns, returns.areas[-1])
        p["vectors"].append(repeats.p if repeats else 1.0)
    assert {name: level for name, values in p.items() for level in (0.01, 0.05, 0.2) if too_many(values, level)} == {}


def test_control_elections_are_flagged_no_more_than_the_nominal_rate() -> None:
    for name in INTEGERS:
        for level in (RARE, 0.05):
            found = control_rate(name, level)
            assert found.elections >= 18
            assert found.nominal, (name, found)


def test_what_fails_on_control_elections_is_not_scored() -> None:
    classes = {"vectors_p": "repeated_vectors", "second_digit_p": "digits", "last_digit_p": "digits"}
    for name, indicator in classes.items():
        assert not control_rate(name, RARE).nominal
        assert CLASSES[indicator] in ("description", "no_evidence")
    assert not {"repeated_vectors", "digits"} & {*TESTS}


def test_a_rate_is_set_beside_its_level() -> None:
    found = rate([0.0001, 0.2, 0.5, 0.7], 0.001)
    assert (found.flags, found.elections, found.nominal) == (1, 4, False)
    assert found.chance == pytest.approx(1 - 0.999**4)
    assert rate([0.2] * 20, 0.05).nominal


def test_benford_rejects_clean_elections_and_is_no_evidence() -> None:
    found = [digits(clean_election("binomial", 3000, np.random.default_rng((8, n))), "a") for n in range(12)]
    assert too_many([each.second_p for each in found if each], 0.05)


def test_a_redrawn_table_is_sound_and_like_the_first() -> None:
    returns = clean_election("mixture", 3000, np.random.default_rng(1))
    again = redrawn(returns, np.random.default_rng(2))
    assert (again.ballots <= again.registered).all()
    assert (again.valid <= again.ballots).all()
    votes = np.sum(list(again.votes.values()), axis=0)
    assert (votes == again.valid).all()
    assert again.valid.sum() == pytest.approx(returns.valid.sum(), rel=0.01)
    assert again.totals["a"] == pytest.approx(returns.totals["a"], rel=0.01)


@pytest.mark.parametrize("name", FRAUDS)
def test_a_fraud_favours_its_candidate_and_keeps_the_sums(name: str) -> None:
    before = clean_election("overdispersed", 1000, np.random.default_rng(1))
    after = FRAUDS[name](before, "a", 0.1, np.random.default_rng(2))
    assert gained(before, after, "a") > 0
    assert (np.sum(list(after.votes.values()), axis=0) == after.valid).all()
    assert (after.ballots <= after.registered).all()
    changed = (after.votes["a"] != before.votes["a"]) | (after.ballots != before.ballots)
    assert 0.05 * len(before) < changed.sum() <= 0.2 * len(before)
    assert (before.votes["a"] >= 0).all()


def test_made_up_percentages_are_seen_and_a_clean_election_is_not() -> None:
    returns = clean_election("overdispersed", 3000, np.random.default_rng(1))
    curves = {(cell.fraud, cell.size): cell.detected for cell in power(returns, "a", 55, sizes=(0.1,))}
    assert curves[("none", 0.0)] == 0
    assert curves[("invented", 0.1)] == 1
    assert curves[("rounded_turnout", 0.1)] == 1
    assert curves[("switching", 0.1)] == 0


def test_the_same_task_gives_the_same_election() -> None:
    returns = clean_election("small", 400, np.random.default_rng(1))
    one = setting(returns, "a")
    assert simulate(one, Task("stuffing", 0.02, 3)) == simulate(one, Task("stuffing", 0.02, 3))
    assert simulate(one, Task("stuffing", 0.02, 3)) != simulate(one, Task("stuffing", 0.02, 4))
