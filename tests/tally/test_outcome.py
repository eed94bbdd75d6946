"""The outcome and its exact bounds, held against every way in which the outstanding votes could fall."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.rules import Rule
from tallyroom.tally.outcome import Standing, outcome, settled
from tests.tally.village import village

votes = st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any)


def standing(counted: list[int], left: int, complete: bool = False) -> Standing:
    ranked = sorted(zip("abc", counted, strict=True), key=lambda pair: -pair[1])
    return Standing(
        ranked=tuple(ranked),
        valid=sum(counted),
        voted=sum(counted),
        registered=100,
        complete=complete,
        outstanding=left,
        by="register",
        annulled_register=0,
        total_register=100,
    )


def endings(counted: list[int], left: int) -> Iterator[list[int]]:
    """Every final count that the outstanding votes allow."""
    a, b, c = counted
    for to_a in range(left + 1):
        for to_b in range(left + 1 - to_a):
            for to_c in range(left + 1 - to_a - to_b):
                yield [a + to_a, b + to_b, c + to_c]


@given(votes, st.integers(0, 5))
def test_the_leader_is_settled_exactly_when_no_ending_draws_level(counted: list[int], left: int) -> None:
    found = settled(village(), standing(counted, left))
    assert found is not None
    leader = max(range(3), key=counted.__getitem__)
    others = [place for place in range(3) if place != leader]
    never = all(all(end[leader] > end[other] for other in others) for end in endings(counted, left))
    assert found.leader_settled == never


@given(votes, st.integers(0, 5))
def test_a_majority_is_settled_exactly_when_every_ending_has_it(counted: list[int], left: int) -> None:
    found = settled(village(), standing(counted, left))
    assert found is not None
    always = all(2 * end[counted.index(max(counted))] > sum(end) for end in endings(counted, left))
    assert found.majority_settled == always


@given(votes, st.integers(0, 5))
def test_absolute_majority_says_settled_and_run_off_only_when_every_ending_agrees(
    counted: list[int], left: int
) -> None:
    rule = Rule("absolute_majority")
    found = outcome(rule, standing(counted, left))
    outright = [any(2 * votes > sum(end) for votes in end) for end in endings(counted, left)]
    if found.status == "settled":
        winner = "abc".index(found.leader or "")
        assert all(2 * end[winner] > sum(end) for end in endings(counted, left))
    elif found.status == "run_off":
        assert not any(outright)
        pair = {"abc".index(candidate) for candidate in found.run_off}
        rest = ({0, 1, 2} - pair).pop()
        assert all(min(end[one] for one in pair) > end[rest] for end in endings(counted, left))
    else:
        assert found.status == "open"
        assert found.winner is None


@given(votes)
def test_a_complete_plurality_is_settled_unless_the_first_two_are_level(counted: list[int]) -> None:
    rule = Rule("plurality")
    found = outcome(rule, standing(counted, 0, complete=True))
    first, second, _ = sorted(counted, reverse=True)
    assert (found.status == "settled") == (first > second)
    if first == second:
        assert "same number" in found.why
        assert found.leader is None


@given(votes, st.integers(0, 5), st.integers(1, 30))
def test_a_threshold_of_the_register_is_settled_only_when_reached_whatever_comes(
    counted: list[int], left: int, percent: int
) -> None:
    rule = Rule("threshold", threshold=Fraction(percent, 100))
    found = outcome(rule, standing(counted, left))
    if found.status == "settled":
        assert max(counted) * 100 >= percent * (100 + left)
    if found.status == "run_off":
        assert (max(counted) + left) * 100 < percent * 100


@pytest.mark.parametrize(("voted", "status"), [(24, "no_valid_election"), (25, "settled")])
def test_a_minimum_turnout_that_is_missed_leaves_no_valid_election(voted: int, status: str) -> None:
    rule = Rule("plurality", minimum_turnout=Fraction(1, 4))
    figures = replace(standing([9, 3, 1], 0, complete=True), voted=voted)
    assert outcome(rule, figures).status == status


@pytest.mark.parametrize(("annulled", "status"), [(19, "settled"), (20, "no_valid_election")])
def test_annulled_stations_above_the_share_of_the_rule_void_the_election(annulled: int, status: str) -> None:
    rule = Rule("plurality", void_share=Fraction(1, 5))
    figures = replace(standing([9, 3, 1], 0, complete=True), annulled_register=annulled)
    assert outcome(rule, figures).status == status


def test_before_the_first_vote_there_is_no_arithmetic_and_no_leader() -> None:
    rule = Rule("absolute_majority")
    empty = standing([0, 0, 0], 50)
    assert settled(village(rule), empty) is None
    found = outcome(rule, empty)
    assert (found.status, found.leader) == ("open", None)


def test_the_hurdle_is_the_share_of_what_is_left_that_draws_level() -> None:
    found = settled(village(), standing([60, 40, 0], 100))
    assert found is not None
    assert found.hurdle_percent == "60.00"
