"""Protocol forms as TOML: the table [form] of election.toml, and the forms that ship."""

import re
from importlib import resources
from typing import Any, cast

from tallyroom.election.fault import Faults
from tallyroom.election.form import VOTES, Equation, Form, Line, Relation, Roles, Severity, Term
from tallyroom.election.settings import Settings, read_settings

SHIPPED = ("generic", "azerbaijan-100.2")
ROLES = ("registered", "issued", "ballots", "valid", "invalid")
EQUATION_KEYS = ("code", "title", "left", "relation", "right", "severity", "instruction", "citation")
_TERM = re.compile(r"^(-?)\s*(?:(\d{1,4})\s+)?([a-z][a-z0-9_]*)$")


def shipped_form(name: str) -> Form:
    """One of the forms that ship, by name: "generic" or "azerbaijan-100.2"."""
    faults = Faults()
    file = resources.files("tallyroom.election") / "forms" / f"{name}.toml"
    settings = read_settings(f"{name}.toml", file.read_bytes, faults)
    form = read_form(settings.table("form")) if settings else None
    faults.refuse()
    assert form is not None
    return form


def read_form(settings: Settings) -> Form:
    """A form from its table; every fault of every line and equation is noted."""
    settings.known("id", "title", "law", "line", "roles", "equation")
    lines = tuple(_line(entry) for entry in settings.tables("line"))
    ids = [line.id for line in lines]
    for line_id in sorted({line_id for line_id in ids if ids.count(line_id) > 1 or line_id == VOTES}):
        settings.fault("id", f"the line {line_id!r} stands twice or is reserved", "Give every line its own id")
    roles = settings.table("roles")
    roles.known(*ROLES)
    return Form(
        id=settings.string("id", "generic/1"),
        title=settings.string("title", "Protocol of results"),
        law=settings.string("law", "", default=""),
        lines=lines,
        roles=Roles(**{role: _terms(roles, role, ids) for role in ROLES if role in roles.values}),
        equations=tuple(_equation(entry, ids) for entry in settings.tables("equation")),
    )


def _line(settings: Settings) -> Line:
    settings.known("id", "number", "title")
    return Line(
        settings.string("id", "valid"),
        settings.string("number", "", default=""),
        settings.string("title", "Valid votes"),
    )


def _terms(settings: Settings, key: str, lines: list[str]) -> tuple[Term, ...]:
    """A sum written as a list of terms: "valid", "-voters_card_out", "100 invalid"; [] is zero."""
    terms = []
    for text in settings.strings(key, '"valid", "-invalid"'):
        match = _TERM.match(text)
        if match is None or match.group(3) not in (*lines, VOTES):
            known = ", ".join([*lines, VOTES])
            settings.fault(key, f"{text!r} names no line of the form", f"Use terms such as 2 valid; lines: {known}")
            continue
        sign, coefficient, field = match.groups()
        terms.append(Term((-1 if sign else 1) * int(coefficient or 1), field))
    return tuple(terms)


def _equation(settings: Settings, lines: list[str]) -> Equation:
    settings.known(*EQUATION_KEYS, "slack", "slack_percent")
    return Equation(
        code=settings.string("code", "E-01"),
        title=settings.string("title", "Votes add up"),
        left=_terms(settings, "left", lines),
        relation=cast(Relation, settings.choice("relation", ("=", "<=", "<"))),
        right=_terms(settings, "right", lines),
        severity=cast(Severity, settings.choice("severity", ("error", "warning"))),
        instruction=settings.string("instruction", "Read the paper again", default=""),
        citation=settings.string("citation", "Article 107", default=""),
        slack=settings.value("slack", int, "14", 0),
        slack_percent=settings.value("slack_percent", int, "2", 0),
    )


def form_table(form: Form) -> dict[str, Any]:
    """A form as the table that `read_form` reads back equal."""
    return {
        "id": form.id,
        "title": form.title,
        "law": form.law,
        "line": [{"id": line.id, "number": line.number, "title": line.title} for line in form.lines],
        "roles": {role: _written(terms) for role in ROLES if (terms := getattr(form.roles, role))},
        "equation": [_equation_table(equation) for equation in form.equations],
    }


def _equation_table(equation: Equation) -> dict[str, Any]:
    table: dict[str, Any] = {key: getattr(equation, key) for key in EQUATION_KEYS}
    table |= {"left": _written(equation.left), "right": _written(equation.right)}
    optional = {"slack": equation.slack, "slack_percent": equation.slack_percent}
    return table | {key: value for key, value in optional.items() if value}


def _written(terms: tuple[Term, ...]) -> list[str]:
    return [
        ("-" if term.coefficient < 0 else "")
        + (f"{abs(term.coefficient)} " if abs(term.coefficient) != 1 else "")
        + term.field
        for term in terms
    ]
