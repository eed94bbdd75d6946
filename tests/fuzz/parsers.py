"""The parsers that are fuzzed, and what must hold of each, whatever it is given.

A parser refuses with its documented error, and with no other.  What it accepts is written back as the same bytes,
and means what those bytes say.  `tallyroom` and `tallyverify`, which share no code, accept the same inputs and read
the same values from them; where they do not, the difference is one of DIFFERENCES, each with its reason.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from tallyroom.record import acts, canonical
from tallyroom.record.error import RecordError
from tallyroom.record.note import Checkpoint, Signature, open_checkpoint, open_note, read_note
from tallyroom.record.policy import Policy, read_policy
from tallyroom.record.proof import TlogProof
from tallyroom.record.signatures import read_act
from tallyroom.record.tiles import decode_bundle, encode_bundle
from tallyverify.acts import read_act as verifier_act
from tallyverify.record import Fault, Site, bundled
from tallyverify.record import Policy as VerifierPolicy
from tallyverify.record import open_checkpoint as verifier_checkpoint
from tests.fuzz import corpus
from tests.fuzz.mutation import mutated

UNCHANGED = 0.03
"""The part of the inputs that are left as they are: these show that the parser accepts anything at all."""

DIFFERENCES = {
    "size beyond 15 digits": "tallyverify refuses what no reader of JSON keeps exactly; a record never comes near",
    "root of no acts": "tallyverify compares it later with the root that it computes, and refuses then",
    "name of an unknown key": "tallyverify does not look at the names of keys that it was not given",
    "word outside its list": "tallyverify takes any text as status, kind of a statement and data_origin",
}
"""Where the two implementations differ, and why that is harmless or what is to be done."""


class Finding(AssertionError):
    """An input that a parser mishandles; the text says how."""


def found(what: str, *values: object) -> Finding:
    """A finding with the values that show it, cut to a length that can be read."""
    return Finding(": ".join([what, *(repr(value)[:400] for value in values)]))


@dataclass
class Tally:
    """Counts of one parser: inputs, those accepted, and differences between the implementations by name."""

    inputs: int = 0
    accepted: int = 0
    differences: Counter[str] = field(default_factory=Counter)


class Parser:
    """A parser with its valid inputs."""

    name = ""

    def __init__(self, valid: Sequence[bytes]) -> None:
        self.valid = valid
        self.differences: Counter[str] = Counter()

    def input(self, draw: Random) -> bytes:
        """An input, drawn at random."""
        data = draw.choice(self.valid)
        return data if draw.random() < UNCHANGED else mutated(draw, data, self.valid)

    def accepts(self, data: bytes) -> bool:
        """Whether the parser accepts the input; Finding where it should not, or breaks."""
        raise NotImplementedError

    def differ(self, name: str, harmless: bool, *values: object) -> None:
        """Counts a difference between the implementations that is known; Finding where it is another."""
        if not harmless or name not in DIFFERENCES:
            raise found("the two implementations differ", *values)
        self.differences[name] += 1


class ActParser(Parser):
    """Acts: `signatures.read_act`, and `tallyverify.acts.read_act`."""

    name = "act"

    def input(self, draw: Random) -> bytes:
        """Half are changed as bytes, half as values that are written canonically again."""
        if draw.random() < 0.5:
            return super().input(draw)
        value = json.loads(draw.choice(self.valid))
        for _ in range(draw.randint(1, 3)):
            value = changed_value(draw, value, json.loads(draw.choice(self.valid)))
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def accepts(self, data: bytes) -> bool:
        """Both refuse, or both read the same act, and both write it as it was."""
        ours = read_act(data)
        if not isinstance(ours, str) and {acts.encode(ours), canonical.encode(canonical.decode(data))} != {data}:
            raise found("accepted, and written otherwise", data)
        try:
            theirs: Any = verifier_act(data)
        except (ValueError, RecursionError):
            theirs = None
        if isinstance(ours, str) != (theirs is None):
            harmless = theirs is not None and "Invalid enum value" in str(ours)
            self.differ("word outside its list", harmless, data, ours, theirs)
        elif theirs is not None and json.loads(msgspec.json.encode(msgspec.to_builtins(ours))) != theirs:
            raise found("read as two values", data, ours, theirs)
        return not isinstance(ours, str)


VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**53 - 1, 2**53, -(2**53), 2**64, 1.5, 1.0, "", "x", "é"),
    *([], {}, [[]], {"é": 1}, {"size": 1}),
]


def changed_value(draw: Random, value: Any, other: Any) -> Any:
    """A value of JSON with one part of it changed, taken out, put in, or taken from another value."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        name = draw.choice([*value])
        rest = {key: item for key, item in value.items() if key != name}
        kind = draw.randrange(4)
        if kind == 0:
            return rest
        if kind == 1 and isinstance(other, dict):
            return {**value, **dict([draw.choice([*other.items(), ("unknown", 1)])])}
        if kind == 2:
            return {**rest, draw.choice([name + " ", name.upper(), "é", "type", "sig"]): value[name]}
        return {**rest, name: changed_value(draw, value[name], other)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        place = draw.randrange(len(value))
        return draw.choice([[*value, value[place]], value[:place] + value[place + 1 :], value[::-1]])
    return draw.choice(VALUES)


class _Bundle(Site):
    """A site whose every file is one bundle."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, path: str, limit: int = 0) -> bytes:
        return self.data


class BundleParser(Parser):
    """Bundles of entries: `tiles.decode_bundle`, and `tallyverify.record.bundled`."""

    name = "bundle"

    def input(self, draw: Random) -> bytes:
        """Most are short: the longest are slow to change."""
        data = super().input(draw)
        return data if draw.random() < 0.2 else data[:2000]

    def accepts(self, data: bytes) -> bool:
        """Both refuse, or both cut the same entries, and they are joined to the same bytes."""
        try:
            ours = decode_bundle(data)
        except ValueError:
            ours = None
        if ours is not None and encode_bundle(ours) != data:
            raise found("accepted, and written otherwise", data)
        width = len(ours) if ours else 1
        theirs = _verifier_bundle(data, min(width, 256))
        if theirs != (ours if ours and width <= 256 else None):
            raise found("the two implementations differ", data, ours, theirs)
        return ours is not None


def _verifier_bundle(data: bytes, width: int) -> list[bytes] | None:
    try:
        return list(bundled(_Bundle(data), 0, width, width))
    except Fault:
        return None


class NoteParser(Parser):
    """Notes and checkpoints: `note.read_note`, `open_note`, `open_checkpoint`, and tallyverify's `open_checkpoint`."""

    name = "note"

    def __init__(self, valid: Sequence[bytes]) -> None:
        super().__init__(valid)
        self._signed = {text.encode() for text in corpus.CHECKPOINTS}
        self._latest = b""
        self._policy = VerifierPolicy(f"log {corpus.LOG.verifier.vkey}\nquorum none")

    def input(self, draw: Random) -> bytes:
        """A third are changed and then signed, for a log may sign anything."""
        if draw.random() < 0.67:
            return super().input(draw)
        text = mutated(draw, draw.choice(corpus.CHECKPOINTS).encode(), self.valid)
        self._latest = text
        line = Signature(corpus.LOG.name, corpus.LOG.key_id, corpus.LOG.sign(text)).line()
        return text + b"\n" + line.encode()

    def accepts(self, data: bytes) -> bool:
        """What is read is what was signed, and is written as the same bytes; the two read the same checkpoint."""
        self._is_signed(data)
        try:
            text, signatures = read_note(data)
            if f"{text}\n{''.join(one.line() for one in signatures)}".encode() != data:
                raise found("accepted, and written otherwise", data)
            ours = open_checkpoint(data, corpus.LOG.verifier)
            if ours.text() != text:
                raise found("a checkpoint that says other than its note", data, ours)
        except RecordError as error:
            return self._compare(data, None, str(error))
        return self._compare(data, ours, "")

    def _is_signed(self, data: bytes) -> None:
        """Of what is opened, each known key signed just this text."""
        try:
            note = open_note(data, [corpus.LOG.verifier, corpus.WITNESS.verifier])
        except RecordError:
            return
        for one in note.verified:
            if note.text.encode() not in {*self._signed, self._latest}:
                raise found("opened, though it was never signed", data)
            if one.name == corpus.WITNESS.name and int.from_bytes(one.signature[:8], "big") != corpus.NOW:
                raise found("cosigned at another time", data)

    def _compare(self, data: bytes, ours: Checkpoint | None, why: str) -> bool:
        try:
            theirs = verifier_checkpoint(data, self._policy)
        except Fault:
            theirs = None
        if ours is not None and theirs is None:
            self.differ("size beyond 15 digits", ours.size >= 10**15, data, ours)
        elif ours is None and theirs is not None:
            name = "root of no acts" if theirs[1] == 0 else "name of an unknown key"
            harmless = "root of no entries" in why or "signature line is malformed" in why
            self.differ(name, harmless, data, why, theirs)
        elif ours is not None and theirs != (ours.origin, ours.size, canonical.encode_base64(ours.root)):
            raise found("read as two values", data, ours, theirs)
        return ours is not None


class ProofParser(Parser):
    """Proofs in files: `TlogProof.parse`, and what the proof then shows."""

    name = "proof"

    def accepts(self, data: bytes) -> bool:
        """It is written as the same bytes, and shows no entry at a place where it is not."""
        try:
            proof = TlogProof.parse(data)
        except RecordError:
            return False
        if proof.encode() != data:
            raise found("accepted, and written otherwise", data)
        try:
            checkpoint = open_checkpoint(proof.checkpoint, corpus.LOG.verifier)
        except RecordError:
            return True
        at_place = [n for n, entry in enumerate(corpus.ENTRIES) if entry == proof.extra] == [proof.index]
        for entry in (proof.extra, b"", b"x"):
            if proof.includes(entry, checkpoint) and not (at_place and entry == proof.extra):
                raise found("proves an entry that is not there", data)
        return True


class PolicyParser(Parser):
    """Trust policies: `policy.read_policy`."""

    name = "policy"

    def accepts(self, data: bytes) -> bool:
        """It says what its lines say, and a quorum without enough of the witnesses is none."""
        try:
            policy = read_policy(data)
        except RecordError:
            return False
        if sorted(_said(data)) != sorted(_written(policy)):
            raise found("a policy that says other than its lines", data, sorted(_said(data)), sorted(_written(policy)))
        again = read_policy("\n".join(" ".join(line) for line in _written(policy)).encode())
        if again.groups != policy.groups or again.quorum != policy.quorum:
            raise found("written and read again, it is another", data)
        if policy.quorum != "none" and (policy.is_met_by([]) or not policy.is_met_by([*policy.witnesses])):
            raise found("a quorum of nobody, or one that all do not make", data)
        return True


def _said(data: bytes) -> Iterator[tuple[str, ...]]:
    """The words of each line that says something: numbers for all and any, no slash at the end of an address."""
    for line in data.split(b"\n"):
        words = [word.decode("utf-8", "backslashreplace") for word in re.split(rb"[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "group":
            words[2] = {"all": str(len(words) - 3), "any": "1"}.get(words[2], words[2])
        if words[0] == "witness":
            words[3:] = [word.rstrip("/") for word in words[3:]]
        yield tuple(words[:2] if words[0] == "log" else words)


def _written(policy: Policy) -> Iterator[tuple[str, ...]]:
    """The words of the lines that give a policy; it does not keep the addresses of logs."""
    yield from (("log", log.vkey) for log in policy.logs)
    for name, witness in policy.witnesses.items():
        yield ("witness", name, witness.key.vkey, *([witness.url] if witness.url else []))
    for name, group in policy.groups.items():
        yield ("group", name, str(group.least), *group.members)
    yield "quorum", policy.quorum


def parsers(draw: Random) -> list[Parser]:
    """All of them, with valid inputs."""
    acts_ = corpus.valid_acts(draw)
    return [
        ActParser(acts_),
        BundleParser(corpus.valid_bundles(draw, acts_)),
        NoteParser(corpus.valid_notes()),
        ProofParser(corpus.valid_proofs()),
        PolicyParser(corpus.valid_policies()),
    ]


def run(parser: Parser, seed: int, numbers: range, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Gives a parser the inputs of these numbers; Finding, with the seed and the number that make it again.

    progress: told the number of each input before it is given.
    """
    tally = Tally()
    for number in numbers:
        progress(number)
        data = parser.input(Random(f"{seed} {parser.name} {number}"))
        try:
            tally.accepted += parser.accepts(data)
        except Exception as error:
            where = f"{parser.name}, seed {seed}, input {number}"
            raise Finding(f"{where}: {type(error).__name__}: {error}\n  input: {data[:2000]!r}") from error
        tally.inputs += 1
    tally.differences = parser.differences
    return tally
