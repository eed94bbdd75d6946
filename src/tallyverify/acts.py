"""Acts: the one form that each can be written in (canonical JSON, RFC 8785), and who signed it.

Act 0 names the keys of roles; acts issue and revoke others.  An act of consequence is signed: Ed25519 over
"tallyroom/act/v1", line feed, the log's name, line feed, the act without `sig`.  Acts in bulk are not: the next `seal`
of the same key signs SHA-256 over the leaf hashes of all acts from the first of them to itself.
"""

import json
import marshal
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tallyverify.record import Fault, Site, Tree, bundled, need, public_key, unbase64

Act = dict[str, Any]
Entry = tuple[bytes, Act, str]  # leaf hash, act, and why it is none; then the act is {}
JOB, LONG, AHEAD = 512, 20_000, 128  # acts read at a time; in a record that is long; jobs begun before they are needed
MAX = 2**53 - 1  # the largest whole number that every reader of JSON keeps exactly (RFC 7493)
BULK = ("opened", "closed", "turnout", "received", "protocol", "in_review", "accepted")
# What a field holds, if not text: int, {..} just these members, [x] a list of x, (x, y) a map from text to x or y.
SEEN, KEY, FIGURES = {"size": int, "root": str}, {"id": str, "role": str, "public": str}, (int, type(None))
FORMS: Act = dict.fromkeys(("supersedes", "voted", "protocol", "first", "count", "number", "act"), int)
FORMS |= {"prev_checkpoint": SEEN, "snapshot": SEEN, "lines": FIGURES, "votes": FIGURES, "figures": (int, str)}
FORMS |= {"evidence": [{"sha256": str, "bytes": int, "media": str}], "failures": [str], "files": (str,)}
FORMS |= {"returned": bool, "present": [{"role": str, "nominated_by": str, "count": int}]}
FORMS |= {"stations": {"count": int, "sha256": str}, "keys": [KEY], "key": KEY}
ENVELOPE = {"by", "prev_checkpoint", "contest", "supersedes", "reason", "evidence", "sig"}
FIELDS = {  # of each type, beside `type`, `at` and envelope; those after / and the envelope are left out where empty
    "definition": "election origin data_origin files stations keys software",
    **dict.fromkeys(("opened", "closed", "annulment"), "station"),
    **{"received": "station / returned", "protocol": "station lines votes / present"},
    **dict.fromkeys(("correction", "recount"), "station lines votes"),
    **{"turnout": "station hour voted", "in_review": "protocol failures", "accepted": "first / count"},
    **{"candidate_status": "candidate status", "statement": "kind speaker said_at source text / figures"},
    **{"call": "candidate", "uncall": "", "publication": "number snapshot files", "attachment": "act"},
    **{"certification": "snapshot / winner text", "key": "/ key proof revokes", "seal": "first count leaves_sha256"},
}
NEEDED = {kind: {"type", "at", *fields.partition("/")[0].split()} for kind, fields in FIELDS.items()}
KNOWN = {kind: NEEDED[kind] | ENVELOPE | {*fields.partition("/")[2].split()} for kind, fields in FIELDS.items()}
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode


def _fits(value: Any, form: Any) -> bool:
    if type(form) is type:
        return type(value) is form and (type(value) is not int or -MAX <= value <= MAX)
    if type(form) is list or type(value) is not dict:
        return type(form) is type(value) is list and all(_fits(item, form[0]) for item in value)
    if type(form) is dict:
        return value.keys() == form.keys() and all(map(_fits, map(value.get, form), form.values()))
    small = all(-MAX <= item <= MAX for item in value.values() if type(item) is int)
    return small and {*map(type, value.values())} <= {*form} and "".join(value).isascii()


def read_act(entry: bytes, act: Any = None) -> Act:
    """The act of an entry (`act`, if it is that one); ValueError where it is none, or not written in its one form."""
    text = entry.decode()
    if act is None or _encode(act) != text:
        act = json.loads(text)
        need(_encode(act) == text, "not in canonical form")
    kind = act.get("type") if type(act) is dict else None
    if type(kind) is not str or kind not in FIELDS or not NEEDED[kind] <= act.keys() <= KNOWN[kind]:
        raise ValueError("not of a known type, or a field is missing or unknown")
    for name, value in act.items():
        fits = type(value) is str if name not in FORMS else _fits(value, FORMS[name])
        empty = value == 1 if name == "count" else not value and type(value) is not int
        if not fits or (empty and name not in NEEDED[kind]):
            raise ValueError(f"the field {name} holds what it cannot hold")
    return act  # type: ignore[no-any-return]


def read_entries(place: str, size: int, tree_only: bool, first: int, end: int) -> bytes:
    """The number of the first entry, and the entries from it to before `end` as a list of Entry, by `marshal`."""
    entries, acts, read = [*bundled(Site(place), first, min(size, end), size)], list[Act](), list[Entry]()
    with suppress(ValueError, RecursionError):  # all at once, which takes less time than one by one
        acts = [] if tree_only else json.loads(f"[{b','.join(entries).decode()}]")
    for entry, known in zip_longest(entries, acts[: len(entries)]):
        act, why = Act(), ""
        try:
            act = {} if tree_only else read_act(entry, known)
        except (ValueError, RecursionError) as error:
            why = str(error)
        read.append((sha256(b"\x00" + entry).digest(), act, why))
    return marshal.dumps((first, read))


def read_ahead(site: Site, size: int, tree_only: bool) -> Iterator[tuple[int, list[Entry]]]:
    """All entries in order, and the number of the first of each list; two other processes read a long record ahead."""
    jobs = [(site.place, size, tree_only, first, first + JOB) for first in range(0, size, JOB)]
    if size < LONG:
        yield from (marshal.loads(read_entries(*job)) for job in jobs)
        return
    # Ctrl-C reaches all processes: this one alone answers, and leaving the block ends the others.
    with ProcessPoolExecutor(2, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool:
        begun = deque[Future[bytes]]()
        for job in jobs:
            begun.append(pool.submit(read_entries, *job))
            if len(begun) == AHEAD:
                yield marshal.loads(begun.popleft().result())
        yield from (marshal.loads(job.result()) for job in begun)


class Authors:
    """Follows all acts from 0 on: who signed each, and which checkpoint it names."""

    def __init__(self, origin: str, tree: Tree) -> None:
        self.origin, self.tree = origin, tree
        self.keys: dict[str, tuple[Ed25519PublicKey, str]] = {}  # every key that was ever issued, and its role, by id
        self.ended: dict[str, int] = {}  # number of the act that revoked a key
        self.unsealed: tuple[int, str, Any] | None = None  # first act, its key, SHA-256 of the leaves so far
        self._seen: Act = {}

    def check(self, number: int, leaf: bytes, act: Act) -> None:
        """Takes up the next act ({} stands for an entry that is none); Fault for the first thing wrong with it."""
        kind, by, run = act.get("type"), act.get("by", ""), self.unsealed
        bulk = kind in BULK and "sig" not in act
        if kind == "seal":
            self.unsealed = None
        elif run or bulk:
            self.unsealed = run = run or (number, by, sha256())
            run[2].update(leaf)
        if not act:
            return
        need((number == 0) == (kind == "definition"), "the definition is act 0, and no other")
        if number == 0:
            need(act["origin"] == self.origin, "is of another record", self.origin, act["origin"])
            for key in act["keys"]:
                self._issue(key)
            need(self.keys.get(by, ("", ""))[1] == "commission", "is not by its own key of the commission")
        for name in ("prev_checkpoint", "snapshot") if "snapshot" in act else ("prev_checkpoint",):
            seen = act.get(name) or {"size": -1, "root": ""}
            if seen != self._seen:
                root = self.tree.root(seen["size"]) if 0 <= seen["size"] <= number else "none before it"
                need(root == seen["root"], f"{name} is no checkpoint of {seen['size']} acts", root, seen["root"])
                self._seen = seen
        if by not in self.keys or by in self.ended:
            need(by in self.keys, "is by a key that no act before it names", [*self.keys], by)
            need(False, f"is by a key that was revoked in act {self.ended[by]}")
        need(bulk or self._signed(self.keys[by][0], "sig", act), "the signature is not of the key that it names")
        if bulk and run:
            need(by == run[1], "is unsigned among acts of another key", run[1], by)
        elif kind == "seal":
            first, own, leaves = run or (number, by, sha256())
            found = (act["first"], act["count"], by, act["leaves_sha256"])
            wanted = (first, number - first, own, leaves.hexdigest())
            need(run and found == wanted, "the seal is not over the acts before it", wanted, found)
        elif kind == "key":
            self._change_keys(number, by, act.get("key"), act.get("revokes"), act)

    def _signed(self, public: Ed25519PublicKey, field: str, act: Act) -> bool:
        message = _encode({name: value for name, value in act.items() if name not in ("sig", field)})
        with suppress(InvalidSignature, ValueError):
            public.verify(unbase64(act.get(field, "")), f"tallyroom/act/v1\n{self.origin}\n{message}".encode())
            return True
        return False

    def _issue(self, key: dict[str, str], act: Act | None = None) -> None:
        try:
            public = public_key(unbase64(key["public"]))
        except ValueError as error:
            raise Fault(f"the key of {key['role']}: {error}") from error
        own_id = sha256(public.public_bytes_raw()).hexdigest()[:16]
        need(key["id"] == own_id, f"the id of the key of {key['role']} is not its own", own_id, key["id"])
        need(key["role"] and own_id not in self.keys, f"the key {own_id} was issued before, or has no role")
        need(not act or self._signed(public, "proof", act), "the proof is not of the new key")
        self.keys[own_id] = public, key["role"]

    def _change_keys(self, number: int, by: str, new: Any, old: str | None, act: Act) -> None:
        need(new or (old and "proof" not in act), "neither issues nor revokes a key, or proves what it does not issue")
        need(not old or old in self.keys.keys() - self.ended.keys(), "revokes a key that is not in force")
        need(new or act.get("reason"), "revokes a key without a reason")
        need(not (new and old) or new["role"] == self.keys[old][1], "replaces a key by one of another role")
        need(self.keys[by][1] == "commission" or (new and old == by), "changes keys as only the commission may")
        left = [id for id, (_, role) in self.keys.items() if role == "commission" and id not in {*self.ended, old}]
        need(new or left, "leaves the commission without a key")
        if new:
            self._issue(new, act)
        if old:
            self.ended[old] = number
