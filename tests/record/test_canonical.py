"""Canonical JSON is RFC 8785 on the subset, and nothing outside the subset is written or read."""

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from tallyroom.record.canonical import (
    MAX_INTEGER,
    decode,
    decode_base64,
    encode,
    encode_base64,
    is_canonical,
)
from tallyroom.record.error import RecordError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
NUMBERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


@given(VALUES)
@example({"\x00": '\x1f\x7f\u2028ё\b\t\n\f\r"\\/', "": MAX_INTEGER, "a": -MAX_INTEGER})
def test_is_rfc_8785_and_reads_back(value: Any) -> None:
    data = encode(value)
    assert data == rfc8785.dumps(value)
    assert decode(data) == value
    assert is_canonical(data)


@pytest.mark.parametrize(
    "value",
    [1.0, MAX_INTEGER + 1, -(2**53), 2**70, {"ё": 1}, {1: 1}, [{"a": 0.5}], "\ud800", b"bytes", {1, 2}],
    ids=repr,
)
def test_refuses_to_write_what_is_outside(value: object) -> None:
    with pytest.raises(RecordError):
        encode(value)


HOSTILE = {
    "white space": b'{"a": 1}',
    "a newline at the end": b'{"a":1}\n',
    "members out of order": b'{"b":1,"a":2}',
    "a duplicate key": b'{"a":1,"a":1}',
    "a fraction": b'{"a":1.5}',
    "a whole number spelt as a fraction": b'{"a":1.0}',
    "an exponent": b"1e3",
    "minus zero": b"-0",
    "a leading zero": b"01",
    "a number above 2^53 - 1": b"[9007199254740992]",
    "a number above 2^64": b"[18446744073709551616]",
    "a key that is not ASCII": '{"ё":1}'.encode(),
    "an escape that is not needed": b'"\\u00e9"',
    "an escape in capitals": b'"\\u001F"',
    "an escaped slash": b'"\\/"',
    "a lone surrogate": b'"\\ud800"',
    "UTF-8 of a surrogate": b'"\xed\xa0\x80"',
    "not UTF-8": b'"\xff"',
    "a byte order mark": b"\xef\xbb\xbf1",
    "NaN": b"NaN",
    "nothing": b"",
    "a torn object": b'{"a":1',
    "two values": b"1 2",
    "too deep": b"[" * 20_000 + b"]" * 20_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_refuses_to_read(data: bytes) -> None:
    assert not is_canonical(data)
    with pytest.raises(RecordError):
        decode(data)


@given(st.binary())
def test_only_what_encode_writes_is_canonical(data: bytes) -> None:
    if is_canonical(data):
        assert encode(decode(data)) == data


def test_long_runs_of_digits_inside_text_are_fine() -> None:
    assert is_canonical(encode({"sha256": "1" * 64}))


def test_says_where_the_form_differs() -> None:
    with pytest.raises(RecordError, match=r"expected .+, got .+"):
        decode(b'{"a": 1}')


@given(st.binary())
def test_base64_reads_back(data: bytes) -> None:
    assert decode_base64(encode_base64(data)) == data


@pytest.mark.parametrize("text", ["QQ", "QR==", "QQ==\n", "Q Q==", "QQ=", "-_8=", "ё"])
def test_base64_has_one_spelling(text: str) -> None:
    assert decode_base64(text) is None
