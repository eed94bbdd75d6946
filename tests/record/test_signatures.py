"""Every signature, seal and author is checked, and every fault is reported where it is."""

import base64
from collections.abc import Callable, Sequence

import msgspec
import pytest

from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import Fault
from tallyroom.record.keys import RoleKey, key_id
from tallyroom.record.signatures import authenticate, authenticate_on
from tallyroom.record.tree import EMPTY_ROOT, Frontier, leaf_hashes
from tests.record.conftest import NIGHT, ORIGIN, call, definition, opened, role_key


def root(entries: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend(leaf_hashes(entries))
    return frontier.root()


def faults(entries: Sequence[bytes], origin: str = ORIGIN, seen: Sequence[bytes] | None = None) -> list[Fault]:
    """What is wrong with a record; seen: the record whose checkpoints its authors saw."""
    record = entries if seen is None else seen
    walk = authenticate(entries, origin, lambda size: root(record[:size]))
    return [found for _, found in walk if isinstance(found, Fault)]


@pytest.fixture
def entries(clerk: Clerk) -> list[bytes]:
    """0 definition, 1 call, 2-4 opened, 5 seal, 6 opened, 7 call, 8 seal, 9 the observer's call."""
    clerk.enter([call("c1")])
    clerk.enter([opened(1), opened(2), opened(3)])
    clerk.enter([opened(4), call("c2")])
    clerk.enter([call("c1")], role="observer")
    return list(clerk.log.verified_entries())


def test_a_sound_record_has_no_faults(entries: list[bytes]) -> None:
    walk = authenticate(entries, ORIGIN, lambda size: root(entries[:size]))
    assert list(walk) == [(index, acts.decode(entry)) for index, entry in enumerate(entries)]
    assert faults([]) == []


@pytest.mark.parametrize("start", [1, 2, 6, 9, 10])
def test_a_walk_goes_on_where_all_before_was_sealed(entries: list[bytes], start: int) -> None:
    walk = authenticate_on([(0, entries[0])], start, entries[start:], ORIGIN, lambda size: root(entries[:size]))
    assert list(walk) == [(index, acts.decode(entries[index])) for index in range(start, len(entries))]


def changed(entry: bytes, **fields: object) -> bytes:
    return acts.encode(msgspec.structs.replace(acts.decode(entry), **fields))


def resigned(entry: bytes, key: RoleKey, **fields: object) -> bytes:
    act = msgspec.structs.replace(acts.decode(entry), **fields)
    return acts.encode(key.sign_act(act, ORIGIN))


COMMISSION, OBSERVER, STRANGER = role_key("commission", 1), role_key("observer", 2), role_key("commission", 9)


def flip_signature(entry: bytes) -> bytes:
    raw = bytearray(base64.b64decode(acts.decode(entry).sig))
    raw[0] ^= 1
    return changed(entry, sig=encode_base64(bytes(raw)))


def loosen(entry: bytes) -> bytes:
    """The same signature, its base64 with a bit set that padding leaves over."""
    sig = acts.decode(entry).sig
    return changed(entry, sig=sig[:-3] + chr(ord(sig[-3]) + 1) + "==")


# index of the entry, what becomes of it, and the faults that follow: (where, part of the text)
FORGERIES: dict[str, tuple[int, Callable[[bytes], bytes], list[tuple[str, str]]]] = {
    "a candidate changed": (1, lambda e: changed(e, candidate="c9"), [("act 1", "signature")]),
    "a signature bit flipped": (1, flip_signature, [("act 1", "signature")]),
    "a signature spelt otherwise": (1, loosen, [("act 1", "signature")]),
    "a signature removed": (1, lambda e: changed(e, sig=""), [("act 1", "signature")]),
    "signed by the observer in the commission's name": (
        1,
        lambda e: changed(resigned(e, OBSERVER), by=COMMISSION.id),
        [("act 1", "signature")],
    ),
    "signed by a stranger": (1, lambda e: resigned(e, STRANGER), [("act 1", "no act before it names")]),
    "a bulk act changed": (3, lambda e: changed(e, station="S-9999"), [("act 5", "not over these acts")]),
    "a bulk act under another key's name": (
        3,
        lambda e: changed(e, by=OBSERVER.id),
        [("act 3", "another key"), ("act 5", "not over these acts")],
    ),
    "a bulk act with a false signature": (
        3,
        lambda e: changed(e, sig="AAAA"),
        [("act 3", "signature"), ("act 5", "not over these acts")],
    ),
    "a seal over fewer acts": (
        5,
        lambda e: resigned(e, COMMISSION, first=3, count=2),
        [("act 5", "covers other")],
    ),
    "a seal over acts to come": (5, lambda e: resigned(e, COMMISSION, count=4), [("act 5", "covers other")]),
    "a seal with another hash": (
        5,
        lambda e: resigned(e, COMMISSION, leaves_sha256="00" * 32),
        [("act 5", "not over these acts")],
    ),
    "a seal of another key": (5, lambda e: resigned(e, OBSERVER), [("act 5", "another key than its acts")]),
    "a seal with a false signature": (5, flip_signature, [("act 5", "signature")]),
    "a root that never was": (
        9,
        lambda e: resigned(e, OBSERVER, prev_checkpoint=acts.Seen(9, encode_base64(b"x" * 32))),
        [("act 9", "never was")],
    ),
    "a checkpoint of the future": (
        9,
        lambda e: resigned(e, OBSERVER, prev_checkpoint=acts.Seen(10, encode_base64(b"x" * 32))),
        [("act 9", "no checkpoint before it")],
    ),
    "a negative checkpoint": (
        9,
        lambda e: resigned(e, OBSERVER, prev_checkpoint=acts.Seen(-1, encode_base64(b"x" * 32))),
        [("act 9", "no checkpoint before it")],
    ),
    "no checkpoint": (
        9,
        lambda e: resigned(e, OBSERVER, prev_checkpoint=None),
        [("act 9", "no checkpoint before it")],
    ),
    "not JSON": (9, lambda e: b"hello", [("act 9", "not an act")]),
    "an unknown type": (9, lambda e: e.replace(b'"call"', b'"hail"'), [("act 9", "not an act")]),
    "an unknown field": (9, lambda e: e[:-1] + b',"zeal":1}', [("act 9", "not an act")]),
    "white space": (9, lambda e: e.replace(b'":', b'": ', 1), [("act 9", "one form")]),
    "a default written out": (9, lambda e: e.replace(b'"sig"', b'"reason":"","sig"'), [("act 9", "one form")]),
    "a duplicate field": (9, lambda e: e.replace(b'{"at"', b'{"at":"","at"'), [("act 9", "one form")]),
    "a number above 2^53 - 1": (
        9,
        lambda e: resigned(e, OBSERVER, supersedes=2**53),
        [("act 9", "one form")],
    ),
    "a second definition": (
        9,
        lambda e: acts.encode(COMMISSION.sign_act(definition(STRANGER), ORIGIN)),
        [("act 9", "act 0, and no other")],
    ),
}


@pytest.mark.parametrize(("index", "forge", "expected"), FORGERIES.values(), ids=FORGERIES)
def test_forgeries(
    entries: list[bytes],
    index: int,
    forge: Callable[[bytes], bytes],
    expected: list[tuple[str, str]],
) -> None:
    forged = [*entries[:index], forge(entries[index]), *entries[index + 1 :]]
    found = faults(forged, seen=entries)
    assert [fault.where for fault in found] == [where for where, _ in expected]
    for fault, (_, part) in zip(found, expected, strict=True):
        assert part in fault.what


def test_acts_without_a_seal_are_reported_at_the_end(entries: list[bytes]) -> None:
    (fault,) = faults(entries[:5])
    assert (fault.where, fault.what) == ("acts 2 to 4", "no seal covers them")


def test_a_seal_over_nothing(entries: list[bytes]) -> None:
    seen = acts.Seen(2, encode_base64(root(entries[:2])))
    (fault,) = faults([*entries[:2], resigned(entries[5], COMMISSION, prev_checkpoint=seen)])
    assert (fault.where, fault.what) == ("act 2", "a seal over nothing")


def test_another_record(entries: list[bytes]) -> None:
    assert "of another record" in faults(entries, "another/record")[0].what


def test_a_changed_act_shows_in_every_checkpoint_seen_after_it(entries: list[bytes]) -> None:
    entries[1] = entries[1].replace(b'"c1"', b'"c9"')
    assert [fault.where for fault in faults(entries)] == [f"act {index}" for index in range(1, 10)]


def faults_of_first(act: acts.Act, key: RoleKey) -> list[Fault]:
    act = msgspec.structs.replace(act, prev_checkpoint=acts.Seen(0, encode_base64(EMPTY_ROOT)))
    return faults([acts.encode(key.sign_act(act, ORIGIN))])


def test_act_0_is_the_definition_by_the_commission_it_names() -> None:
    assert faults_of_first(definition(COMMISSION), COMMISSION) == []
    for keys, signer in (((COMMISSION,), STRANGER), ((COMMISSION, OBSERVER), OBSERVER), ((), COMMISSION)):
        (fault,) = faults_of_first(definition(*keys), signer)
        assert "the commission's own key" in fault.what
    (fault,) = faults_of_first(call("c1"), COMMISSION)
    assert "act 0, and no other" in fault.what


def with_key(**fields: str) -> acts.Definition:
    """A definition with one more key, which is the observer's but for these fields."""
    act = definition(COMMISSION)
    return msgspec.structs.replace(act, keys=(*act.keys, msgspec.structs.replace(OBSERVER.announced(), **fields)))


@pytest.mark.parametrize("raw", [b"", b"short", b"\0" * 32], ids=["none", "short", "small order"])
def test_a_key_that_proves_nothing_is_refused(raw: bytes) -> None:
    (fault,) = faults_of_first(with_key(id=key_id(raw), public=encode_base64(raw)), COMMISSION)
    assert (fault.where, fault.what[:19]) == ("act 0", "the key of observer")


def test_a_key_id_that_is_not_its_keys_is_refused() -> None:
    (fault,) = faults_of_first(with_key(id="0" * 16), COMMISSION)
    assert "not its own" in fault.what


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (acts.Seen(2, encode_base64(b"x" * 32)), "is about a root of size 2 that never was"),
        (acts.Seen(99, encode_base64(b"x" * 32)), "is about no checkpoint before it"),
    ],
)
def test_what_is_certified_is_a_prefix_of_this_record(clerk: Clerk, snapshot: acts.Seen, said: str) -> None:
    clerk.enter([call("c1")])
    clerk.enter([acts.Certification(at=NIGHT, contest="president", snapshot=snapshot, winner="c1")])
    (fault,) = faults(list(clerk.log.verified_entries()))
    assert said in str(fault)
