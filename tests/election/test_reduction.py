"""A reduced form asks nothing that does not follow from the full one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.form import VOTES, Form, Term
from tallyroom.election.formfile import shipped_form
from tallyroom.election.reduction import reduced_form
from tallyroom.election.sheet import IntColumn

GENERIC = shipped_form("generic")
AZERBAIJAN = shipped_form("azerbaijan-100.2")

counts = st.integers(0, 500)


@st.composite
def sound_protocols(draw: st.DrawFn) -> dict[str, int]:
    """Figures that break no equation of severity error of the generic form."""
    x, y, invalid, away, stayed = (draw(counts) for _ in range(5))
    found = x + y + invalid
    return {
        **{"x": x, "y": y, "valid": x + y, "invalid": invalid, "ballots_found": found},
        **{"ballots_issued": found + away, "voters_listed": found + away + stayed, "voters_added": 0},
    }


@given(sound_protocols(), st.sets(st.sampled_from(GENERIC.line_ids)))
def test_what_the_full_form_lets_pass_a_reduced_form_lets_pass(protocol: dict[str, int], lines: set[str]) -> None:
    columns = {name: IntColumn(np.array([figure]), np.array([False])) for name, figure in protocol.items()}
    form = reduced_form(GENERIC, lines)
    assert {*form.line_ids} == lines
    assert not form.check(columns, ("x", "y")).errors.any()


@given(st.sets(st.sampled_from(AZERBAIJAN.line_ids)))
def test_a_reduced_form_names_only_its_own_lines(lines: set[str]) -> None:
    form = reduced_form(AZERBAIJAN, lines)
    roles = (form.roles.registered, form.roles.issued, form.roles.ballots, form.roles.valid, form.roles.invalid)
    named = {term.field for terms in roles for term in terms} | {f for e in form.equations for f in e.fields}
    assert named <= lines | {VOTES}


def equations(form: Form) -> dict[str, tuple[list[str], str, list[str]]]:
    return {e.code: ([t.field for t in e.left], e.relation, [t.field for t in e.right]) for e in form.equations}


def test_a_table_with_ballots_cast_keeps_the_limit_of_the_register() -> None:
    form = reduced_form(GENERIC, ("voters_listed", "ballots_found", "valid", "invalid"))
    assert equations(form) == {
        "E-01": (["valid"], "=", ["votes"]),
        "E-02": (["ballots_found"], "=", ["valid", "invalid"]),
        "E-04": (["ballots_found"], "<=", ["voters_listed"]),
        "W-02": (["invalid"], "<", ["valid", "invalid"]),
        "W-03": ([], "<", ["ballots_found"]),
    }
    assert form.roles.issued == ()
    limit = next(equation for equation in form.equations if equation.code == "E-04")
    assert limit.citation.endswith("(as far as it follows without ballots_issued, voters_added)")


def test_a_table_of_votes_alone_has_the_sum_of_votes_for_valid_votes() -> None:
    form = reduced_form(GENERIC, ())
    assert form.roles.valid == (Term(1, VOTES),)
    assert (form.lines, form.equations) == ((), ())


def test_of_a_sum_with_a_missing_part_remains_that_the_rest_is_no_more() -> None:
    form = reduced_form(GENERIC, ("ballots_found", "valid"))
    assert equations(form)["E-02"] == (["valid"], "<=", ["ballots_found"])


def test_a_form_with_all_its_lines_stays_itself() -> None:
    assert reduced_form(AZERBAIJAN, AZERBAIJAN.line_ids) is AZERBAIJAN
