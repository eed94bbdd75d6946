"""Tampering: a fraud put into Ruritania's protocols on purpose, so that people can practise looking for it.

The frauds are those that `forensics.power` measures the tests of an examination with.  Only the fictional country
has them: beside the name of a real one they would speak of what never happened there.
"""

from dataclasses import dataclass

import numpy as np

from tallyroom.forensics.frauds import FRAUDS
from tallyroom.forensics.returns import Grouping, Returns
from tallyroom.forensics.words import catalogue
from tallyroom.rehearsal.apportion import Counts
from tallyroom.rehearsal.electorate import Stations


@dataclass(frozen=True)
class Tampering:
    """A fraud, one of `FRAUDS`, at a share of the stations (0 to 1)."""

    fraud: str
    share: float

    def __str__(self) -> str:
        return f"{catalogue('en')['kind'][self.fraud]} at {100 * self.share:g} % of stations on purpose"


def tampered(
    stations: Stations,
    candidate_ids: tuple[str, ...],
    votes: Counts,
    invalid: Counts,
    tampering: Tampering,
    candidate: str,
    rng: np.random.Generator,
) -> tuple[Counts, Counts]:
    """Votes (n, c) and invalid ballots (n) as reported, in favour of a candidate (id), from those that were counted."""
    valid = votes.sum(axis=1)
    honest = Returns(
        name="Ruritania",
        station_ids=stations.name,
        registered=stations.registered,
        ballots=valid + invalid,
        valid=valid,
        invalid=invalid,
        votes=dict(zip(candidate_ids, votes.T, strict=True)),
        areas=(Grouping("constituency", stations.area, stations.area_ids),),
        origin="synthetic",
    )
    told = FRAUDS[tampering.fraud](honest, candidate, tampering.share, rng)
    return np.stack([told.votes[candidate] for candidate in candidate_ids], axis=1), told.ballots - told.valid
