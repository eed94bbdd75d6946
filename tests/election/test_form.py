"""Control equations against an oracle in plain Python, with figures that could not be read."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.fault import BadInput, Faults
from tallyroom.election.form import UNREAD, VOTES, Equation, Failure, Form, Term
from tallyroom.election.formfile import SHIPPED, form_table, read_form, shipped_form
from tallyroom.election.settings import Settings
from tallyroom.election.sheet import IntColumn

FIELDS = ("a", "b", "c")
Figures = dict[str, int | None]

counts = st.integers(0, 40) | st.integers(0, 10**6)
terms = st.lists(st.builds(Term, st.sampled_from([-1, 1, 3, 100]), st.sampled_from(FIELDS)), max_size=3)
equations = st.builds(
    Equation,
    code=st.just("E-01"),
    title=st.just(""),
    left=terms.map(tuple),
    relation=st.sampled_from(["=", "<=", "<"]),
    right=terms.map(tuple),
    severity=st.just("error"),
    instruction=st.just(""),
    citation=st.just(""),
    slack=st.sampled_from([0, 0, 14]),
    slack_percent=st.sampled_from([0, 0, 2]),
)
figures = st.fixed_dictionaries({field: st.none() | counts for field in FIELDS})


def column(cells: list[int | None]) -> IntColumn:
    return IntColumn(
        np.array([cell or 0 for cell in cells], np.int64), np.array([cell is None for cell in cells], np.bool_)
    )


def columns(protocols: list[Figures]) -> dict[str, IntColumn]:
    return {field: column([protocol[field] for protocol in protocols]) for field in protocols[0]}


def side(side_terms: tuple[Term, ...], protocol: dict[str, int]) -> int:
    return sum(coefficient * protocol[field] for coefficient, field in side_terms)


def broken_by(equation: Equation, protocol: dict[str, int]) -> int | None:
    """By how much a fully read protocol breaks an equation, as its definition says; None if it does not."""
    left, right = side(equation.left, protocol), side(equation.right, protocol)
    if equation.relation == "<":
        return left - right if left >= right else None
    if equation.relation == "<=":
        return left - right if left - right > equation.slack else None
    difference = abs(left - right)
    beyond = difference > equation.slack and difference >= Fraction(equation.slack_percent, 100) * left
    return difference if beyond else None


@given(equations, st.lists(figures, min_size=1, max_size=20))
def test_an_equation_of_read_figures_is_what_plain_python_says(equation: Equation, protocols: list[Figures]) -> None:
    read = [{field: figure or 0 for field, figure in protocol.items()} for protocol in protocols]
    verdict = equation.check(columns([dict(protocol) for protocol in read]))
    expected = [broken_by(equation, protocol) for protocol in read]
    assert verdict.fails.tolist() == [amount is not None for amount in expected]
    assert verdict.amount.tolist() == [amount or 0 for amount in expected]
    assert not verdict.undecided.any()


@given(equations, figures, st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=10))
def test_an_unread_figure_fails_only_what_no_figure_could_mend(
    equation: Equation, protocol: Figures, guesses: list[tuple[int, int, int]]
) -> None:
    verdict = equation.check(columns([protocol]))
    unread = [field for field in equation.fields if protocol[field] is None]
    assert bool(verdict.undecided[0]) == (bool(unread) and not verdict.fails[0])
    if not verdict.fails[0] or {*equation.left} & {*equation.right}:
        return
    for guess in guesses:
        completed = {f: g if protocol[f] is None else protocol[f] or 0 for f, g in zip(FIELDS, guess, strict=True)}
        amount = broken_by(equation, completed)
        assert amount is not None
        assert amount >= verdict.amount[0]


def test_an_unread_figure_is_never_zero() -> None:
    form = shipped_form("generic")
    protocol: Figures = dict.fromkeys((*form.line_ids, "x", "y"), 100)
    protocol |= {"x": None, "y": 60, "invalid": 0}
    checked = form.check(columns([protocol]), ("x", "y"))
    assert checked.errors.tolist() == [True]
    assert checked.failures(0) == (Failure(UNREAD, "error", 0, True),)
    protocol |= {"y": 130}
    (failure, _) = form.check(columns([protocol]), ("x", "y")).failures(0)
    assert failure == Failure("E-01", "error", 30, at_least=True)


def test_all_failures_of_a_protocol_come_at_once() -> None:
    form = shipped_form("generic")
    protocol = {"voters_listed": 50, "voters_added": 0, "ballots_issued": 60, "ballots_found": 70}
    protocol |= {"valid": 60, "invalid": 20, "x": 30, "y": 29}
    checked = form.check(columns([dict(protocol)]), ("x", "y"))
    assert [(f.code, f.amount) for f in checked.failures(0)] == [
        *(("E-01", 1), ("E-02", 10), ("E-03", 10), ("E-04", 10)),
        *(("W-02", 1760),),
    ]
    assert checked.errors.tolist() == checked.warnings.tolist() == [True]


def test_a_sound_protocol_of_the_code_of_azerbaijan_passes() -> None:
    form = shipped_form("azerbaijan-100.2")
    lines = [900, 20, 10, 915, 1000, 700, 30, 5, 290, 7, 28, 668, 680, 2, 16, 3]
    protocol: Figures = dict(zip(form.line_ids, lines, strict=True)) | {"x": 500, "y": 180}
    assert form.check(columns([protocol]), ("x", "y")).failures(0) == ()
    protocol["ballots_mobile_box"] = 31
    assert "E-06" in [failure.code for failure in form.check(columns([protocol]), ("x", "y")).failures(0)]


def test_every_shipped_form_reads_back_equal() -> None:
    for name in SHIPPED:
        form, faults = shipped_form(name), Faults()
        assert read_form(Settings("f.toml", "", form_table(form), faults)) == form
        assert faults.count == 0


@given(st.lists(st.builds(Term, st.integers(1, 9999), st.sampled_from(["valid", VOTES])), max_size=4))
def test_terms_read_back_as_written(found: list[Term]) -> None:
    form = shipped_form("generic")
    signed = tuple(Term(c * (-1) ** i, field) for i, (c, field) in enumerate(found))
    changed = replace(form, equations=(replace(form.equations[0], right=signed),))
    assert _read_back(changed) == changed


def _read_back(form: Form) -> Form:
    faults = Faults()
    found = read_form(Settings("f.toml", "", form_table(form), faults))
    faults.refuse()
    return found


@pytest.mark.parametrize("text", ["val id", "votes_of_x", "2.5 valid", "99999 valid", "", "--valid", "valid + invalid"])
def test_a_term_that_names_no_line_is_refused(text: str) -> None:
    table = form_table(shipped_form("generic"))
    table["equation"][0]["right"] = [text]
    faults = Faults()
    read_form(Settings("f.toml", "", table, faults))
    with pytest.raises(BadInput, match="names no line of the form"):
        faults.refuse()
