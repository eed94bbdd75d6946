"""The log: an append-only record in a folder, as static files that anyone can check.

`append` is atomic and durable. New bundles and tiles are written beside what is there; they are read back and
the tree is built from what was read; only then is the checkpoint signed and renamed into place. A crash at
any moment leaves the old checkpoint with leftovers beyond it, which count for nothing and which the next
append overwrites.

    with Log.open(Path("election/record"), vkey) as log:
        for entry in log.verified_entries():
            ...
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.lock import WriterLock
from tallyroom.record.note import Checkpoint, Signer, Verifier, open_checkpoint, sign
from tallyroom.record.store import Store
from tallyroom.record.stored import StoredTree
from tallyroom.record.tiles import MAX_ENTRY, WIDTH, Edge, edge_paths, encode_bundle, entries_path
from tallyroom.record.tree import EMPTY_ROOT, leaf_hashes

CHECKPOINT = "checkpoint"
VKEY = "log.vkey"
"""The key that checks the checkpoint, in a file beside it."""


class Log:
    """A record as of the checkpoint it was opened at, and its writer when opened with a signer.

    folder: holds `checkpoint` and `tile/`.  checkpoint: the signed note, in bytes.  The writer's lock is
    `private/lock` beside the folder, or the path given.
    """

    def __init__(self, folder: Path, verifier: Verifier, signer: Signer | None, lock: WriterLock | None) -> None:
        self.folder = folder
        self.verifier = verifier
        self._signer = signer
        self._lock = lock
        self._failed = False
        self._store = Store(folder)
        if not (folder / CHECKPOINT).exists():
            raise RecordError(str(folder), "holds no record", mend="Create one first, or name its folder.")
        self.checkpoint = self._store.read(CHECKPOINT)
        signed = open_checkpoint(self.checkpoint, verifier)
        self._tree = StoredTree(self._store, signed.size, signed.root)

    @classmethod
    def create(cls, folder: Path, origin: str, signer: Signer, lock: Path | None = None) -> Self:
        """A new, empty log and its first checkpoint; RecordError when there is one."""
        if origin != signer.name:
            raise RecordError(str(folder), "the signer's name is not the origin", origin, signer.name)
        held = WriterLock(lock or _lock_of(folder))
        try:
            if (folder / CHECKPOINT).exists() or held.last() is not None:
                raise RecordError(str(folder), "a record was begun here already", mend="Open it instead.")
            first = Checkpoint(origin, 0, EMPTY_ROOT)
            Store(folder).write({CHECKPOINT: sign(first.text(), [signer])})
            return cls(folder, signer.verifier, signer, held)
        except BaseException:
            held.release()
            raise

    @classmethod
    def open(
        cls, folder: Path, verifier: Verifier | str, signer: Signer | None = None, lock: Path | None = None
    ) -> Self:
        """The log at its checkpoint, for reading, or for writing with a signer.

        RecordError when the checkpoint is not signed by `verifier` (or vkey), Damaged when the stored right
        edge does not give its root, Locked when another process writes, RecordError when this record is older
        than what it last signed.
        """
        verifier = Verifier.parse(verifier) if isinstance(verifier, str) else verifier
        if signer is None:
            return cls(folder, verifier, None, None)
        if signer.verifier.vkey != verifier.vkey:
            raise RecordError(str(folder), "the signer is not of this log", verifier.vkey, signer.verifier.vkey)
        held = WriterLock(lock or _lock_of(folder))
        try:
            log = cls(folder, verifier, signer, held)
            log._refuse_older_state(held)
            return log
        except BaseException:
            held.release()
            raise

    @property
    def origin(self) -> str:
        """The name of this record."""
        return self.verifier.name

    @property
    def tree(self) -> StoredTree:
        """The tree that the checkpoint signs."""
        return self._tree

    @property
    def size(self) -> int:
        """How many entries the checkpoint signs."""
        return self._tree.size

    @property
    def root(self) -> bytes:
        """The Merkle root over them."""
        return self._tree.root

    def append(self, entries: Sequence[bytes]) -> range:
        """Adds entries in one piece; their numbers, once they are signed and on the disk.

        RecordError before anything is written for an entry that is too long, a log opened for reading, or one
        whose last append failed; RecordError when the disk refuses.
        """
        signer, lock = self._writer()
        self._refuse_long(entries)
        first = self.size
        if entries:
            try:
                self._write(entries, signer, lock)
            except BaseException as error:
                self._failed = True
                if not isinstance(error, OSError):
                    raise
                mend = "Free or mend the disk and open the record again; nothing was acknowledged."
                raise RecordError(str(self.folder), f"cannot be written: {error.strerror}", mend=mend) from error
        return range(first, self.size)

    def entry(self, index: int) -> bytes:
        """The entry of a number; IndexError beyond the size."""
        if not 0 <= index < self.size:
            raise IndexError(f"entry {index} of {self.size}")
        return next(self.entries(index))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Entries start to stop - 1, as stored and not checked."""
        return self._walk(start, stop, verified=False)

    def verified_entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Entries start to stop - 1, each proved to be what the checkpoint signed; Damaged names the file."""
        return self._walk(start, stop, verified=True)

    def root_at(self, size: int) -> bytes:
        """The root as it was when the record held `size` entries."""
        return self._tree.root_at(size)

    def close(self) -> None:
        """Lets the next writer in; the log can still be read."""
        if self._lock is not None:
            self._lock.release()
        self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _walk(self, start: int, stop: int | None, verified: bool) -> Iterator[bytes]:
        tree = self._tree
        stop = tree.size if stop is None else min(stop, tree.size)
        for n in range(start // WIDTH, -(-stop // WIDTH)):
            width = min(WIDTH, tree.size - n * WIDTH)
            entries = tree.bundle(n) if verified else self._store.bundle(n, width)
            yield from entries[max(0, start - n * WIDTH) : stop - n * WIDTH]

    def _writer(self) -> tuple[Signer, WriterLock]:
        if self._signer is None or self._lock is None:
            raise RecordError(str(self.folder), "the record is open for reading only")
        if self._failed:
            raise RecordError(str(self.folder), "the last append failed", mend="Open the record again.")
        return self._signer, self._lock

    def _refuse_long(self, entries: Sequence[bytes]) -> None:
        for number, entry in enumerate(entries, self.size):
            if len(entry) > MAX_ENTRY:
                raise RecordError(f"entry {number}", "too long", f"at most {MAX_ENTRY} bytes", str(len(entry)))

    def _refuse_older_state(self, lock: WriterLock) -> None:
        size, root = lock.last() or (0, EMPTY_ROOT)
        if size > self.size or self.root_at(size) != root:
            mend = "Restore the newest copy of the record; to write on would sign two records of one size."
            raise RecordError(
                str(self.folder),
                "not the record that was last signed",
                f"size {size}",
                f"size {self.size}",
                mend,
            )

    def _write(self, entries: Sequence[bytes], signer: Signer, lock: WriterLock) -> None:
        before = self._tree
        edge = Edge.at(before.size, lambda level, n, width: before.tile(level, n))
        tiles = edge.extend(leaf_hashes(self._write_bundles(entries))) + edge.partial()
        unchanged = set(edge_paths(before.size))
        self._store.write({tile.path: tile.data for tile in tiles if tile.path not in unchanged})
        for tile in tiles:
            if self._store.read(tile.path) != tile.data:
                raise Damaged(tile.path, "reads back other than it was written")
        after = StoredTree(self._store, edge.size, edge.root())
        signed = Checkpoint(self.origin, after.size, after.root)
        note = sign(signed.text(), [signer])
        self._store.write({CHECKPOINT: note})
        lock.remember(signed)
        self._tree, self.checkpoint = after, note
        self._sweep(before.size)

    def _write_bundles(self, entries: Sequence[bytes]) -> list[bytes]:
        """Writes the bundles that the new entries fill, and gives the new entries as they read back."""
        n, kept = divmod(self.size, WIDTH)
        rows = [*(self._tree.bundle(n) if kept else ()), *entries]
        cuts = [rows[at : at + WIDTH] for at in range(0, len(rows), WIDTH)]
        self._store.write({entries_path(n + i, len(cut)): encode_bundle(cut) for i, cut in enumerate(cuts)})
        stored = [entry for i, cut in enumerate(cuts) for entry in self._store.bundle(n + i, len(cut))]
        if stored != rows:
            raise Damaged(entries_path(n), "reads back other than it was written")
        return stored[kept:]

    def _sweep(self, before: int) -> None:
        """Removes partial files that the new checkpoint does not need; what stays does no harm."""
        needed = {self.folder / path for path in edge_paths(self.size)}
        for path in edge_paths(before):
            folder = (self.folder / path).parent
            with contextlib.suppress(OSError):
                for file in set(folder.iterdir()) - needed:
                    file.unlink()
                folder.rmdir()


def _lock_of(folder: Path) -> Path:
    return folder.parent / "private" / "lock"
