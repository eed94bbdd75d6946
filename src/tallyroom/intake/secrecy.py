"""Secrecy of the vote, held against the count: which stations' figures reveal votes, and what may be accepted.

The record is public, so what is filed is published, whatever a page shows or hides.  "publish" therefore only
flags; "withhold" works before the first act: figures that reveal votes are refused at the desk, and the station's
ballots go on the form of a named neighbour, which both commissions sign.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from tallyroom.election.definition import Contest
from tallyroom.election.form import Form, Term
from tallyroom.election.secrecy import Secrecy, Why
from tallyroom.tally.contest import Status
from tallyroom.tally.state import State


class Revealing(NamedTuple):
    """A station whose accepted figures reveal votes: why, and how many ballots it had."""

    station_id: str
    contest: str
    why: Why
    ballots: int


def revealing(state: State) -> Iterator[Revealing]:
    """All accepted stations, contest by contest, whose figures as standing reveal votes."""
    for contest_id, count in state.contests.items():
        for station in np.flatnonzero(count.status == Status.ACCEPTED).tolist():
            figures = np.maximum(count.standing_row(station), 0)
            votes = figures[count.candidates].tolist()
            invalid = int(figures @ count.weights(state.definition.form.roles.invalid))
            if why := state.definition.secrecy.why(votes, invalid):
                yield Revealing(state.definition.stations.ids[station], contest_id, why, sum(votes) + invalid)


def withheld(secrecy: Secrecy, form: Form, contest: Contest, figures: Mapping[str, int | None]) -> Why | None:
    """Why the election's rule refuses to take these figures of one station into the record; None where it does not."""
    if secrecy.rule != "withhold":
        return None
    votes = [figures.get(candidate) or 0 for candidate in contest.candidate_ids]
    return secrecy.why(votes, _sum(form.roles.invalid, figures))


def _sum(terms: tuple[Term, ...], figures: Mapping[str, int | None]) -> int:
    return sum(term.coefficient * (figures.get(term.field) or 0) for term in terms)
