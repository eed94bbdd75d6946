"""The headlines of a bulletin: a line each, without a full stop, for the conditions of its sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from tallyroom.announce.language import Language
from tallyroom.tally.results import CandidateFigures, HourTurnout


@dataclass(frozen=True)
class Headlines:
    """The headlines in one language."""

    language: Language

    def before(self) -> str:
        """Voting has not begun."""
        return self.language.say("headline_before")

    def voting(self, hour: HourTurnout | None) -> str:
        """Voting goes on; with the last turnout, where there is one."""
        if hour is None or hour.percent is None:
            return self.language.say("headline_voting")
        key = "headline_turnout_floor" if hour.is_floor else "headline_turnout"
        return self.language.say(key, percent=hour.percent, hour=hour.at)

    def no_results(self) -> str:
        """No polling station has reported."""
        return self.language.say("headline_no_results")

    def no_valid_votes(self) -> str:
        """Stations have reported and no valid vote is counted."""
        return self.language.say("headline_no_valid_votes")

    def level(self, first: Sequence[CandidateFigures]) -> str:
        """Two or more candidates have the most votes."""
        return self.language.say("headline_level", names=self._names(first))

    def leads(self, leader: CandidateFigures, percent: str) -> str:
        """One candidate has the most votes of a count that goes on."""
        return self.language.say("headline_leads", name=leader.name, percent=percent)

    def insurmountable(self, leader: CandidateFigures, percent: str) -> str:
        """The leader cannot be overtaken by what is still to come."""
        return self.language.say("headline_insurmountable", name=leader.name, percent=percent)

    def received(self, leader: CandidateFigures, percent: str) -> str:
        """One candidate has the most votes of a complete count."""
        return self.language.say("headline_received", name=leader.name, percent=percent)

    def won(self, winner: CandidateFigures) -> str:
        """Two people have called the contest."""
        return self.language.say("headline_won", name=winner.name)

    def declared(self, winner: CandidateFigures) -> str:
        """The authority has certified the result."""
        return self.language.say("headline_declared", name=winner.name)

    def declared_elsewhere(self, winner: CandidateFigures) -> str:
        """A certification by somebody else was reported."""
        return self.language.say("headline_declared_elsewhere", name=winner.name)

    def run_off(self, candidates: Sequence[CandidateFigures]) -> str:
        """The rule sends candidates to a run-off."""
        return self.language.say("headline_run_off", names=self._names(candidates))

    def no_valid_election(self) -> str:
        """The rule makes the election invalid."""
        return self.language.say("headline_no_valid_election")

    def _names(self, candidates: Sequence[CandidateFigures]) -> str:
        return self.language.join([candidate.name for candidate in candidates])
