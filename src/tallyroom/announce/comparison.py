"""A comparison of copies with a published count, ready to be shown: findings, effect, and what the rule makes of it.

The effect answers one question: if every copy were right where it differs, would the outcome be another?  It is
computed by the same rule and bounds as the outcome of the count itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from tallyroom.audit.copies import findings
from tallyroom.audit.effect import Effect, Remaining, Totals, effect, remaining
from tallyroom.audit.findings import Comparison
from tallyroom.audit.pairing import pair
from tallyroom.audit.source import Source
from tallyroom.election.fault import BadInput, Fault
from tallyroom.election.rules import Rule
from tallyroom.tally.outcome import Standing, outcome
from tallyroom.tally.results import Outcome, Settled, SnapshotId


@dataclass(frozen=True)
class Published:
    """A published count to hold copies against; what a bare table cannot tell is empty or None.

    names: of candidates by id.  settled: what its own results say is outstanding.
    """

    source: Source
    election: str = ""
    election_name: str = ""
    contest: str = ""
    contest_name: str = ""
    rule: Rule | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    snapshot: SnapshotId | None = None
    settled: Settled | None = None


class Side(msgspec.Struct, frozen=True):
    """One side of a comparison: its name, its rows, and the origin of its data ("" where it does not say)."""

    name: str
    rows: int
    data_origin: str


class Outcomes(msgspec.Struct, frozen=True):
    """The outcome by the rule of the election, of the figures as published and with those of the copies.

    changes: whether status, leader or run-off pair are not the same.
    """

    published: Outcome
    with_copies: Outcome
    changes: bool


class ComparisonReport(msgspec.Struct, frozen=True):
    """All of a comparison: `compare --json`, and what the page shows.  outcomes: None where no rule is known."""

    election: str
    election_name: str
    contest: str
    contest_name: str
    data_origin: str
    snapshot: SnapshotId | None
    published: Side
    copies: Side
    names: dict[str, str]
    agrees: bool
    comparison: Comparison
    effect: Effect
    remaining: Remaining | None
    outcomes: Outcomes | None


def compare(published: Published, copies: Source, names: Mapping[str, str]) -> ComparisonReport:
    """Copies beside a published count; names: ids of candidates in the copies by those published, where they differ.

    Raises BadInput where the two cannot be of the same election.
    """
    source = published.source
    pairing = pair(source, copies, names)
    found, change = findings(pairing), effect(pairing)
    rule = published.rule
    left = remaining(source, rule) if rule else None
    return ComparisonReport(
        election=published.election,
        election_name=published.election_name,
        contest=published.contest,
        contest_name=published.contest_name,
        data_origin=_origin(source, copies),
        snapshot=published.snapshot,
        published=_side(source),
        copies=_side(copies),
        names={**source.candidates, **published.names},
        agrees=found.agrees,
        comparison=found,
        effect=change,
        remaining=left,
        outcomes=_outcomes(rule, change, left, published.settled) if rule and left else None,
    )


def _side(source: Source) -> Side:
    return Side(source.name, len(source), source.table.data_origin)


def _origin(published: Source, copies: Source) -> str:
    """The origin of both sides together.  Raises BadInput for made-up copies of a real count, and the other way."""
    ours, theirs = published.table.data_origin, copies.table.data_origin
    if {ours, theirs} == {"real", "synthetic"}:
        message = f"the copies are {theirs} and the published count is {ours}"
        mend = "Synthetic stations are never set beside real ones; practise with: tallyroom rehearse ruritania"
        raise BadInput([Fault(copies.name, None, "data_origin", message, mend)])
    return ours if theirs in ("", ours) else theirs if not ours else "mixed"


def _outcomes(rule: Rule, change: Effect, left: Remaining, settled: Settled | None) -> Outcomes:
    before = outcome(rule, _standing(change.published, left, settled))
    after = outcome(rule, _standing(change.with_copies, left, settled))
    changes = (before.status, before.leader, {*before.run_off}) != (after.status, after.leader, {*after.run_off})
    return Outcomes(before, after, changes)


def _standing(totals: Totals, left: Remaining, settled: Settled | None) -> Standing:
    complete = not left.stations
    return Standing(
        ranked=tuple(totals.votes.items()),
        valid=totals.valid,
        voted=totals.ballots or 0,
        registered=left.registered if complete else left.total_register,
        complete=complete,
        outstanding=settled.outstanding if settled else left.outstanding,
        by=None if settled else "register",
        annulled_register=left.annulled_register,
        total_register=left.total_register,
    )
