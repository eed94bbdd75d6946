"""Who signed what: walks the acts of a record and checks every signature and seal.

Act 0 names the keys and is signed by its own key of the commission; acts issue and revoke others. Every later act
is signed by a key in force, or is a bulk act covered by the next seal of the same key. A seal covers every act from
the first unsigned one to itself. Each act is written in its one canonical form and names a checkpoint that this
record really had.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64, is_within_subset
from tallyroom.record.error import Fault, RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.record.keys import verify_act
from tallyroom.record.tree import leaf_hash


def read_act(entry: bytes) -> acts.AnyAct | str:
    """The act of an entry, or why it is none: unknown, or not in the one form it can be written in."""
    try:
        act = acts.decode(entry)
        again = acts.encode(act)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return f"not an act: {error}"
    if again != entry or not is_within_subset(entry):
        return "not in the one form that this act can be written in"
    return act


def authenticate(
    entries: Iterable[bytes], origin: str, root_at: Callable[[int], bytes]
) -> Iterator[tuple[int, acts.AnyAct | Fault]]:
    """Each act with its number, or the fault found in its place.

    entries: all of a record, from 0.  root_at: the record's root at a size.  Bulk acts come before their
    seal does, so they count only once the walk has come past it without a fault.  Memory is constant.
    """
    return _authenticate(_Walk(origin, root_at), 0, entries)


def authenticate_on(
    keys: Iterable[tuple[int, bytes]],
    start: int,
    entries: Iterable[bytes],
    origin: str,
    root_at: Callable[[int], bytes],
) -> Iterator[tuple[int, acts.AnyAct | Fault]]:
    """As `authenticate`, from act `start` on, where all before it were found without a fault.

    keys: act 0 and each `Key` act before `start`, in order, with their numbers.  entries: those from `start`,
    which is not 0.
    """
    walk = _Walk(origin, root_at)
    for number, entry in keys:
        walk.act(number, entry)
    return _authenticate(walk, start, entries)


def _authenticate(walk: "_Walk", start: int, entries: Iterable[bytes]) -> Iterator[tuple[int, acts.AnyAct | Fault]]:
    index = start - 1
    for index, entry in enumerate(entries, start):
        try:
            yield index, walk.act(index, entry)
        except RecordError as error:
            yield index, error.fault
    if walk.run is not None:
        yield index, Fault(f"acts {walk.run.first} to {index}", "no seal covers them")


@dataclass
class _Run:
    """Unsigned acts that wait for a seal: number of the first, their key, SHA-256 over their leaf hashes."""

    first: int
    by: str
    leaves: Any


class _Walk:
    def __init__(self, origin: str, root_at: Callable[[int], bytes]) -> None:
        self.origin = origin
        self.root_at = root_at
        self.run: _Run | None = None
        self._keyring = Keyring(origin)
        self._seen: tuple[acts.Seen | None, acts.Seen | None] = (None, None)

    def act(self, index: int, entry: bytes) -> acts.AnyAct:
        """The act of an entry; RecordError when anything about it is wrong."""
        act = read_act(entry)
        sealed = self._keep_in_step(index, entry, act)
        if isinstance(act, str):
            raise RecordError(f"act {index}", act)
        if index == 0 or isinstance(act, acts.Definition):
            self._define(index, act)
        self._check_seen(index, act.prev_checkpoint, "names")
        if isinstance(act, acts.Publication | acts.Certification):
            self._check_seen(index, act.snapshot, "is about")
        key = self._keyring.key(act.by, f"act {index}")
        if isinstance(act, acts.Seal):
            _check_seal(index, act, sealed)
        if (act.sig or not act.bulk) and not verify_act(act, key, self.origin):
            raise RecordError(f"act {index}", f"the signature is not of the key {act.by}")
        if isinstance(act, acts.Key):
            self._keyring.change(index, act)
        if self.run is not None and act.bulk and not act.sig and act.by != self.run.by:
            raise RecordError(f"act {index}", "unsigned, among acts of another key", self.run.by, act.by)
        return act

    def _keep_in_step(self, index: int, entry: bytes, act: acts.AnyAct | str) -> _Run | None:
        """Follows the run of acts that wait for a seal; the run that ends when the act is a seal."""
        if isinstance(act, acts.Seal):
            run, self.run = self.run, None
            return run
        if self.run is None and not isinstance(act, str) and act.bulk and not act.sig:
            self.run = _Run(index, act.by, sha256())
        if self.run is not None:
            self.run.leaves.update(leaf_hash(entry))
        return None

    def _define(self, index: int, act: acts.AnyAct) -> None:
        where = f"act {index}"
        if index or not isinstance(act, acts.Definition):
            raise RecordError(where, "act 0, and no other, is the definition", got=type(act).__name__)
        if act.origin != self.origin:
            raise RecordError(where, "of another record", self.origin, act.origin)
        self._keyring.define(act)
        if act.by not in {key.id for key in act.keys if key.role == "commission"}:
            raise RecordError(where, "not by the commission's own key", got=act.by)

    def _check_seen(self, index: int, seen: acts.Seen | None, how: str) -> None:
        if seen is None or not 0 <= seen.size <= index:
            raise RecordError(f"act {index}", f"{how} no checkpoint before it", got=str(seen and seen.size))
        if seen not in self._seen:
            root = encode_base64(self.root_at(seen.size))
            if seen.root != root:
                raise RecordError(f"act {index}", f"{how} a root of size {seen.size} that never was", root, seen.root)
            self._seen = (seen, self._seen[0])


def _check_seal(index: int, seal: acts.Seal, run: _Run | None) -> None:
    where = f"act {index}"
    if run is None:
        raise RecordError(where, "a seal over nothing")
    if (seal.first, seal.first + seal.count) != (run.first, index):
        covered = f"{seal.first} to {seal.first + seal.count - 1}"
        raise RecordError(where, "the seal covers other acts", f"{run.first} to {index - 1}", covered)
    if seal.by != run.by:
        raise RecordError(where, "the seal is of another key than its acts", run.by, seal.by)
    if seal.leaves_sha256 != run.leaves.hexdigest():
        raise RecordError(where, "the seal is not over these acts", run.leaves.hexdigest(), seal.leaves_sha256)
