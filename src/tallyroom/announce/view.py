"""View: all that is known of one contest at one snapshot, as the pages need it.

A view is made from a prefix of the record and from the snapshots before; the pages are functions of a view and of
nothing else, so a replay gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
import numpy as np

from tallyroom.announce.bulletin import Context
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.acts import Evidence
from tallyroom.tally.contest import PROGRESS, ContestCount, Status
from tallyroom.tally.results import Results
from tallyroom.tally.state import State
from tallyroom.tally.sums import Rows
from tallyroom.tally.turnout import TurnoutCount


class Moment(msgspec.Struct, frozen=True):
    """A snapshot before this one: its number and its results; areas where they are known."""

    number: int
    results: Results


@dataclass(frozen=True)
class Interval:
    """What a forecast expects of a candidate's share of valid votes, percentages with two decimals."""

    candidate: str
    low: str
    mid: str
    high: str


@dataclass(frozen=True)
class Projection:
    """A forecast for the page's slot: level in percent, one interval a candidate, and what may make it wrong."""

    level: str
    intervals: tuple[Interval, ...]
    note: str


@dataclass(frozen=True)
class View:
    """One contest at one snapshot.

    results: with all areas, names as in the definition.  count, turnout: the state they were computed from, which
    is not folded further while pages are made.  data_at: time of the last act before the snapshot.  earlier: the
    snapshots before, oldest first.  folder: where the contest stands below v/<number>/, "" for the first.
    shapes: content of areas.geojson.  held: for an area whose page did not change, the number of the earlier
    snapshot that holds it.
    """

    definition: Definition
    contest: Contest
    results: Results
    number: int
    count: ContestCount
    turnout: TurnoutCount
    data_at: str
    evidence: Mapping[int, Sequence[Evidence]] = field(default_factory=dict)
    earlier: tuple[Moment, ...] = ()
    folder: str = ""
    shapes: bytes | None = None
    projection: Projection | None = None
    held: Mapping[str, int] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        """What a bulletin says beside the results."""
        return Context(self.number, self.definition.day.isoformat())

    @property
    def top(self) -> str:
        """From the folder of the contest to the top of the site."""
        return "../../../" if self.folder else "../../"

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All snapshots up to this one."""
        return (*self.earlier, Moment(self.number, self.results))

    def stations_of(self, area: int) -> Rows:
        """Positions of the stations that lie in an area itself, in the order of the definition."""
        return self._within[area]

    @cached_property
    def _within(self) -> list[Rows]:
        """The stations of each area, found in one pass."""
        places = self.definition.stations.area
        ends = np.cumsum(np.bincount(places, minlength=len(self.definition.areas)))
        return np.split(np.argsort(places, kind="stable"), ends[:-1])

    def left(self, area: int) -> tuple[int, int]:
        """Stations of an area that have yet to report, and the voters on their opening registers."""
        missing = self.count.expected.values[area] - self.count.progress.values[area]
        return int(missing[PROGRESS.index("stations")]), int(missing[PROGRESS.index("register")])

    def by_kind(self) -> dict[str, Rows]:
        """Positions of the stations of each kind, ordinary ones left out, in the order of first appearance."""
        kinds = np.array(self.definition.stations.kinds)
        return {
            kind: np.flatnonzero(kinds == kind)
            for kind in dict.fromkeys(self.definition.stations.kinds)
            if kind != "ordinary"
        }

    def figures(self, stations: Rows) -> Rows:
        """Figures as standing of the accepted among some stations, shape (n, columns), UNREAD where unread.

        Annulled stations are left out, as in the totals as standing.
        """
        accepted = stations[self.count.status[stations] == Status.ACCEPTED]
        rows: Rows = self.count.filed[accepted].copy()
        for place, station in enumerate(accepted.tolist()):
            if station in self.count.changed:
                rows[place] = self.count.changed[station]
        return rows


def view_of(
    state: State,
    results: Results,
    number: int,
    data_at: str,
    earlier: Sequence[Moment] = (),
    folder: str = "",
    shapes: bytes | None = None,
    held: Mapping[str, int] | None = None,
) -> View:
    """The view of the contest of `results`, which were computed from `state` and have all areas.

    data_at: time of the last act before the snapshot; `state` may by now have folded the snapshot's own act.
    """
    return View(
        definition=state.definition,
        contest=state.definition.contest(results.contest),
        results=results,
        number=number,
        count=state.contests[results.contest],
        turnout=state.turnout,
        data_at=data_at,
        evidence=state.evidence,
        earlier=tuple(earlier),
        folder=folder,
        shapes=shapes,
        held=held or {},
    )
