"""Candidates of candidates.csv, and what the law asks of them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.fault import Fault
from tallyroom.election.folder import load

Spoil = Callable[..., tuple[Fault, ...]]


def candidate(born: date | None, terms_served: int | None = None) -> Candidate:
    return Candidate("a", "A", "", 1, incumbent=False, contest="president", born=born, terms_served=terms_served)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("b,Candidate B", "a,Candidate B", "candidates.csv:3: candidate_id: 'a' stands on line 2 already"),
        ("b,Candidate B", "b b,Candidate B", "candidates.csv:3: candidate_id: 'b b' is not made of letters"),
        ("b,Candidate B", "ə,Candidate B", "candidates.csv:3: candidate_id: 'ə' is not made of letters"),
        ("b,Candidate B", "valid,Candidate B", "candidates.csv: candidate_id: 'valid' is a line of the form"),
        ("B,,2,no", "B,,1,no", "candidates.csv:3: ballot_order: place 1 is taken by line 2"),
        ("B,,2,no", "B,,,no", "candidates.csv:3: ballot_order: the place on the ballot paper is missing"),
        ("B,,2,no", "B,,second,no", "candidates.csv:3: ballot_order: 'second' is not a number"),
        ("B,,2,no", "B,,2,perhaps", "candidates.csv:3: incumbent: 'perhaps' is not yes or no"),
        ("2,no,president,", "2,no,mayor,", "candidates.csv:3: contest: there is no contest 'mayor'"),
        ("2,no,president,,", "2,no,president,1961-13-01,", "candidates.csv:3: born: '1961-13-01' is not a date"),
        ("2,no,president,,", "2,no,president,,two", "candidates.csv:3: terms_served: 'two' is not a number"),
        (",incumbent,", ",sitting,", "candidates.csv:1: incumbent: the column is missing"),
    ],
)
def test_a_fault_of_a_row_is_named_with_its_line(spoil: Spoil, old: str, new: str, fault: str) -> None:
    assert any(str(found).startswith(fault) for found in spoil("candidates.csv", old, new))


def test_candidates_stand_in_the_order_of_the_ballot_paper(election: Path) -> None:
    file = election / "candidates.csv"
    header, first, second = file.read_text().splitlines()
    file.write_text("\n".join([header, second, first]) + "\n")
    assert load(election).contests[0].candidate_ids == ("a", "b")


@pytest.mark.parametrize(("born", "age"), [(date(1989, 2, 7), None), (date(1989, 2, 8), 34), (date(1988, 2, 29), None)])
def test_the_minimum_age_is_reached_on_the_birthday(born: date, age: int | None) -> None:
    objections = Eligibility(minimum_age=35).objections(candidate(born), date(2024, 2, 7))
    assert objections == ([("born", f"a is {age} on 2024-02-07, below 35")] if age else [])


def test_a_limit_of_terms_and_none_at_all() -> None:
    twice = candidate(None, terms_served=2)
    assert Eligibility(maximum_terms=2).objections(twice, date(2024, 2, 7)) == [
        ("terms_served", "a has served 2 of 2 terms")
    ]
    assert Eligibility(maximum_terms=None).objections(twice, date(2024, 2, 7)) == []


def test_a_fact_that_is_not_given_is_a_notice_and_no_fault() -> None:
    rule = Eligibility(minimum_age=35, maximum_terms=2)
    assert rule.objections(candidate(None), date(2024, 2, 7)) == []
    assert len(rule.unknown([candidate(None)])) == 2


def test_an_objection_stops_the_folder(spoil: Spoil, election: Path) -> None:
    settings = election / "election.toml"
    settings.write_text(settings.read_text().replace('maximum_terms = "none"', "maximum_terms = 2"))
    (fault,) = spoil("candidates.csv", "2,no,president,,", "2,no,president,,2")
    assert (fault.field, fault.message) == ("terms_served", "b has served 2 of 2 terms")
