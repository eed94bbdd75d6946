"""A mirror: everything that a site shows, fetched and checked, so that another machine can carry it.

Nothing is believed.  The checkpoint must be signed by a key that is trusted, the record must be the one that it
signs (and, where the mirror has an older one, go on from it), the definition must be that of act 0, and every
file of a snapshot must have the hash that the record's acts give, or the manifest whose hash is in one.  What is there
already and has its hash is not asked for again, so a fetch that was stopped goes on.  A file that is not what the
record binds is named and not kept.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tallyroom.announce.compress import twins
from tallyroom.announce.manifest import MANIFEST, Listed, Manifest, read_manifest
from tallyroom.announce.pointer import LATEST
from tallyroom.record.acts import Definition, decode
from tallyroom.record.copy import new_paths
from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.log import CHECKPOINT, VKEY, Log
from tallyroom.record.note import Verifier, open_checkpoint
from tallyroom.record.policy import Policy
from tallyroom.record.store import Store
from tallyroom.record.stored import StoredTree
from tallyroom.record.tiles import WIDTH
from tallyroom.record.web import MAX_FILE, save
from tallyroom.tally.replay import Published, publications

MAX_BOUND = 2_000_000_000
"""The longest file whose length the manifest does not give, in bytes."""

_AT_ONCE = 6
_PLAIN = re.compile(r"[\w~.-][\w~. -]*(/[\w~.-][\w~. -]*)*\Z")

Progress = Callable[[int, int], None]


@dataclass
class Fetched:
    """What a fetch did: the record's size and root, snapshots that are whole, files fetched and files kept, faults."""

    size: int = 0
    root: bytes = b""
    snapshots: list[int] = field(default_factory=list)
    fetched: int = 0
    kept: int = 0
    faults: list[str] = field(default_factory=list)


class Mirror:
    """The mirror in the folder `out` of the site at `url`.

    policy: who is trusted; without one the key that the mirror has, and at first the site's own.
    """

    def __init__(self, url: str, out: Path, policy: Policy | None = None) -> None:
        self._url, self._out, self._policy = url.rstrip("/"), out, policy
        self._store = Store(out)
        self.done = Fetched()

    def fetch(self, newest: bool = False, progress: Progress = lambda done, total: None) -> Fetched:
        """Bring the mirror up to the site; newest: only the last snapshot, with what it holds of earlier ones.

        Raises RecordError where the record itself cannot be had or is not to be believed; then no file that
        people read has been changed.
        """
        log = self._record()
        self._definition(log)
        found = publications(log)
        wanted = list(self._wanted(found[-1:] if newest else found, found))
        for done, (published, paths) in enumerate(wanted):
            progress(done, len(wanted))
            self._snapshot(published, paths)
        if found and found[-1].number in self.done.snapshots:
            self._front(found[-1])
        return self.done

    def _wanted(
        self, chosen: list[Published], found: list[Published]
    ) -> Iterator[tuple[Published, frozenset[str] | None]]:
        """The snapshots to fetch, older ones first; of those that a chosen one holds files of, only these."""
        numbers = {published.number for published in chosen}
        held: dict[int, set[str]] = {}
        for published in chosen:
            if (manifest := self._manifest(published)) is not None:
                for path, number in manifest.held.items():
                    held.setdefault(number, set()).add(path)
        for published in found:
            if published.number in numbers:
                yield published, None
            elif published.number in held:
                yield published, frozenset(held[published.number])

    def _record(self) -> Log:
        """The record, copied and proved; the checkpoint is replaced last."""
        note = self._get(CHECKPOINT, 1_000_000)
        key = self._key(note)
        checkpoint = open_checkpoint(note, key)
        before = self._out / CHECKPOINT
        held = open_checkpoint(before.read_bytes(), key) if before.exists() else None
        if held is not None and held.size > checkpoint.size:
            raise RecordError(
                CHECKPOINT, "the site shows less than the mirror has", str(held.size), str(checkpoint.size)
            )
        for path in new_paths(held.size if held else 0, checkpoint.size):
            if not (self._out / path).exists():
                self._store.write({path: self._get(path, MAX_FILE)})
        tree = StoredTree(self._store, checkpoint.size, checkpoint.root)
        if held is not None and tree.root_at(held.size) != held.root:
            raise RecordError(CHECKPOINT, f"the record is not the one of which the mirror has {held.size} acts")
        self._prove(tree)
        self._store.write({VKEY: key.vkey.encode() + b"\n"})
        self._store.write({CHECKPOINT: note})
        self.done.size, self.done.root = checkpoint.size, checkpoint.root
        return Log.open(self._out, key)

    def _prove(self, tree: StoredTree) -> None:
        """Every entry against the root; a file that is wrong is taken away, so that the next fetch asks for it."""
        try:
            for n in range(-(-tree.size // WIDTH)):
                tree.bundle(n)
        except Damaged as error:
            with suppress(OSError):
                (self._out / error.fault.where).unlink()
            raise

    def _key(self, note: bytes) -> Verifier:
        """The key that must have signed the checkpoint.  RecordError without a policy's quorum."""
        if self._policy is not None:
            checkpoint, opened = self._policy.open(note)
            if not self._policy.is_met_by(self._policy.cosigners(opened)):
                raise RecordError(CHECKPOINT, "lacks the quorum of witnesses that the policy asks for")
            return next(log for log in self._policy.logs if log.name == checkpoint.origin)
        own = self._out / VKEY
        text = own.read_bytes() if own.exists() else self._get(VKEY, 10_000)
        return Verifier.parse(text.decode("utf-8", "replace").strip())

    def _definition(self, log: Log) -> None:
        """The files that act 0 fixes."""
        first = decode(log.entry(0)) if log.size else None
        if not isinstance(first, Definition):
            raise RecordError("act 0", "is not a definition")
        self._files("definition/", {name: Listed(sha256) for name, sha256 in first.files.items()})

    def _snapshot(self, published: Published, only: frozenset[str] | None) -> None:
        """One snapshot whole, or `only` some of its files."""
        manifest = self._manifest(published)
        listed = {path: Listed(sha256) for path, sha256 in published.files.items()}
        if manifest is not None:
            listed = {
                path: Listed(published.files.get(path, one.sha256), one.bytes) for path, one in manifest.files.items()
            } | {path: one for path, one in listed.items() if path not in manifest.files}
        if only is not None:
            listed = {path: one for path, one in listed.items() if path in only}
        faults = len(self.done.faults)
        self._files(f"v/{published.number}/", listed)
        if only is None and len(self.done.faults) == faults:
            self.done.snapshots.append(published.number)

    def _manifest(self, published: Published) -> Manifest | None:
        """The manifest of a snapshot, proved; None for a snapshot that has none, or whose manifest is not true."""
        if MANIFEST not in published.files:
            return None
        folder = f"v/{published.number}/"
        self._files(folder, {MANIFEST: Listed(published.files[MANIFEST])})
        path = self._out / folder / MANIFEST
        return read_manifest(folder + MANIFEST, path.read_bytes()) if path.exists() else None

    def _front(self, newest: Published) -> None:
        """The pages at the top, where the site's are those of the newest snapshot, and the pointer to it last."""
        if (manifest := self._manifest(newest)) is not None:
            self._files("", manifest.front)
        self._store.write({LATEST: self._get(LATEST, 10_000)})

    def _files(self, folder: str, listed: Mapping[str, Listed]) -> None:
        """Fetch files below a folder, several at once; what is not as listed is a fault and is not kept."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for path, fault in zip(listed, pool.map(self._file, [folder] * len(listed), listed.items()), strict=True):
                if fault and f"{folder}{path}: {fault}" not in self.done.faults:
                    self.done.faults.append(f"{folder}{path}: {fault}")

    def _file(self, folder: str, item: tuple[str, Listed]) -> str:
        """Fetch one file, with the twins that are made from it; what is wrong with it, or ""."""
        name, listed = item
        path = folder + name
        if not _PLAIN.match(path) or ".." in path.split("/"):
            return "is not a plain name of a file"
        if _hash_of(self._out / path) == listed.sha256:
            self.done.kept += 1
            return ""
        try:
            with tempfile.TemporaryFile() as file:
                save(f"{self._url}/{quote(path)}", file, listed.bytes if listed.bytes is not None else MAX_BOUND)
                file.seek(0)
                content = file.read()
        except RecordError as error:
            return error.fault.what
        if hashlib.sha256(content).hexdigest() != listed.sha256:
            return "is not what the record binds"
        packed = twins(name, content) if not folder.startswith("definition") else ()
        self._store.write({**{folder + twin: data for twin, data in packed}, path: content})
        self.done.fetched += 1
        return ""

    def _get(self, path: str, limit: int) -> bytes:
        with tempfile.TemporaryFile() as file:
            save(f"{self._url}/{quote(path)}", file, limit)
            file.seek(0)
            return file.read()


def _hash_of(path: Path) -> str:
    """SHA-256 (hex) of a file, "" where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
