"""What two people weigh before something goes out: the results now, what is new since the last snapshot, the doubts."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from tallyroom.record.log import Log
from tallyroom.tally.contest import Status
from tallyroom.tally.replay import summarise
from tallyroom.tally.results import Results
from tallyroom.tally.state import State

OFTEN = ("observation", "field_report")
"""Statements that come all day and change nothing that is published beside them."""


class Row(NamedTuple):
    """One figure before and now: what it is of (a key of the page's words, or a name), and by how much it changed."""

    what: str
    name: str
    before: int | None
    now: int | None

    @property
    def change(self) -> int | None:
        """Now less before; None where one is not known."""
        return None if self.before is None or self.now is None else self.now - self.before


def basis(state: State) -> str:
    """A short hash of what no further protocol changes: corrections, annulments, calls, certifications, statuses, keys
    and what others said.  While it stays the same, what somebody confirmed is what they saw, and more of it."""
    facts = {
        "definition": state.definition.files,
        "publications": len(state.publications),
        "changes": {contest: [change.act for change in changes] for contest, changes in state.changes.items()},
        "calls": {contest: [number for number, _ in calls.log] for contest, calls in state.calls.items()},
        "certified": {contest: number for contest, (number, _) in state.certified.items()},
        "candidates": {contest: count.candidate_status for contest, count in state.contests.items()},
        "statements": [number for number, _, said in state.statements if said.kind not in OFTEN],
    }
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def results_of(state: State, log: Log, at: str) -> list[Results]:
    """The results that a snapshot of this moment would publish, contest by contest."""
    return [summarise(state, log, contest, at, publishing=True).results() for contest in state.contests]


def published(state: State, site: Path, contest: str) -> Results | None:
    """The results of the last snapshot, from the site; None where there is none, or its file is another one."""
    if not state.publications:
        return None
    number, act = next(reversed(state.publications.items()))
    folder = "" if contest == next(iter(state.contests)) else f"{contest}/"
    try:
        content = (site / f"v/{number}/{folder}results.json").read_bytes()
        if hashlib.sha256(content).hexdigest() != act.files.get(f"{folder}results.json"):
            return None
        return msgspec.json.decode(content, type=Results)
    except (OSError, msgspec.MsgspecError):
        return None


def difference(before: Results | None, now: Results) -> list[Row]:
    """The figures of two snapshots of one contest, side by side, those that stayed the same too."""
    votes = {candidate.id: candidate.votes for candidate in before.candidates} if before else {}
    rows = [Row(what, "", old, new) for (what, old), (_, new) in zip(_figures(before), _figures(now), strict=True)]
    return rows + [Row("votes", one.name, votes.get(one.id), one.votes) for one in now.candidates]


def _figures(results: Results | None) -> Iterator[tuple[str, int | None]]:
    if results is None:
        yield from ((what, None) for what in FIGURES)
        return
    progress, counters = results.progress, results.counters
    yield from zip(
        FIGURES,
        (
            progress.stations.reported,
            counters.received,
            counters.in_review,
            progress.registered.covered,
            progress.ballots.counted,
            results.valid,
            results.invalid,
            results.turnout.voted,
            len(results.annulled),
            len(results.corrections),
            len(results.contradictions),
        ),
        strict=True,
    )


FIGURES = (
    *("reported", "received", "in_review", "covered", "counted", "valid", "invalid", "voted"),
    *("annulled", "corrections", "contradictions"),
)


class Standing(NamedTuple):
    """Whether a contest can be certified: stations missing and in review, and the winner that the rule gives.

    winner: "" where the rule gives none; open: why the rule says nothing yet, "" where it does.
    """

    missing: int
    in_review: int
    winner: str
    open: str
    certified: int | None

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.missing and not self.open and self.certified is None


def standing(state: State, results: Results) -> Standing:
    """What a certification of a contest would rest on; one that stands is made anew only after a later change."""
    count = state.contests[results.contest]
    in_review = int((count.status == Status.IN_REVIEW).sum())
    missing = int((count.status < Status.ACCEPTED).sum())
    found = results.outcome
    decided = found.status in ("settled", "called", "certified")
    undecided = found.why if found.status == "open" else ""
    certified = state.certified[results.contest][0] if results.contest in state.certified else None
    if any(change.act > (certified or 0) for change in state.changes[results.contest]):
        certified = None
    return Standing(missing, in_review, (found.leader or "") if decided else "", undecided, certified)
