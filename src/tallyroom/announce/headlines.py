"""The headlines of an English bulletin: a line each, without a full stop, for the conditions of its sentences."""

from collections.abc import Sequence

from tallyroom.announce.figures import share
from tallyroom.announce.words import names
from tallyroom.tally.results import CandidateFigures, HourTurnout


def before() -> str:
    """Voting has not begun."""
    return "Voting has not begun"


def voting(hour: HourTurnout | None) -> str:
    """Voting goes on; with the last turnout, where there is one."""
    if hour is None or hour.percent is None:
        return "Voting is under way"
    return f"Turnout was {'at least ' if hour.is_floor else ''}{share(hour.percent)} at {hour.at}"


def no_results() -> str:
    """No polling station has reported."""
    return "No results had been reported"


def no_valid_votes() -> str:
    """Stations have reported and no valid vote is counted."""
    return "No valid votes are counted so far"


def level(first: Sequence[CandidateFigures]) -> str:
    """Two or more candidates have the most votes."""
    return f"{names(first)} are level"


def leads(leader: CandidateFigures, percent: str) -> str:
    """One candidate has the most votes of a count that goes on."""
    return f"{leader.name} leads with {share(percent)} of votes counted"


def insurmountable(leader: CandidateFigures, percent: str) -> str:
    """The leader cannot be overtaken by what is still to come."""
    return f"{leader.name} has an insurmountable lead with {share(percent)} of votes counted"


def received(leader: CandidateFigures, percent: str) -> str:
    """One candidate has the most votes of a complete count."""
    return f"{leader.name} received {share(percent)} of votes counted"


def won(winner: CandidateFigures) -> str:
    """Two people have called the contest."""
    return f"{winner.name} won"


def declared(winner: CandidateFigures) -> str:
    """The authority has certified the result."""
    return f"{winner.name} was declared the winner"


def declared_elsewhere(winner: CandidateFigures) -> str:
    """A certification by somebody else was reported."""
    return f"{winner.name} was declared the winner, as reported"


def run_off(candidates: Sequence[CandidateFigures]) -> str:
    """The rule sends candidates to a run-off."""
    return f"{names(candidates)} go to a run-off"


def no_valid_election() -> str:
    """The rule makes the election invalid."""
    return "There is no valid election"
