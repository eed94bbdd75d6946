"""Valid inputs of each parser, made from scratch: acts of every type, bundles, notes, proofs and policies."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record import acts
from tallyroom.record.canonical import MAX_INTEGER
from tallyroom.record.cosignature import Ed25519CosigningKey
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, NoteSigner, Signer, sign
from tallyroom.record.proof import TlogProof, prove
from tallyroom.record.tiles import encode_bundle

ORIGIN = "results.example/2026"
SIZE = 300
"""Entries of the record that the proofs are of: more than a tile."""

TEXTS = [
    *("", "S-0001", "c1", "2026-02-07T20:00:00+04:00", "Bakı", "Ağ şəhər", "Выборы", "é", "e\u0301", "\u202e"),
    *(
        '"',
        "\\",
        "\ufeff",
        "\n",
        "\x1f",
        "\x7f",
        "\u2028",
        "\U0001f5f3",
        "\uffff",
        "=1+1",
        "A" * 43 + "=",
        "00" * 32,
        "a" * 300,
    ),
]
INTEGERS = [-1, 0, 1, 2, 255, 256, 10**6, 10**15, MAX_INTEGER, -MAX_INTEGER]


def signer(seed: int, name: str = ORIGIN) -> Signer:
    """A log's key that is the same in every run."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


LOG = signer(7)
NOW = 1_770_480_000
WITNESS = Ed25519CosigningKey("blue.example/w", Ed25519PrivateKey.from_private_bytes(b"\x09" * 32), lambda: NOW)
ENTRIES = [b'{"station":"%06d"}' % number for number in range(SIZE)]


def valid_acts(draw: Random, each: int = 12) -> list[bytes]:
    """Acts of every type there is, with few and with all of their fields."""
    parts = [0.0, 1.0, *[0.5] * each]
    return [acts.encode(_struct(draw, kind, full)) for kind in get_args(acts.AnyAct) for full in parts]


def _struct(draw: Random, kind: Any, full: float) -> Any:
    fields = msgspec.structs.fields(kind)
    return kind(**{one.name: _value(draw, one.type, full) for one in fields if one.required or draw.random() < full})


def _value(draw: Random, kind: Any, full: float) -> Any:
    """A value of an annotated type, as the acts use them."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is str:
        return draw.choice(TEXTS)
    if kind is int:
        return draw.choice(INTEGERS)
    if kind is bool:
        return draw.random() < 0.5
    if kind is NoneType:
        return None
    if origin is Literal:
        return draw.choice(inner)
    if origin in (Union, UnionType):
        return _value(draw, draw.choice(inner), full)
    if origin is dict:
        names = draw.sample(["c1", "c2", "voters_listed", "a.b", " "], draw.randint(0, 3))
        return {name: _value(draw, inner[1], full) for name in names}
    if origin is tuple:
        return tuple(_value(draw, inner[0], full) for _ in range(draw.randint(0, 3)))
    return _struct(draw, kind, full)


def valid_bundles(draw: Random, entries: Sequence[bytes]) -> list[bytes]:
    """Bundles of none to 256 entries, with empty entries and one of the longest."""
    rows = [[draw.choice(entries) for _ in range(width)] for width in (0, 1, 2, 3, 17, 256)]
    return [encode_bundle(row) for row in [*rows, [b""], [b"", b"a", b""], [b"x" * 65_535, b"y"]]]


CHECKPOINTS = [
    *(Checkpoint(ORIGIN, size, bytes([size % 256]) * 32).text() for size in (1, 9, 256, 10**6, 10**14, 10**18)),
    f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    *(f"{ORIGIN}\n{size}\n{'A' * 43}=\n" for size in ("0", "01", "1 ", "-1", "1" * 15, "1" * 16, "9" * 19, "1" * 20)),
    *(f"{ORIGIN}\n5\n{'A' * 43}=\n{more}" for more in ("more\n", "\n", "\nmore\n", "\n— x y\n")),
    *(f"{ORIGIN}\n5\n{root}\n" for root in ("", "AAAA", "A" * 42 + "B=", "A" * 43, "A" * 44)),
    *(f"{origin}\n5\n{'A' * 43}=\n" for origin in ("", "other.example", ORIGIN.upper(), f"{ORIGIN} ", f"{ORIGIN}\xad")),
]
"""Texts of checkpoints, sound and not, all of which the log signs: a log may say anything."""


def valid_notes() -> list[bytes]:
    """Notes under the log's key, under a witness's below it, under a second key of the log, and of strangers."""
    stranger, second = signer(8, "stranger.example"), signer(8)
    alone = [sign(text, [LOG]) for text in CHECKPOINTS]
    others: list[list[NoteSigner]] = [[LOG, WITNESS], [LOG, second], [stranger, LOG], [stranger]]
    return alone + [sign(text, keys) for text in CHECKPOINTS[:7] for keys in others]


def valid_proofs() -> list[bytes]:
    """Proofs of entries of one record, with the entry in them and without."""
    with TemporaryDirectory() as folder, Log.create(Path(folder) / "record", ORIGIN, LOG) as log:
        log.append(ENTRIES)
        proofs = [prove(log.tree, log.checkpoint, index, ENTRIES[index]) for index in (0, 1, 17, 255, 256, 298, 299)]
    bare = TlogProof(proofs[0].index, proofs[0].hashes, proofs[0].checkpoint)
    return [proof.encode() for proof in [*proofs, bare]]


def valid_policies() -> list[bytes]:
    """Policies of none to four witnesses, with groups of groups, comments and addresses."""
    private = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(20, 24)]
    keys = [Ed25519CosigningKey(f"w{n}.example", key, int).verifier.vkey for n, key in enumerate(private)]
    log = f"log {LOG.verifier.vkey}"
    witnesses = [f"witness w{n} {key}" for n, key in enumerate(keys)]
    with_urls = [f"{line} https://{n}.example/w/" for n, line in enumerate(witnesses)]
    groups = ["group parties 2 w0 w1 w2", "group observers any w3", "group everyone all parties observers"]
    return [
        f"{log}\nquorum none\n".encode(),
        f"{log} https://results.example\n{witnesses[0]}\nquorum w0".encode(),
        "\n".join(["# who must have signed", "", log, *with_urls, *groups, "\tquorum   everyone ", ""]).encode(),
        "\n".join([log, *witnesses, "group all-of-them 4 w3 w2 w1 w0", "quorum all-of-them\n"]).encode(),
        "\n".join([witnesses[0].replace("w0", "Bakı", 1), "quorum Bakı"]).encode(),
    ]
