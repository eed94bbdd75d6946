"""Small changes to valid inputs: of bits, bytes, lines, numbers, letters and base64, several on top of each other."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from random import Random

Change = Callable[[Random, bytes, Sequence[bytes]], bytes]
"""A change to an input; the third argument are valid inputs to take pieces from."""

MOST = 4
"""Changes on top of each other."""

NUMBERS = [
    *(b"-1", b"-0", b"0", b"00", b"01", b"+1", b"1.0", b"1e0", b"1E5", b"0x1", b"1_0", b" 1", b"1 ", b"NaN", b"true"),
    *(b"255", b"256", b"65535", b"65536", b"9007199254740991", b"9007199254740992", b"9223372036854775807"),
    *(b"9223372036854775808", b"18446744073709551616", b"1" * 30, b"9" * 5000, "١".encode(), "１".encode()),
]
SIGNS = [
    *("\0", "\t", "\r", "\r\n", "\n", "\n\n", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\xa0", "\xad", "\u0301"),
    *("\u1680", "\u200b", "\u200e", "\u202e", "\u2028", "\u2029", "\u3000", "\ufeff", "\uffff", "\U0001f600", "е"),
    *(" ", "  ", "+", "-", "–", "—", "=", "#", '"', "\\", "\\u0041", "\\ud800", "\\/", "/", "?", ",", ":", "{}", "["),
]
SPOILT = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80", b"\x80"]
"""Bytes that are not UTF-8: stray, overlong, half a surrogate pair, beyond the last letter, cut off."""

ALIKE = [
    *(("a", "а"), ("e", "е"), ("o", "о"), ("c", "с"), ("é", "e\u0301"), ("—", "-"), ("a", "\\u0061"), ("S", "\\u0053")),
]
"""Letters and others that look or mean the same: Cyrillic, decomposed, escaped in JSON."""

_DIGITS = re.compile(rb"[0-9]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{6,}={0,2}")


def mutated(draw: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The input after one to MOST changes, drawn at random."""
    for _ in range(draw.randint(1, MOST)):
        data = draw.choice(CHANGES)(draw, data, others)
    return data


def _cut(draw: Random, data: bytes) -> tuple[int, int]:
    """A slice of the input, most often a short one."""
    first = draw.randint(0, len(data))
    return first, min(len(data), first + draw.choice([1, 1, 2, 4, 32, len(data)]))


def _flip(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randrange(len(data)) if data else 0
    return data[:place] + bytes(byte ^ 1 << draw.randrange(8) for byte in data[place : place + 1]) + data[place + 1 :]


def _set_byte(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randint(0, len(data))
    return data[:place] + bytes([draw.randrange(256)]) + data[place + 1 :]


def _insert(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = draw.randint(0, len(data))
    return data[:place] + draw.choice([*SPOILT, *(sign.encode() for sign in SIGNS)]) + data[place:]


def _delete(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, stop = _cut(draw, data)
    return data[:first] + data[stop:]


def _repeat(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first, stop = _cut(draw, data)
    return data[:stop] + data[first:stop] * draw.choice([1, 1, 2, 70]) + data[stop:]


def _truncate(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: draw.randint(0, len(data))]


def _splice(draw: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = draw.choice(others)
    return data[: draw.randint(0, len(data))] + other[draw.randint(0, len(other)) :]


def _lines(draw: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A line twice, gone, elsewhere, or from another input."""
    lines = data.split(b"\n")
    line = draw.choice([lines, lines, draw.choice(others).split(b"\n")])
    taken = draw.choice(line)
    if draw.random() < 0.5:
        lines.pop(draw.randrange(len(lines)))
    lines.insert(draw.randint(0, len(lines)), taken)
    return b"\n".join(lines)


def _number(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = list(_DIGITS.finditer(data))
    if not found:
        return data
    match = draw.choice(found)
    near = [b"%d" % max(0, int(match[0][:30]) + step) for step in (-1, 1)]
    return data[: match.start()] + draw.choice([*near, *NUMBERS, b"0" + match[0]]) + data[match.end() :]


def _base64(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Another spelling of base64, or other bytes in it."""
    found = list(_BASE64.finditer(data))
    if not found:
        return data
    match = draw.choice(found)
    text = match[0]
    bare = text.rstrip(b"=")
    spellings = [
        bare,
        text + b"=",
        bare[:-1] + bytes([bare[-1] ^ 1]) + text[len(bare) :],
        text.translate(bytes.maketrans(b"+/", b"-_")),
        text[:4] + b" " + text[4:],
        b64encode(_set_byte(draw, b64decode(bare[: len(bare) // 4 * 4]), ())),
    ]
    return data[: match.start()] + draw.choice(spellings) + data[match.end() :]


def _letters(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A letter by one that looks alike, or by its escape in JSON."""
    old, new = draw.choice(ALIKE)
    return data.replace(old.encode(), new.encode(), draw.choice([1, 1, -1]))


CHANGES: tuple[Change, ...] = (
    *(_flip, _set_byte, _insert, _delete, _repeat, _truncate, _splice, _lines, _number, _base64, _letters),
)
