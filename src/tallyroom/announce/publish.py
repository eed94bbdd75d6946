"""Publishing: snapshots of the count as static files that any web server, bucket or mirror can carry.

A site holds the public copy of the record (`checkpoint`, `tile/`, `log.vkey`), the definition of the election
(`definition/`), one folder a snapshot (`v/<number>/`, never changed), the newest page as `index.html`, and
`latest.json`, which points to the newest snapshot and is replaced last.

Every file of a snapshot is a function of the acts before it; its hash is in the publication act, which is in
the record before any file is visible.  So whatever a crash leaves out is made again, byte for byte, by
`restore`, from the record alone.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from tallyroom.announce.history import History, extended, history
from tallyroom.announce.pages import AreaPagesOf, newest_pages, pages
from tallyroom.announce.snapshot import areas_parquet, headline_files, stations_csv
from tallyroom.announce.view import View, view_of
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.acts import Publication, Seen
from tallyroom.record.clerk import Clerk
from tallyroom.record.copy import copy_record
from tallyroom.record.log import VKEY, Log
from tallyroom.record.store import Store
from tallyroom.tally.replay import catch_up, publications, summarise
from tallyroom.tally.results import Results
from tallyroom.tally.state import State
from tallyroom.tally.stations import station_table

Files = dict[str, bytes]

Cosign = Callable[[bytes], bytes]
"""Gives a signed checkpoint back with the cosignatures it is to be shown with; raises RecordError to refuse."""


def no_witness(checkpoint: bytes) -> bytes:
    """Shows a checkpoint under the log's signature alone."""
    return checkpoint


class Pointer(msgspec.Struct, frozen=True):
    """latest.json: the newest snapshot, in about 300 bytes that a page can ask for every few seconds."""

    election: str
    data_origin: str
    number: int
    path: str
    size: int
    root: str
    time: str
    state: str


class Snapshot:
    """The files of one snapshot of the count, as of `state` and `time`; two batches, the tables second.

    past: the snapshots before.  folder: the election folder, for the shapes of the areas.
    """

    def __init__(self, state: State, log: Log, number: int, time: str, past: History, folder: Path) -> None:
        self.state = state
        self.number = number
        self.past = past
        self._data_at = state.last_at or time
        shapes = folder / "areas.geojson"
        self._shapes = shapes.read_bytes() if shapes.name in state.definition.files else None
        self.results = {contest.id: _with_areas(state, log, contest, time) for contest in state.definition.contests}

    @property
    def first(self) -> Results:
        """The results of the first contest, which the first page shows."""
        return next(iter(self.results.values()))

    def headline(self) -> Files:
        """results.json, areas.csv, bulletins and pages of each contest, by path below v/<number>/."""
        files: Files = {}
        for folder, results in self._folders():
            made = headline_files(results) | dict(pages(self._view(folder, results)))
            files |= {f"{folder}{name}": content for name, content in made.items()}
        return files

    def tables(self) -> Files:
        """The station tables, the area table and the pages of the areas of each contest, which follow."""
        files: Files = {}
        for folder, results in self._folders():
            table = station_table(self.state, self.state.contests[results.contest])
            parquet = io.BytesIO()
            pq.write_table(table, parquet, compression="zstd")
            files[f"{folder}stations.csv"] = stations_csv(table)
            files[f"{folder}stations.parquet"] = parquet.getvalue()
            files[f"{folder}areas.parquet"] = areas_parquet(results)
            makers = AreaPagesOf(self._view(folder, results))
            for place in range(len(self.state.definition.areas)):
                files |= {f"{folder}{name}": content for name, content in makers.of(place)}
        return files

    def front(self) -> Files:
        """What stands above all snapshots: the newest pages, and last the pointer to this snapshot."""
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
        return dict(newest_pages(self._view("", results))) | {"latest.json": msgspec.json.encode(pointer) + b"\n"}

    def _view(self, folder: str, results: Results) -> View:
        past = self.past.get(results.contest, ())
        return view_of(self.state, results, self.number, self._data_at, past, folder, self._shapes)

    def _folders(self) -> Iterator[tuple[str, Results]]:
        """The folder of each contest: none for the first, its id for the others."""
        for place, (contest, results) in enumerate(self.results.items()):
            yield (f"{contest}/" if place else ""), results


def _with_areas(state: State, log: Log, contest: Contest, time: str) -> Results:
    areas = range(len(state.definition.areas))
    return summarise(state, log, contest.id, time, publishing=True).results(areas)


def publish(
    state: State,
    clerk: Clerk,
    folder: Path,
    out: Path,
    at: str,
    role: str = "desk-1",
    cosign: Cosign = no_witness,
) -> Results:
    """Publish the count as it stands: into the record first, then into `out`; the results published.

    state: folded up to the end of the record; this folds it further, by the acts that it enters.
    folder: the election folder.  cosign: asked before anything is entered, and before each change of `out`.
    Raises RecordError or OSError; what is then missing in `out` is made again by `restore`.
    """
    cosign(clerk.log.checkpoint)
    number = len(state.publications) + 1
    snapshot = Snapshot(state, clerk.log, number, at, history(state.definition, clerk.log, number, out), folder)
    for make in (snapshot.headline, snapshot.tables):
        _publish(state, clerk, folder, out, snapshot, make(), role, cosign)
    return snapshot.first


def go_on(
    state: State, clerk: Clerk, folder: Path, out: Path, role: str = "desk-1", cosign: Cosign = no_witness
) -> list[str]:
    """Go on with a site after a stop or a crash: what is in the record and not in `out` is made again.

    Where a crash came between the two parts of the newest snapshot, its tables are published now.  Returns
    the files that come out other than they were published, as `restore` does.
    """
    if not state.publications:
        return []
    newest = publications(clerk.log)[-1]
    if not any(name.endswith("stations.csv") for name in newest.files):
        then = State(state.definition)
        catch_up(then, clerk.log, newest.size)
        past = history(then.definition, clerk.log, newest.number, out)
        snapshot = Snapshot(then, clerk.log, newest.number, newest.at, past, folder)
        _publish(state, clerk, folder, out, snapshot, snapshot.tables(), role, cosign)
    return restore(state.definition, clerk.log, folder, out, cosign)


def _publish(
    state: State,
    clerk: Clerk,
    folder: Path,
    out: Path,
    snapshot: Snapshot,
    files: Files,
    role: str,
    cosign: Cosign,
) -> None:
    """One part of a snapshot: its act first, then its files, then what points to them."""
    shown = snapshot.first.snapshot
    act = Publication(
        at=shown.time, number=snapshot.number, snapshot=Seen(shown.size, shown.root), files=_hashes(files)
    )
    clerk.enter([act], role)
    catch_up(state, clerk.log)
    checkpoint = cosign(clerk.log.checkpoint)
    Store(out / f"v/{snapshot.number}").write(files)
    _write_front(out, folder, clerk.log, snapshot, checkpoint)


def restore(definition: Definition, log: Log, folder: Path, out: Path, cosign: Cosign = no_witness) -> list[str]:
    """Make the whole site again from the record; the files that come out other than they were published.

    A file that differs is not written.  Parquet may differ under another release of its library; any other
    difference means that record, definition or program are not those of the publication.
    """
    checkpoint = cosign(log.checkpoint)
    state = State(definition)
    differing: list[str] = []
    newest: Snapshot | None = None
    past: History = {}
    for published in publications(log):
        catch_up(state, log, published.size)
        snapshot = Snapshot(state, log, published.number, published.at, past, folder)
        files = snapshot.headline() | snapshot.tables()
        made = _hashes(files)
        same = {name: files[name] for name, sha256 in published.files.items() if made.get(name) == sha256}
        differing += [f"v/{published.number}/{name}" for name in published.files if name not in same]
        Store(out / f"v/{published.number}").write(same)
        newest = snapshot
        past = extended(past, published.number, snapshot.results)
    if newest is not None:
        _write_front(out, folder, log, newest, checkpoint)
    return differing


def _hashes(files: Files) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}


def _write_front(out: Path, folder: Path, log: Log, snapshot: Snapshot, checkpoint: bytes) -> None:
    """The public record and definition, then the first page, and last the pointer to the snapshot."""
    copy_record(log, out, checkpoint)
    definition = {f"definition/{name}": (folder / name).read_bytes() for name in snapshot.state.definition.files}
    site = Store(out)
    kept = {name: content for name, content in definition.items() if not (out / name).exists()}
    site.write({**kept, VKEY: log.verifier.vkey.encode() + b"\n"})
    for name, content in snapshot.front().items():
        site.write({name: content})
