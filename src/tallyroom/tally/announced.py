"""Figures announced elsewhere, held against the count's own at the moment they were entered.

A figure that does not agree is listed as a contradiction with both values and its source; nothing is fitted.
Paths: "votes.<candidate>", "percent.<candidate>", "valid", "invalid", "annulled", "stations.reported",
"stations.percent", "turnout.<hour>.voted", "turnout.<hour>.percent", "turnout.<hour>.stations",
"turnout.percent" (final turnout).  Whole numbers are compared as they are, percentages in the decimals announced.
"""

from typing import NamedTuple

import numpy as np

from tallyroom.election.definition import Definition
from tallyroom.record.acts import Statement
from tallyroom.tally.contest import PROGRESS, ContestCount, Status
from tallyroom.tally.results import Contradiction
from tallyroom.tally.turnout import TurnoutCount


class Ratio(NamedTuple):
    """A part of a whole, both whole numbers, to be shown as a percentage."""

    part: int
    whole: int

    def percent(self, decimals: int) -> str:
        """As a percentage with so many decimals, rounded half-up once."""
        scale = 10**decimals
        scaled = (200 * scale * self.part + self.whole) // (2 * self.whole)
        return f"{scaled // scale}.{scaled % scale:0{decimals}d}" if decimals else str(scaled)


class Announced:
    """Holds statements with figures against one contest's count."""

    def __init__(self, definition: Definition, count: ContestCount, turnout: TurnoutCount) -> None:
        self._definition = definition
        self._count = count
        self._turnout = turnout

    def contradictions(self, act: int, statement: Statement) -> list[Contradiction]:
        """Each figure of a statement that differs from ours; one that we do not have yet is passed over."""
        found = []
        for path, announced in sorted(statement.figures.items()):
            ours = self._ours(path)
            shown = _shown(ours, announced)
            if shown is not None and shown != str(announced):
                found.append(
                    Contradiction(
                        code="announced",
                        what=path,
                        ours=shown,
                        other=str(announced),
                        source=f"{statement.speaker}, {statement.said_at}, {statement.source}",
                        act=act,
                    )
                )
        return found

    def _ours(self, path: str) -> int | Ratio | None:
        """The count's own figure at a path, or None where it has none."""
        match path.split("."):
            case ["votes", candidate] if candidate in self._count.position:
                return self._standing(candidate)
            case ["percent", candidate] if candidate in self._count.position:
                return Ratio(self._standing(candidate), self._role("valid"))
            case ["valid" | "invalid" as role]:
                return self._role(role)
            case ["annulled"]:
                return int((self._count.status == Status.ANNULLED).sum())
            case ["stations", "reported"]:
                return self._reported()
            case ["stations", "percent"]:
                return Ratio(self._reported(), len(self._count.status))
            case ["turnout", "percent"]:
                return self._final_turnout()
            case ["turnout", hour, measure] if hour in self._turnout.hours:
                return self._hour(self._turnout.hours.index(hour), measure)
        return None

    def _standing(self, column: str) -> int:
        return int(self._count.standing.whole[self._count.position[column]])

    def _role(self, role: str) -> int:
        terms = getattr(self._definition.form.roles, role)
        return int(self._count.standing.whole @ self._count.weights(terms))

    def _reported(self) -> int:
        return int(self._count.progress.whole[PROGRESS.index("stations")])

    def _final_turnout(self) -> Ratio | None:
        registered = self._role("registered")
        return Ratio(self._role("issued"), registered) if registered and self._definition.form.roles.issued else None

    def _hour(self, hour: int, measure: str) -> int | Ratio | None:
        if not self._turnout.stations[hour]:
            return None
        voted = int(self._turnout.sums.whole[hour])
        figures: dict[str, int | Ratio] = {
            "voted": voted,
            "stations": int(self._turnout.stations[hour]),
            "percent": Ratio(voted, int(np.sum(self._definition.stations.register))),
        }
        return figures.get(measure)


def _shown(ours: int | Ratio | None, announced: int | str) -> str | None:
    """Our figure written as the announced one is; None where the two cannot be compared."""
    if isinstance(ours, Ratio):
        if isinstance(announced, int) or not ours.whole:
            return None
        return ours.percent(len(announced.partition(".")[2]))
    return None if ours is None else str(ours)
