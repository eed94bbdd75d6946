"""Cosignatures: what a witness signs when a checkpoint extends every one it has seen (C2SP tlog-cosignature v1).

A cosignature is a signature line below the log's own. It carries the time at which the witness signed, so that
it also says: of this record I know nothing larger, as of then. There are two types. 0x04 is Ed25519 over the
time and the text of the checkpoint. 0x06 is ML-DSA-44 (FIPS 204) over a structure that also names the witness;
it withstands quantum computers, and its line is 3.3 kB long.

    — witness.example/w1 jWbPPwAAAABkGFDL...
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from tallyroom.record.error import RecordError
from tallyroom.record.keys import public_key
from tallyroom.record.note import Checkpoint, Signature, join_vkey, key_name, note_key_id, split_vkey

Clock = Callable[[], int]
"""Gives the time in seconds since 1970."""

ED25519, ML_DSA_44 = 0x04, 0x06
"""Signature types of cosignatures."""

_LAST_TIME = 2**63 - 1
_ED25519_LENGTH, _ML_DSA_44_LENGTH = 64, 2420


class Ed25519Cosigner:
    """The key of a witness that cosigns with Ed25519 (type 0x04); verifies its cosignatures."""

    def __init__(self, name: str, public: bytes) -> None:
        self.name = key_name(name)
        self.public = public
        self.key_id = note_key_id(name, ED25519, public)
        self.vkey = join_vkey(name, ED25519, public)
        self._key = public_key(public)

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the text of a checkpoint, at the time that it carries."""
        time, rest = _split(signature)
        if time > _LAST_TIME or len(rest) != _ED25519_LENGTH:
            return False
        try:
            self._key.verify(rest, _ed25519_message(text, time))
        except InvalidSignature:
            return False
        return True


class MlDsaCosigner:
    """The key of a witness that cosigns with ML-DSA-44 (type 0x06); verifies its cosignatures."""

    def __init__(self, name: str, public: bytes) -> None:
        self.name = key_name(name)
        self.public = public
        self.key_id = note_key_id(name, ML_DSA_44, public)
        self.vkey = join_vkey(name, ML_DSA_44, public)
        try:
            self._key = MLDSA44PublicKey.from_public_bytes(public)
        except ValueError as error:
            raise RecordError("public key", "not an ML-DSA-44 key", "1312 bytes", f"{len(public)}") from error

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over a checkpoint, at the time that it carries."""
        time, rest = _split(signature)
        if time > _LAST_TIME or len(rest) != _ML_DSA_44_LENGTH:
            return False
        try:
            self._key.verify(rest, _ml_dsa_message(self.name, text, time))
        except (InvalidSignature, RecordError, UnicodeDecodeError):
            return False
        return True


Cosigner = Ed25519Cosigner | MlDsaCosigner


class Ed25519CosigningKey:
    """The private key of a witness, Ed25519; `clock` gives the time that it signs at."""

    def __init__(self, name: str, private: Ed25519PrivateKey, clock: Clock) -> None:
        self.verifier = Ed25519Cosigner(name, private.public_key().public_bytes_raw())
        self.name = name
        self.key_id = self.verifier.key_id
        self._private = private
        self._clock = clock

    def sign(self, text: bytes) -> bytes:
        """The cosignature over the text of a checkpoint."""
        time = self._clock()
        return time.to_bytes(8, "big") + self._private.sign(_ed25519_message(text, time))


class MlDsaCosigningKey:
    """The private key of a witness, ML-DSA-44; `clock` gives the time that it signs at."""

    def __init__(self, name: str, private: MLDSA44PrivateKey, clock: Clock) -> None:
        self.verifier = MlDsaCosigner(name, private.public_key().public_bytes_raw())
        self.name = name
        self.key_id = self.verifier.key_id
        self._private = private
        self._clock = clock

    def sign(self, text: bytes) -> bytes:
        """The cosignature over the text of a checkpoint; RecordError when it is none."""
        time = self._clock()
        return time.to_bytes(8, "big") + self._private.sign(_ml_dsa_message(self.name, text, time))


CosigningKey = Ed25519CosigningKey | MlDsaCosigningKey


def parse_cosigner(vkey: str) -> Cosigner:
    """The witness key of a vkey; RecordError when it is of another type."""
    name, kind, public = split_vkey(vkey)
    if kind == ED25519:
        return Ed25519Cosigner(name, public)
    if kind == ML_DSA_44:
        return MlDsaCosigner(name, public)
    raise RecordError("vkey", "not the key of a witness", "type 04 (Ed25519) or 06 (ML-DSA-44)", f"type {kind:02x}")


def cosigned_at(signature: Signature) -> int:
    """When a verified cosignature was made, in seconds since 1970."""
    return _split(signature.signature)[0]


def _split(signature: bytes) -> tuple[int, bytes]:
    return int.from_bytes(signature[:8], "big"), signature[8:]


def _ed25519_message(text: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text


def _ml_dsa_message(name: str, text: bytes, time: int) -> bytes:
    """The structure `cosigned_message` for a whole tree, whose first leaf is 0."""
    checkpoint = Checkpoint.parse(text.decode())
    size = (0).to_bytes(8, "big") + checkpoint.size.to_bytes(8, "big")
    signer, origin = _short(name), _short(checkpoint.origin)
    return b"subtree/v1\n\0" + signer + time.to_bytes(8, "big") + origin + size + checkpoint.root


def _short(text: str) -> bytes:
    """A text of up to 255 bytes after its length."""
    data = text.encode()
    if len(data) > 255:
        raise RecordError("cosignature", "a name is too long to be signed", "at most 255 bytes", str(len(data)))
    return bytes([len(data)]) + data
