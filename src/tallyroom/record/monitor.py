"""A monitor: follows a published record from outside and raises an alarm when it is not what it was.

It remembers the last checkpoint that it saw. Each look asks whether the record is signed, still begins with all
that was seen before, agrees with what the witnesses hold, and whether each new act is signed as it must be.
Whoever runs it needs nothing from the commission but the address and, better from elsewhere, the log's key.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import msgspec

from tallyroom.record import acts
from tallyroom.record.cosignature import cosigned_at
from tallyroom.record.error import Damaged, Fault, RecordError
from tallyroom.record.log import CHECKPOINT
from tallyroom.record.note import Checkpoint, Note, Verifier, read_note
from tallyroom.record.policy import Policy, Witness
from tallyroom.record.proof import prove
from tallyroom.record.signatures import authenticate, authenticate_on
from tallyroom.record.store import Store
from tallyroom.record.stored import StoredTree
from tallyroom.record.tiles import WIDTH
from tallyroom.record.web import Unreachable, WebStore
from tallyroom.record.witness_http import ask_for_checkpoint

MAX_ACTS = 20
"""Acts found wrong that are reported one by one in one look."""

Kind = Literal[
    "unsigned", "other_record", "shrunk", "split_view", "rewritten", "damaged", "not_cosigned", "stale", "act"
]
"""What an alarm is about:

unsigned      the checkpoint is not signed by the key that is trusted
other_record  another origin than before
shrunk        fewer acts than were shown before
split_view    two signed checkpoints of one size, or a witness that holds another record
rewritten     the record no longer begins with what was shown before
damaged       a file is missing or is not what the checkpoint signs
not_cosigned  the quorum of witnesses is missing
stale         the checkpoint is older than allowed while the count goes on, or older than a witness's
act           an act breaks the rules of signatures
"""


class Memory(msgspec.Struct, frozen=True):
    """What a monitor keeps between looks.

    vkey: the key of the log.  note: the last good checkpoint, signed.  since: when it was first seen, in
    seconds since 1970.  checked: acts, from 0, whose signatures were all found good.  keys: the numbers of
    act 0 and of those among them that issue or revoke keys.
    """

    vkey: str
    note: str
    since: int
    checked: int
    keys: tuple[int, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """Something is wrong with a record: of which kind, in words, and the files kept as evidence."""

    kind: Kind
    what: str
    evidence: tuple[str, ...] = ()


@dataclass
class Report:
    """One look at a record: the checkpoint shown, who cosigned it, acts that are new, alarms, and notices."""

    checkpoint: Checkpoint | None = None
    cosigned_by: tuple[str, ...] = ()
    new_acts: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def take(self, findings: Iterable[Alarm | str]) -> None:
        """Takes up alarms, and notices, which are plain text."""
        for one in findings:
            if isinstance(one, str):
                self.notices.append(one)
            else:
                self.alarms.append(one)


@dataclass(frozen=True)
class _Shown:
    """What the site shows now: a signed checkpoint, its signatures, and the tree it signs."""

    note: bytes
    checkpoint: Checkpoint
    opened: Note
    tree: StoredTree


class Monitor:
    """Follows the record at `store`, and remembers in the file `state`.

    policy: who is trusted; without one, the key in the record's own log.vkey is trusted from the first look
    on.  max_age: seconds.  Evidence is kept in a folder beside the state, of its name with .evidence.
    """

    def __init__(self, store: Store | WebStore, state: Path, policy: Policy | None, max_age: int) -> None:
        self._store = store
        self._state = state
        self._evidence = state.with_name(state.name + ".evidence")
        self._max_age = max_age
        self._memory = _recall(state)
        self._policy = policy or self._trusted_at_first_use()

    def look(self, now: int, counting: bool) -> Report:
        """Compares the record with what was seen before.

        now: seconds since 1970.  counting: whether the election is being counted, so that silence is news.
        Unreachable when the site does not answer; then nothing is known, and nothing is changed.
        """
        report = Report()
        note = b""
        try:
            note = self._store.read(CHECKPOINT)
            checkpoint, opened = self._policy.open(note)
            report.checkpoint = checkpoint
            if (alarm := self._against_last(checkpoint, note)) is not None:
                report.alarms.append(alarm)
                return report
            tree = StoredTree(self._store, checkpoint.size, checkpoint.root)
            self._follow(report, _Shown(note, checkpoint, opened, tree), now, counting)
        except Unreachable:
            raise
        except RecordError as error:
            kind: Kind = "damaged" if isinstance(error, Damaged) else "unsigned"
            report.alarms.append(self._alarm(kind, str(error), note))
        return report

    def _against_last(self, checkpoint: Checkpoint, note: bytes) -> Alarm | None:
        """What the checkpoint alone says against the last one."""
        last = self._last
        if last is None or checkpoint == last:
            return None
        if checkpoint.origin != last.origin:
            kind: Kind = "other_record"
            what = f"{checkpoint.origin} is shown where {last.origin} was"
        elif checkpoint.size < last.size:
            kind = "shrunk"
            what = f"{checkpoint.size} acts are shown where {last.size} were: an older copy, or acts are gone"
        elif checkpoint.size == last.size:
            kind, what = "split_view", f"two different records of {last.size} acts were signed"
        else:
            return None
        return self._alarm(kind, what, note, self._last_note)

    def _follow(self, report: Report, shown: _Shown, now: int, counting: bool) -> None:
        """What is asked of a checkpoint that may follow on the last one; remembers it if it does."""
        last, tree = self._last, shown.tree
        if last is not None and tree.root_at(last.size) != last.root:
            what = f"the {last.size} acts shown before are not the first of the {tree.size} shown now"
            report.alarms.append(self._alarm("rewritten", what, shown.note, self._last_note))
            return
        since = self._memory.since if self._memory is not None and last == shown.checkpoint else now
        report.cosigned_by = self._policy.cosigners(shown.opened)
        report.new_acts = tree.size - (last.size if last is not None else 0)
        report.take(self._quorum(report.cosigned_by))
        report.take(self._witnesses(shown, now))
        age = now - self._signed_at(shown.opened, since)
        if counting and age > self._max_age:
            report.alarms.append(Alarm("stale", f"nothing new for {age} seconds while the count goes on"))
        before = self._memory or Memory("", "", since, 0)
        keys = list(before.keys)
        wrong = list(self._acts(shown, before.checked, keys))
        report.take(wrong)
        vkey = next(log.vkey for log in self._policy.logs if log.name == shown.checkpoint.origin)
        memory = Memory(vkey, shown.note.decode(), since, tree.size, tuple(keys))
        self._remember(msgspec.structs.replace(memory, checked=before.checked, keys=before.keys) if wrong else memory)

    def _quorum(self, cosigned_by: Sequence[str]) -> Iterator[Alarm]:
        if not self._policy.is_met_by(cosigned_by):
            who = ", ".join(cosigned_by) or "nobody"
            yield Alarm("not_cosigned", f"the quorum {self._policy.quorum!r} is missing: cosigned by {who}")

    def _witnesses(self, shown: _Shown, now: int) -> Iterator[Alarm | str]:
        """Compares the record with the checkpoints that the policy's witnesses hold."""
        tree = shown.tree
        for witness in self._policy.witnesses.values():
            if not witness.url:
                continue
            try:
                held = ask_for_checkpoint(witness, shown.checkpoint.origin)
                theirs, opened = self._policy.open(held)
            except RecordError as error:
                yield f"{witness.name}: {error}"
                continue
            if theirs.size > tree.size:
                yield self._behind(witness, theirs.size, tree.size, now - self._signed_at(opened, now))
            elif tree.root_at(theirs.size) != theirs.root:
                what = f"{witness.name} signed another record of {theirs.size} acts"
                yield self._alarm("split_view", what, shown.note, held)

    def _behind(self, witness: Witness, theirs: int, shown: int, age: int) -> Alarm | str:
        """A witness holds a larger record than the site shows: for a moment that is how publishing goes."""
        what = f"{witness.name} signed {theirs} acts {age} seconds ago, {shown} are shown"
        return Alarm("stale", what) if age > self._max_age else what

    def _acts(self, shown: _Shown, checked: int, keys: list[int]) -> Iterator[Alarm]:
        """The acts from `checked` on that are not signed as they must be, each with its proof as evidence.

        keys: gets the numbers of the acts that name, issue or revoke keys.
        """
        tree = shown.tree
        if checked == tree.size:
            return
        entries, origin = _entries(tree, checked), shown.checkpoint.origin
        if checked:
            known = [(number, tree.entry(number)) for number in keys]
            walk = authenticate_on(known, checked, entries, origin, tree.root_at)
        else:
            walk = authenticate(entries, origin, tree.root_at)
        found = 0
        for index, act in walk:
            if isinstance(act, acts.Definition | acts.Key):
                keys.append(index)
            elif isinstance(act, Fault) and found < MAX_ACTS:
                found += 1
                proof = prove(tree, shown.note, index, tree.entry(index)).encode()
                yield self._alarm("act", str(act), proof, suffix="tlog-proof")

    def _signed_at(self, opened: Note, otherwise: int) -> int:
        """When a witness of the policy last signed a checkpoint."""
        keys = {(witness.key.name, witness.key.key_id) for witness in self._policy.witnesses.values()}
        return max((cosigned_at(one) for one in opened.verified if (one.name, one.key_id) in keys), default=otherwise)

    @property
    def _last(self) -> Checkpoint | None:
        return None if self._memory is None else Checkpoint.parse(read_note(self._last_note)[0])

    @property
    def _last_note(self) -> bytes:
        return b"" if self._memory is None else self._memory.note.encode()

    def _remember(self, memory: Memory) -> None:
        self._memory = memory
        Store(self._state.parent).write({self._state.name: msgspec.json.encode(memory) + b"\n"})

    def _trusted_at_first_use(self) -> Policy:
        memory = self._memory
        vkey = memory.vkey if memory is not None else self._store.read("log.vkey").decode("utf-8", "replace")
        return Policy((Verifier.parse(vkey),), {}, {}, "none")

    def _alarm(self, kind: Kind, what: str, *evidence: bytes, suffix: str = "checkpoint") -> Alarm:
        """An alarm whose evidence is on the disk; the same evidence is kept once."""
        files = {f"{sha256(data).hexdigest()[:16]}.{suffix}": data for data in evidence if data}
        if files:
            Store(self._evidence).write(files)
        return Alarm(kind, what, tuple(str(self._evidence / name) for name in files))


def _entries(tree: StoredTree, start: int) -> Iterator[bytes]:
    """The entries of a tree from one on, proved."""
    bundles = (tree.bundle(n) for n in range(start // WIDTH, -(-tree.size // WIDTH)))
    return islice(chain.from_iterable(bundles), start % WIDTH, None)


def _recall(state: Path) -> Memory | None:
    try:
        return msgspec.json.decode(state.read_bytes(), type=Memory)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        mend = "Look into it; without it the monitor begins anew and remembers nothing."
        raise RecordError(str(state), f"is not the state of a monitor: {error}", mend=mend) from error
