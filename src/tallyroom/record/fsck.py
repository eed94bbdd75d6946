"""The operator's own check: rebuilds a record from its entries and names each damaged file.

The signed root is the one thing taken as true. From it downward each tile is proved by its parent; from the
entries upward each tile is rebuilt. A file is named when what it holds is not what the root proves, so one
changed byte gives one fault and not a fault for everything above it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tallyroom.record.error import Damaged, Fault, RecordError
from tallyroom.record.log import CHECKPOINT, Log
from tallyroom.record.note import Checkpoint, Verifier, open_checkpoint
from tallyroom.record.signatures import authenticate
from tallyroom.record.store import Store
from tallyroom.record.tiles import (
    WIDTH,
    Edge,
    decode_bundle,
    edge_paths,
    edge_tiles,
    entries_path,
    parse_path,
    split_hashes,
    tile_path,
)
from tallyroom.record.tree import EMPTY_ROOT, leaf_hashes, subtree_root

MAX_FAULTS = 1000
"""Faults and notes beyond this many are counted in `Report.omitted` and not kept."""

_MEND = "Restore it from a public copy or a backup of this size or later."

_NOT_THE_TILE = "not the hashes that were signed"
_NOT_THE_ENTRIES = "not the entries that were signed"

_Row = Sequence[bytes]


@dataclass
class Report:
    """What was found at the checkpoint's size and root: faults are damage, notes are not."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    omitted: int = 0

    def fault(self, fault: Fault) -> None:
        """Takes up a fault."""
        if len(self.faults) == MAX_FAULTS:
            self.omitted += 1
        else:
            self.faults.append(fault)

    def note(self, text: str) -> None:
        """Takes up a note."""
        if len(self.notes) == MAX_FAULTS:
            self.omitted += 1
        else:
            self.notes.append(text)


def fsck(folder: Path, verifier: Verifier) -> Report:
    """Checks the record or public copy in `folder`: checkpoint, every bundle, tile, act, signature and seal.

    Nothing is changed.  Signatures of acts are checked once the entries are known to be whole.
    """
    report = Report()
    store = Store(folder)
    try:
        signed = open_checkpoint(store.read(CHECKPOINT), verifier)
    except RecordError as error:
        report.fault(replace(error.fault, where=CHECKPOINT, mend=_MEND))
        return report
    report.size, report.root = signed.size, signed.root
    _TreeCheck(store, signed, report).check()
    for note in _leftovers(folder, signed.size):
        report.note(note)
    if report.faults:
        report.note("Signatures of acts were not checked, because files are damaged.")
    else:
        _check_acts(Log.open(folder, verifier), report)
    return report


class _TreeCheck:
    def __init__(self, store: Store, signed: Checkpoint, report: Report) -> None:
        self.store = store
        self.signed = signed
        self.report = report

    def check(self) -> None:
        """Checks the right edge, which the root proves as one, and with it everything below."""
        size, root = self.signed.size, self.signed.root
        edge = edge_tiles(size)
        stored = {level: self.stored(level, n, width) for level, n, width in edge}
        proved = _edge_root(size, stored) == root
        rebuilt = {level: self.rebuilt(level, n, width, stored[level] if proved else None) for level, n, width in edge}
        whole = _edge_root(size, rebuilt) == root
        for level, n, width in edge:
            if not _differ(stored[level], rebuilt[level]):
                continue
            if not proved:
                self.damaged(tile_path(level, n, width), _NOT_THE_TILE)
            if level == 0 and not whole:
                self.damaged(entries_path(n, width), _NOT_THE_ENTRIES)
        if not self.report.faults and not proved:
            self.damaged(CHECKPOINT, "the signed root is not that of the entries")

    def full(self, level: int, n: int, proved: bytes | None) -> bytes | None:
        """The hash of a full tile as its entries give it; proved: as it is known to be."""
        stored = self.stored(level, n, WIDTH)
        held = _fold(stored)
        given = _fold(self.rebuilt(level, n, WIDTH, stored if held == proved else None))
        if _differ(held, proved or given):
            self.damaged(tile_path(level, n), _NOT_THE_TILE)
        if level == 0 and _differ(given, proved or held):
            self.damaged(entries_path(n), _NOT_THE_ENTRIES)
        return given

    def rebuilt(self, level: int, n: int, width: int, proved: _Row | None) -> _Row | None:
        """The hashes of a tile as its entries give them; proved: as they are known to be."""
        if level == 0:
            entries = self.read(entries_path(n, width), width, decode_bundle)
            return None if entries is None else leaf_hashes(entries)
        if self.report.omitted:  # a record that was never there is not walked to its end
            return None
        row = [self.full(level - 1, n * WIDTH + k, proved[k] if proved else None) for k in range(width)]
        hashes = [given for given in row if given is not None]
        return hashes if len(hashes) == width else None

    def stored(self, level: int, n: int, width: int) -> _Row | None:
        return self.read(tile_path(level, n, width), width, split_hashes)

    def read(self, path: str, width: int, split: Callable[[bytes], list[bytes]]) -> list[bytes] | None:
        try:
            items = split(self.store.read(path))
        except Damaged as error:
            self.damaged(path, error.fault.what)
        except ValueError as error:
            self.damaged(path, str(error))
        else:
            if len(items) == width:
                return items
            self.damaged(path, "of the wrong length", f"{width} items", f"{len(items)} items")
        return None

    def damaged(self, path: str, what: str, expected: str = "", got: str = "") -> None:
        self.report.fault(Fault(path, what, expected, got, _MEND))


def _differ(one: object, other: object) -> bool:
    """Whether two things differ that are both known."""
    return one is not None and other is not None and one != other


def _fold(row: _Row | None) -> bytes | None:
    return None if row is None else subtree_root(row)


def _edge_root(size: int, rows: Mapping[int, _Row | None]) -> bytes | None:
    if None in rows.values():
        return None
    return Edge.at(size, lambda level, n, width: rows[level] or ()).root()


def _leftovers(folder: Path, size: int) -> Iterator[str]:
    """Files below tile/ that this checkpoint does not need."""
    edge = set(edge_paths(size))
    for file in sorted((folder / "tile").rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_dir() or path in edge:
            continue
        level, n, width = parse_path(path) or (0, size, 0)
        if width < WIDTH or n >= size >> 8 * (max(level, 0) + 1):
            yield f"{path}: not needed by this checkpoint; of an older one, or of an append that was cut off"


def _check_acts(log: Log, report: Report) -> None:
    for index, act in authenticate(log.entries(), log.origin, log.root_at):
        if isinstance(act, Fault):
            report.fault(replace(act, where=f"{act.where} in {entries_path(index // WIDTH)}"))
