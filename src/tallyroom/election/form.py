"""The protocol form of an election and its control equations, as data.

A form has lines (one whole number each, by canonical name) and one number per candidate.  Its equations
compare two sums of lines; an equation that fails is an error (the protocol goes in review) or a warning (it
can be accepted with a written reason).  The same equation checks one protocol and a column of a million.

A figure that could not be read is never taken for zero.  Where it leaves an equation undecided the equation
does not fail; where even the figures that were read cannot fit, it fails by "at least" the amount.

Sources: Electoral Code of Azerbaijan, Articles 100.2, 106.2 and 107; control equations in use in Moldova,
Russia and the Netherlands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from tallyroom.election.sheet import IntColumn

VOTES = "votes"
"""In an equation: the sum of the votes of all candidates."""

UNREAD = "UNREAD"
"""Code of the failure of a protocol in which a figure could not be read."""

Severity = Literal["error", "warning"]
Relation = Literal["=", "<=", "<"]


class Term(NamedTuple):
    """A line of the form, or `votes`, with its whole-number coefficient."""

    coefficient: int
    field: str


class Verdict(NamedTuple):
    """One equation over n protocols: which fail, by how much (int64), and which figures left undecided."""

    fails: npt.NDArray[np.bool_]
    amount: npt.NDArray[np.int64]
    undecided: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """A line of the form: canonical name, the number it has in the law, and its title."""

    id: str
    number: str
    title: str


@dataclass(frozen=True)
class Equation:
    """left `relation` right, with code, title, severity, the instruction to the reviewer and the citation.

    For "=", a difference of up to `slack` passes, and so does one below `slack_percent` percent of the left.
    """

    code: str
    title: str
    left: tuple[Term, ...]
    relation: Relation
    right: tuple[Term, ...]
    severity: Severity
    instruction: str
    citation: str
    slack: int = 0
    slack_percent: int = 0

    @property
    def fields(self) -> tuple[str, ...]:
        """The lines that the equation names."""
        return tuple(term.field for term in (*self.left, *self.right))

    def check(self, figures: Mapping[str, IntColumn]) -> Verdict:
        """Check n protocols at once; `figures` has a column of length n for each of `fields`."""
        rows = len(next(iter(figures.values())).values)
        left, left_unread = _side(self.left, figures, rows)
        right, right_unread = _side(self.right, figures, rows)
        difference = left - right
        complete = ~left_unread & ~right_unread
        can_rise = _nonnegative(self.left), _nonnegative(self.right)
        above = difference > self.slack if self.relation != "<" else difference >= 0
        fails = above & (complete | (~right_unread & can_rise[0]))
        if self.relation == "=":
            fails |= (-difference > self.slack) & (complete | (~left_unread & can_rise[1]))
            fails &= 100 * np.abs(difference) >= self.slack_percent * left
        return Verdict(fails, np.where(fails, np.abs(difference), 0), ~complete & ~fails)


def _side(
    terms: Sequence[Term], figures: Mapping[str, IntColumn], rows: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The sum of the figures that were read, and whether any of them was not."""
    total = np.zeros(rows, np.int64)
    unread = np.zeros(rows, np.bool_)
    for coefficient, field in terms:
        total += coefficient * figures[field].values
        unread |= figures[field].unread
    return total, unread


def _nonnegative(terms: Sequence[Term]) -> bool:
    """Whether an unread figure can only raise the sum."""
    return all(term.coefficient >= 0 for term in terms)


@dataclass(frozen=True)
class Roles:
    """Which lines of the form give the figures that every count needs; empty where the form has none.

    registered: voters of the station with the day's additions.  issued: ballot papers given to voters.
    ballots: ballot papers found in the boxes.  valid and invalid: of these.
    """

    registered: tuple[Term, ...] = ()
    issued: tuple[Term, ...] = ()
    ballots: tuple[Term, ...] = ()
    valid: tuple[Term, ...] = ()
    invalid: tuple[Term, ...] = ()


class Failure(NamedTuple):
    """One equation that one protocol breaks: the equation's code and by how much (at least, if `at_least`)."""

    code: str
    severity: Severity
    amount: int
    at_least: bool


@dataclass(frozen=True)
class Checked:
    """What a form's equations say of n protocols: every failure of each, errors and warnings apart."""

    verdicts: tuple[tuple[Equation, Verdict], ...]
    unread: npt.NDArray[np.bool_]

    @property
    def errors(self) -> npt.NDArray[np.bool_]:
        """Protocols that cannot be accepted as they stand: an equation of severity error, or a figure unread."""
        return self._any("error") | self.unread

    @property
    def warnings(self) -> npt.NDArray[np.bool_]:
        """Protocols that break an equation of severity warning."""
        return self._any("warning")

    def _any(self, severity: Severity) -> npt.NDArray[np.bool_]:
        result = np.zeros(len(self.unread), np.bool_)
        for equation, verdict in self.verdicts:
            if equation.severity == severity:
                result |= verdict.fails
        return result

    def codes(self, rows: npt.NDArray[np.int64]) -> list[tuple[str, ...]]:
        """For each of these protocols the codes of all equations that it breaks, in the order of the form."""
        found: list[list[str]] = [[] for _ in rows]
        for equation, verdict in self.verdicts:
            for place in np.flatnonzero(verdict.fails[rows]).tolist():
                found[place].append(equation.code)
        for place in np.flatnonzero(self.unread[rows]).tolist():
            found[place].append(UNREAD)
        return [tuple(codes) for codes in found]

    def failures(self, row: int) -> tuple[Failure, ...]:
        """All failures of one protocol at once."""
        unread = bool(self.unread[row])
        found = [
            Failure(equation.code, equation.severity, int(verdict.amount[row]), unread)
            for equation, verdict in self.verdicts
            if verdict.fails[row]
        ]
        return (*found, Failure(UNREAD, "error", 0, True)) if unread else tuple(found)


@dataclass(frozen=True)
class Form:
    """A protocol form: id with version, title, the law it follows, lines, roles and equations."""

    id: str
    title: str
    law: str
    lines: tuple[Line, ...]
    roles: Roles
    equations: tuple[Equation, ...]

    @property
    def line_ids(self) -> tuple[str, ...]:
        """The canonical names of the lines in the order of the form."""
        return tuple(line.id for line in self.lines)

    def check(self, figures: Mapping[str, IntColumn], candidates: Sequence[str]) -> Checked:
        """Check n protocols: `figures` has an IntColumn for each line and each candidate id."""
        columns = {line: figures[line] for line in self.line_ids}
        votes = [figures[candidate] for candidate in candidates]
        columns[VOTES] = IntColumn(
            np.sum([column.values for column in votes], axis=0, dtype=np.int64),
            np.any([column.unread for column in votes], axis=0),
        )
        unread = np.any([column.unread for column in columns.values()], axis=0)
        verdicts = tuple((equation, equation.check(columns)) for equation in self.equations)
        return Checked(verdicts, unread)
