"""The sentences of an English bulletin about its figures and what they mean, one function each.

A function only says its sentence; `bulletin` decides, from the data of one snapshot, whether it may be said.
Three verbs are kept apart by the types of the arguments: "reported" is said of polling stations
(StationProgress), "counted" of ballots and votes (BallotProgress), and turnout speaks of ballots cast and of
voters (HourTurnout, TurnoutFigures).  To give one of these functions another's figures is a type error.
A catalogue of another language is `words`, `headlines` and `remarks` with the same functions.
"""

from collections.abc import Sequence

from tallyroom.announce.figures import capital, clause, join_names, moment, number, share
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

OUTSTANDING = {
    "register": "voters registered at polling stations yet to report, additions included",
    "ballots_delivered": "ballot papers delivered to polling stations yet to report",
    "turnout": "ballots cast at polling stations yet to report, by their turnout reports",
}
STATUS = {
    "withdrawn": "has withdrawn",
    "deregistered": "is no longer registered",
    "deceased": "has died",
}


# Polling stations: reported.


def stations_reported(stations: StationProgress) -> str:
    """Some polling stations have reported."""
    return f"{_of_stations(stations)} reported."


def all_stations_reported(stations: StationProgress) -> str:
    """Every polling station has reported."""
    return f"All {number(stations.total)} polling stations reported."


def no_results_reported() -> str:
    """No polling station has reported."""
    return "No results had been reported at the time of this snapshot."


def register_covered(covered: RegisterProgress) -> str:
    """The registered voters of the stations that have reported."""
    of_all = f" ({share(covered.percent)} of registered voters)" if covered.percent else ""
    return f"Their registers hold {number(covered.covered)} of {number(covered.total)} voters{of_all}."


# Ballots and votes: counted.


def ballots_counted(ballots: BallotProgress) -> str:
    """The ballots counted, of those cast where that is known."""
    if ballots.cast is None:
        return f"{number(ballots.counted)} ballots are counted; how many were cast is not known."
    of_cast = f" ({share(ballots.percent)} of ballots cast)" if ballots.percent else ""
    return f"{number(ballots.counted)} of {number(ballots.cast)} ballots cast are counted{of_cast}."


def more_counted_than_cast(ballots: BallotProgress, cast: int) -> str:
    """More ballots are counted than the turnout reports know of."""
    return (
        f"{number(ballots.counted)} ballots are counted, more than the {number(cast)} ballots cast by turnout reports."
    )


def valid_votes_counted(valid: int, invalid: int) -> str:
    """The valid votes and the invalid ballots counted."""
    return f"{number(valid)} valid votes and {number(invalid)} invalid ballots are counted."


# Turnout: cast.


def turnout_at(hour: HourTurnout, opening_register: int) -> str:
    """Turnout at a fixed hour, with its base; a floor where stations are missing."""
    least = "at least " if hour.is_floor else ""
    missing = "; figures of the other stations are missing" if hour.is_floor else ""
    percent = f" {least}{share(hour.percent)}" if hour.percent else ""
    return (
        f"Turnout at {hour.at} was{percent or ' ' + least.strip()}: {number(hour.voted)} of the "
        f"{number(opening_register)} voters on the opening register, from {number(hour.stations)} "
        f"polling stations{missing}."
    )


def turnout_final(turnout: TurnoutFigures, voted: int, percent: str) -> str:
    """Turnout of the whole day, over the register with the voters added on the day."""
    least = "at least " if turnout.is_floor else ""
    missing = "; some stations are missing" if turnout.is_floor else ""
    return (
        f"Turnout of the whole day was {least}{share(percent)}: {number(voted)} ballots cast, of "
        f"{number(turnout.registered)} registered voters with those added on the day{missing}."
    )


# Candidates.


def leads(leader: CandidateFigures, percent: str, stations: StationProgress) -> str:
    """One candidate has the most votes of a count that goes on."""
    return (
        f"{leader.name} leads with {share(percent)} of votes counted, with {_of_stations(stations)} "
        "reported, according to preliminary results."
    )


def received(leader: CandidateFigures, percent: str, stations: StationProgress) -> str:
    """One candidate has the most votes of a complete count that is not certified."""
    return (
        f"{leader.name} received {share(percent)} of votes counted, preliminary results from all "
        f"{number(stations.total)} polling stations showed."
    )


def certified_share(leader: CandidateFigures, percent: str) -> str:
    """One candidate has the most votes of a certified count."""
    return f"{leader.name} received {share(percent)} of votes counted."


def level(first: Sequence[CandidateFigures], stations: StationProgress) -> str:
    """Two or more candidates have the most votes."""
    return (
        f"{names(first)} are level with {_votes(first[0])} each, with {_of_stations(stations)} reported, "
        "according to preliminary results."
    )


def certified_level(first: Sequence[CandidateFigures]) -> str:
    """Two or more candidates have the most votes of a certified count."""
    return f"{names(first)} have the same number of votes: {_votes(first[0])} each."


def no_valid_votes() -> str:
    """Stations have reported and no valid vote is counted."""
    return "No valid votes are counted so far."


def lead(leader: CandidateFigures, second: Sequence[CandidateFigures], margin: Margin) -> str:
    """The leader's votes against the runner-up's (or the runners-up's), and the margin."""
    each = " each" if len(second) > 1 else ""
    points = f", or {margin.percent_points} percentage points" if margin.percent_points else ""
    return (
        f"{leader.name} has {number(leader.votes)} votes to {_votes(second[0])}{each} for {names(second)}, "
        f"a lead of {number(margin.votes)} votes{points}."
    )


def best_of_rest(best: Sequence[CandidateFigures]) -> str:
    """The candidates with the most votes behind the places already named."""
    have, each = ("have", " each") if len(best) > 1 else ("has", "")
    return f"Of the others, {names(best)} {have} the most votes: {_votes(best[0])}{each}."


def status_changed(candidate: CandidateFigures) -> str:
    """A candidate is no longer standing."""
    return f"{candidate.name} {STATUS[candidate.status]}."


# What the figures mean.


def insurmountable(leader: CandidateFigures, settled: Settled) -> str:
    """The leader cannot be overtaken by what is still to come."""
    assert settled.by is not None
    return (
        f"{leader.name} has an insurmountable lead: {number(settled.lead)} votes, more than the "
        f"{number(settled.outstanding)} {OUTSTANDING[settled.by]}, if the reported protocols stand. "
        "This is the arithmetic of this count and not a call."
    )


def majority_open(leader: CandidateFigures) -> str:
    """The lead is settled and what the rule asks for is not."""
    return f"Whether {leader.name} has the majority that the rule asks for is still open."


def hurdle(second: Sequence[CandidateFigures], settled: Settled, percent: str) -> str:
    """What the runner-up would need of what is still to come."""
    assert settled.by is not None
    return (
        f"To draw level, {names(second)} would need {share(percent)} of what can still come, at most one "
        f"vote for each of the {number(settled.outstanding)} {OUTSTANDING[settled.by]}."
    )


def won(winner: CandidateFigures, call: CallShown | None, why: str) -> str:
    """Two people have called the contest."""
    when = f" The call was complete at {moment(call.at)}." if call else ""
    return f"{winner.name} won: two people called the contest.{when} Basis: {clause(why)}."


def uncalled(uncall: CallShown) -> str:
    """An earlier call was taken back."""
    return f"A call was taken back at {moment(uncall.at)}: {clause(uncall.reason)}."


def declared(winner: CandidateFigures, certification: CertificationShown) -> str:
    """The authority that keeps the record has certified the result."""
    text = f" {capital(clause(certification.text))}." if certification.text else ""
    return (
        f"{winner.name} was declared the winner by the {certification.by}, {moment(certification.at)} "
        f"(act {number(certification.act)} of the record).{text}"
    )


def declared_elsewhere(winner: CandidateFigures, why: str) -> str:
    """A certification by somebody else was reported; the record holds none of its own."""
    return f"{winner.name} was declared the winner, as reported: {clause(why)}."


def run_off(candidates: Sequence[CandidateFigures], why: str, stations: StationProgress) -> str:
    """The rule sends candidates to a run-off."""
    standing = ", if the reported protocols stand" if stations.reported < stations.total else ""
    return f"{names(candidates)} go to a run-off{standing}: {clause(why)}."


def no_valid_election(why: str) -> str:
    """The rule makes the election invalid."""
    return f"There is no valid election: {clause(why)}."


def still_open(why: str) -> str:
    """All stations have reported and the rule gives no result."""
    return f"The contest is open: {clause(why)}."


def names(candidates: Sequence[CandidateFigures]) -> str:
    """The candidates' names in a row."""
    return join_names([candidate.name for candidate in candidates])


def _votes(candidate: CandidateFigures) -> str:
    of_valid = f" ({share(candidate.percent)})" if candidate.percent else ""
    return f"{number(candidate.votes)}{of_valid}"


def _of_stations(stations: StationProgress) -> str:
    of_all = f" ({share(stations.percent)} of polling stations)" if stations.percent else ""
    return f"{number(stations.reported)} of {number(stations.total)} polling stations{of_all}"
