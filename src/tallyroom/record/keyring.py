"""The keyring: which keys of roles are in force, as act 0 names them and acts issue, replace and revoke them.

A key that was revoked signs nothing more; it is never issued again. The commission's keys issue and revoke;
every other key can only replace itself. One key of the commission is always in force.
"""

from collections.abc import Iterable
from typing import Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tallyroom.record import acts
from tallyroom.record.canonical import decode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.keys import key_id, public_key, signed_bytes

COMMISSION = "commission"
"""The role that issues and revokes keys."""


_TYPE = b'"type":"key"'
"""In the canonical form of every key act; spares decoding the others."""


class Keyring:
    """The keys of one record (by its origin) after the acts given so far.

    roles: the role of every key that was ever issued, by id.  ended: number of the act that revoked a key.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.roles: dict[str, str] = {}
        self.ended: dict[str, int] = {}
        self._public: dict[str, Ed25519PublicKey] = {}

    @classmethod
    def read(cls, entries: Iterable[bytes], origin: str) -> Self:
        """The keyring of a whole record, given all its entries.  Raises RecordError for an act that may not be."""
        keyring = cls(origin)
        for number, entry in enumerate(entries):
            if number == 0 or _TYPE in entry:
                act = acts.decode(entry)
                if isinstance(act, acts.Definition):
                    keyring.define(act)
                elif isinstance(act, acts.Key):
                    keyring.change(number, act)
        return keyring

    def in_force(self, role: str) -> list[str]:
        """The ids of a role's keys that are in force."""
        return [id for id, own in self.roles.items() if own == role and id not in self.ended]

    def key(self, id: str, where: str) -> Ed25519PublicKey:
        """The key in force of an id; RecordError where there is none, or it was revoked."""
        if id not in self._public:
            raise RecordError(where, "by a key that no act before it names", got=id)
        if id in self.ended:
            raise RecordError(where, f"by a key that was revoked in act {self.ended[id]}", got=id)
        return self._public[id]

    def define(self, act: acts.Definition) -> None:
        """Take the keys that act 0 names.  Raises RecordError for the first that is no key."""
        for key in act.keys:
            self._take(key, "act 0")

    def change(self, number: int, act: acts.Key) -> None:
        """Issue, replace or revoke, as act `number` says.  Raises as `check`, with nothing changed."""
        self.check(number, act)
        if act.key is not None:
            self._take(act.key, f"act {number}")
        if act.revokes:
            self.ended[act.revokes] = number

    def check(self, number: int, act: acts.Key) -> None:
        """Raises RecordError where act `number` may not issue or revoke what it does."""
        where = f"act {number}"
        self.key(act.by, where)
        if act.key is None and not act.revokes:
            raise RecordError(where, "neither issues nor revokes a key")
        if act.revokes:
            self._check_revoked(act, where)
        if act.key is not None:
            self._check_issued(act.key, act, where)
        elif act.proof:
            raise RecordError(where, "proves a key that it does not issue")
        replaces_itself = act.key is not None and act.revokes == act.by
        if self.roles[act.by] != COMMISSION and not replaces_itself:
            raise RecordError(where, "only the commission issues and revokes the keys of others", COMMISSION)

    def _check_revoked(self, act: acts.Key, where: str) -> None:
        self.key(act.revokes, f"{where}, the key that it revokes")
        role = self.roles[act.revokes]
        if act.key is None and not act.reason:
            raise RecordError(where, "revokes a key without a reason")
        if act.key is not None and act.key.role != role:
            raise RecordError(where, "replaces a key by one of another role", role, act.key.role)
        if act.key is None and role == COMMISSION and len(self.in_force(COMMISSION)) == 1:
            raise RecordError(where, "revokes the last key of the commission", mend="Replace it by a new one.")

    def _check_issued(self, key: acts.RolePublicKey, act: acts.Key, where: str) -> None:
        if key.id in self.roles:
            raise RecordError(where, f"the key of {key.role} was issued before", got=key.id)
        public = _public_key(key, where)
        message = signed_bytes(msgspec.structs.replace(act, proof=""), self.origin)
        try:
            public.verify(decode_base64(act.proof) or b"", message)
        except InvalidSignature as error:
            raise RecordError(where, f"the proof is not of the new key of {key.role}") from error

    def _take(self, key: acts.RolePublicKey, where: str) -> None:
        self._public[key.id] = _public_key(key, where)
        self.roles[key.id] = key.role


def _public_key(key: acts.RolePublicKey, where: str) -> Ed25519PublicKey:
    """The key that an act names; RecordError where it is none, or its id or role are not as they must be."""
    raw = decode_base64(key.public) or b""
    if key.id != key_id(raw):
        raise RecordError(where, f"the id of the key of {key.role} is not its own", key_id(raw), key.id)
    if not key.role:
        raise RecordError(where, "a key of no role", got=key.id)
    try:
        return public_key(raw)
    except RecordError as error:
        raise RecordError(where, f"the key of {key.role}: {error.fault.what}", got=key.public) from error
