"""The state of the count: what a prefix of the record says about an election, as `fold` keeps it current."""

from dataclasses import dataclass, field

import numpy as np

from tallyroom.election.definition import Definition
from tallyroom.record.acts import (
    Annulment,
    Call,
    Certification,
    Correction,
    Evidence,
    Publication,
    Recount,
    Seen,
    Statement,
    Uncall,
)
from tallyroom.record.keyring import Keyring
from tallyroom.tally.announced import Announced
from tallyroom.tally.contest import ContestCount
from tallyroom.tally.history import History, Marks
from tallyroom.tally.results import Contradiction
from tallyroom.tally.turnout import TurnoutCount


@dataclass(frozen=True)
class Breach:
    """An act (by number) that breaks a rule of the count and has no effect, and what is wrong."""

    act: int
    what: str


@dataclass(frozen=True)
class Change:
    """A correction, recount or annulment: which act, of which station, and valid votes before and after."""

    act: int
    station: int
    content: Correction | Recount | Annulment
    valid_before: int
    valid_after: int | None


@dataclass
class Calls:
    """Calls of one contest: whom each role calls now, and the log of calls and of their taking back."""

    by: dict[str, str] = field(default_factory=dict)
    log: list[tuple[int, Call | Uncall]] = field(default_factory=list)

    @property
    def winner(self) -> str | None:
        """The candidate whom two different roles call; None where two candidates are called so."""
        called = list(self.by.values())
        agreed = {candidate for candidate in called if called.count(candidate) >= 2}
        return agreed.pop() if len(agreed) == 1 else None


class State:
    """Everything that a prefix of the record says about an election; `size` acts have been folded.

    opened, closed: bool, shape (stations,).  statements: act number, size of the snapshot then in force,
    and the statement.  contradictions: announced figures that differed from the count's when entered.
    said_certified: by contest, a statement that somebody else certified it, made when every station had reported.
    keyring: the keys of roles.  published: protocols accepted at the last snapshot, by contest.
    history: the snapshots that were published, by contest.
    evidence: scans and documents by the number of the act they came with or were attached to.
    attached: stations to whose acts something was attached later, in order.
    protocol_at: for each act, the count and the station of the protocol that it filed, or None.
    """

    def __init__(self, definition: Definition) -> None:
        stations = len(definition.stations)
        self.definition = definition
        self.size = 0
        self.last_at = ""
        self.contests = {contest.id: ContestCount(definition, contest) for contest in definition.contests}
        self.opened = np.zeros(stations, np.bool_)
        self.closed = np.zeros(stations, np.bool_)
        self.turnout = TurnoutCount(definition)
        self.statements: list[tuple[int, int, Statement]] = []
        self.contradictions: dict[str, list[Contradiction]] = {contest: [] for contest in self.contests}
        self.changes: dict[str, list[Change]] = {contest: [] for contest in self.contests}
        self.calls = {contest: Calls() for contest in self.contests}
        self.said_certified: dict[str, Statement] = {}
        self.certified: dict[str, tuple[int, Certification]] = {}
        self.publications: dict[int, Publication] = {}
        self.history = {contest: History(definition.areas, definition.stations.area) for contest in self.contests}
        self.published = dict.fromkeys(self.contests, 0)
        self.breaches: list[Breach] = []
        self.evidence: dict[int, tuple[Evidence, ...]] = {}
        self.attached: list[int] = []
        self.keyring = Keyring(definition.origin)
        self.protocol_at: list[tuple[ContestCount, int] | None] = []
        self.announced = {
            contest: Announced(definition, count, self.turnout) for contest, count in self.contests.items()
        }

    def marks(self, contest: str) -> Marks:
        """What the files of each station of a contest are made from, as it is now."""
        count = self.contests[contest]
        changes = tuple(change.station for change in self.changes[contest])
        return Marks(
            count.act, count.status, self.opened, self.closed, self.turnout.voted, changes, tuple(self.attached)
        )

    @property
    def last_publication(self) -> Seen:
        """The snapshot published last; size 0 before the first."""
        return next(reversed(self.publications.values())).snapshot if self.publications else Seen(0, "")
