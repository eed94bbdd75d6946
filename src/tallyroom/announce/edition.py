"""An edition: all files of one snapshot, in the order in which they are published.

The headline comes first: results, what is new, bulletins, pages.  Then the tables: stations, areas, the feeds of
others' formats, a file an area.  Everything is a function of a prefix of the record.  Feeds are checked as they
are made; one that does not hold together stops the publication.
"""

import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tallyroom.announce.areafiles import FOLDER, area_files, area_path
from tallyroom.announce.civics import civics_xml
from tallyroom.announce.feedcheck import check_civics, check_nist, check_sidecar
from tallyroom.announce.feedsource import Feed
from tallyroom.announce.nist import nist_json
from tallyroom.announce.pages import AreaPagesOf, newest_pages, pages
from tallyroom.announce.places import Places, area_name, languages_of
from tallyroom.announce.pointer import Pointer
from tallyroom.announce.schema import check_schema
from tallyroom.announce.sidecar import sidecar_json
from tallyroom.announce.snapshot import areas_parquet, guarded, guarded_csv, headline_files
from tallyroom.announce.unitfigures import unit_figures
from tallyroom.announce.units import Scope, Units
from tallyroom.announce.update import MOST_ROWS, UPDATE, update, update_json
from tallyroom.announce.view import Moment, View, view_of
from tallyroom.election.areas import Area
from tallyroom.election.definition import Contest
from tallyroom.record.log import Log
from tallyroom.record.tiles import WIDTH
from tallyroom.tally.replay import summarise
from tallyroom.tally.results import Results
from tallyroom.tally.state import State
from tallyroom.tally.stations import station_table

PARTS = "parts/"
"""Feeds of a country that is told in parts, a folder for each."""

File = tuple[str, bytes]


def stands_in_act(path: str) -> bool:
    """Whether the act itself binds a file of a snapshot; the many files of areas and parts it binds by the manifest."""
    return not ({FOLDER.rstrip("/"), PARTS.rstrip("/")} & set(path.split("/")[:-1]))


class ContestEdition:
    """The files of one contest: `folder` is where they stand below v/<number>/, "" for the first contest.

    Made before the snapshot's act is folded: what has changed is compared with the snapshot before.
    """

    def __init__(
        self, state: State, log: Log, units: Units, contest: Contest, number: int, time: str, shapes: bytes | None
    ) -> None:
        areas = range(len(state.definition.areas))
        self.results = summarise(state, log, contest.id, time, publishing=True).results(areas)
        self.folder = "" if contest is state.definition.contests[0] else f"{contest.id}/"
        self._state, self._log, self._units, self._contest, self._number = state, log, units, contest, number
        history = state.history[contest.id]
        self._before = history.results[-1] if history.results else None
        self._changed = history.changed(state.marks(contest.id))
        self._changed_areas = history.changed_areas(self._changed)
        self._since = np.where(self._changed_areas, number, history.since)
        shown_since = number if history.shows_otherwise(self.results) else history.shown_since
        self._pages_since = np.maximum(self._since, shown_since)
        self._told_since = number if history.tells_otherwise(self.results) else history.told_since
        self.view = view_of(
            state,
            self.results,
            number,
            state.last_at or time,
            [Moment(n, past) for n, past in enumerate(history.results, 1)],
            self.folder,
            shapes,
            {area.id: n for area, n in zip(areas_of(state), self._pages_since.tolist(), strict=False) if n < number},
        )

    def headline(self) -> Iterator[File]:
        """results.json, areas.csv, update.json from the second snapshot on, bulletins and pages."""
        files = headline_files(self.results)
        check_schema("results", files["results.json"])
        yield from files.items()
        yield from pages(self.view)
        if self._before is not None:
            yield UPDATE, self._update(self._before)

    def _update(self, before: Results) -> bytes:
        places = np.flatnonzero(self._changed)
        count = self._state.contests[self._contest.id]
        rows = station_table(self._state, count, places) if len(places) <= MOST_ROWS else None
        content = update_json(update(self._number, before, self.results, self._changed_areas, rows))
        check_schema("update", content)
        return content

    def tables(self) -> Iterator[File]:
        """The station tables, the area table, the feeds, and the files of areas that have changed."""
        rows = guarded(self._table)
        yield "stations.csv", guarded_csv(rows)
        parquet = io.BytesIO()
        pq.write_table(self._table, parquet, compression="zstd")
        yield "stations.parquet", parquet.getvalue()
        yield "areas.parquet", areas_parquet(self.results)
        for folder, scope in self._scopes():
            if self._scope_since(scope) == self._number:
                yield from self._feeds(folder, scope)
        yield from area_files(self._units, rows, np.flatnonzero(self._changed_areas[:-1]).tolist())
        makers = AreaPagesOf(self.view)
        for place in np.flatnonzero(self._pages_since[:-1] == self._number).tolist():
            yield from makers.of(place)

    def held(self) -> Iterator[tuple[str, int]]:
        """The files that stand in an earlier snapshot: path, and number of that snapshot."""
        for area, since in enumerate(self._since[:-1].tolist()):
            if since < self._number and len(self._units.within[area]):
                yield area_path(self._units, area, ".csv"), since
        for place, since in enumerate(self._pages_since[:-1].tolist()):
            if since < self._number:
                yield from ((path, since) for path in area_page_paths(self.view, place))
        for folder, scope in self._scopes():
            if (since := self._scope_since(scope)) < self._number:
                yield from ((f"{folder}{name}", since) for name in ("nist.json", "civics.xml", "sidecar.json"))

    @cached_property
    def _table(self) -> pa.Table:
        return station_table(self._state, self._state.contests[self._contest.id])

    def _scopes(self) -> Iterator[tuple[str, Scope]]:
        """Folder and scope of each feed; the first, in no folder, has the country."""
        units = self._units
        if len(units.scopes) == 1:
            yield "", units.scopes[0]
            return
        yield "", units.outline
        for scope in units.scopes:
            yield f"{PARTS}{units.files[scope.top or 0]}/", scope

    def _scope_since(self, scope: Scope) -> int:
        """The snapshot since which the feeds of a scope are as they are; those of the country are always new."""
        return self._number if scope.top is None else max(int(self._since[scope.top]), self._told_since)

    def _feeds(self, folder: str, scope: Scope) -> Iterator[File]:
        feed = self._feed
        path = f"{folder}nist.json"
        content = nist_json(feed, scope)
        check_nist(path, content, feed, scope)
        yield path, content
        path = f"{folder}civics.xml"
        content = civics_xml(feed, scope)
        check_civics(path, content, feed, scope)
        yield path, content
        path = f"{folder}sidecar.json"
        content = sidecar_json(feed, scope, self._table, self._state.turnout, self._filed_at(scope))
        check_sidecar(path, content, feed, scope)
        yield path, content

    @cached_property
    def _feed(self) -> Feed:
        figures = unit_figures(self._state.definition, self._contest, self._table)
        return Feed(self._units, self._contest, self.results, figures)

    def _filed_at(self, scope: Scope) -> dict[int, str]:
        """The claimed times of the acts in force of a scope's stations, by number."""
        acts = self._table["act"].take(pa.array(scope.stations)).drop_null().to_pylist()
        return filed_times(self._log, sorted(acts))


def areas_of(state: State) -> tuple[Area, ...]:
    """The areas of an election, in order."""
    return state.definition.areas.areas


def area_page_paths(view: View, place: int) -> Iterator[str]:
    """Where the pages of an area stand, in every language."""
    stem = area_name(view.definition.areas.areas[place].id)
    for code in languages_of(view.definition):
        yield f"{FOLDER}{Places(view, code, '', '').file(f'{stem}.html')}"


class _Dated(msgspec.Struct):
    at: str


def filed_times(log: Log, acts: Sequence[int]) -> dict[int, str]:
    """The claimed time of each of these acts, given in order; bundles without one of them are not read."""
    found = {}
    for n, wanted in groupby(acts, key=lambda act: act // WIDTH):
        bundle = list(log.entries(n * WIDTH, (n + 1) * WIDTH))
        found.update({act: msgspec.json.decode(bundle[act % WIDTH], type=_Dated).at for act in wanted})
    return found


class Snapshot:
    """The files of one snapshot of the count, as of `state` and `time`; two batches, the tables second."""

    def __init__(self, state: State, log: Log, number: int, time: str, shapes: bytes | None = None) -> None:
        self.state = state
        self.number = number
        units = Units(state.definition)
        self._contests = [
            ContestEdition(state, log, units, contest, number, time, shapes) for contest in state.definition.contests
        ]

    @property
    def first(self) -> Results:
        """The results of the first contest, which the first page shows."""
        return self._contests[0].results

    @property
    def view(self) -> View:
        """What the pages of the first contest are made from."""
        return self._contests[0].view

    def headline(self) -> Iterator[File]:
        """What is published first, by path below v/<number>/."""
        for one in self._contests:
            yield from ((f"{one.folder}{name}", content) for name, content in one.headline())

    def tables(self) -> Iterator[File]:
        """What follows; made as it is asked for, so that not all of it is in memory at once."""
        for one in self._contests:
            yield from ((f"{one.folder}{name}", content) for name, content in one.tables())

    def held(self) -> dict[str, int]:
        """Files of this snapshot that stand in an earlier one, whose number is given."""
        return {f"{one.folder}{name}": number for one in self._contests for name, number in one.held()}

    @cached_property
    def front(self) -> dict[str, bytes]:
        """What stands above all snapshots and is replaced with each: the newest pages."""
        return dict(newest_pages(self.view))

    def pointer(self) -> bytes:
        """latest.json, which points to this snapshot."""
        results = self.first
        pointer = Pointer(
            election=results.election,
            data_origin=results.data_origin,
            number=self.number,
            path=f"v/{self.number}/",
            size=results.snapshot.size,
            root=results.snapshot.root,
            time=results.snapshot.time,
            state=results.state,
        )
        return msgspec.json.encode(pointer) + b"\n"
