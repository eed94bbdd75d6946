"""The sequencer: many threads, one record; each act once, at the number that was acknowledged."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tallyroom.election import folder as election_folder
from tallyroom.election.template import presidential
from tallyroom.intake.opening import open_record, reader
from tallyroom.intake.sequencer import Sequencer
from tallyroom.record.acts import Call, Opened, Protocol, Turnout, decode
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.signatures import authenticate

AT = "2025-06-15T21:00:00+00:00"


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    election_folder.write(tmp_path / "spring", presidential("spring"))
    return open_record(tmp_path / "spring", election_folder.load(tmp_path / "spring"), AT)


def test_every_act_of_many_threads_stands_once_at_its_acknowledged_number(clerk: Clerk, tmp_path: Path) -> None:
    start = threading.Barrier(16)

    def desk(number: int) -> list[tuple[int, int]]:
        start.wait()
        found = []
        for voted in range(number * 100, number * 100 + 12):
            act = Turnout(at=AT, station="S-0001", hour="12:00", voted=voted)
            found.append((sequencer.enter([act])[0], voted))
        return found

    with Sequencer(clerk) as sequencer, ThreadPoolExecutor(16) as pool:
        acknowledged = dict(pair for pairs in pool.map(desk, range(16)) for pair in pairs)
    clerk.log.close()
    log = reader(tmp_path / "spring")
    turnout = {n: a.voted for n, a in enumerate(map(decode, log.entries())) if isinstance(a, Turnout)}
    assert turnout == acknowledged
    assert len(acknowledged) == 16 * 12
    faults = [one for _, one in authenticate(log.verified_entries(), log.origin, log.root_at) if hasattr(one, "what")]
    assert faults == []


def test_acts_handed_in_together_stay_together(clerk: Clerk) -> None:
    acts = [Opened(at=AT, station=f"S-000{n}") for n in range(1, 7)]
    with Sequencer(clerk) as sequencer:
        assert sequencer.enter(acts) == range(1, 7)


def test_roles_sign_their_own_acts(clerk: Clerk) -> None:
    with Sequencer(clerk) as sequencer:
        first = sequencer.enter([Call(at=AT, contest="president", candidate="a")], "desk-1")[0]
        second = sequencer.enter([Call(at=AT, contest="president", candidate="a")], "desk-2")[0]
    assert decode(clerk.log.entry(first)).by != decode(clerk.log.entry(second)).by


def test_one_act_that_cannot_be_entered_fails_alone(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Opened(at=AT, station="S-0001")
    bad = Protocol(at=AT, contest="president", station="S" * 70_000, lines={}, votes={})
    hold, enter = threading.Event(), clerk.enter

    def slow(batch, role="commission"):  # type: ignore[no-untyped-def]
        hold.wait()
        return enter(batch, role)

    monkeypatch.setattr(clerk, "enter", slow)
    with Sequencer(clerk) as sequencer, ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(sequencer.enter, [act]) for act in (good, good, bad, good)]
        hold.set()
        results = [future.exception() or future.result() for future in waiting]
    assert isinstance(results[2], RecordError)
    assert all(isinstance(one, range) for place, one in enumerate(results) if place != 2)


def test_a_closed_sequencer_takes_nothing(clerk: Clerk) -> None:
    sequencer = Sequencer(clerk)
    sequencer.close()
    with pytest.raises(RecordError, match="closed"):
        sequencer.enter([Opened(at=AT, station="S-0001")])
