"""Trust policies: which logs are believed, and which witnesses must have cosigned (C2SP tlog-policy).

    # two of the parties, and one of the observers
    log results.example/2026+971ad4cb+AepK...
    witness blue  blue.example/w+0a1b2c3d+BL1r...   https://witness.blue.example
    witness green green.example/w+1f2e3d4c+BPq0...  https://witness.green.example
    witness amber amber.example/w+99aabbcc+BGm2...
    witness corps corps.example/w+deadbeef+BDA5...  https://corps.example/witness
    group parties 2 blue green amber
    group observers any corps
    group all-of-them all parties observers
    quorum all-of-them

The file is read as bytes that mean themselves: names that look alike and are spelt differently are different.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tallyroom.record.cosignature import Cosigner, parse_cosigner
from tallyroom.record.error import Fault, RecordError
from tallyroom.record.note import Checkpoint, Note, Verifier, open_note

_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_URL = re.compile(r"https?://[^\s?#]+")


class BadPolicy(RecordError):
    """A policy file that cannot be used; `faults` are all that is wrong in it, by line."""

    def __init__(self, faults: list[Fault]) -> None:
        first = faults[0]
        super().__init__(first.where, first.what, first.expected, first.got, first.mend)
        self.faults = faults

    def diagnostics(self) -> str:
        """Each fault on a line."""
        return "\n".join(map(str, self.faults))


@dataclass(frozen=True)
class Witness:
    """A witness as a policy names it; url: where checkpoints are brought to it, empty where not given."""

    name: str
    key: Cosigner
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Counts as a witness when at least `least` of its members (witnesses and groups, by name) do."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A trust policy; quorum: the name of a witness or a group, or "none"."""

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    def is_met_by(self, names: Collection[str]) -> bool:
        """Whether cosignatures of these witnesses are a quorum."""
        counted = set(names)
        for name, group in self.groups.items():  # a group comes after its members
            if len(counted.intersection(group.members)) >= group.least:
                counted.add(name)
        return self.quorum == "none" or self.quorum in counted

    def open(self, note: bytes) -> tuple[Checkpoint, Note]:
        """The checkpoint that a log of this policy signed, with the signatures that the policy knows.

        RecordError when it is malformed, not signed by the log of its origin, or when the signature of any
        key that the policy knows is not that key's. Whether there is a quorum is not asked.
        """
        opened = open_note(note, [*self.logs, *(witness.key for witness in self.witnesses.values())])
        checkpoint = Checkpoint.parse(opened.text)
        logs = {log.key_id for log in self.logs if log.name == checkpoint.origin}
        if not any(one.name == checkpoint.origin and one.key_id in logs for one in opened.verified):
            known = ", ".join(log.name for log in self.logs)
            raise RecordError("checkpoint", "not signed by a log of the policy", known, checkpoint.origin)
        return checkpoint, opened

    def cosigners(self, note: Note) -> tuple[str, ...]:
        """The witnesses, by their names in the policy, that cosigned an opened note."""
        signed = {(one.name, one.key_id) for one in note.verified}
        return tuple(
            witness.name for witness in self.witnesses.values() if (witness.key.name, witness.key.key_id) in signed
        )


def satisfied(note: bytes, policy: Policy) -> tuple[bool, tuple[str, ...]]:
    """Whether a signed checkpoint has the policy's quorum, and which of its witnesses cosigned.

    RecordError as `Policy.open` raises it.
    """
    _, opened = policy.open(note)
    who = policy.cosigners(opened)
    return policy.is_met_by(who), who


def read_policy(data: bytes, where: str = "policy") -> Policy:
    """The policy of a file; BadPolicy with all its faults, each by `where` and line."""
    reader = _Reader()
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            reader.line(line)
        except RecordError as error:
            fault = error.fault
            reader.faults.append(Fault(f"{where}:{number}", fault.what, fault.expected, fault.got, fault.mend))
    if reader.quorum is None:
        mend = "Name a witness or a group, or write: quorum none"
        reader.faults.append(Fault(where, "has no quorum line", mend=mend))
    if reader.faults:
        raise BadPolicy(reader.faults)
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum or "none")


def _refusal(what: str, expected: str = "", got: str = "", mend: str = "") -> RecordError:
    return RecordError("", what, expected, got, mend)


@dataclass
class _Reader:
    """What the lines so far define."""

    logs: list[Verifier] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    faults: list[Fault] = field(default_factory=list)
    _members: set[str] = field(default_factory=set)

    def line(self, line: bytes) -> None:
        """Takes up a line; RecordError for what is wrong with it."""
        if _FORBIDDEN.search(line):
            raise _refusal("holds a control character", "text, spaces and tabs")
        # Bytes that are not UTF-8 stay apart, spelt out; two names that this makes one are refused as one.
        words = re.findall(r"[^ \t]+", line.decode("utf-8", "backslashreplace"))
        if not words or words[0].startswith("#"):
            return
        rules: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        if words[0] not in rules:
            raise _refusal("a line of an unknown kind", "log, witness, group or quorum", words[0][:40])
        rules[words[0]](words[1:])

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise _refusal("a log line is of another form", "log VKEY [URL]")
        _url(words[1:])
        log = Verifier.parse(words[0])
        if any(log.public == other.public for other in self.logs):
            raise _refusal("a log with this key is named already", got=log.name)
        self.logs.append(log)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise _refusal("a witness line is of another form", "witness NAME VKEY [URL]")
        name = self._new_name(words[0])
        url = _url(words[2:])
        key = parse_cosigner(words[1])
        if any(key.public == other.key.public for other in self.witnesses.values()):
            raise _refusal("a witness with this key is named already", got=key.name)
        self.witnesses[name] = Witness(name, key, url)

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise _refusal("a group line is of another form", "group NAME all|any|NUMBER MEMBER...")
        name, least, members = self._new_name(words[0]), words[1], tuple(words[2:])
        for place, member in enumerate(members):
            if member not in self.witnesses and member not in self.groups:
                raise _refusal("a member is not defined above", got=member)
            if member in self._members or member in members[:place]:
                mend = "A member of two groups would count twice."
                raise _refusal("is a member of a group already", got=member, mend=mend)
        number = {"all": len(members), "any": 1}.get(least) or int(least if _NUMBER.fullmatch(least) else 0)
        if not 1 <= number <= len(members):
            raise _refusal("the number needed is not one of this group", f"all, any, or 1 to {len(members)}", least)
        self._members.update(members)
        self.groups[name] = Group(number, members)

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise _refusal("a quorum line is of another form", "quorum NAME")
        if self.quorum is not None:
            raise _refusal("a second quorum line", mend="Say it once, with a group.")
        self.quorum = words[0]
        if words[0] not in {"none", *self.witnesses, *self.groups}:
            raise _refusal("the quorum is not defined above", "none, a witness or a group", words[0])

    def _new_name(self, name: str) -> str:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise _refusal("the name is taken", got=name, mend="Choose another; none is reserved.")
        return name


def _url(words: list[str]) -> str:
    """The address at the end of a line, without a slash at its end; RecordError for another scheme."""
    if not words:
        return ""
    if not _URL.fullmatch(words[0]):
        raise _refusal("not an address", "http:// or https://, and no query", words[0])
    return words[0].rstrip("/")
