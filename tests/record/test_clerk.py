"""The clerk enters acts so that everyone can see who signed what."""

from collections.abc import Callable

import msgspec
import pytest

from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.keys import RoleKey, public_key, verify_act
from tallyroom.record.log import Log
from tests.record.conftest import NIGHT, ORIGIN, call, definition, opened


def read(log: Log) -> list[acts.AnyAct]:
    return [acts.decode(entry) for entry in log.verified_entries()]


def test_an_act_of_consequence_is_signed_by_itself(clerk: Clerk, observer: RoleKey) -> None:
    assert clerk.enter([call("c1")], role="observer") == range(1, 2)
    act = read(clerk.log)[1]
    assert act.by == observer.id
    assert verify_act(act, public_key(observer.public), ORIGIN)


def test_bulk_acts_share_a_seal(clerk: Clerk) -> None:
    assert clerk.enter([opened(1), opened(2), opened(3)]) == range(1, 4)
    _, *bulk, seal = read(clerk.log)
    assert [act.sig for act in bulk] == ["", "", ""]
    assert isinstance(seal, acts.Seal)
    assert (seal.first, seal.count, seal.at) == (1, 3, NIGHT)
    assert seal.sig


def test_a_mixed_batch_keeps_its_order(clerk: Clerk) -> None:
    numbers = clerk.enter([call("c1"), opened(1), call("c2"), opened(2), call("c3")])
    assert numbers == range(1, 6)
    _, *entered, seal = read(clerk.log)
    assert [bool(act.sig) for act in entered] == [True, False, True, False, True]
    assert isinstance(seal, acts.Seal)
    assert (seal.first, seal.count) == (2, 4)


def test_acts_name_the_checkpoint_that_was_seen(clerk: Clerk) -> None:
    size, root = clerk.log.size, clerk.log.root
    clerk.enter([opened(1), call("c1")])
    for act in read(clerk.log)[size:]:
        assert act.prev_checkpoint == acts.Seen(size, encode_base64(root))


def test_what_the_caller_put_in_the_envelope_is_replaced(clerk: Clerk, commission: RoleKey) -> None:
    clerk.enter([msgspec.structs.replace(opened(1), by="someone", sig="AAAA")])
    act = read(clerk.log)[1]
    assert (act.by, act.sig) == (commission.id, "")


def test_nothing_entered_is_nothing_written(clerk: Clerk) -> None:
    assert clerk.enter([]) == range(1, 1)
    assert clerk.log.size == 1


def protocol(**votes: int) -> acts.Protocol:
    return acts.Protocol(at=NIGHT, station="S-0001", lines={}, votes=dict(votes))


UNREADABLE: dict[str, acts.Act] = {
    "a number that JSON readers round": protocol(c1=2**53),
    "a fraction": acts.Turnout(at=NIGHT, station="S-0001", hour="12:00", voted=0.5),  # type: ignore[arg-type]
    "a candidate id that is not ASCII": protocol(**{"ə": 1}),
    "a lone surrogate": acts.Opened(at=NIGHT, station="\ud800"),
    "a value that is no JSON": acts.Opened(at=NIGHT, station=1j),  # type: ignore[arg-type]
    "text of the wrong kind": acts.Opened(at=NIGHT, station=7),  # type: ignore[arg-type]
    "an act that is too long": acts.Opened(at=NIGHT, station="x" * 70_000),
}


@pytest.mark.parametrize("act", UNREADABLE.values(), ids=UNREADABLE)
def test_an_act_that_nobody_could_read_is_refused_and_nothing_written(clerk: Clerk, act: acts.Act) -> None:
    with pytest.raises(RecordError):
        clerk.enter([opened(1), act, opened(2)])
    assert clerk.log.size == 1


def test_a_role_without_a_key_is_refused(clerk: Clerk) -> None:
    with pytest.raises(RecordError, match="role court: no key"):
        clerk.enter([call("c1")], role="court")


def test_the_definition_is_signed(new_log: Callable[[int], Log], commission: RoleKey) -> None:
    clerk = Clerk(new_log(0), {"commission": commission})
    assert clerk.enter([definition(commission)]) == range(1)
    assert verify_act(read(clerk.log)[0], public_key(commission.public), ORIGIN)
