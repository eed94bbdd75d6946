"""A fault of a given size put into the fictional country's returns, so that people see what an examination shows.

The faults are those of `forensics.frauds`, whose power is measured.  They are for Ruritania alone: no station under the
name of a real place or of anybody's own election is ever tampered with, not even for practice.
"""

from dataclasses import dataclass, replace

import numpy as np

from tallyroom.forensics.frauds import FRAUDS
from tallyroom.forensics.returns import Returns, grouping
from tallyroom.rehearsal.apportion import Counts
from tallyroom.rehearsal.electorate import Electorate

WORDS = {
    "stuffing": "ballots added",
    "switching": "votes switched",
    "invented": "protocols invented",
    "rounded_turnout": "turnout rounded up",
    "targeted": "ballots added in chosen areas",
}
"""What each fault is, in the name of the election it is put into."""


@dataclass(frozen=True)
class PutIn:
    """A fault by its name, one of `WORDS`, and the share of the stations that it is put into, above 0 to 1."""

    kind: str
    size: float

    @property
    def words(self) -> str:
        """How the pages name it."""
        return f"SYNTHETIC, {WORDS[self.kind]} at {100 * self.size:g} % of the stations on purpose"


def put_in(night: Electorate, fault: PutIn) -> Electorate:
    """The night with the fault, in favour of who leads; every equation of the protocols still holds."""
    leader = night.candidate_ids[int(night.votes.sum(axis=0).argmax())]
    after = FRAUDS[fault.kind](returns_of(night), leader, fault.size, np.random.default_rng([night.seed, 4]))
    invalid_form = np.minimum(night.invalid_form, after.invalid)
    issued_mobile = np.minimum(night.issued_mobile, after.ballots)
    received = np.maximum(night.received_ballots, after.ballots + night.spoilt)
    return replace(
        night,
        card_in=np.minimum(night.card_in, after.ballots),
        received_ballots=received,
        issued=after.ballots,
        issued_mobile=issued_mobile,
        mobile_box=np.minimum(night.mobile_box, np.minimum(issued_mobile, after.ballots - invalid_form)),
        unused=received - after.ballots - night.spoilt,
        valid=after.valid,
        invalid_form=invalid_form,
        invalid_other=after.invalid - invalid_form,
        votes=np.stack([after.votes[candidate] for candidate in night.candidate_ids], axis=1),
        turnout=np.minimum(night.turnout, after.ballots[:, None]),
    )


def returns_of(night: Electorate) -> Returns:
    """The right protocols of a night as returns."""
    names = np.array(night.area_ids)[night.area].tolist()
    return Returns(
        name="ruritania",
        station_ids=night.station_ids,
        registered=_copy(night.voters_total),
        ballots=_copy(night.issued),
        valid=_copy(night.valid),
        invalid=_copy(night.invalid_form + night.invalid_other),
        votes={name: _copy(night.votes[:, place]) for place, name in enumerate(night.candidate_ids)},
        areas=(grouping("constituency", names),),
        origin="synthetic",
    )


def _copy(counts: Counts) -> Counts:
    return np.array(counts, np.int64)
