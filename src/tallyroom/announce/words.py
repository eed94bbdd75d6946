"""The sentences of a bulletin about its figures and what they mean, one method each.

A method only says its sentence, in the language it was made with; `bulletin` decides, from the data of one
snapshot, whether it may be said.  Three verbs are kept apart by the types of the arguments: "reported" is said of
polling stations (StationProgress), "counted" of ballots and votes (BallotProgress), and turnout speaks of ballots
cast and of voters (HourTurnout, TurnoutFigures).  To give one of these methods another's figures is a type error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tallyroom.announce.language import Language
from tallyroom.announce.reasons import reason
from tallyroom.tally.results import (
    BallotProgress,
    CallShown,
    CandidateFigures,
    CertificationShown,
    HourTurnout,
    Margin,
    RegisterProgress,
    Settled,
    StationProgress,
    TurnoutFigures,
)


@dataclass(frozen=True)
class Words:
    """The sentences in one language."""

    language: Language

    # Polling stations: reported.

    def stations_reported(self, stations: StationProgress) -> str:
        """Some polling stations have reported."""
        return self.language.say("stations_reported", stations=self._of_stations(stations))

    def all_stations_reported(self, stations: StationProgress) -> str:
        """Every polling station has reported."""
        return self.language.say("all_stations_reported", total=stations.total)

    def no_results_reported(self) -> str:
        """No polling station has reported."""
        return self.language.say("no_results_reported")

    def register_covered(self, covered: RegisterProgress) -> str:
        """The registered voters of the stations that have reported."""
        return self.language.say(
            "register_covered", covered=covered.covered, total=covered.total, percent=covered.percent
        )

    # Ballots and votes: counted.

    def ballots_counted(self, ballots: BallotProgress) -> str:
        """The ballots counted, of those cast where that is known."""
        if ballots.cast is None:
            return self.language.say("ballots_counted_cast_unknown", counted=ballots.counted)
        return self.language.say("ballots_counted", counted=ballots.counted, cast=ballots.cast, percent=ballots.percent)

    def more_counted_than_cast(self, ballots: BallotProgress, cast: int) -> str:
        """More ballots are counted than the turnout reports know of."""
        return self.language.say("more_counted_than_cast", counted=ballots.counted, cast=cast)

    def valid_votes_counted(self, valid: int, invalid: int) -> str:
        """The valid votes and the invalid ballots counted."""
        return self.language.say("valid_votes_counted", valid=valid, invalid=invalid)

    # Turnout: cast.

    def turnout_at(self, hour: HourTurnout, opening_register: int) -> str:
        """Turnout at a fixed hour, with its base; a floor where stations are missing."""
        return self.language.say(
            "turnout_at_floor" if hour.is_floor else "turnout_at",
            hour=hour.at,
            percent=hour.percent,
            voted=hour.voted,
            register=opening_register,
            stations=hour.stations,
        )

    def turnout_final(self, turnout: TurnoutFigures, voted: int, percent: str) -> str:
        """Turnout of the whole day, over the register with the voters added on the day."""
        key = "turnout_final_floor" if turnout.is_floor else "turnout_final"
        return self.language.say(key, percent=percent, voted=voted, registered=turnout.registered)

    # Candidates.

    def leads(self, leader: CandidateFigures, percent: str, stations: StationProgress) -> str:
        """One candidate has the most votes of a count that goes on."""
        return self.language.say("leads", name=leader.name, percent=percent, stations=self._of_stations(stations))

    def received(self, leader: CandidateFigures, percent: str, stations: StationProgress) -> str:
        """One candidate has the most votes of a complete count that is not certified."""
        return self.language.say("received", name=leader.name, percent=percent, total=stations.total)

    def certified_share(self, leader: CandidateFigures, percent: str) -> str:
        """One candidate has the most votes of a certified count."""
        return self.language.say("certified_share", name=leader.name, percent=percent)

    def level(self, first: Sequence[CandidateFigures], stations: StationProgress) -> str:
        """Two or more candidates have the most votes."""
        return self.language.say(
            "level", names=self.names(first), votes=self._votes(first[0]), stations=self._of_stations(stations)
        )

    def certified_level(self, first: Sequence[CandidateFigures]) -> str:
        """Two or more candidates have the most votes of a certified count."""
        return self.language.say("certified_level", names=self.names(first), votes=self._votes(first[0]))

    def no_valid_votes(self) -> str:
        """Stations have reported and no valid vote is counted."""
        return self.language.say("no_valid_votes")

    def lead(self, leader: CandidateFigures, second: Sequence[CandidateFigures], margin: Margin) -> str:
        """The leader's votes against the runner-up's (or the runners-up's), and the margin."""
        return self.language.say(
            "lead_shared" if len(second) > 1 else "lead",
            name=leader.name,
            votes=leader.votes,
            second=self._votes(second[0]),
            names=self.names(second),
            margin=margin.votes,
            points=margin.percent_points,
        )

    def best_of_rest(self, best: Sequence[CandidateFigures]) -> str:
        """The candidates with the most votes behind the places already named."""
        key = "best_of_rest_shared" if len(best) > 1 else "best_of_rest"
        return self.language.say(key, names=self.names(best), votes=self._votes(best[0]))

    def status_changed(self, candidate: CandidateFigures) -> str:
        """A candidate is no longer standing."""
        return self.language.say(f"status_{candidate.status}", name=candidate.name)

    # What the figures mean.

    def outstanding(self, settled: Settled) -> str:
        """What can still come, by what it rests on."""
        return self.language.say(f"outstanding_{settled.by}")

    def insurmountable(self, leader: CandidateFigures, settled: Settled) -> str:
        """The leader cannot be overtaken by what is still to come."""
        return self.language.say(
            "insurmountable",
            name=leader.name,
            lead=settled.lead,
            outstanding=settled.outstanding,
            ground=self.outstanding(settled),
        )

    def majority_open(self, leader: CandidateFigures) -> str:
        """The lead is settled and what the rule asks for is not."""
        return self.language.say("majority_open", name=leader.name)

    def hurdle(self, second: Sequence[CandidateFigures], settled: Settled, percent: str) -> str:
        """What the runner-up would need of what is still to come."""
        return self.language.say(
            "hurdle",
            names=self.names(second),
            percent=percent,
            outstanding=settled.outstanding,
            ground=self.outstanding(settled),
        )

    def won(self, winner: CandidateFigures, call: CallShown | None, why: str) -> str:
        """Two people have called the contest."""
        return self.language.say("won", name=winner.name, time=call.at if call else None, why=self._why(why))

    def uncalled(self, uncall: CallShown) -> str:
        """An earlier call was taken back."""
        return self.language.say("uncalled", time=uncall.at, reason=self.language.clause(uncall.reason))

    def declared(self, winner: CandidateFigures, certification: CertificationShown) -> str:
        """The authority that keeps the record has certified the result."""
        text = self.language.capital(self.language.clause(certification.text)) if certification.text else None
        return self.language.say(
            "declared",
            name=winner.name,
            by=self.language.role(certification.by),
            time=certification.at,
            act=certification.act,
            text=text,
        )

    def declared_elsewhere(self, winner: CandidateFigures, why: str) -> str:
        """A certification by somebody else was reported; the record holds none of its own."""
        return self.language.say("declared_elsewhere", name=winner.name, why=self._why(why))

    def run_off(self, candidates: Sequence[CandidateFigures], why: str, stations: StationProgress) -> str:
        """The rule sends candidates to a run-off."""
        key = "run_off_if_stand" if stations.reported < stations.total else "run_off"
        return self.language.say(key, names=self.names(candidates), why=self._why(why))

    def no_valid_election(self, why: str) -> str:
        """The rule makes the election invalid."""
        return self.language.say("no_valid_election", why=self._why(why))

    def still_open(self, why: str) -> str:
        """All stations have reported and the rule gives no result."""
        return self.language.say("still_open", why=self._why(why))

    def names(self, candidates: Sequence[CandidateFigures]) -> str:
        """The candidates' names in a row."""
        return self.language.join([candidate.name for candidate in candidates])

    def _why(self, why: str) -> str:
        return self.language.clause(reason(self.language, why))

    def _votes(self, candidate: CandidateFigures) -> str:
        return self.language.say("votes_with_share", votes=candidate.votes, percent=candidate.percent)

    def _of_stations(self, stations: StationProgress) -> str:
        return self.language.say(
            "of_stations", reported=stations.reported, total=stations.total, percent=stations.percent
        )
