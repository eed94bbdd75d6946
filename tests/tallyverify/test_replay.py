"""The verifier's own arithmetic against the count's: the same breaches and the same figures, whatever the acts."""

import dataclasses
import json
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tallyroom.election.definition import Contest
from tallyroom.election.folder import definition_files
from tallyroom.election.form import Term
from tallyroom.election.formfile import shipped_form
from tallyroom.election.rules import Rule
from tallyroom.record import acts
from tallyroom.tally.fold import fold
from tallyroom.tally.results import percent as shown_percent
from tallyroom.tally.state import State
from tallyroom.tally.stations import station_table
from tallyroom.tally.summary import Summary
from tallyverify.count import Count
from tallyverify.figures import area_rows, percent, results, station_rows, totals
from tallyverify.record import Fault
from tests.tally.test_fold import nights
from tests.tally.village import lines, village

TENTH = Fraction(1, 10)
RULES = [
    Rule("absolute_majority", additions_share=TENTH),
    Rule("plurality"),
    Rule("threshold", threshold=Fraction(1, 100), additions_share=Fraction(1, 3)),
    Rule("absolute_majority", minimum_turnout=Fraction(1, 50), void_share=TENTH),
]
ALL_ACCEPTED = acts.Accepted(at="t", first=0, count=1000)


def first(contest: Contest, station: str) -> acts.Protocol:
    """A protocol of a station, the first if it has none."""
    votes = {candidate: 9 * place for place, candidate in enumerate(contest.candidate_ids, 1)}
    return acts.Protocol(at="t", contest=contest.id, station=station, votes=dict(votes), lines=lines(54))


def replayed(count: Count, night: list[acts.AnyAct]) -> list[int]:
    """The numbers of the acts that had no effect."""
    breaches = []
    for number, act in enumerate(night):
        try:
            count.take(json.loads(acts.encode(act)))
        except Fault:
            breaches.append(number)
    return breaches


def without(got: Any, expected: Any) -> Any:
    """`got` without the members that `expected` does not have."""
    if isinstance(got, dict) and isinstance(expected, dict):
        return {name: without(value, expected.get(name)) for name, value in got.items() if name in expected}
    if isinstance(got, list) and isinstance(expected, list) and len(got) == len(expected):
        return [without(one, other) for one, other in zip(got, expected, strict=True)]
    return got


WAITS = acts.Protocol(at="t", contest="mayor", station="S-0001", votes={"a": 5, "b": 1, "c": 0}, lines=lines(6))
HELD = acts.InReview(at="t", protocol=0, failures=("E-01",))
UNTIL = acts.Annulment(at="t", contest="mayor", station="S-0001", supersedes=0, reason="never to be accepted")
BURNT = acts.Annulment(at="t", contest="mayor", station="S-0002", reason="the ballots were burnt")
AGAIN = [acts.Accepted(at="t", first=0), WAITS, UNTIL, BURNT]


@example(night=[WAITS, UNTIL, BURNT, *AGAIN], rule=RULES[3], everything=True)
@example(night=[WAITS, HELD, UNTIL, *AGAIN], rule=RULES[0], everything=False)
@settings(max_examples=150)
@given(nights, st.sampled_from(RULES), st.booleans())
def test_the_replay_agrees_with_the_count(night: list[acts.AnyAct], rule: Rule, everything: bool) -> None:
    definition = village(rule, contests=2)
    if everything:  # every station reports, so that outcomes are reached
        protocols = [first(contest, s) for contest in definition.contests for s in definition.stations.ids]
        night = [*night, ALL_ACCEPTED, *protocols, ALL_ACCEPTED]
    state, count = State(definition), Count(definition_files(definition))
    fold(state, night)
    assert replayed(count, night) == [breach.act for breach in state.breaches]
    act = {"snapshot": {"size": len(night), "root": "r"}, "at": "now"}
    for name, contest in count.contests.items():
        sums = totals(count, contest)
        ours = results(count, contest, act, sums[""])
        theirs = Summary(state, state.contests[name], "r", "now", publishing=True).results(range(len(definition.areas)))
        shown = json.loads(msgspec.json.encode(theirs)) | {"areas": []}
        assert ours == without(shown, ours)
        header, *rows = area_rows(count, contest, act, sums)
        for row, area in zip((dict(zip(header, row, strict=True)) for row in rows), theirs.areas, strict=True):
            assert (row["area_id"], row["cast"], row["valid"], row["invalid"]) == (
                area.area_id, area.cast, area.valid, area.invalid,
            )  # fmt: skip
            assert {c: row[f"v_{c}"] for c in contest.ids} == area.votes
        counted = state.contests[name].counted.whole
        whole = totals(count, contest, counted=True)[""]
        assert [whole[column] for column in state.contests[name].columns] == counted.tolist()
        table = station_table(state, state.contests[name]).to_pylist()
        header, *rows = station_rows(count, contest)
        for station, row in zip((dict(zip(header, cells, strict=True)) for cells in rows), table, strict=True):
            assert {column: station[column] for column in row if column in station} == {
                column: figure for column, figure in row.items() if column in station
            }


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_percentages_agree(part: int, whole: int) -> None:
    assert percent(part, whole) == shown_percent(part, whole)


@pytest.mark.parametrize("name", ["generic", "azerbaijan-100.2"])
def test_the_roles_of_a_form_are_read_as_the_form_reads_them(name: str) -> None:
    form = shipped_form(name)
    odd = dataclasses.replace(form.roles, invalid=(Term(-1, form.line_ids[0]), Term(-30, "votes"), Term(2, "votes")))
    definition = dataclasses.replace(village(), form=dataclasses.replace(form, roles=odd))
    contest = next(iter(Count(definition_files(definition)).contests.values()))
    row = {column: 10**place for place, column in enumerate((*form.line_ids, *contest.ids))}
    count = State(definition).contests[contest.id]
    for role, terms in vars(odd).items():
        assert contest.sum(role, row) == sum(10**place * int(w) for place, w in enumerate(count.weights(terms)))
