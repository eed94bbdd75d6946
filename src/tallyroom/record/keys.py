"""Keys of roles: Ed25519 (RFC 8032), one file each in `private/`, and how they sign an act.

A key belongs to a role (commission, results desk, observer), never to a named person. What is signed is the
canonical act without its signature, after the origin of the record, so that no signature can be moved to
another election.
"""

import os
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tallyroom.record import acts
from tallyroom.record.canonical import decode_base64, encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.store import flush_folder

_A = TypeVar("_A", bound=acts.Act)

_P = 2**255 - 19
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = {0, 1, _P - 1, _EIGHTH, _P - _EIGHTH}
"""y of the points of order 1, 2, 4 and 8: a signature under such a key proves nothing."""


def key_id(public: bytes) -> str:
    """The id by which acts name a key: the first 16 hex digits of SHA-256 over its 32 bytes."""
    return sha256(public).hexdigest()[:16]


def public_key(raw: bytes) -> Ed25519PublicKey:
    """The public key of 32 bytes; RecordError for a wrong length, a second spelling or small order."""
    if len(raw) != 32:
        raise RecordError("public key", "wrong length", "32 bytes", f"{len(raw)} bytes")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER:
        raise RecordError("public key", "not a key that a signature can be trusted under", got=raw.hex())
    return Ed25519PublicKey.from_public_bytes(raw)


def create_key(path: Path) -> Ed25519PrivateKey:
    """Makes a new private key and its file, for the owner alone; RecordError when the file is there."""
    private = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RecordError(str(path), "a key is there already", mend="Use it, or choose another name.") from error
    with open(handle, "wb") as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.parent)
    return private


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a PEM file; RecordError when others can read it or it holds no Ed25519 key."""
    try:
        with open(path, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            pem = file.read(4096)
    except OSError as error:
        raise RecordError(str(path), f"cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise RecordError(str(path), "others can read this key", "0600", f"{mode:04o}", f"chmod 600 {path}")
    try:
        private = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise RecordError(str(path), "not an unencrypted private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise RecordError(str(path), "not an Ed25519 key")
    return private


@dataclass(frozen=True)
class RoleKey:
    """A private key and the role that it signs for."""

    role: str
    private: Ed25519PrivateKey = field(repr=False)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", key_id(self.public))

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    def announced(self) -> acts.RolePublicKey:
        """What the act that issues it says of this key."""
        return acts.RolePublicKey(id=self.id, role=self.role, public=encode_base64(self.public))

    def sign_act(self, act: _A, origin: str) -> _A:
        """The act with `by` and `sig` of this key."""
        act = msgspec.structs.replace(act, by=self.id)
        signature = self.private.sign(signed_bytes(act, origin))
        return msgspec.structs.replace(act, sig=encode_base64(signature))

    def prove(self, act: acts.Key, origin: str) -> acts.Key:
        """The act that issues this key, complete but for its signature, with `proof` of this key."""
        act = msgspec.structs.replace(act, proof="")
        return msgspec.structs.replace(act, proof=encode_base64(self.private.sign(signed_bytes(act, origin))))


def signed_bytes(act: acts.Act, origin: str) -> bytes:
    """What a signature of an act covers: everything in it but the signature, and the record it is for."""
    return b"tallyroom/act/v1\n" + origin.encode() + b"\n" + acts.encode(msgspec.structs.replace(act, sig=""))


def verify_act(act: acts.Act, public: Ed25519PublicKey, origin: str) -> bool:
    """Whether the act carries a signature of this key, spelt the one way base64 has for it."""
    signature = decode_base64(act.sig)
    try:
        public.verify(signature or b"", signed_bytes(act, origin))
    except InvalidSignature:
        return False
    return True
