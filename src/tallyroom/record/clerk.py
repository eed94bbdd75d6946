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
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.signatures import read_act
from tallyroom.record.tree import leaf_hashes


class Clerk:
    """Enters acts into a log opened for writing; keys: by role."""

    def __init__(self, log: Log, keys: Mapping[str, RoleKey]) -> None:
        self.log = log
        self._keys = keys

    def enter(self, batch: Sequence[acts.Act], role: str = "commission") -> range:
        """Enters acts in order and in one piece; their numbers, one for each, before that of a seal.

        RecordError, with nothing written, when the role has no key, an act is too long, or an act does not
        read back.
        """
        if role not in self._keys:
            raise RecordError(f"role {role}", "no key to sign with", " or ".join(self._keys), role)
        key = self._keys[role]
        seen = acts.Seen(self.log.size, encode_base64(self.log.root))
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

    def _entry(self, act: acts.Act, key: RoleKey, seen: acts.Seen) -> bytes:
        act = msgspec.structs.replace(act, by=key.id, prev_checkpoint=seen, sig="")
        try:
            entry = acts.encode(act if act.bulk else key.sign_act(act, self.log.origin))
        except (UnicodeError, TypeError) as error:
            raise RecordError(f"{type(act).__name__} of {act.at}", f"cannot be written: {error}") from error
        if isinstance(fault := read_act(entry), str):
            raise RecordError(f"{type(act).__name__} of {act.at}", fault)
        return entry
