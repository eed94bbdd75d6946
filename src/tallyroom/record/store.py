"""The files of a record: written so that they survive a crash, read so that a newer size does no harm.

A file appears under its name only when it is whole and on the disk: it is written beside its place, flushed,
renamed, and its folder is flushed. Readers of an older size find their partial tile in the newer, wider one.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tallyroom.record.error import Damaged
from tallyroom.record.tiles import WIDTH, decode_bundle, entries_path, split_hashes, tile_path

_FLUSHES = 8
"""Flushes under way at once; a disk merges them, and more brings nothing."""

LOOKS = 3
"""Looks for a file that is gone before it is read; a writer would have to sign between each two of them."""


def flush_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(place: Path) -> Path:
    """Where a file is written before it has its name."""
    return place.with_name(place.name + ".tmp")


class Store:
    """The files below one folder, by their path in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._flushed: set[Path] = set()

    def read(self, path: str) -> bytes:
        """The bytes of a file; Damaged when it cannot be read."""
        try:
            return (self.folder / path).read_bytes()
        except OSError as error:
            raise Damaged(path, f"cannot be read: {error.strerror}", mend="Restore the file from a copy.") from error

    def write(self, files: Mapping[str, bytes]) -> None:
        """Writes every file, whole and durable, before it returns; OSError when the disk refuses."""
        folders = {(self.folder / path).parent for path in files}
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        if len(files) > 2:
            with ThreadPoolExecutor(_FLUSHES) as pool:
                list(pool.map(self._place, files.keys(), files.values()))
        else:
            for path, data in files.items():
                self._place(path, data)
        self._flush(folders)

    def stage(self, path: str, data: bytes) -> None:
        """Writes a file, whole and durable, beside its place: nobody finds it under its name before `reveal`."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        self._write_beside(place, data)

    def reveal(self, paths: Iterable[str]) -> None:
        """Puts staged files under their names, which are durable when it returns."""
        places = [self.folder / path for path in paths]
        for place in places:
            os.replace(_beside(place), place)
        self._flush({place.parent for place in places})

    def discard(self, paths: Iterable[str]) -> None:
        """Removes staged files that are not to be seen."""
        for path in paths:
            _beside(self.folder / path).unlink(missing_ok=True)

    def hashes(self, level: int, n: int, width: int) -> list[bytes]:
        """The first `width` hashes of a tile."""
        return self._first(lambda w: tile_path(level, n, w), width, split_hashes)

    def bundle(self, n: int, width: int) -> list[bytes]:
        """The first `width` entries of a bundle."""
        return self._first(lambda w: entries_path(n, w), width, decode_bundle)

    def _place(self, path: str, data: bytes) -> None:
        place = self.folder / path
        self._write_beside(place, data)
        os.replace(_beside(place), place)

    def _write_beside(self, place: Path, data: bytes) -> None:
        with open(_beside(place), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _flush(self, folders: set[Path]) -> None:
        # The name of a folder is flushed once by each writer: one that died may have made it and not come to it.
        within = {above for folder in folders for above in (folder, *folder.parents)}
        unsure = {folder for folder in within - self._flushed if folder.is_relative_to(self.folder)}
        for folder in folders | {folder.parent for folder in unsure}:
            flush_folder(folder)
        self._flushed |= unsure

    def _first(self, path: Callable[[int], str], width: int, split: Callable[[bytes], list[bytes]]) -> list[bytes]:
        found, data = self._look(path, width)
        try:
            items = split(data)
        except ValueError as error:
            raise Damaged(found, str(error), mend="Restore the file from a copy.") from error
        if len(items) < width:
            raise Damaged(found, "too short", str(width), str(len(items)), "Restore the file from a copy.")
        return items[:width]

    def _look(self, path: Callable[[int], str], width: int) -> tuple[str, bytes]:
        # The writer removes a partial file once a wider one is signed: since our size was read, or while we look.
        for _ in range(LOOKS):
            found = self._widest(path, width)
            with suppress(Damaged):
                return found, self.read(found)
        return found, self.read(found)

    def _widest(self, path: Callable[[int], str], width: int) -> str:
        for candidate in (width, WIDTH, *range(width + 1, WIDTH)):
            if (self.folder / path(candidate)).exists():
                return path(candidate)
        return path(width)
