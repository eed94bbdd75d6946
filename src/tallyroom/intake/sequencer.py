"""The sequencer: many desks hand in acts at once, and one writer enters them in batches.

A single act costs the disk as much as a thousand, so whatever waits while one batch is written goes into the
next one together.  Nothing is acknowledged before it is durable: `enter` returns when the checkpoint that holds
the acts is on the disk.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import NamedTuple, Self

from tallyroom.record.acts import Act
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError

MOST = 4096
"""Submissions entered together at the most; more wait for the next batch."""


class _Submission(NamedTuple):
    """Acts that belong together, the role that signs them, and who waits for their numbers."""

    acts: Sequence[Act]
    role: str
    numbers: "Future[range]"


class Sequencer:
    """The one writer of a record, for use by many threads; a context manager that ends with what was handed in."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self._waiting: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._closed = False
        self._gate = threading.Lock()
        self._writer = threading.Thread(target=self._write, name="sequencer", daemon=True)
        self._writer.start()

    def enter(self, acts: Sequence[Act], role: str = "commission") -> range:
        """Enter acts in one piece, together with others that wait; their numbers, once they are durable.

        Raises RecordError, for these acts alone, where they cannot be entered.
        """
        numbers: Future[range] = Future()
        with self._gate:
            if self._closed:
                raise RecordError("sequencer", "is closed")
            self._waiting.put(_Submission(acts, role, numbers))
        return numbers.result()

    def close(self) -> None:
        """Enter what was handed in, and stop."""
        with self._gate:
            self._closed = True
            self._waiting.put(None)
        self._writer.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _write(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._batch()
            for role, together in groupby(sorted(batch, key=lambda one: one.role), key=lambda one: one.role):
                self._enter(list(together), role)

    def _batch(self) -> tuple[list[_Submission], bool]:
        """What waits now, at least one submission; False once the sequencer is closed."""
        batch: list[_Submission] = []
        found = self._waiting.get()
        while found is not None:
            batch.append(found)
            if len(batch) == MOST or self._waiting.empty():
                return batch, True
            found = self._waiting.get()
        return batch, False

    def _enter(self, batch: Sequence[_Submission], role: str) -> None:
        """Enter submissions together; where one cannot be entered, each by itself, so that only that one fails."""
        try:
            first = self._clerk.enter([act for one in batch for act in one.acts], role).start
        except Exception as error:  # whatever it is, whoever waits must hear of it
            if len(batch) == 1:
                batch[0].numbers.set_exception(error)
            else:
                for one in batch:
                    self._enter([one], role)
            return
        for one in batch:
            one.numbers.set_result(range(first, first + len(one.acts)))
            first += len(one.acts)
