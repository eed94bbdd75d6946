"""A disk that is watched: what is written to it, what a power cut may leave of that, and calls that fail.

The model of a power cut is the weakest that POSIX allows and file systems are known to have: the data of a file is
safe once the file was flushed (fsync), and a name (made, renamed, removed) once its folder was; of all else, in
whatever order it was asked for, any part may be there and any part not.  Data that is not safe may be torn, or read
as zeros.  One thing is relied upon beyond POSIX: what lies within one sector is written whole or not at all.
"""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest

from tallyroom.record import store

SECTOR = 512
RANDOM_IMAGES = 3
"""Images drawn at random at each moment, beside those that are always looked at."""


@dataclass(frozen=True)
class Step:
    """One call that changed the disk.

    kind: create, write, rename, unlink, mkdir, rmdir, flush (of a file), flush folder.  path: of the new name, for
    a rename.  file: number of the file, which keeps it under another name.  old: the name that a rename takes away.
    """

    kind: str
    path: Path
    file: int = -1
    old: Path | None = None
    at: int = 0
    data: bytes = b""


@dataclass
class Image:
    """What is on a disk: folders, the file that each name stands for, and what is in each file."""

    folders: set[Path] = field(default_factory=set)
    names: dict[Path, int] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The image of what lies below a folder, all of it safe."""
        image = cls({folder})
        for number, path in enumerate(sorted(folder.rglob("*"))):
            if path.is_dir():
                image.folders.add(path)
            else:
                image.names[path], image.files[number] = number, path.read_bytes()
        return image

    def after(self, step: Step, data: bytes) -> None:
        """Does a step; data: what of it arrives, for a write."""
        if step.kind == "create":
            self.names[step.path] = step.file
            self.files.setdefault(step.file, b"")
        elif step.kind == "write":
            held = self.files.get(step.file, b"").ljust(step.at, b"\0")
            self.files[step.file] = held[: step.at] + data + held[step.at + len(data) :]
        elif step.kind == "rename":
            self.names[step.path] = step.file
            if step.old is not None and self.names.get(step.old) == step.file:
                del self.names[step.old]
        elif step.kind == "unlink":
            self.names.pop(step.path, None)
        elif step.kind == "mkdir":
            self.folders.add(step.path)
        elif step.kind == "rmdir" and step.path not in {name.parent for name in [*self.names, *self.folders]}:
            self.folders.discard(step.path)

    def lay_out(self, source: Path, target: Path) -> None:
        """Writes the image of `source` to `target`, which it empties; a name whose folder is lost is lost with it."""
        shutil.rmtree(target, ignore_errors=True)
        there = {folder for folder in self.folders if all(up in self.folders for up in _between(folder, source))}
        for folder in sorted(there):
            (target / folder.relative_to(source)).mkdir(parents=True, exist_ok=True)
        for path, number in self.names.items():
            if path.parent in there:
                (target / path.relative_to(source)).write_bytes(self.files.get(number, b""))

    def key(self) -> Hashable:
        """What tells two images apart."""
        named = tuple(sorted((path, self.files.get(number, b"")) for path, number in self.names.items()))
        return named, frozenset(self.folders)


def _between(folder: Path, top: Path) -> list[Path]:
    return [up for up in folder.parents if up.is_relative_to(top)]


class WatchedDisk:
    """Records every step below a folder while it is `watching`; fails the call of a number when told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before = Image.of(folder)
        self.steps: list[Step] = []
        self.acknowledged: list[tuple[int, Any]] = []
        self.fails: tuple[int, int] | None = None
        self._calls = 0
        self._numbers = dict(self.before.names)
        self._lock = threading.RLock()

    def acknowledge(self, what: object) -> None:
        """Notes that the steps so far were said to be done."""
        self.acknowledged.append((len(self.steps), what))

    @contextmanager
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Self]:
        """Every call that changes the disk goes through here."""
        real = {name: getattr(os, name) for name in ("open", "fsync", "replace", "mkdir", "unlink", "rmdir", "pwrite")}
        with monkeypatch.context() as patch:
            for name, call in real.items():
                patch.setattr(os, name, self._watched(name, call))
            patch.setattr(store, "open", self._open_file, raising=False)
            yield self

    def fail(self, call: int, number: int) -> None:
        """The call-th call from now raises OSError of this number; those after it work."""
        self._calls, self.fails = 0, (call, number)

    @property
    def failed(self) -> bool:
        """Whether the call that was to fail was made."""
        return self.fails is not None and self._calls >= self.fails[0]

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                if name == "open":
                    made = bool(arguments[1] & os.O_CREAT) and not Path(arguments[0]).exists()
                    handle = real(*arguments, **named)
                    if made:
                        self._took("create", Path(arguments[0]), self._new(Path(arguments[0])))
                    return handle
                self._may_fail()
                step = self._step(name, arguments)
                result = real(*arguments, **named)
                self.steps += [step] if step.path.is_relative_to(self.folder) else []
                return result

        return call

    def _open_file(self, path: Path, mode: str) -> "_WatchedFile":
        with self._lock:
            self._may_fail()
            file = open(path, mode)  # noqa: SIM115 - closed by whoever opened it through here
            self._took("create", path, self._new(path))
            return _WatchedFile(self, path, file)

    def _step(self, name: str, arguments: tuple[Any, ...]) -> Step:
        if name in ("fsync", "pwrite"):
            path = Path(os.readlink(f"/proc/self/fd/{arguments[0]}"))
            if name == "pwrite":
                return Step("write", path, self._numbers.get(path, -1), None, arguments[2], arguments[1])
            return Step("flush folder" if path.is_dir() else "flush", path, self._numbers.get(path, -1))
        path = Path(arguments[0])
        if name == "replace":
            target, number = Path(arguments[1]), self._numbers.pop(path, -1)
            self._numbers[target] = number
            return Step("rename", target, number, path)
        return Step(name, path, self._numbers.get(path, -1))

    def _new(self, path: Path) -> int:
        self._numbers[path] = len(self.steps) + 1_000_000
        return self._numbers[path]

    def _took(self, kind: str, path: Path, number: int) -> None:
        if path.is_relative_to(self.folder):
            self.steps.append(Step(kind, path, number))

    def _may_fail(self) -> None:
        self._calls += 1
        if self.fails is not None and self._calls == self.fails[0]:
            raise OSError(self.fails[1], os.strerror(self.fails[1]))

    def wrote(self, path: Path, file: Any, data: bytes) -> int:
        """A write to a file that was opened through here; half of it arrives where it fails."""
        with self._lock:
            try:
                self._may_fail()
            except OSError:
                file.write(data[: len(data) // 2])
                file.flush()
                raise
            self.steps.append(Step("write", path, self._numbers[path], None, file.tell(), data))
            written: int = file.write(data)
            return written

    def power_cuts(self, draw: Random, singly: bool = True, every: int = 1) -> Iterator[tuple[int, Any, Image]]:
        """Images that a power cut may leave: after how many steps, what was acknowledged last, the image.

        After each step: with all that is unsafe, with none of it, with the names alone, with all data torn or
        zeros, and some at random; singly: also with each unsafe step alone, and with all but that one.
        every: only after each so many steps.
        """
        seen = set()
        for length in range(0, len(self.steps) + 1, every):
            said = [what for steps, what in self.acknowledged if steps <= length]
            for image in self._left_after(self.steps[:length], draw, singly):
                key = (len(said), image.key())
                if key not in seen:
                    seen.add(key)
                    yield length, said[-1] if said else None, image

    def unsafe(self, steps: list[Step]) -> list[int]:
        """The places of the steps that a power cut right behind them all may undo."""
        return [place for place, step in enumerate(steps) if not _is_safe(step, steps[place + 1 :])]

    def _left_after(self, steps: list[Step], draw: Random, singly: bool) -> Iterator[Image]:
        unsafe = self.unsafe(steps)
        names = [place for place in unsafe if steps[place].kind != "write"]
        all_of, none_of = dict.fromkeys(unsafe, "whole"), dict[int, str]()
        choices = [all_of, none_of, dict.fromkeys(names, "whole")]
        choices += [dict.fromkeys(unsafe, how) for how in ("torn", "zeros")]
        if singly:
            choices += [{place: "whole"} for place in unsafe] + [{**all_of, place: "lost"} for place in unsafe]
        for _ in range(RANDOM_IMAGES):
            choices.append({place: draw.choice(["whole", "lost", "torn", "zeros"]) for place in unsafe})
        for choice in choices:
            yield self._image(steps, {place: choice.get(place, "lost") for place in unsafe})

    def _image(self, steps: list[Step], arrives: dict[int, str]) -> Image:
        image = Image(set(self.before.folders), dict(self.before.names), dict(self.before.files))
        for place, step in enumerate(steps):
            how = arrives.get(place, "whole")
            if how != "lost":
                image.after(step, _arrived(step.data, how))
        return image


class _WatchedFile:
    """A file being written, each write of which is a step."""

    def __init__(self, disk: WatchedDisk, path: Path, file: Any) -> None:
        self._disk, self._path, self._file = disk, path, file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> int:
        return self._disk.wrote(self._path, self._file, data)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        number: int = self._file.fileno()
        return number


def _is_safe(step: Step, later: list[Step]) -> bool:
    """Whether a power cut after the later steps cannot undo this one."""
    if step.kind.startswith("flush"):
        return True
    if step.kind == "write":
        return any(one.kind == "flush" and one.file == step.file for one in later)
    return any(one.kind == "flush folder" and one.path == step.path.parent for one in later)


def _arrived(data: bytes, how: str) -> bytes:
    """What of a write arrives."""
    if how == "zeros":
        return bytes(len(data))
    if how == "torn":
        return data if len(data) <= SECTOR else data[: len(data) // 2 // SECTOR * SECTOR]
    return data


REFUSALS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}
"""How a disk refuses: it is broken, it is full."""
