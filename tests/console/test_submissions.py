"""The outbox and its sequencer: each submission once, at the numbers that it was told."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connections, transaction

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.submissions.jobs import JOBS
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import KeyUsed, TooLong, decided, submit, wait
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.intake.bundle import THE_FIRST
from tallyroom.intake.opening import reader, writer
from tallyroom.intake.room import CountingRoom
from tallyroom.record.acts import Accepted, Act, InReview, Protocol, Received, Statement, Turnout, decode
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.store import Store
from tests.console.conftest import People
from tests.tally.village import lines

AT = "2025-06-15T21:00:00+00:00"


def turnout(voted: int, station: str = "S-0001") -> Turnout:
    return Turnout(at=AT, station=station, hour="12:00", voted=voted)


def protocol(station: str = "S-0001", **changed: object) -> Protocol:
    votes = {"a": 50, "b": 30, "c": 20}
    return Protocol(at=AT, contest="mayor", station=station, lines=lines(100), votes=votes, **changed)  # type: ignore[arg-type]


@pytest.fixture
def anna(person: People) -> User:
    return person("anna", "operator")


HandIn = Callable[..., Submission]


@pytest.fixture
def hand_in(anna: User) -> HandIn:
    def submitted(*acts: Act, key: str = "", role: str = "commission") -> Submission:
        with transaction.atomic():
            name = key or f"key-{Submission.objects.count()}"
            return submit(acts, role, anna, name, Action.REPORT_TURNOUT, "N1")

    return submitted


@pytest.fixture
def sequencer(folder: Path, database: str) -> Iterator[Sequencer]:
    with Sequencer(CountingRoom(folder)) as running:
        yield running


def entered(folder: Path) -> list[Act]:
    return [act for act in map(decode, reader(folder).verified_entries()) if type(act).__name__ != "Seal"]


def test_a_submission_is_done_once_its_acts_are_durable(hand_in: HandIn, sequencer: Sequencer, folder: Path) -> None:
    row = wait(hand_in(protocol(), Accepted(at=AT, first=THE_FIRST)), 10)
    assert (row.status, row.first) == (Status.DONE, 1)
    acts = [decode(entry) for entry in reader(folder).verified_entries(1, 3)]
    assert isinstance(acts[0], Protocol)
    assert isinstance(acts[1], Accepted)
    assert acts[1].first == 1


def test_what_waits_goes_together_and_under_one_seal(hand_in: HandIn, folder: Path) -> None:
    rows = [hand_in(turnout(n)) for n in range(20)]
    with Sequencer(CountingRoom(folder)):
        assert [wait(row, 10).first for row in rows] == list(range(1, 21))
    assert reader(folder).size == 22


def test_a_second_step_of_a_station_waits_for_the_first(hand_in: HandIn, folder: Path) -> None:
    arrived = hand_in(Received(at=AT, contest="mayor", station="S-0001"))
    filed = hand_in(protocol(), InReview(at=AT, protocol=THE_FIRST, failures=("E-01",)))
    again = hand_in(protocol(supersedes=3, reason="keyed again"), Accepted(at=AT, first=THE_FIRST))
    other = hand_in(protocol("S-0002"), Accepted(at=AT, first=THE_FIRST))
    with Sequencer(CountingRoom(folder)):
        assert [wait(row, 10).first for row in (arrived, filed, again, other)] == [1, 3, 6, 8]


def test_what_breaks_a_rule_of_the_count_is_refused_with_its_reason(
    hand_in: HandIn, sequencer: Sequencer, folder: Path
) -> None:
    assert wait(hand_in(protocol(), Accepted(at=AT, first=THE_FIRST)), 10).status == Status.DONE
    row = wait(hand_in(protocol(), Accepted(at=AT, first=THE_FIRST)), 10)
    assert (row.status, row.first) == (Status.REFUSED, None)
    assert "has an accepted protocol: act 1" in row.why
    assert reader(folder).size == 4


def test_an_act_that_cannot_be_written_is_refused_alone(hand_in: HandIn, folder: Path) -> None:
    good, bad = hand_in(turnout(1)), hand_in(turnout(2), role="nobody")
    strange = Statement(
        at=AT, kind="claim", speaker="x", said_at="", source="x", text="x", figures={"a" * 65_000: 1}
    )
    with pytest.raises(TooLong):
        hand_in(strange)
    last = hand_in(turnout(3))
    with Sequencer(CountingRoom(folder)):
        after = [wait(row, 10) for row in (good, bad, last)]
    assert [row.status for row in after] == [Status.DONE, Status.REFUSED, Status.DONE]
    assert "role nobody" in after[1].why


def test_a_key_used_again_is_the_same_submission(hand_in: HandIn) -> None:
    first = hand_in(turnout(7), key="once")
    assert hand_in(turnout(7), key="once").pk == first.pk
    with pytest.raises(KeyUsed):
        hand_in(turnout(8), key="once")
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.create(key="once", role="commission", acts="[]")


def test_duties_are_read_again_where_acts_are_handed_in(anna: User, hand_in: HandIn) -> None:
    assert anna.may(Action.REPORT_TURNOUT, "N1")
    anna.duties.all().delete()
    with pytest.raises(PermissionDenied):
        hand_in(turnout(7))
    assert not Submission.objects.exists()


def test_a_submission_belongs_to_a_transaction(anna: User) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        submit([turnout(7)], "commission", anna, "key", Action.REPORT_TURNOUT, "N1")


def test_what_nobody_enters_is_still_waiting_when_patience_ends(hand_in: HandIn) -> None:
    assert wait(hand_in(turnout(7)), 0.05).status == Status.WAITING


def test_another_process_that_leads_is_waited_for(hand_in: HandIn, folder: Path) -> None:
    clerk = writer(folder, CountingRoom(folder).definition)
    with Sequencer(CountingRoom(folder)) as follower:
        row = hand_in(turnout(7))
        assert wait(row, 0.2).status == Status.WAITING
        assert not follower.leads
        clerk.log.close()
        assert wait(row, 10).status == Status.DONE
        assert follower.leads


def test_a_disk_that_refuses_leaves_the_submission_waiting(
    hand_in: HandIn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, failures = Log.append, [1]

    def full(self: Log, entries: list[bytes]) -> range:
        if failures:
            failures.pop()
            raise RecordError("record", "cannot be written: No space left") from OSError(28, "No space left on device")
        return append(self, entries)

    monkeypatch.setattr(Log, "append", full)
    row = hand_in(turnout(7))
    with Sequencer(CountingRoom(folder)):
        assert wait(row, 10).first == 1
    assert [act.voted for act in entered(folder) if isinstance(act, Turnout)] == [7]


def dies_at(folder: Path, owner: object, name: str, when: str) -> None:
    """In a process of its own: lead, and be killed before or after one step of the first batch."""
    sequencer = Sequencer(CountingRoom(folder))
    sequencer._lead()
    sequencer._reconcile()
    real = getattr(owner, name)

    def fatal(*arguments: object, **named: object) -> None:
        if when == "after":
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, staticmethod(fatal) if name in ("_take", "_mark") else fatal)
    sequencer.step()


STEPS = [
    (Sequencer, "_plan"),
    (Sequencer, "_take"),
    (Sequencer, "_enter"),
    (Store, "write"),
    (Log, "append"),
    (CountingRoom, "follow"),
    (decided, "send"),
    (Sequencer, "_mark"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_killed_between_each_two_steps_nothing_is_lost_and_nothing_doubled(
    hand_in: HandIn, folder: Path, owner: object, name: str, when: str
) -> None:
    with Sequencer(CountingRoom(folder)):
        acknowledged = wait(hand_in(turnout(1)), 10)
    rows = [hand_in(turnout(n, f"S-000{n}")) for n in (2, 3)]
    rows.append(hand_in(protocol(), Accepted(at=AT, first=THE_FIRST)))
    connections.close_all()  # the child gets none of ours
    child = multiprocessing.get_context("fork").Process(target=dies_at, args=(folder, owner, name, when))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    with Sequencer(CountingRoom(folder)):
        after = [wait(row, 10) for row in rows]
    acknowledged.refresh_from_db()
    assert [row.status for row in (acknowledged, *after)] == [Status.DONE] * 4
    log = reader(folder)
    found = [act for act in entered(folder) if isinstance(act, Turnout)]
    assert sorted(act.voted for act in found) == [1, 2, 3]
    for row, voted in zip(after[:2], (2, 3), strict=True):
        act = decode(log.entry(row.first or 0))
        assert isinstance(act, Turnout)
        assert act.voted == voted
    accepted = decode(log.entry((after[2].first or 0) + 1))
    assert isinstance(accepted, Accepted)
    assert accepted.first == after[2].first
    with CountingRoom(folder).reading() as state:
        assert state.breaches == []


def test_a_job_goes_alone_between_what_was_handed_in_before_and_after(
    hand_in: HandIn, anna: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[int, int, object]] = []

    def job(room: CountingRoom, clerk: Clerk, first: int, details: dict[str, object]) -> None:
        done.append((first, clerk.log.size, details["n"]))
        clerk.enter([turnout(3)])

    monkeypatch.setitem(JOBS, "third", job)
    before = hand_in(turnout(1))
    rows = [job_row(anna, "third"), hand_in(turnout(4)), job_row(anna, "unknown")]
    with Sequencer(CountingRoom(folder)):
        assert wait(before, 10).first == 1
        assert [wait(row, 10).status for row in rows] == [Status.DONE, Status.DONE, Status.REFUSED]
    assert done == [(3, 3, 7)]
    assert [act.voted for act in entered(folder) if isinstance(act, Turnout)] == [1, 3, 4]


def test_a_job_that_died_is_finished_and_never_done_twice(
    hand_in: HandIn, anna: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []

    def job(room: CountingRoom, clerk: Clerk, first: int, details: dict[str, object]) -> None:
        seen.append((first, clerk.log.size))
        if clerk.log.size > first:
            return  # its act is there: only what follows from it is left
        clerk.enter([turnout(3)])
        raise OSError("the disk is gone")

    monkeypatch.setitem(JOBS, "third", job)
    row = job_row(anna, "third")
    with Sequencer(CountingRoom(folder)):
        assert wait(row, 10).status == Status.DONE
    assert seen == [(1, 1), (1, 3)]
    assert row.first == 1
    assert [act.voted for act in entered(folder) if isinstance(act, Turnout)] == [3]


@pytest.mark.parametrize("fault", [ValueError("a slip"), RecordError("feed", "does not add up")])
def test_a_job_that_fails_is_ended_and_what_waits_behind_goes_on(
    hand_in: HandIn, anna: User, folder: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def job(room: CountingRoom, clerk: Clerk, first: int, details: dict[str, object]) -> None:
        raise fault

    monkeypatch.setitem(JOBS, "third", job)
    row, behind = job_row(anna, "third"), hand_in(turnout(4))
    with Sequencer(CountingRoom(folder)):
        assert wait(behind, 10).status == Status.DONE
        assert wait(row, 10).status == Status.REFUSED
    assert ("does not add up" in row.why) == isinstance(fault, RecordError)
    assert "a slip" not in row.why


def job_row(anna: User, job: str) -> Submission:
    with transaction.atomic():
        return submit([], "commission", anna, f"job-{job}", Action.REPORT_TURNOUT, "N1", job, {"n": 7})
