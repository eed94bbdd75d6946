"""Units: the places of an election under ids that machines keep: the country, its areas, its polling stations.

An id is an XML name, the same in every feed and every snapshot of an election: `country`, then `area-<id>`
and `station-<id>` where the election's own id is made of plain letters, digits and hyphens, else
`area_<place>` and `station_<place>`, counted from 1 in the order of areas.csv and stations.csv.  Feeds give
the election's own id beside it.

A feed covers a scope: the country or one area, with all that lies below.  Where the country has more than
`MOST_STATIONS` stations it is told in several feeds, so that none grows beyond what a reader takes whole.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tallyroom.announce.places import area_name
from tallyroom.election.definition import Definition
from tallyroom.tally.sums import Rows

MOST_STATIONS = 10_000
COUNTRY = "country"

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class Scope(NamedTuple):
    """Part of an election: the area at its top (None: the country), its areas and its stations, by position.

    areas: top first, in the order of the definition.  stations: none in an outline of areas alone.
    """

    top: int | None
    areas: Sequence[int]
    stations: Rows


class Units:
    """The places of one election, and what lies in what."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.areas = _ids("area", [area.id for area in definition.areas.areas])
        self.stations = _ids("station", definition.stations.ids)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """For each area the name of its files, without an ending."""
        return tuple(area_name(area.id) for area in self.definition.areas.areas)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The areas that lie directly in each area, and last those that lie in no other."""
        areas = self.definition.areas
        found: list[list[int]] = [[] for _ in range(len(areas) + 1)]
        for place, chain in enumerate(areas.chains):
            found[int(chain[1])].append(place)
        return tuple(map(tuple, found))

    @cached_property
    def below(self) -> tuple[tuple[int, ...], ...]:
        """Each area with all areas that lie in it, itself first, and last all areas of the country."""
        areas = self.definition.areas
        found: list[list[int]] = [[] for _ in range(len(areas) + 1)]
        for place, chain in enumerate(areas.chains):
            for above in chain.tolist():
                found[above].append(place)
        return (*((place, *(a for a in own if a != place)) for place, own in enumerate(found[:-1])), tuple(found[-1]))

    @cached_property
    def within(self) -> tuple[Rows, ...]:
        """The stations that lie directly in each area, by position."""
        order = np.argsort(self.definition.stations.area, kind="stable")
        ends = np.cumsum(np.bincount(self.definition.stations.area, minlength=len(self.areas)))
        return tuple(np.split(order, ends[:-1])) if len(self.areas) else ()

    def scope(self, top: int | None) -> Scope:
        """An area, or the country, with all that lies in it."""
        areas = self.below[-1 if top is None else top]
        stations = [self.within[area] for area in areas]
        return Scope(top, areas, np.sort(np.concatenate(stations)) if stations else np.zeros(0, np.int64))

    @property
    def outline(self) -> Scope:
        """The country and its areas, without the stations."""
        return Scope(None, self.below[-1], np.zeros(0, np.int64))

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes that together tell every station once, none with more than MOST_STATIONS that can be parted."""
        return tuple(self._parts(None))

    def _parts(self, top: int | None) -> Iterator[Scope]:
        whole = self.scope(top)
        inner = self.children[-1 if top is None else top]
        own = 0 if top is None else len(self.within[top])
        if len(whole.stations) <= MOST_STATIONS or not inner or own:
            yield whole
            return
        for area in inner:
            yield from self._parts(area)

    def above(self, top: int | None) -> list[int]:
        """The areas that a scope's top lies in, lowest first."""
        return [] if top is None else self.definition.areas.chains[top][1:-1].tolist()


def _ids(kind: str, ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{kind}-{own}" if _PLAIN.match(own) else f"{kind}_{place}" for place, own in enumerate(ids, 1))
