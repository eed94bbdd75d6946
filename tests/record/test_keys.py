"""Keys of roles: kept for the owner alone, and never trusted where a signature would prove nothing."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record import acts
from tallyroom.record.error import RecordError
from tallyroom.record.keys import RoleKey, create_key, key_id, load_key, public_key, signed_bytes, verify_act
from tests.record.conftest import ORIGIN, call, role_key

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def add(one: Point, two: Point) -> Point:
    """The sum of two points of the Edwards curve (RFC 8032, section 5.1.4)."""
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def point_of(y: int) -> Point | None:
    """A point with this y, when there is one (RFC 8032, section 5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x, y) if x * x % P == square else None


def has_small_order(point: Point) -> bool:
    for _ in range(3):
        point = add(point, point)
    return point == (0, 1)


def small_order_ys() -> set[int]:
    """Every y of order 1, 2, 4 and 8: the multiples of what is left of points without their large order."""
    found: set[int] = set()
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 40):
        point, small = point_of(y), (0, 1)
        if point is None:
            continue
        for bit in f"{order:b}":
            small = add(small, small)
            if bit == "1":
                small = add(small, point)
        for _ in range(8):
            found.add(small[1])
            small = add(small, small)
    return found


def refused(raw: bytes) -> bool:
    try:
        public_key(raw)
    except RecordError:
        return True
    return False


def test_every_key_of_small_order_is_refused() -> None:
    ys = small_order_ys()
    assert len(ys) == 5
    for y in ys:
        assert has_small_order(point_of(y) or (1, 1))
        for sign in (0, 1):
            assert refused((y | sign << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [P, P + 1, 2**255 - 1])
def test_second_spellings_of_keys_are_refused(y: int) -> None:
    assert refused(y.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length_are_refused(length: int) -> None:
    assert refused(b"\x05" * length)


def test_a_key_is_created_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "private" / "commission.key"
    private = create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_key(path).private_bytes_raw() == private.private_bytes_raw()


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path / "a.key")
    before = (tmp_path / "a.key").read_bytes()
    with pytest.raises(RecordError, match="already"):
        create_key(tmp_path / "a.key")
    assert (tmp_path / "a.key").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    create_key(tmp_path / "a.key")
    os.chmod(tmp_path / "a.key", mode)
    with pytest.raises(RecordError, match="others can read"):
        load_key(tmp_path / "a.key")


def test_files_that_hold_no_usable_key_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    encrypted = role_key("x", 1).private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    other_kind = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"hello", encrypted, other_kind):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(RecordError):
            load_key(path)
    with pytest.raises(RecordError, match="cannot be read"):
        load_key(tmp_path / "none.key")


def test_the_private_key_is_not_printed(commission: RoleKey) -> None:
    assert commission.private.private_bytes_raw().hex() not in repr(commission)
    assert "private" not in repr(commission)


def test_an_act_is_signed_for_one_record(commission: RoleKey, observer: RoleKey) -> None:
    act = commission.sign_act(call("c1"), ORIGIN)
    assert act.by == commission.id == key_id(commission.public)
    assert verify_act(act, public_key(commission.public), ORIGIN)
    assert not verify_act(act, public_key(commission.public), "another/record")
    assert not verify_act(act, public_key(observer.public), ORIGIN)


def test_everything_but_the_signature_is_signed(commission: RoleKey) -> None:
    act = commission.sign_act(call("c1"), ORIGIN)
    assert signed_bytes(act, ORIGIN) == b"tallyroom/act/v1\n" + ORIGIN.encode() + b"\n" + acts.encode(
        acts.Call(at=act.at, by=act.by, contest=act.contest, candidate="c1")
    )


@given(st.text(max_size=100))
def test_no_text_passes_for_a_signature(text: str) -> None:
    key = role_key("commission", 1)
    act = acts.Call(at="", by=key.id, candidate="c1", sig=text)
    assert not verify_act(act, public_key(key.public), ORIGIN)
