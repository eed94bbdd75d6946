"""Keys that are issued, replaced and revoked in the record: what is in force signs, and nothing else does."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64
from tallyroom.record.keys import RoleKey
from tallyroom.record.tree import leaf_hashes
from tallyverify.__main__ import verify
from tallyverify.count import Count
from tests.tallyverify.night import Night, at, by_key, key_act, rebuild, role_key, seen


def key(role: str, seed: int) -> RoleKey:
    return RoleKey(role, Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)))


NEW_DESK, NEW_COMMISSION, THIRD = key("desk-1", 1), key("commission", 2), key("desk-3", 3)
CALL = acts.Call(at=at(23), contest="mayor", candidate="a")


class Keys:
    """The keys of a night, and acts of theirs."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.commission, self.desk, self.other = (role_key(night, r) for r in ("commission", "desk-1", "desk-2"))

    def act(self, by: RoleKey, new: RoleKey | None = None, prover: RoleKey | None = None, **more: Any) -> bytes:
        return key_act(self.night, by, new, prover, **more)

    def call(self, by: RoleKey) -> bytes:
        return by_key(self.night, by, CALL)

    def revoked(self, by: RoleKey, old: RoleKey, **more: Any) -> bytes:
        return self.act(by, revokes=old.id, **{"reason": "the laptop was lost", **more})

    def changed(self, entry: bytes, by: RoleKey, **fields: Any) -> bytes:
        """A key act with other fields, signed again."""
        act = acts.decode(entry)
        return acts.encode(by.sign_act(msgspec.structs.replace(act, **fields), "example.org/village"))


def found(night: Night, site: Path, added: list[bytes]) -> list[str]:
    rebuild(night, site, [*night.entries, *added])
    faults: list[str] = verify(str(site), night.vkey, None, tree_only=False)["faults"]
    return faults


GOOD: list[tuple[str, Callable[[Keys], list[bytes]]]] = [
    ("issue", lambda k: [k.act(k.commission, THIRD), k.call(THIRD)]),
    ("rotate", lambda k: [k.act(k.desk, NEW_DESK, revokes=k.desk.id), k.call(NEW_DESK)]),
    ("rotate another's", lambda k: [k.act(k.commission, NEW_DESK, revokes=k.desk.id), k.call(NEW_DESK)]),
    ("revoke", lambda k: [k.revoked(k.commission, k.desk), k.call(k.other)]),
    (
        "the commission's only key",
        lambda k: [k.act(k.commission, NEW_COMMISSION, revokes=k.commission.id), k.revoked(NEW_COMMISSION, k.desk)],
    ),
    (
        "one of two keys of the commission",
        lambda k: [k.act(k.commission, NEW_COMMISSION), k.revoked(k.commission, k.commission), k.call(NEW_COMMISSION)],
    ),
]


@pytest.mark.parametrize("add", [add for _, add in GOOD], ids=[name for name, _ in GOOD])
def test_keys_change_as_the_rules_allow(night: Night, site: Path, add: Callable[[Keys], list[bytes]]) -> None:
    assert found(night, site, add(Keys(night))) == []


def weak(k: Keys) -> bytes:
    public = b"\x01" + bytes(31)
    announced = acts.RolePublicKey(sha256(public).hexdigest()[:16], "desk-3", encode_base64(public))
    return k.changed(k.act(k.commission, THIRD), k.commission, key=announced)


def sealed_after(k: Keys) -> list[bytes]:
    """A bulk act, the revocation of its key, and the seal of both by that key."""
    opened = acts.Opened(at=at(23), station="S-0001", by=k.desk.id, prev_checkpoint=seen(k.night))
    covered = [acts.encode(opened), k.revoked(k.commission, k.desk)]
    leaves = sha256(b"".join(leaf_hashes(covered))).hexdigest()
    seal = acts.Seal(at=at(23), first=len(k.night.entries), count=2, leaves_sha256=leaves)
    return [*covered, by_key(k.night, k.desk, seal)]


BAD: list[tuple[str, Callable[[Keys], list[bytes]], str]] = [
    ("nothing", lambda k: [k.act(k.commission)], "neither issues nor revokes"),
    ("no proof", lambda k: [k.changed(k.act(k.commission, THIRD), k.commission, proof="")], "the proof is not of"),
    ("another's proof", lambda k: [k.act(k.commission, THIRD, k.commission)], "the proof is not of the new key"),
    ("a proof of nothing", lambda k: [k.revoked(k.commission, k.desk, prover=THIRD)], "proves what it does not issue"),
    (
        "a proof of another act",
        lambda k: [k.changed(k.act(k.commission, THIRD), k.commission, at=at(22))],
        "the proof is not of the new key",
    ),
    (
        "another's id",
        lambda k: [
            k.changed(
                k.act(k.commission, THIRD),
                k.commission,
                key=msgspec.structs.replace(THIRD.announced(), id=NEW_DESK.id),
            )
        ],
        "the id of the key of desk-3 is not its own",
    ),
    ("a weak key", lambda k: [weak(k)], "not a key that a signature can be trusted under"),
    ("a key in force again", lambda k: [k.act(k.commission, k.other)], "was issued before"),
    (
        "a revoked key again",
        lambda k: [k.revoked(k.commission, k.desk), k.act(k.commission, k.desk)],
        "was issued before",
    ),
    ("no role", lambda k: [k.act(k.commission, key("", 4))], "has no role"),
    ("an unknown key", lambda k: [k.revoked(k.commission, THIRD)], "revokes a key that is not in force"),
    (
        "twice revoked",
        lambda k: [k.revoked(k.commission, k.desk), k.revoked(k.commission, k.desk)],
        "revokes a key that is not in force",
    ),
    ("no reason", lambda k: [k.revoked(k.commission, k.desk, reason="")], "without a reason"),
    ("by a desk", lambda k: [k.act(k.desk, THIRD)], "only the commission may"),
    ("of another by a desk", lambda k: [k.revoked(k.desk, k.other)], "only the commission may"),
    ("a desk revokes itself", lambda k: [k.revoked(k.desk, k.desk)], "only the commission may"),
    ("to another role", lambda k: [k.act(k.desk, NEW_COMMISSION, revokes=k.desk.id)], "by one of another role"),
    ("the last of the commission", lambda k: [k.revoked(k.commission, k.commission)], "without a key"),
    ("by an unknown key", lambda k: [k.act(THIRD, NEW_DESK)], "by a key that no act before it names"),
    ("a revoked key calls", lambda k: [k.revoked(k.commission, k.desk), k.call(k.desk)], "revoked in act 103"),
    (
        "a revoked key changes keys",
        lambda k: [k.act(k.desk, NEW_DESK, revokes=k.desk.id), k.act(k.desk, key("desk-1", 5), revokes=NEW_DESK.id)],
        "revoked in act 103",
    ),
    ("a revoked key seals", sealed_after, "act 105: is by a key that was revoked in act 104"),
    ("before it is issued", lambda k: [k.call(THIRD), k.act(k.commission, THIRD)], "act 103: is by a key that no act"),
]


@pytest.mark.parametrize(("add", "said"), [(add, said) for _, add, said in BAD], ids=[name for name, _, _ in BAD])
def test_an_attack_on_the_keys_is_a_fault(
    night: Night, site: Path, add: Callable[[Keys], list[bytes]], said: str
) -> None:
    faults = found(night, site, add(Keys(night)))
    assert any(said in fault for fault in faults), faults


def test_two_keys_that_one_role_had_in_turn_do_not_call_a_contest(night: Night) -> None:
    keys = Keys(night)
    count = Count({path.name: path.read_bytes() for path in (night.site / "definition").iterdir()})
    entries = [entry for entry in night.entries if b'"type":"call"' not in entry]
    entries += [keys.call(keys.desk), keys.act(keys.desk, NEW_DESK, revokes=keys.desk.id), keys.call(NEW_DESK)]
    for entry in entries[:1] + entries[-3:]:
        count.take(json.loads(entry))
    assert count.contests["mayor"].calls == {"desk-1": "a"}
    count.take(json.loads(keys.call(keys.other)))
    assert count.contests["mayor"].calls == {"desk-1": "a", "desk-2": "a"}
