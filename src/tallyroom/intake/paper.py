"""The paper in front of the keyer: the lines of the form and the candidates of one contest, in their order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tallyroom.election.definition import Contest
from tallyroom.election.form import Failure, Form
from tallyroom.election.secrecy import Secrecy
from tallyroom.election.sheet import IntColumn
from tallyroom.intake.refusal import BadFigures, Withheld
from tallyroom.intake.secrecy import withheld
from tallyroom.record.acts import Figures

UNREAD_MARK = "?"
"""What is typed for a figure that cannot be read on the paper."""

NUMBER = re.compile(r"[0-9]{1,9}")
"""Nine digits hold every figure of a polling station."""

MISSING, UNKNOWN, NO_NUMBER = "missing", "unknown", "no number"


@dataclass(frozen=True)
class Paper:
    """A form, the contest whose figures stand on it, and the election's rule of secrecy."""

    form: Form
    contest: Contest
    secrecy: Secrecy = field(default_factory=Secrecy)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The ids of lines and candidates in the order of the paper."""
        return (*self.form.line_ids, *self.contest.candidate_ids)

    @cached_property
    def titles(self) -> dict[str, str]:
        """What stands beside each field on the paper."""
        lines = {line.id: line.title for line in self.form.lines}
        return lines | {candidate.id: candidate.name for candidate in self.contest.candidates}

    def read(self, typed: Mapping[str, str]) -> Figures:
        """Figures from what was typed: a whole number, or UNREAD_MARK where the paper cannot be read.

        An empty field is neither: it was not typed.  Raises BadFigures with every field at fault.
        """
        faults = {name: UNKNOWN for name in typed if name not in self.titles}
        figures: Figures = {}
        for name in self.fields:
            text = typed.get(name, "").strip()
            if text == UNREAD_MARK:
                figures[name] = None
            elif NUMBER.fullmatch(text):
                figures[name] = int(text)
            else:
                faults[name] = NO_NUMBER if text else MISSING
        if faults:
            raise BadFigures(faults)
        return figures

    def require(self, figures: Mapping[str, int | None]) -> None:
        """Raises BadFigures unless these are exactly the figures of this paper, whole and not negative."""
        faults = {name: UNKNOWN for name in figures if name not in self.titles}
        faults |= {name: MISSING for name in self.fields if name not in figures}
        wrong = [n for n, f in figures.items() if f is not None and not (type(f) is int and 0 <= f < 10**9)]
        if faults := faults | dict.fromkeys(wrong, NO_NUMBER):
            raise BadFigures(faults)

    def require_secret(self, figures: Mapping[str, int | None]) -> None:
        """Raises Withheld where these figures would show how people voted and the rule keeps them out of the record."""
        if withheld(self.secrecy, self.form, self.contest, figures):
            raise Withheld

    def split(self, figures: Mapping[str, int | None]) -> tuple[Figures, Figures]:
        """Lines of the form, and votes by candidate, in the order of the paper."""
        lines = {name: figures[name] for name in self.form.line_ids}
        return lines, {name: figures[name] for name in self.contest.candidate_ids}

    def failures(self, figures: Mapping[str, int | None]) -> tuple[Failure, ...]:
        """Every equation of the form that these figures break, all at once, and whether one is unread."""
        columns = {
            name: IntColumn(np.array([figures[name] or 0], np.int64), np.array([figures[name] is None]))
            for name in self.fields
        }
        return self.form.check(columns, self.contest.candidate_ids).failures(0)
