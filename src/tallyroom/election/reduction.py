"""A form reduced to the lines that a source has, with what its equations still say of these.

A published table seldom has every line of the form.  A line that the source does not have is not on the form:
no figure is put in its place.  Each equation is kept as far as it follows from the full form:

* ballots found are the valid and the invalid ones, and valid ones are the sum of the votes;
* ballots issued are at least those found, so that ballots found <= voters follows from issued <= voters;
* a source with one figure of voters has all of them in it;
* of "a = b + missing" remains b <= a, because no figure is negative.

What says nothing more (found <= found) goes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from tallyroom.election.form import VOTES, Equation, Form, Roles, Term

STANDS_FOR: dict[str, tuple[Term, ...]] = {
    "voters_added": (),
    "valid": (Term(1, VOTES),),
    "ballots_found": (Term(1, "valid"), Term(1, "invalid")),
    "ballots_issued": (Term(1, "ballots_found"),),
}
"""What takes the place of a missing line in an equation (see the module)."""


def reduced_form(form: Form, lines: Collection[str]) -> Form:
    """The form with those of its lines that are in `lines`, their roles and what remains of its equations."""
    kept = tuple(line for line in form.lines if line.id in lines)
    if kept == form.lines:
        return form
    equations = (_reduced(equation, lines) for equation in form.equations)
    return replace(
        form,
        id=f"{form.id}-reduced",
        lines=kept,
        roles=_roles(form.roles, lines),
        equations=tuple(equation for equation in equations if equation is not None),
    )


def _roles(roles: Roles, lines: Collection[str]) -> Roles:
    """Roles over the lines that are left; none for ballots issued, which nothing stands for exactly."""
    return Roles(
        registered=_known(_side(roles.registered, lines), lines),
        issued=_known(roles.issued, lines),
        ballots=_known(_side(roles.ballots, lines), lines),
        valid=_known(_side(roles.valid, lines), lines),
        invalid=_known(roles.invalid, lines),
    )


def _known(terms: Sequence[Term], lines: Collection[str]) -> tuple[Term, ...]:
    """The terms if the form has every one of them, else none: a part of a sum is not the sum."""
    return tuple(terms) if all(term.field in (*lines, VOTES) for term in terms) else ()


def _reduced(equation: Equation, lines: Collection[str]) -> Equation | None:
    """What remains of an equation without the lines that are missing; None if it says nothing more."""
    absent = sorted({field for field in equation.fields if field not in lines and field != VOTES})
    if not absent:
        return equation
    left, left_gone = _split(_side(equation.left, lines), lines)
    right, right_gone = _split(_side(equation.right, lines), lines)
    relation = equation.relation
    if any(term.coefficient < 0 for term in (*left_gone, *right_gone)):
        return None
    if right_gone and (left_gone or relation != "="):
        return None
    if right_gone:
        left, right = right, left
    if relation == "=" and (left_gone or right_gone):
        relation = "<="
    if _says_nothing(left, right, relation):
        return None
    citation = f"{equation.citation} (as far as it follows without {', '.join(absent)})"
    return replace(equation, left=left, relation=relation, right=right, citation=citation)


def _side(terms: Sequence[Term], lines: Collection[str]) -> tuple[Term, ...]:
    """A sum with every missing line replaced by what stands for it, and the same again for that."""
    found: list[Term] = []
    for coefficient, field in terms:
        if field in lines or field == VOTES or field not in STANDS_FOR:
            found.append(Term(coefficient, field))
        else:
            found += [Term(coefficient * c, f) for c, f in _side(STANDS_FOR[field], lines)]
    return tuple(found)


def _split(terms: Sequence[Term], lines: Collection[str]) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """The terms that the source has, and those that it has not."""
    known = tuple(term for term in terms if term.field in (*lines, VOTES))
    return known, tuple(term for term in terms if term not in known)


def _says_nothing(left: Sequence[Term], right: Sequence[Term], relation: str) -> bool:
    """Whether the equation holds for all figures: nothing is left over on the left that could be too much."""
    surplus: Counter[str] = Counter()
    for coefficient, field in left:
        surplus[field] += coefficient
    for coefficient, field in right:
        surplus[field] -= coefficient
    if relation == "=":
        return not any(surplus.values())
    return relation == "<=" and all(coefficient <= 0 for coefficient in surplus.values())
