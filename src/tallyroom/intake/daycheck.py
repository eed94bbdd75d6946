"""Checks of a protocol against the polling day: what the turnout reports of its station say."""

from itertools import pairwise

from tallyroom.election.form import Failure
from tallyroom.record.acts import Figures
from tallyroom.tally.contest import UNREAD
from tallyroom.tally.state import State

TURNOUT = "TURNOUT"
"""Fewer ballot papers were issued by the protocol than the last turnout report of the station counts voters."""

FELL = "TURNOUT-FELL"
"""Turnout reports of the station fall from one hour to a later one."""

TITLES = {
    TURNOUT: "Fewer ballot papers issued than voters in the last turnout report",
    FELL: "The turnout reports of the day fall",
}
INSTRUCTIONS = {
    TURNOUT: "Ask the station for both figures; say why the protocol is accepted",
    FELL: "Compare the reports of the hours; say why the protocol is accepted",
}


def turnout_failures(state: State, contest: str, station: str, figures: Figures) -> list[Failure]:
    """Warnings of a protocol's figures against the turnout reports of its station (specification of protocols, 13)."""
    count, place = state.contests[contest], state.definition.stations.index[station]
    reported = [voted for voted in state.turnout.voted[place].tolist() if voted >= 0]
    found = []
    roles = state.definition.form.roles
    weights = count.weights(roles.issued or roles.ballots)
    row = [UNREAD if (figure := figures[name]) is None else figure for name in count.columns]
    unread = any(weight and figure == UNREAD for weight, figure in zip(weights.tolist(), row, strict=True))
    issued = sum(weight * figure for weight, figure in zip(weights.tolist(), row, strict=True))
    if reported and not unread and weights.any() and issued < reported[-1]:
        found.append(Failure(TURNOUT, "warning", reported[-1] - issued, False))
    falls = [before - after for before, after in pairwise(reported) if after < before]
    if falls:
        found.append(Failure(FELL, "warning", max(falls), False))
    return found
