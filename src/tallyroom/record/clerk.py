"""The clerk: enters acts into the log under the keys of roles.

Every act gets its author and the checkpoint that the author had seen. Acts of consequence are signed one by
one. Acts in bulk are covered by one `Seal`, entered in the same piece: a signature over the leaf hashes of
all acts from the first bulk act to the seal.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.signatures import read_act
from tallyroom.record.tree import leaf_hashes


class Clerk:
    """Enters acts into a log opened for writing; keys: by role."""

    def __init__(self, log: Log, keys: Mapping[str, RoleKey]) -> None:
        self.log = log
        self._keys = dict(keys)

    def enter(self, batch: Sequence[acts.Act], role: str = "commission") -> range:
        """Enters acts in order and in one piece; their numbers, one for each, before that of a seal.

        RecordError, with nothing written, when the role has no key, an act is too long, or an act does not
        read back.
        """
        key, seen = self._key(role), self._seen
        entries = [self._entry(act, key, seen) for act in batch]
        bulk = [place for place, act in enumerate(batch) if act.bulk]
        if bulk:
            seal = acts.Seal(
                at=batch[bulk[-1]].at,
                first=seen.size + bulk[0],
                count=len(batch) - bulk[0],
                leaves_sha256=sha256(b"".join(leaf_hashes(entries[bulk[0] :]))).hexdigest(),
            )
            entries.append(self._entry(seal, key, seen))
        numbers = self.log.append(entries)
        return numbers[: len(batch)]

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that can sign here."""
        return tuple(self._keys)

    def key_id(self, role: str) -> str:
        """The id of the key that signs for a role.  RecordError when it has none."""
        return self._key(role).id

    def enter_key(self, act: acts.Key, role: str, keyring: Keyring, new: RoleKey | None = None) -> int:
        """Enters the act that issues `new`, or revokes a key, or both; its number.  `new` signs from then on.

        keyring: the record's, which judges the act.  RecordError, with nothing written, as `enter`.
        """
        entry = self._entry(act, self._key(role), self._seen, new)
        keyring.check(self.log.size, msgspec.json.decode(entry, type=acts.Key))
        self.log.append([entry])
        self._keys = {own: key for own, key in self._keys.items() if key.id != act.revokes}
        if new is not None:
            self._keys[new.role] = new
        return self.log.size - 1

    @property
    def _seen(self) -> acts.Seen:
        return acts.Seen(self.log.size, encode_base64(self.log.root))

    def _key(self, role: str) -> RoleKey:
        if role not in self._keys:
            raise RecordError(f"role {role}", "no key to sign with", " or ".join(self._keys), role)
        return self._keys[role]

    def _entry(self, act: acts.Act, key: RoleKey, seen: acts.Seen, new: RoleKey | None = None) -> bytes:
        act = msgspec.structs.replace(act, by=key.id, prev_checkpoint=seen, sig="")
        if new is not None and isinstance(act, acts.Key):
            act = new.prove(act, self.log.origin)
        try:
            entry = acts.encode(act if act.bulk else key.sign_act(act, self.log.origin))
        except (UnicodeError, TypeError) as error:
            raise RecordError(f"{type(act).__name__} of {act.at}", f"cannot be written: {error}") from error
        if isinstance(fault := read_act(entry), str):
            raise RecordError(f"{type(act).__name__} of {act.at}", fault)
        return entry
