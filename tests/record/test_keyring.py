"""Keys are acts: issued, replaced and revoked by the rules, and of no use before and after."""

import msgspec
import pytest

from tallyroom.record import acts
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import Fault, RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.record.keys import RoleKey
from tallyroom.record.signatures import authenticate, authenticate_on
from tests.record.conftest import NIGHT, ORIGIN, call, opened, role_key

COMMISSION, OBSERVER = role_key("commission", 1), role_key("observer", 2)
DESK, NEXT, NEW_COMMISSION = role_key("desk-1", 3), role_key("observer", 4), role_key("commission", 5)


def keyring(clerk: Clerk) -> Keyring:
    return Keyring.read(clerk.log.entries(), ORIGIN)


def issue(new: RoleKey, revokes: str = "") -> acts.Key:
    return acts.Key(at=NIGHT, key=new.announced(), revokes=revokes)


def revoke(key: RoleKey, reason: str = "lost") -> acts.Key:
    return acts.Key(at=NIGHT, revokes=key.id, reason=reason)


def faults(clerk: Clerk) -> list[str]:
    walk = authenticate(clerk.log.entries(), ORIGIN, clerk.log.root_at)
    return [str(found) for _, found in walk if isinstance(found, Fault)]


def test_a_key_that_was_issued_signs(clerk: Clerk) -> None:
    assert clerk.enter_key(issue(DESK), "commission", keyring(clerk), DESK) == 1
    clerk.enter([call("c1")], role="desk-1")
    clerk.enter([opened(1)], role="desk-1")
    assert faults(clerk) == []
    assert keyring(clerk).in_force("desk-1") == [DESK.id]


def test_a_key_replaces_itself_and_the_old_one_signs_nothing_more(clerk: Clerk) -> None:
    clerk.enter_key(issue(NEXT, OBSERVER.id), "observer", keyring(clerk), NEXT)
    clerk.enter([call("c1")], role="observer")
    assert clerk.key_id("observer") == NEXT.id
    assert faults(clerk) == []
    old = Clerk(clerk.log, {"observer": OBSERVER})
    old.enter([call("c2")], role="observer")
    old.enter([opened(1)], role="observer")
    wrong = f"by a key that was revoked in act 1 (got {OBSERVER.id})"
    assert faults(clerk) == [f"act {number}: {wrong}" for number in (3, 4, 5)]


def test_a_revoked_role_has_no_key_here(clerk: Clerk) -> None:
    clerk.enter_key(revoke(OBSERVER), "commission", keyring(clerk))
    with pytest.raises(RecordError, match="no key to sign with"):
        clerk.enter([call("c1")], role="observer")
    assert keyring(clerk).ended == {OBSERVER.id: 1}


def test_the_commission_replaces_its_own_key(clerk: Clerk) -> None:
    clerk.enter_key(issue(NEW_COMMISSION, COMMISSION.id), "commission", keyring(clerk), NEW_COMMISSION)
    clerk.enter_key(revoke(OBSERVER), "commission", keyring(clerk))
    assert faults(clerk) == []


def test_a_seal_does_not_outlive_its_key(clerk: Clerk) -> None:
    """A bulk act that waits for its seal is not sealed by a key that was revoked meanwhile."""
    clerk.enter([call("c1")])
    entries = list(clerk.log.entries())
    seen = acts.decode(entries[1]).prev_checkpoint

    def signed(key: RoleKey, act: acts.Act) -> bytes:
        return acts.encode(key.sign_act(msgspec.structs.replace(act, prev_checkpoint=seen), ORIGIN))

    waiting = acts.encode(msgspec.structs.replace(opened(1), by=OBSERVER.id, prev_checkpoint=seen))
    seal = acts.Seal(at=NIGHT, first=2, count=2, leaves_sha256="00" * 32)
    forged = [*entries, waiting, signed(COMMISSION, revoke(OBSERVER)), signed(OBSERVER, seal)]
    found = [type(one).__name__ for _, one in authenticate(forged, ORIGIN, clerk.log.root_at)]
    assert found == ["Definition", "Call", "Opened", "Key", "Fault"]


REFUSED: dict[str, tuple[acts.Key, RoleKey | None, str, str]] = {
    "nothing": (acts.Key(at=NIGHT), None, "commission", "neither issues nor revokes"),
    "no proof": (issue(DESK), None, "commission", "proof is not of the new key"),
    "proof of another key": (issue(DESK), NEXT, "commission", "proof is not of the new key"),
    "a proof without a key": (
        msgspec.structs.replace(revoke(OBSERVER), proof="AAAA"), None, "commission", "does not issue",
    ),
    "an id not its own": (
        acts.Key(at=NIGHT, key=msgspec.structs.replace(DESK.announced(), id="0" * 16)),
        DESK, "commission", "is not its own",
    ),
    "no role": (
        acts.Key(at=NIGHT, key=msgspec.structs.replace(DESK.announced(), role="")),
        DESK, "commission", "of no role",
    ),
    "a key twice": (issue(OBSERVER), OBSERVER, "commission", "issued before"),
    "revoking what is not there": (revoke(DESK), None, "commission", "no act before it names"),
    "revoking without a reason": (revoke(OBSERVER, ""), None, "commission", "without a reason"),
    "another role": (issue(DESK, OBSERVER.id), DESK, "commission", "another role"),
    "the last of the commission": (revoke(COMMISSION), None, "commission", "last key of the commission"),
    "an observer issues": (issue(DESK), DESK, "observer", "only the commission"),
    "an observer ends the commission": (
        issue(NEW_COMMISSION, COMMISSION.id), NEW_COMMISSION, "observer", "only the commission",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("act", "new", "role", "said"), REFUSED.values(), ids=REFUSED)
def test_what_the_rules_do_not_allow_is_not_entered(
    clerk: Clerk, act: acts.Key, new: RoleKey | None, role: str, said: str
) -> None:
    with pytest.raises(RecordError, match=said):
        clerk.enter_key(act, role, keyring(clerk), new)
    assert clerk.log.size == 1
    assert clerk.roles == ("commission", "observer")


@pytest.mark.parametrize(("act", "new", "role", "said"), REFUSED.values(), ids=REFUSED)
def test_what_a_dishonest_writer_enters_all_the_same_is_found(
    clerk: Clerk, act: acts.Key, new: RoleKey | None, role: str, said: str
) -> None:
    class Lenient(Keyring):
        def check(self, number: int, act: acts.Key) -> None:
            """Lets everything in."""

    clerk.enter_key(act, role, Lenient(ORIGIN), new)
    (fault,) = faults(clerk)
    assert fault.startswith("act 1")
    assert said in fault


def test_a_walk_goes_on_with_the_keys_of_before(clerk: Clerk) -> None:
    clerk.enter_key(issue(NEXT, OBSERVER.id), "observer", keyring(clerk), NEXT)
    clerk.enter([call("c1")], role="observer")
    Clerk(clerk.log, {"observer": OBSERVER}).enter([call("c2")], role="observer")
    entries = list(clerk.log.entries())
    keys = [(0, entries[0]), (1, entries[1])]
    walk = authenticate_on(keys, 2, entries[2:], ORIGIN, clerk.log.root_at)
    assert [(number, type(found).__name__) for number, found in walk] == [(2, "Call"), (3, "Fault")]
