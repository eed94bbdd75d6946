"""The writer's lock: one process writes to a record, and it remembers what that record last signed.

The lock is the operating system's (flock), which lets go when its process dies. The file also holds the size
and root of the last checkpoint signed. It stays out of every backup of the record: a record restored to an
older state is then refused, for to write on would sign two different trees of one size.
"""

import base64
import fcntl
import os
import re
from pathlib import Path

from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import Locked, RecordError
from tallyroom.record.note import Checkpoint
from tallyroom.record.store import flush_folder

_LAST = re.compile(rb" *([0-9]{1,20}) ([A-Za-z0-9+/]{43}=)\n")


class WriterLock:
    """The lock of one record, held from creation to `release`; Locked when another process holds it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            flush_folder(path.parent)
        except BlockingIOError as error:
            self.release()
            mend = "Stop the other program, or wait for it."
            raise Locked(str(path), "another program is writing to this record", mend=mend) from error
        except OSError:
            self.release()
            raise

    def last(self) -> tuple[int, bytes] | None:
        """Size and root of the last checkpoint signed; None before the first."""
        line = os.pread(self._handle, 100, 0)
        if not line.strip(b"\0"):  # zeros: a power cut kept the length of the first line, and not its text
            return None
        match = _LAST.fullmatch(line)
        if match is None:
            mend = "Run fsck; if the record is whole and nothing newer is published, delete this file."
            raise RecordError(str(self.path), "the last checkpoint signed cannot be read", mend=mend)
        return int(match[1]), base64.b64decode(match[2])

    def remember(self, checkpoint: Checkpoint) -> None:
        """Notes a checkpoint as signed, durably."""
        # The line has one length and lies within one sector, so that a crash leaves the old or the new one.
        line = f"{checkpoint.size:>20} {encode_base64(checkpoint.root)}\n"
        os.pwrite(self._handle, line.encode(), 0)
        os.fsync(self._handle)

    def release(self) -> None:
        """Lets the next writer in."""
        os.close(self._handle)
