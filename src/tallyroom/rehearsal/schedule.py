"""The schedule of a night: what is entered into the record when, made from an electorate's figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from tallyroom.election.definition import Definition
from tallyroom.record.acts import AnyAct, Closed, Opened, Protocol, Turnout
from tallyroom.rehearsal.apportion import Counts
from tallyroom.rehearsal.electorate import NOT_REPORTED, Electorate

WINDOW = 60
"""Seconds of the night whose protocols the desks enter together."""


@dataclass(frozen=True)
class Enter:
    """At a time (UTC epoch seconds): acts that go into the record together, under a role's key."""

    at: int
    acts: tuple[AnyAct, ...]
    role: str = "commission"


@dataclass(frozen=True)
class File:
    """At a time: protocols that are received together, checked, and accepted or put in review."""

    at: int
    protocols: tuple[Protocol, ...]


@dataclass(frozen=True)
class Publish:
    """At a time: the count is published as it stands."""

    at: int


@dataclass(frozen=True)
class Mend:
    """At a time: a station's wrong figures are replaced, or its result is annulled; `kind` says how."""

    at: int
    kind: str
    station: int
    reason: str


@dataclass(frozen=True)
class Certify:
    """At a time: the commission certifies the result as it stands, with the leader as winner."""

    at: int


Step = Enter | File | Publish | Mend | Certify


@dataclass(frozen=True)
class Schedule:
    """Turns the figures of an electorate into acts of an election.

    wrong: by station, the figures of a first entry that are not those of the paper.  reason: why protocols
    that only break warnings are accepted; empty where none does.
    """

    definition: Definition
    night: Electorate
    wrong: Mapping[int, Mapping[str, int]]
    reason: str

    def time(self, at: int) -> str:
        """A time in the election's zone, RFC 3339 in seconds."""
        return datetime.fromtimestamp(at, self.definition.zone).isoformat(timespec="seconds")

    def day(self) -> Iterator[Step]:
        """Opening, turnout at the fixed hours, and closing of the stations."""
        ids = self.night.station_ids
        for at, stations in _by_time(self.night.opened_at):
            yield Enter(at, tuple(Opened(at=self.time(at), station=ids[s]) for s in stations))
        for place, at in enumerate(self.night.turnout_at.tolist()):
            yield Enter(at, tuple(self._turnout(place, at)))
        for at, stations in _by_time(self.night.closed_at):
            yield Enter(at + 1, tuple(Closed(at=self.time(at), station=ids[s]) for s in stations))

    def _turnout(self, place: int, at: int) -> Iterator[Turnout]:
        hour, time = self.definition.turnout_hours[place], self.time(at)
        for station_id, voted in zip(self.night.station_ids, self.night.turnout[:, place].tolist(), strict=True):
            if voted != NOT_REPORTED:
                yield Turnout(at=time, station=station_id, hour=hour, voted=voted)

    def count(self) -> Iterator[Step]:
        """The first protocol of every station, in the order of arrival, a window at a time."""
        order = np.argsort(self.night.reported_at, kind="stable").tolist()
        arrived = self.night.reported_at.tolist()
        for _, stations in groupby(order, key=lambda s: (arrived[s] - 1) // WINDOW):
            together = list(stations)
            yield File(arrived[together[-1]], tuple(self.protocol(s, arrived[s], first=True) for s in together))

    def protocol(self, station: int, at: int, first: bool = False) -> Protocol:
        """A station's protocol; the first entry has the wrong figures where the night has any."""
        figures = self.figures(station, first)
        lines, candidates = self.definition.form.line_ids, self.definition.contest().candidate_ids
        return Protocol(
            at=self.time(at),
            contest=self.definition.contest().id,
            station=self.night.station_ids[station],
            lines={line: figures[line] for line in lines},
            votes={candidate: figures[candidate] for candidate in candidates},
        )

    def figures(self, station: int, first: bool = False) -> dict[str, int]:
        """A station's figures: right ones, or those of the first entry."""
        right = self.night.figures(station)
        return right | dict(self.wrong.get(station, {})) if first else right


def _by_time(times: Counts) -> Iterator[tuple[int, list[int]]]:
    """Positions that share a time, in order of time."""
    order = np.argsort(times, kind="stable").tolist()
    for at, group in groupby(order, key=lambda position: int(times[position])):
        yield at, list(group)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Steps by time; at one time acts come before the publication."""
    return sorted(steps, key=lambda step: (step.at, isinstance(step, Publish)))
