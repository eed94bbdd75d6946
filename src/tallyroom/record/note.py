"""Signed notes and checkpoints, after C2SP signed-note v1.0.0 and tlog-checkpoint v1.0.0.

A checkpoint is three lines of text (origin, size, root) and the signatures below them. It is the one thing
that a witness, an observer and a reader must have in common to be sure they look at the same record.

    results.example/2026
    1000000
    pirK1fIOD3c3N1fEvpWmsZcAnzaz1r+LhgT0VScFAiw=

    — results.example/2026 lxrUywHq...
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.canonical import decode_base64, encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.keys import public_key
from tallyroom.record.tree import EMPTY_ROOT, HASH_SIZE

MAX_NOTE = 1_000_000
"""The longest note that is read, in bytes, and with it the number of its signatures."""

_ED25519 = 0x01
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteVerifier(Protocol):
    """A key of some signature type under which a note may be signed."""

    @property
    def name(self) -> str:
        """The name in its signature lines."""

    @property
    def key_id(self) -> bytes:
        """The four bytes by which its signature lines name it."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text."""


class NoteSigner(Protocol):
    """A private key of some signature type that signs notes."""

    @property
    def name(self) -> str:
        """The name in its signature lines."""

    @property
    def key_id(self) -> bytes:
        """The four bytes by which its signature lines name it."""

    def sign(self, text: bytes) -> bytes:
        """The signature over the text."""


class Verifier:
    """An Ed25519 key (signature type 0x01) and the name it signs under."""

    def __init__(self, name: str, public: bytes) -> None:
        self.name = key_name(name)
        self.public = public
        self.key_id = note_key_id(name, _ED25519, public)
        self._key = public_key(public)

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """The verifier of a vkey, `name+id+base64`; RecordError when it is not one, or not its own id."""
        name, kind, public = split_vkey(vkey)
        if kind != _ED25519:
            raise RecordError("vkey", "not an Ed25519 verifier key of a log", "type 01", f"type {kind:02x}")
        return cls(name, public)

    @property
    def vkey(self) -> str:
        """The verifier as one line of text, to be published far from the record."""
        return join_vkey(self.name, _ED25519, self.public)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text."""
        try:
            self._key.verify(signature, text)
        except InvalidSignature:
            return False
        return True


class Signer:
    """An Ed25519 private key (signature type 0x01) and the name it signs under."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self.verifier = Verifier(name, private.public_key().public_bytes_raw())
        self.name = name
        self.key_id = self.verifier.key_id
        self._private = private

    def sign(self, text: bytes) -> bytes:
        """The signature over the text."""
        return self._private.sign(text)


@dataclass(frozen=True)
class Signature:
    """A signature line: name, 4-byte key id, and the bytes after it."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The signature as a line of a note."""
        return f"— {self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A note that a trusted key signed; `unknown` are the signatures of keys that were not asked for."""

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


@dataclass(frozen=True)
class Checkpoint:
    """How many entries the record had, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint of a note's text: three lines, no extension lines; RecordError for anything else."""
        checkpoint = cls.read(text)
        if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
            got = encode_base64(checkpoint.root)
            raise RecordError("checkpoint", "the root of no entries is not that of an empty tree", got=got)
        return checkpoint

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """As `parse`, but of a log that may say anything: the root of no entries is taken as it stands."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise RecordError("checkpoint", "not the three lines origin, size, root")
        if not _SIZE.fullmatch(lines[1]):
            raise RecordError("checkpoint", "the size is not a plain decimal number", got=repr(lines[1]))
        root = decode_base64(lines[2])
        if root is None or len(root) != HASH_SIZE:
            raise RecordError("checkpoint", "the root is not 32 bytes in base64", got=repr(lines[2]))
        return cls(lines[0], int(lines[1]), root)


def key_name(name: str) -> str:
    """The name, when a key may sign under it; RecordError otherwise."""
    if not _is_name(name):
        raise RecordError("key name", "empty, or with a space or '+'", got=repr(name))
    return name


def split_vkey(vkey: str) -> tuple[str, int, bytes]:
    """(name, signature type, public key) of a vkey; RecordError when it is not one, or its id not its own."""
    parts = vkey.strip(" \t\r\n").split("+", 2)  # and no other space: it would be of a name spelt otherwise
    key = decode_base64(parts[2]) if len(parts) == 3 else None
    if not key:
        raise RecordError("vkey", "not a verifier key", "name+id+base64", repr(vkey[:120]))
    name, kind, public = key_name(parts[0]), key[0], key[1:]
    key_id = note_key_id(name, kind, public).hex()
    if parts[1] != key_id:
        raise RecordError("vkey", "the id is not of this key", key_id, parts[1])
    return name, kind, public


def join_vkey(name: str, kind: int, public: bytes) -> str:
    """The vkey of a name, a signature type and a public key."""
    return f"{name}+{note_key_id(name, kind, public).hex()}+{encode_base64(bytes([kind]) + public)}"


def note_key_id(name: str, kind: int, public: bytes) -> bytes:
    """The id by which a signature line names its key, after signed-note."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def sign(text: str, signers: Sequence[NoteSigner]) -> bytes:
    """The note of a text that ends in a newline, under the signatures of all signers."""
    lines = [Signature(signer.name, signer.key_id, signer.sign(text.encode())).line() for signer in signers]
    return f"{text}\n{''.join(lines)}".encode()


def open_note(data: bytes, verifiers: Sequence[NoteVerifier]) -> Note:
    """The note, when a key of `verifiers` signed it.

    Signatures of other keys are kept but count for nothing.  RecordError when the note is malformed, when
    none of the keys signed it, or when a signature under a known name and id is not that key's.
    """
    text, signatures = read_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, bytes], Signature] = {}
    unknown = []
    for signature in signatures:
        key = (signature.name, signature.key_id)
        if key not in known:
            unknown.append(signature)
        elif not known[key].verify(text.encode(), signature.signature):
            raise RecordError("note", "a signature is not its key's", got=f"{signature.name} {key[1].hex()}")
        elif key in verified:
            raise RecordError("note", "two signatures of one key", got=f"{signature.name} {key[1].hex()}")
        else:
            verified[key] = signature
    if not verified:
        wanted = ", ".join(f"{name} {key_id.hex()}" for name, key_id in known)
        found = ", ".join(f"{s.name} {s.key_id.hex()}" for s in unknown)
        raise RecordError("note", "not signed by a key that is trusted here", wanted, found)
    return Note(text, tuple(verified.values()), tuple(unknown))


def open_checkpoint(data: bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint that the log of this key signed, whose origin is the key's name."""
    checkpoint = Checkpoint.parse(open_note(data, [verifier]).text)
    if checkpoint.origin != verifier.name:
        raise RecordError("checkpoint", "the origin is not of this key", verifier.name, checkpoint.origin)
    return checkpoint


def read_note(data: bytes) -> tuple[str, list[Signature]]:
    """Text and signatures of a note, none of them checked; RecordError when it is malformed."""
    if len(data) > MAX_NOTE:
        raise RecordError("note", "too long", f"at most {MAX_NOTE} bytes", str(len(data)))
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise RecordError("note", "not UTF-8") from error
    if _CONTROL.search(note):
        raise RecordError("note", "holds a control character")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise RecordError("note", "no blank line with signature lines after it")
    return text + "\n", read_signatures(signatures)


def read_signatures(lines: str) -> list[Signature]:
    """The signatures of signature lines, none of them checked; RecordError when one is malformed."""
    return [_signature(line) for line in lines.removesuffix("\n").split("\n")]


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = decode_base64(encoded)
    if dash != "—" or not _is_name(name) or data is None or len(data) < 5:
        raise RecordError("note", "a signature line is malformed", "— name base64", repr(line[:120]))
    return Signature(name, data[:4], data[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or unicodedata.category(c) == "Zs" for c in name)
