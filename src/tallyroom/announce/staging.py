"""Staging: files of a snapshot are made ready beside their places, and appear once their act is in the record.

Hashing, compressing and flushing run in threads while the next file is made; only a few files are in memory.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore
from types import TracebackType
from typing import Self

from tallyroom.announce.compress import has_twins, twins
from tallyroom.announce.manifest import Listed, listed
from tallyroom.record.store import Store

_THREADS = 6
"""More than there are processors, because half of the work is waiting for the disk."""

_WAITING = 24
"""Files held in memory at once."""


class Staging:
    """Files to come below one folder, with their compressed twins.  `wait` before they are revealed.

    Left by an error, it takes away what was made ready and not revealed.
    """

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self._pool = ThreadPoolExecutor(_THREADS)
        self._room = BoundedSemaphore(_WAITING)
        self._jobs: dict[str, Future[Listed]] = {}
        self._twins: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)
        if error is not None:
            with suppress(OSError):  # what cannot be removed is written over by the next try
                self._store.discard(self._with_twins(self._jobs))

    def add(self, path: str, content: bytes) -> None:
        """Take a file; returns once there is room for one more."""
        self._room.acquire()
        self._twins[path] = [f"{path}.br", f"{path}.gz"] if has_twins(path, len(content)) else []
        self._jobs[path] = self._pool.submit(self._stage, path, content)

    def _stage(self, path: str, content: bytes) -> Listed:
        try:
            self._store.stage(path, content)
            for twin, packed in twins(path, content):
                self._store.stage(twin, packed)
            return listed(path, content)
        finally:
            self._room.release()

    def wait(self) -> dict[str, Listed]:
        """Hash and length of every file taken, by path, once all of them are on the disk.  Raises OSError."""
        return {path: job.result() for path, job in sorted(self._jobs.items())}

    def reveal(self, wanted: Callable[[str], bool] = lambda path: True) -> None:
        """Put the files under their names, twins with them; those that are not wanted are removed."""
        chosen = [path for path in self._jobs if wanted(path)]
        self._store.discard(self._with_twins(path for path in self._jobs if not wanted(path)))
        self._store.reveal(self._with_twins(chosen))

    def _with_twins(self, paths: Iterable[str]) -> list[str]:
        return [one for path in paths for one in (*self._twins[path], path)]
