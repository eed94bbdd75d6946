"""The effect: the totals as published, and as they would be if every copy were right where it differs.

Only figures that both sides give are put in; what a copy leaves unread keeps the published figure.  Stations whose
copies disagree among themselves, stations without a copy and annulled ones stay as they are.  This is arithmetic:
what the totals mean by the rule of the election is for the floor above.
"""

import msgspec
import numpy as np

from tallyroom.audit.pairing import Pairing
from tallyroom.audit.source import Flags, Rows, Source
from tallyroom.election.rules import Rule
from tallyroom.election.table import PREFIX


class Totals(msgspec.Struct, frozen=True):
    """Totals of the stations that count: votes by candidate in rank order, valid votes, ballots, the lead.

    leader: None where the first two have the same.  majority: who has more than half of the valid votes, or None.
    first_two: the pair for a run-off; empty where the second place is shared.  ballots: None where no table of
    the published count gives them.
    """

    votes: dict[str, int]
    valid: int
    ballots: int | None
    leader: str | None
    lead: int
    majority: str | None
    first_two: tuple[str, ...]


class Remaining(msgspec.Struct, frozen=True):
    """What the published count has yet to say, and whom it leaves out.

    stations: without a protocol.  outstanding: the most voters that these can have, None where a register is not
    known.  registered: voters of the stations that count.  annulled_register, total_register: of the annulled
    stations and of all, on the opening register.
    """

    stations: int
    outstanding: int | None
    registered: int
    annulled_register: int
    total_register: int


class Effect(msgspec.Struct, frozen=True):
    """Both totals, and what is different between them.

    stations: how many had figures put in.  lead_change: what the lead (of whoever leads) would change by.
    """

    stations: int
    published: Totals
    with_copies: Totals
    leader_changes: bool
    majority_changes: bool
    first_two_changes: bool
    lead_change: int


def effect(pairing: Pairing) -> Effect:
    """The totals with the copies' figures put in at the stations that differ."""
    source, counts = pairing.source, ~pairing.source.annulled
    votes = {candidate: _sum(source, PREFIX + candidate, counts) for candidate in source.table.candidates}
    valid = _sum(source, "valid", counts) if _given(source, "valid") else sum(votes.values())
    ballots = _sum(source, "ballots", counts) if _given(source, "ballots") else None
    mine = counts[pairing.station]
    change = dict(zip(pairing.columns, (-pairing.gain[mine].sum(axis=0)).tolist(), strict=True))
    published = _totals(votes, valid, ballots)
    copied = _totals(
        {candidate: own + change.get(PREFIX + candidate, 0) for candidate, own in votes.items()},
        valid + int(_valid_changes(pairing)[mine].sum()),
        None if ballots is None else ballots + change.get("ballots", 0),
    )
    return Effect(
        stations=int(np.sum(pairing.differs & mine)),
        published=published,
        with_copies=copied,
        leader_changes=published.leader != copied.leader,
        majority_changes=published.majority != copied.majority,
        first_two_changes={*published.first_two} != {*copied.first_two},
        lead_change=copied.lead - published.lead,
    )


def remaining(source: Source, rule: Rule) -> Remaining:
    """What a published count has yet to say, with the additions to the registers that the rule allows."""
    register, unknown = source.register
    waiting, annulled = ~source.given, source.annulled
    voters, unread = source.table.count("registered")
    registered = np.where(unread, register, voters)
    bounded = not np.any(unknown & waiting)
    return Remaining(
        stations=int(np.sum(waiting)),
        outstanding=int(np.sum(rule.most_voters(register[waiting]))) if bounded else None,
        registered=int(np.sum(registered[source.given & ~annulled])),
        annulled_register=int(np.sum(register[annulled])),
        total_register=int(np.sum(register)),
    )


def _given(source: Source, column: str) -> bool:
    """Whether the published table has the figure of any station."""
    return not np.all(source.table.count(column).unread)


def _sum(source: Source, column: str, stations: Flags) -> int:
    """The sum of a figure over some stations; one that is unread adds nothing."""
    return int(np.sum(source.table.count(column).values[stations]))


def _valid_changes(pairing: Pairing) -> Rows:
    """What the copies change of the valid votes of each station, shape (m,): by their own figure, or where that is
    unread by the votes that they change."""
    votes = [place for place, column in enumerate(pairing.columns) if column.startswith(PREFIX)]
    by_votes: Rows = -pairing.gain[:, votes].sum(axis=1)
    if "valid" not in pairing.columns:
        return by_votes
    valid = pairing.columns.index("valid")
    return np.where(pairing.both[:, valid], -pairing.gain[:, valid], by_votes)


def _totals(votes: dict[str, int], valid: int, ballots: int | None) -> Totals:
    ranked = sorted(votes.items(), key=lambda pair: -pair[1])
    (leader, first), (second, next_best), (_, third) = [*ranked, ("", 0), ("", 0)][:3]
    return Totals(
        votes=dict(ranked),
        valid=valid,
        ballots=ballots,
        leader=leader if first > next_best else None,
        lead=first - next_best,
        majority=leader if 2 * first > valid else None,
        first_two=(leader, second) if second and next_best > third else (),
    )
