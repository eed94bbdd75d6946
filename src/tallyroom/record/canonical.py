"""Canonical forms: the one way to write a value in JSON, and bytes in base64.

The JSON is that of RFC 8785 (JSON Canonicalization Scheme), base64 that of RFC 4648 section 4. Only a subset
is allowed, so that no two programs can disagree about it: text, whole numbers up to 2^53 - 1 in magnitude,
true, false, null, lists, and objects with ASCII keys. Fractions are refused, because their spelling is the
hard part of RFC 8785, and so are other keys, because it sorts those by UTF-16.

    >>> encode({"b": [1, None], "a": "ё"}).decode()
    '{"a":"ё","b":[1,null]}'
"""

import base64
from typing import Any, NoReturn

import msgspec

from tallyroom.record.error import RecordError

MAX_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 7493, I-JSON)."""

_WHERE = "canonical JSON"
_ANY_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_SIXTEEN_DIGITS = b"0" * 16
_encoder = msgspec.json.Encoder(order="sorted")


def _refuse_fraction(number: str) -> NoReturn:
    raise ValueError(f"{number} is not a whole number")


_decoder = msgspec.json.Decoder(float_hook=_refuse_fraction)


def encode(value: Any) -> bytes:
    """The canonical bytes of a value; RecordError when the value is outside the subset."""
    try:
        _check(value)
        return _encoder.encode(value)
    except (UnicodeEncodeError, RecursionError) as error:
        raise RecordError(_WHERE, f"not encodable: {error}") from error


def decode(data: bytes) -> Any:
    """The value of canonical bytes; RecordError unless they are exactly what `encode` would write."""
    try:
        value = _decoder.decode(data)
        again = encode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RecordError(_WHERE, f"not readable: {error}") from error
    if again != data:
        raise RecordError(_WHERE, "not in canonical form", _glimpse(again, data), _glimpse(data, again))
    return value


def is_canonical(data: bytes) -> bool:
    """Whether `decode` would accept the bytes, without the reason."""
    try:
        return _encoder.encode(_decoder.decode(data)) == data and is_within_subset(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def is_within_subset(data: bytes) -> bool:
    """Whether JSON without fractions that re-encodes to itself is canonical: a look at its bytes."""
    # Only a key that is not ASCII or a number of 16 digits can be outside.
    if data.isascii() and _SIXTEEN_DIGITS not in data.translate(_ANY_DIGIT):
        return True
    try:
        decode(data)
    except RecordError:
        return False
    return True


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes | None:
    """The bytes of standard base64; None when the text is not their one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if encode_base64(data) == text else None


def _check(value: Any) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise RecordError(_WHERE, f"the number {value} is too large", f"at most {MAX_INTEGER}", str(value))
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise RecordError(_WHERE, f"the key {key!r} is not ASCII text")
            _check(item)
    else:
        raise RecordError(_WHERE, f"a {type(value).__name__} cannot be written", "text, whole number, list, object")


def _glimpse(one: bytes, other: bytes) -> str:
    """The bytes around the first place where `one` leaves `other`."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return repr(one[max(0, same - 8) : same + 16])
