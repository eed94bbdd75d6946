"""The sequencer: the one writer of the record, fed by the outbox.

Every server process has one.  The one that holds the record's writer lock leads: it takes what waits, in order
and in batches, plans the numbers, enters the acts in one piece and marks the rows.  The others only wake whoever
waits in their process, and try for the lock: when the leader's process dies the system lets go of it.

A crash leaves rows taken.  Whoever leads next compares each with the record at the numbers that were planned:
the acts are there, and the row is done; or they are not, and it waits again.  The lock makes sure that nobody
else wrote in between, so nothing is lost and nothing is doubled.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from tallyroom.console.rows import write_columns
from tallyroom.console.submissions.jobs import JOBS, JobRefused
from tallyroom.console.submissions.models import OPEN, Status, Submission
from tallyroom.console.submissions.outbox import POLL, decided, waiting
from tallyroom.intake import bundle
from tallyroom.intake.opening import writer
from tallyroom.intake.room import CountingRoom
from tallyroom.record.acts import AnyAct
from tallyroom.record.acts import decode as decode_act
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import Damaged, Locked, RecordError
from tallyroom.tally.fold import objection
from tallyroom.tally.state import State

MOST = 256
"""Submissions entered together at the most."""

IDLE = 0.05
"""Seconds between two looks for submissions of other processes."""

PAUSE = 0.5
"""Seconds before another try, where another process leads, or disk or database refuse."""

log = logging.getLogger(__name__)


class Taken(NamedTuple):
    """A submission with the acts that it is entered as."""

    row: Submission
    acts: list[AnyAct]


class Sequencer:
    """The sequencer of one process; a context manager that starts and stops its thread."""

    def __init__(self, room: CountingRoom) -> None:
        self._room = room
        self._clerk: Clerk | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
        self._sure = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def leads(self) -> bool:
        """Whether this process holds the record's writer lock."""
        return self._clerk is not None

    def start(self) -> None:
        """Begin to work."""
        waiting.served = True
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at work, and let another process lead."""
        self._stop.set()
        waiting.handed_in.set()
        self._thread.join()
        waiting.served = False

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                pause = self._turn()
            except (RecordError, DatabaseError, OSError) as error:
                log.error("sequencer: %s; it tries again", error)
                pause = self._start_over()
            except Exception:  # whatever it is: without this thread nothing is accepted any more
                log.exception("sequencer: a fault of the program; it tries again")
                pause = self._start_over()
            if pause:
                waiting.handed_in.wait(pause)
        self._let_go()
        connection.close()

    def _start_over(self) -> float:
        """Let go of record and database; how long to rest before both are opened again."""
        self._let_go()
        connection.close()
        return PAUSE

    def _turn(self) -> float:
        """One batch, or one look; how long to rest after it."""
        waiting.handed_in.clear()
        if not self._room.is_open:
            return PAUSE
        if self._clerk is None and not self._lead():
            return IDLE if self._wake_decided() else POLL
        if not self._sure:
            self._reconcile()
        done = self.step()
        return 0.0 if done else IDLE

    def _lead(self) -> bool:
        """Take the writer's lock if it is free."""
        try:
            self._clerk = writer(self._room.folder, self._room.definition)
        except Locked:
            return False
        self._sure = False
        return True

    def _let_go(self) -> None:
        if self._clerk is not None:
            self._clerk.log.close()
        self._clerk, self._sure = None, False

    @staticmethod
    def _wake_decided() -> bool:
        """Wake those of this process whose submission another one has entered; whether nobody waits."""
        if ids := waiting.ids:
            waiting.wake(Submission.objects.filter(pk__in=ids).exclude(status__in=OPEN).values_list("pk", flat=True))
        return not ids

    def _reconcile(self) -> None:
        """Decide on what an earlier leader took and did not mark, by what the record holds."""
        clerk = self._writing()
        self._room.follow(clerk.log)
        rows = list(Submission.objects.filter(status=Status.TAKEN, job="").order_by("pk"))
        entered = [row for row in rows if self._stands(clerk, row)]
        standing = {row.pk for row in entered}
        lost = [row.pk for row in rows if row.pk not in standing]
        self._mark(entered, Status.DONE)
        Submission.objects.filter(pk__in=lost).update(status=Status.WAITING, first=None)
        for row in Submission.objects.filter(status=Status.TAKEN).exclude(job="").order_by("pk"):
            self._run_job(clerk, row)
        self._sure = True

    @staticmethod
    def _stands(clerk: Clerk, row: Submission) -> bool:
        """Whether the acts of a taken submission are in the record, at the numbers planned for them."""
        first = row.first or 0
        acts = bundle.numbered(bundle.decode(row.acts), first)
        if first + len(acts) > clerk.log.size:
            return False
        entries = map(decode_act, clerk.log.verified_entries(first, first + len(acts)))
        return all(bundle.same(act, entry) for act, entry in zip(acts, entries, strict=True))

    def step(self) -> int:
        """Enter one batch of what waits; how many submissions were decided."""
        clerk = self._writing()
        rows = list(Submission.objects.filter(status=Status.WAITING).order_by("pk")[:MOST])
        if not rows:
            return 0
        if rows[0].job:
            rows[0].first = clerk.log.size
            self._take([Taken(rows[0], [])])
            self._run_job(clerk, rows[0])
            return 1
        batch, refused = self._plan(rows, clerk.log.size)
        self._take(batch)
        refused += self._enter(clerk, batch)
        self._room.follow(clerk.log)
        lost = {row.pk for row in refused}
        self._mark([one.row for one in batch if one.row.pk not in lost], Status.DONE)
        self._mark(refused, Status.REFUSED)
        return len(batch) + len(refused)

    def _plan(self, rows: Sequence[Submission], size: int) -> tuple[list[Taken], list[Submission]]:
        """The rows that go together, with their numbers, and those that the rules of the count refuse.

        A row ends the batch where it is signed by another role, or where a rule would ask about what an earlier
        row of the batch does.
        """
        batch: list[Taken] = []
        refused: list[Submission] = []
        touched: set[object] = set()
        with self._room.reading() as state:
            for row in rows:
                if row.job:
                    break
                acts = bundle.decode(row.acts)
                touches = {one for act in acts for one in _touches(state, act)}
                if batch and (row.role != batch[0].row.role or touches & touched or None in touches | touched):
                    break
                if why := _objection(state, acts):
                    row.why = why
                    refused.append(row)
                    continue
                row.first = size
                batch.append(Taken(row, bundle.numbered(acts, size)))
                size += len(acts)
                touched |= touches
        return batch, refused

    def _run_job(self, clerk: Clerk, row: Submission) -> None:
        """Do a job, or finish it after a crash, and mark its row.

        What disk or database refuse is tried again; any other fault ends the job, so that what waits behind goes on.
        """
        try:
            job = JOBS.get(row.job, _no_job)
            job(self._room, clerk, row.first or 0, row.details)
        except JobRefused as refusal:
            row.why = str(refusal)
        except (DatabaseError, OSError, Damaged):
            raise
        except Exception as error:
            if isinstance(error.__cause__, OSError):
                raise
            log.exception("job %s of submission %s", row.job, row.pk)
            row.why = str(error) if isinstance(error, RecordError) else "the job failed; the log of the server has it"
        self._room.follow(clerk.log)
        self._mark([row], Status.REFUSED if row.why else Status.DONE)

    @staticmethod
    def _take(batch: Iterable[Taken]) -> None:
        rows = [one.row for one in batch]
        for row in rows:
            row.status = Status.TAKEN
        with transaction.atomic():
            write_columns(rows, ["status", "first"])

    def _enter(self, clerk: Clerk, batch: Sequence[Taken]) -> list[Submission]:
        """Enter a batch in one piece; where an act of it cannot be written, one by one.  What was refused."""
        if not batch:
            return []
        try:
            clerk.enter([act for one in batch for act in one.acts], batch[0].row.role)
        except RecordError as error:
            if isinstance(error, Damaged) or isinstance(error.__cause__, OSError):
                raise  # the disk, and not the act: it stays taken until the record is open again
            if len(batch) == 1:
                batch[0].row.why = str(error)
                return [batch[0].row]
            return self._enter_singly(clerk, batch)
        return []

    def _enter_singly(self, clerk: Clerk, batch: Sequence[Taken]) -> list[Submission]:
        refused = []
        for one in batch:
            one.row.first = clerk.log.size
            again = Taken(one.row, bundle.numbered(bundle.decode(one.row.acts), clerk.log.size))
            self._take([again])
            refused += self._enter(clerk, [again])
        return refused

    @staticmethod
    def _mark(rows: Sequence[Submission], status: Status) -> None:
        """Mark rows as decided, with whatever follows from it, and wake whoever waits for them."""
        if not rows:
            return
        now = timezone.now()
        for row in rows:
            row.status, row.decided_at = status, now
            row.first = row.first if status == Status.DONE else None
        with transaction.atomic():
            write_columns(rows, ["status", "first", "why", "decided_at"])
            decided.send(Sequencer, submissions=rows)
        waiting.wake(row.pk for row in rows)

    def _writing(self) -> Clerk:
        if self._clerk is None:
            raise RuntimeError("this process does not lead")
        return self._clerk


def _no_job(*_: object) -> None:
    raise JobRefused("there is no job of this name")


def _objection(state: State, acts: Sequence[AnyAct]) -> str:
    """What the rules of the count have against a bundle; "" for nothing.

    An act that names the first of its own bundle follows from that one, which has been asked about.
    """
    for act in acts:
        if not bundle.refers_to_the_first(act) and (why := objection(state, act)):
            return why
    return ""


def _touches(state: State, act: AnyAct) -> Iterable[object]:
    """The stations whose standing in a contest an act changes or depends on; None for what goes alone."""
    if bundle.refers_to_the_first(act) or type(act).__name__ in ("Opened", "Closed", "Turnout"):
        return []
    if station := getattr(act, "station", ""):
        return [(act.contest, station)]
    numbers = range(getattr(act, "first", 0), getattr(act, "first", 0) + getattr(act, "count", 0))
    if hasattr(act, "protocol"):
        numbers = range(act.protocol, act.protocol + 1)
    filed = [state.protocol_at[number] for number in numbers if 0 <= number < state.size]
    stations = state.definition.stations.ids
    return [(one[0].contest.id, stations[one[1]]) for one in filed if one is not None] or [None]
