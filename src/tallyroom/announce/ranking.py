"""Ranking: who is first, second and best of the rest, where equal votes share a place.

Sentences about leads go wrong at ties and when the lead changes, so they are written from places that hold
as many candidates as share them, and never from a position in a list.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from tallyroom.tally.results import CandidateFigures

Place = tuple[CandidateFigures, ...]


class Ranking(NamedTuple):
    """The candidates with the most votes, the next most, and the most of the rest; each may be empty."""

    first: Place
    second: Place
    third: Place


def rank(candidates: Sequence[CandidateFigures]) -> Ranking:
    """The first three places by votes; candidates with equal votes share one, in the order given."""
    by_votes = sorted(candidates, key=lambda candidate: -candidate.votes)
    places = [tuple(same) for _, same in groupby(by_votes, key=lambda candidate: candidate.votes)]
    first, second, third, *_ = [*places, (), (), ()]
    return Ranking(first, second, third)
