"""Feed: what the feeds of one contest are made from, and what all of them say in the same words."""

from collections.abc import Iterator
from datetime import datetime

from tallyroom.announce.nistmodel import CountStatusName, PostElectionStatus, ReportStatus
from tallyroom.announce.unitfigures import UnitFigures
from tallyroom.announce.units import COUNTRY, Scope, Units
from tallyroom.election.candidates import Candidate
from tallyroom.election.definition import Contest
from tallyroom.tally.results import Results

COUNT_STATUS: dict[str, CountStatusName] = {
    "expected": "not-processed",
    "received": "in-process",
    "in_review": "in-process",
    "accepted": "completed",
    "annulled": "completed",
}
"""How far a station's counting is, by the status of its protocol."""

ORDINARY_TYPES = frozenset({"city", "county", "municipality", "state", "town", "township", "village", "ward"})
"""Levels of areas that the models have a type for, which says the same."""


class Feed:
    """What a feed of one contest is made from: results with all areas, and the figures of units."""

    def __init__(self, units: Units, contest: Contest, results: Results, figures: UnitFigures) -> None:
        self.units, self.contest, self.results, self.figures = units, contest, results, figures
        self.definition = units.definition
        self.candidates = tuple(f"candidate_{place}" for place in range(1, len(contest.candidates) + 1))
        self._translations: dict[str, list[tuple[str, str]]] = {}
        for name in self.definition.names:
            if not name.source:
                self._translations.setdefault(name.id, []).append((name.language, name.text))
        self.parties = {name: f"party_{i}" for i, name in enumerate(_parties(contest), 1)}

    @property
    def generated(self) -> str:
        """The snapshot's time to the second, with offset."""
        return datetime.fromisoformat(self.results.snapshot.time).isoformat(timespec="seconds")

    @property
    def status(self) -> ReportStatus:
        """How final the report is."""
        found: dict[str, ReportStatus] = {
            "before": "pre-election",
            "voting": "pre-election",
            "counting": "unofficial-partial",
            "complete": "unofficial-complete",
            "certified": "certified",
        }
        return found[self.results.state]

    @property
    def notes(self) -> str:
        """What a reader must know beside the figures."""
        shown = self.results.snapshot
        return (
            f"data_origin {self.results.data_origin}; computed from the first {shown.size} acts of the public record, "
            f"root {shown.root}; BallotsRejected are invalid ballots; votes of annulled stations are left out"
        )

    def whole(self, row: int) -> dict[str, int]:
        """The figures of an area, or of the country (-1), by column."""
        return dict(zip(self.figures.columns, self.figures.areas[row].tolist(), strict=True))

    def wide(self, scope: Scope, column: int) -> Iterator[tuple[str, int]]:
        """(id, figure of a column) of the country, where it is the scope, and of the scope's areas."""
        rows, areas = self.figures.areas[:, column], list(scope.areas)
        if scope.top is None:
            yield COUNTRY, int(rows[-1])
        yield from zip((self.units.areas[area] for area in areas), rows[areas].tolist(), strict=True)

    def progress(self, found: dict[str, int]) -> CountStatusName:
        """How far the counting of a place with these figures is."""
        if not found["reported"]:
            return "not-processed"
        return "completed" if found["reported"] == found["stations"] else "in-process"

    def names(self, own: str, text: str) -> list[tuple[str, str]]:
        """(text, language) of a name: as the definition has it, then the translations that it gives, once each."""
        if own not in self._translations:
            return [(text, self.definition.languages[0])]
        found = {self.definition.languages[0]: text}
        for language, translation in self._translations[own]:
            found.setdefault(language, translation)
        return [(content, language) for language, content in found.items()]

    def outcome(self, candidate: Candidate) -> PostElectionStatus | None:
        """What became of a candidate: a call by two people is a projected winner, a certification a winner."""
        results = self.results
        status = {one.id: one.status for one in results.candidates}[candidate.id]
        if status != "registered":
            return "withdrawn"
        if results.outcome.winner == candidate.id:
            return "winner" if results.outcome.status == "certified" else "projected-winner"
        if candidate.id in results.outcome.run_off and results.state in ("complete", "certified"):
            return "advanced-to-runoff"
        return None


def _parties(contest: Contest) -> list[str]:
    return list(dict.fromkeys(one.party for one in contest.candidates if one.party))
