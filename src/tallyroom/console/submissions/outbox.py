"""Handing acts in, and waiting until it is known what became of them."""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.dispatch import Signal

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.submissions.models import Submission
from tallyroom.intake import bundle
from tallyroom.record.acts import Act

LONGEST = 60_000
"""Bytes of one act, a little below what an entry of the record holds."""

POLL = 0.02
"""Seconds between two looks into the database, where the sequencer is another process."""

decided = Signal()
"""Sent in the transaction that marks submissions as done or refused; `submissions` is the list of them."""


class KeyUsed(Exception):
    """The idempotency key belongs to another submission."""


class TooLong(Exception):
    """An act that is longer than the record takes."""


def submit(
    acts: Sequence[Act],
    role: str,
    user: User,
    key: str,
    action: Action,
    area_id: str,
    job: str = "",
    details: dict[str, Any] | None = None,
) -> Submission:
    """Hand acts in, within the caller's transaction; a key that was used for the same acts gives what it made then.

    job, details: instead of acts, the job that makes them when it is its turn.

    The duties are read again from the database: raises PermissionDenied where this person may not take the
    action in the area, KeyUsed where the key belongs to other acts, TooLong for what the record does not take, and
    IntegrityError where another transaction uses the key at this moment.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a submission belongs to the transaction of its draft")
    if not User.objects.get(pk=user.pk).may(action, area_id):
        raise PermissionDenied
    if any(len(msgspec.json.encode(act)) > LONGEST for act in acts):
        raise TooLong
    text = bundle.encode(acts)
    if row := Submission.objects.filter(key=key).first():
        if (row.user_id, row.role, row.acts, row.job) != (user.pk, role, text, job):
            raise KeyUsed
        return row
    return Submission.objects.create(key=key, user=user, role=role, acts=text, job=job, details=details or {})


class Waiting:
    """Threads of this process that wait for submissions, woken when it is known what became of theirs."""

    def __init__(self) -> None:
        self._events: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        self.handed_in = threading.Event()
        self.served = False
        """Whether a sequencer of this process wakes the waiting."""

    @property
    def ids(self) -> list[int]:
        """The submissions that somebody waits for."""
        with self._lock:
            return list(self._events)

    def event(self, submission: int) -> threading.Event:
        """What is set once the submission is decided."""
        with self._lock:
            return self._events.setdefault(submission, threading.Event())

    def wake(self, submissions: Iterable[int]) -> None:
        """These are decided."""
        with self._lock:
            for submission in submissions:
                if event := self._events.pop(submission, None):
                    event.set()


waiting = Waiting()


def wait(submission: Submission, seconds: float) -> Submission:
    """The submission once it is decided, or as it is after so many seconds.  Call it outside of a transaction."""
    event = waiting.event(submission.pk)  # before the look: what is decided after it sets the event
    waiting.handed_in.set()
    deadline = time.monotonic() + seconds
    submission.refresh_from_db()
    while not submission.decided and (left := deadline - time.monotonic()) > 0:
        event.wait(left if waiting.served else min(left, POLL))
        submission.refresh_from_db()
    waiting.wake([submission.pk])
    return submission
