"""The verifier's own arithmetic against the count's: the same breaches and the same figures, whatever the acts."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallyroom.election.fault import Faults
from tallyroom.election.folder import definition_files
from tallyroom.election.formfile import _terms
from tallyroom.election.rules import Rule
from tallyroom.election.settings import Settings
from tallyroom.record import acts
from tallyroom.tally.fold import fold
from tallyroom.tally.results import percent as shown_percent
from tallyroom.tally.state import State
from tallyroom.tally.summary import Summary
from tallyverify.count import Breach, Count
from tallyverify.figures import area_rows, percent, results, station_rows, totals
from tests.tally.test_fold import nights
from tests.tally.village import village

TENTH = Fraction(1, 10)
RULES = [
    Rule("absolute_majority", additions_share=TENTH),
    Rule("plurality"),
    Rule("threshold", threshold=Fraction(1, 100), additions_share=Fraction(1, 3)),
    Rule("absolute_majority", minimum_turnout=Fraction(1, 50), void_share=TENTH),
]


def replayed(count: Count, night: list[acts.AnyAct]) -> list[int]:
    """The numbers of the acts that had no effect."""
    breaches = []
    for number, act in enumerate(night):
        try:
            count.take(json.loads(acts.encode(act)))
        except Breach:
            breaches.append(number)
    return breaches


def without(got: Any, expected: Any) -> Any:
    """`got` without the members that `expected` does not have."""
    if isinstance(got, dict) and isinstance(expected, dict):
        return {name: without(value, expected.get(name)) for name, value in got.items() if name in expected}
    if isinstance(got, list) and isinstance(expected, list) and len(got) == len(expected):
        return [without(one, other) for one, other in zip(got, expected, strict=True)]
    return got


@settings(max_examples=150)
@given(nights, st.sampled_from(RULES), st.booleans())
def test_the_replay_agrees_with_the_count(night: list[acts.AnyAct], rule: Rule, everything: bool) -> None:
    definition = village(rule, contests=2)
    if everything:  # every station reports, so that outcomes are reached
        night = [
            *night,
            acts.Accepted(at="t", first=0, count=len(night)),
            *(
                acts.Protocol(
                    at="t",
                    contest=c.id,
                    station=s,
                    votes=dict.fromkeys(c.candidate_ids, 9),
                    lines=dict.fromkeys(definition.form.line_ids, 27),
                )
                for c in definition.contests
                for s in definition.stations.ids
            ),
            acts.Accepted(at="t", first=0, count=1000),
        ]  # fmt: skip
    state, count = State(definition), Count(definition_files(definition))
    fold(state, night)
    assert replayed(count, night) == [breach.act for breach in state.breaches]
    act = {"snapshot": {"size": len(night), "root": "r"}, "at": "now"}
    for name, contest in count.contests.items():
        sums = totals(count, contest)
        ours = results(count, contest, act, sums)
        theirs = Summary(state, state.contests[name], "r", "now", publishing=True).results(range(len(definition.areas)))
        shown = json.loads(__import__("msgspec").json.encode(theirs)) | {"areas": []}
        assert ours == without(shown, ours)
        for row, area in zip(area_rows(count, contest, act, sums), theirs.areas, strict=True):
            assert (row["area_id"], row["cast"], row["valid"], row["invalid"]) == (
                area.area_id, area.cast, area.valid, area.invalid,
            )  # fmt: skip
            assert {c: row[f"v_{c}"] for c in contest.ids} == area.votes
        counted = state.contests[name].counted.whole
        whole = totals(count, contest, counted=True)[-1]
        assert [whole[column] for column in state.contests[name].columns] == counted.tolist()
        statuses = [row["status"] for row in station_rows(count, contest)]
        assert statuses == [
            ["expected", "received", "in_review", "accepted", "annulled"][s] for s in state.contests[name].status
        ]


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_percentages_agree(part: int, whole: int) -> None:
    assert percent(part, whole) == shown_percent(part, whole)


@pytest.mark.parametrize("term", ["valid", "-valid", "- valid", "3 invalid", "-100 invalid", "votes"])
def test_terms_are_read_as_the_form_reads_them(term: str) -> None:
    lines = ["valid", "invalid"]
    read = _terms(Settings("f", "", {"x": [term]}, Faults()), "x", lines)
    count = Count(definition_files(village()))
    contest = next(iter(count.contests.values()))
    expected = [(t.coefficient, c) for t in read for c in (contest.ids if t.field == "votes" else [t.field])]
    assert contest._terms([term]) == expected
