"""Publishing: snapshots of the count as static files that any web server, bucket or mirror can carry.

A site holds the public copy of the record (`checkpoint`, `tile/`, `log.vkey`), the definition of the election
(`definition/`), one folder a snapshot (`v/<number>/`, never changed), the newest page as `index.html`, and
`latest.json`, which points to the newest snapshot and is replaced last.

Every file of a snapshot is a function of the acts before it; its hash is in the publication act, or in the manifest
whose hash is there, and the act is in the record before any file is visible.  So whatever a crash leaves out is
made again, byte for byte, by `restore`, from the record alone.
"""

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

from tallyroom.announce.compress import twins
from tallyroom.announce.edition import File, Snapshot, stands_in_act
from tallyroom.announce.manifest import MANIFEST, Listed, listed, manifest_json
from tallyroom.announce.pointer import LATEST, Pointer
from tallyroom.announce.schema import check_schema
from tallyroom.announce.staging import Staging
from tallyroom.announce.whole import is_whole
from tallyroom.election.definition import Definition
from tallyroom.record.acts import Publication, Seen
from tallyroom.record.clerk import Clerk
from tallyroom.record.copy import copy_record
from tallyroom.record.log import VKEY, Log
from tallyroom.record.store import Store
from tallyroom.tally.replay import Published, catch_up, publications
from tallyroom.tally.results import Results
from tallyroom.tally.state import State

__all__ = ["Pointer", "Snapshot", "go_on", "publish", "restore"]

Cosign = Callable[[bytes], bytes]
"""Gives a signed checkpoint back with the cosignatures it is to be shown with; raises RecordError to refuse."""


def no_witness(checkpoint: bytes) -> bytes:
    """Shows a checkpoint under the log's signature alone."""
    return checkpoint


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
    snapshot = Snapshot(state, clerk.log, len(state.publications) + 1, at, shapes(state.definition, folder))
    press = _Press(state, clerk, folder, out, snapshot, role, cosign)
    first = press.publish(snapshot.headline())
    press.publish(snapshot.tables(), before=first)
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
        snapshot = Snapshot(then, clerk.log, newest.number, newest.at, shapes(then.definition, folder))
        first = {name: listed(name, content) for name, content in snapshot.headline()}
        _Press(state, clerk, folder, out, snapshot, role, cosign).publish(snapshot.tables(), before=first)
    return restore(state.definition, clerk.log, folder, out, cosign)


def shapes(definition: Definition, folder: Path) -> bytes | None:
    """The shapes of the areas, where the definition has them."""
    name = "areas.geojson"
    return (folder / name).read_bytes() if name in definition.files else None


class _Press:
    """Publishes the parts of one snapshot: each time its act first, then its files, then what points to them."""

    def __init__(
        self, state: State, clerk: Clerk, folder: Path, out: Path, snapshot: Snapshot, role: str, cosign: Cosign
    ) -> None:
        self._state, self._clerk, self._folder, self._out = state, clerk, folder, out
        self._snapshot, self._role, self._cosign = snapshot, role, cosign

    def publish(self, files: Iterable[File], before: dict[str, Listed] | None = None) -> dict[str, Listed]:
        """One part; its files by path.  before: those of the first part, where this is the second."""
        with Staging(self._out / f"v/{self._snapshot.number}") as staging:
            for path, content in files:
                staging.add(path, content)
            made = staging.wait()
            if before is not None:
                staging.add(MANIFEST, _manifest(self._snapshot, before | made))
                made = staging.wait()
            self._enter({path: one.sha256 for path, one in made.items() if stands_in_act(path)})
            checkpoint = self._cosign(self._clerk.log.checkpoint)
            staging.reveal()
        _write_record(self._out, self._folder, self._clerk.log, self._snapshot, checkpoint)
        if before is None:  # both parts have the same first page; after a stop `restore` writes it
            _write_front(self._out, self._snapshot)
        return made

    def _enter(self, hashes: dict[str, str]) -> None:
        shown = self._snapshot.first.snapshot
        seen = Seen(shown.size, shown.root)
        act = Publication(at=shown.time, number=self._snapshot.number, snapshot=seen, files=hashes)
        self._clerk.enter([act], self._role)
        catch_up(self._state, self._clerk.log)


def _manifest(snapshot: Snapshot, files: dict[str, Listed]) -> bytes:
    front = {name: listed(name, content) for name, content in snapshot.front.items()}
    content = manifest_json(snapshot.number, snapshot.first, files, snapshot.held(), front)
    check_schema("manifest", content)
    return content


def restore(definition: Definition, log: Log, folder: Path, out: Path, cosign: Cosign = no_witness) -> list[str]:
    """Make whatever the site lacks again from the record; the files that come out other than they were published.

    A file that differs is not written.  Parquet may differ under another release of its library; any other
    difference means that record, definition or program are not those of the publication.
    """
    checkpoint = cosign(log.checkpoint)
    state = State(definition)
    differing: list[str] = []
    found = publications(log)
    for published in found:
        place = out / f"v/{published.number}"
        whole = is_whole(place, published.files)
        if published is found[-1] or not whole:
            catch_up(state, log, published.size)
            snapshot = Snapshot(state, log, published.number, published.at, shapes(definition, folder))
            if not whole:
                differing += [f"v/{published.number}/{name}" for name in _again(snapshot, published, place)]
    if found:
        _write_record(out, folder, log, snapshot, checkpoint)
        _write_front(out, snapshot)
    return differing


def _again(snapshot: Snapshot, published: Published, place: Path) -> list[str]:
    """Make a snapshot's files again; those that come out other than they were published, which are not written."""
    with Staging(place) as staging:
        for path, content in chain(snapshot.headline(), snapshot.tables()):
            staging.add(path, content)
        made = staging.wait()
        known = {path: one for path, one in made.items() if path in published.files or not stands_in_act(path)}
        known |= {path: Listed(published.files[path]) for path in known if path.endswith(".parquet")}
        staging.add(MANIFEST, _manifest(snapshot, known))
        made = staging.wait()
        same = {path for path, sha256 in published.files.items() if path in made and made[path].sha256 == sha256}
        staging.reveal(lambda path: path in same or (MANIFEST in same and not stands_in_act(path)))
    return [path for path in published.files if path not in same]


def _write_record(out: Path, folder: Path, log: Log, snapshot: Snapshot, checkpoint: bytes) -> None:
    """The public copy of the record, and the definition."""
    copy_record(log, out, checkpoint)
    definition = {f"definition/{name}": (folder / name).read_bytes() for name in snapshot.state.definition.files}
    site = Store(out)
    kept = {name: content for name, content in definition.items() if not (out / name).exists()}
    site.write({**kept, VKEY: log.verifier.vkey.encode() + b"\n"})


def _write_front(out: Path, snapshot: Snapshot) -> None:
    """The newest pages, and last the pointer to the snapshot."""
    site = Store(out)
    for name, content in snapshot.front.items():
        site.write({**dict(twins(name, content)), name: content})
    site.write({LATEST: snapshot.pointer()})
