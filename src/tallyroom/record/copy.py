"""The public copy of a record: `checkpoint` and `tile/`, brought up to a log's checkpoint.

Files of a copy never change and are never removed, so that whoever holds an older checkpoint of it can still
check it. The checkpoint comes last: a reader finds everything that it names.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tallyroom.record.error import RecordError
from tallyroom.record.log import CHECKPOINT, Log
from tallyroom.record.note import open_checkpoint
from tallyroom.record.store import Store
from tallyroom.record.tiles import WIDTH, edge_paths, entries_path, tile_path

_AT_ONCE = 64
"""Files held in memory at once."""


def copy_record(log: Log, target: Path, checkpoint: bytes = b"") -> None:
    """Brings the copy in `target` to the log's checkpoint; only what it does not hold yet is written.

    checkpoint: the log's own with cosignatures below, to be shown in its place; the bare one does not replace it.
    RecordError when the copy there is of another record, or of more than this log holds; Damaged, with
    nothing published, when what is to be copied is not what was signed.
    """
    source, copy = Store(log.folder), Store(target)
    held = _held(log, target)
    for _ in log.verified_entries(held):
        pass
    paths = new_paths(held, log.size)
    while files := {path: source.read(path) for path in islice(paths, _AT_ONCE)}:
        copy.write(files)
    shown = checkpoint or log.checkpoint
    if shown != log.checkpoint or not 0 < held == log.size:
        copy.write({CHECKPOINT: shown})


def _held(log: Log, target: Path) -> int:
    """How many entries the copy holds, which must be the first of this log."""
    try:
        note = (target / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return 0
    held = open_checkpoint(note, log.verifier)
    if held.size > log.size or log.root_at(held.size) != held.root:
        mend = "Publish into an empty folder, and find out which of the two was changed."
        raise RecordError(str(target), "holds another record", f"size {log.size}", f"size {held.size}", mend)
    return held.size


def new_paths(held: int, size: int) -> Iterator[str]:
    """The files of a tree of `size` that one of `held` leaves does not have."""
    for n in range(held // WIDTH, size // WIDTH):
        yield entries_path(n)
    for level in range((size.bit_length() + 7) // 8):
        shift = 8 * (level + 1)
        for n in range(held >> shift, size >> shift):
            yield tile_path(level, n)
    had = set(edge_paths(held))
    yield from (path for path in edge_paths(size) if path not in had)
