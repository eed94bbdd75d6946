"""Acts: the one form that each can be written in (canonical JSON, RFC 8785), and who signed it.

Act 0 names the keys of roles.  An act of consequence is signed: Ed25519 over "tallyroom/act/v1", line feed, the
log's name, line feed, the act without `sig`.  Acts in bulk are not: the next `seal` of the same key signs SHA-256
over the leaf hashes of all acts from the first of them to itself.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tallyverify.record import Fault, Tree, public_key, unbase64

Act = dict[str, Any]
MAX = 2**53 - 1  # the largest whole number that every reader of JSON keeps exactly (RFC 7493)
BULK = ("opened", "closed", "turnout", "received", "protocol", "in_review", "accepted")
# What a field holds, if not text: int, {..} just these members, [x] a list of x, (x, y) a map from text to x or y.
SEEN, FIGURES = {"size": int, "root": str}, (int, type(None))
FORMS: Act = dict.fromkeys(("supersedes", "voted", "protocol", "first", "count", "number", "act"), int) | {
    **{"prev_checkpoint": SEEN, "snapshot": SEEN, "lines": FIGURES, "votes": FIGURES, "figures": (int, str)},
    **{"evidence": [{"sha256": str, "bytes": int, "media": str}], "failures": [str], "files": (str,)},
    **{"returned": bool, "present": [{"role": str, "nominated_by": str, "count": int}]},
    **{"key": {"id": str, "role": str, "public": str}},
    **{"stations": {"count": int, "sha256": str}, "keys": [{"id": str, "role": str, "public": str}]},
}
OFTEN = {"by", "prev_checkpoint", "contest", "supersedes", "reason", "evidence", "sig"}
FIELDS = {  # the further fields of each type of act
    **{"definition": "election origin data_origin files stations keys software", "turnout": "station hour voted"},
    **dict.fromkeys(("opened", "closed", "received", "annulment"), "station"),
    **dict.fromkeys(("protocol", "correction", "recount"), "station lines votes"),
    **{"in_review": "protocol failures", "accepted": "first", "seal": "first count leaves_sha256", "call": "candidate"},
    **{"statement": "kind speaker said_at source text", "candidate_status": "candidate status", "uncall": ""},
    **{"publication": "number snapshot files", "certification": "snapshot", "attachment": "act", "key": ""},
}
OPTIONAL = {  # as OFTEN: left out if empty
    **{"accepted": "count", "statement": "figures", "certification": "winner text"},
    **{"received": "returned", "protocol": "present", "key": "key proof revokes"},
}
NEEDED = {kind: {"type", "at", *fields.split()} for kind, fields in FIELDS.items()}
OTHERS = {kind: OFTEN | {*OPTIONAL.get(kind, "").split()} for kind in FIELDS}
KNOWN = {kind: NEEDED[kind] | OTHERS[kind] for kind in FIELDS}


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is not a whole number")


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode


def _fits(value: Any, form: Any) -> bool:
    if type(value) is dict and type(form) is tuple:
        small = all(type(item) in form and (type(item) is not int or abs(item) <= MAX) for item in value.values())
        return small and "".join(value).isascii()
    if type(value) is dict and type(form) is dict:
        return value.keys() == form.keys() and all(map(_fits, value.values(), map(form.get, value)))
    if type(value) is list and type(form) is list:
        return all(_fits(item, form[0]) for item in value)
    return type(value) is form and (form is not int or abs(value) <= MAX)


def read_act(entry: bytes) -> Act:
    """The act of an entry; ValueError where it is none, or not in the one form it can be written in."""
    text = entry.decode()
    act: Any = _decode(text)[0]
    kind = act.get("type") if type(act) is dict else None
    if type(kind) is not str or kind not in FIELDS or not NEEDED[kind] <= act.keys() <= KNOWN[kind]:
        raise ValueError("not of a known type, or a field is missing or unknown")
    for name, value in act.items():
        empty = (not value and type(value) is not int) or (name == "count" and value == 1)
        if (empty and name in OTHERS[kind]) or not _fits(value, FORMS.get(name, str)):
            raise ValueError(f"the field {name} holds what it cannot hold")
    if _encode(act) != text:
        raise ValueError("not in canonical form")
    return act  # type: ignore[no-any-return]


class Authors:
    """Follows all acts from 0 on: who signed each, and which checkpoint it names."""

    def __init__(self, origin: str, tree: Tree) -> None:
        self.origin, self.tree = origin, tree
        self.keys: dict[str, Ed25519PublicKey] = {}
        self.unsealed: tuple[int, str, Any] | None = None  # first act, its key, SHA-256 of the leaves so far
        self._seen: Act = {}

    def check(self, number: int, leaf: bytes, act: Act) -> Iterator[Fault]:
        """What is wrong with an act; {} stands for an entry that is none."""
        where, kind, by, run = f"act {number}", act.get("type"), act.get("by", ""), self.unsealed
        bulk = kind in BULK and "sig" not in act
        if kind == "seal":
            first, own, leaves = run or (number, by, sha256())
            self.unsealed, wanted = None, (first, number - first, own, leaves.hexdigest())
            if not run or wanted != (found := (act["first"], act["count"], by, act["leaves_sha256"])):
                yield Fault(where, "the seal is not over the acts before it", wanted, found)
        elif run or bulk:
            self.unsealed = run = run or (number, by, sha256())
            run[2].update(leaf)
            if bulk and by != run[1]:
                yield Fault(where, "is unsigned among acts of another key", run[1], by)
        if number == 0:
            yield from self._take_keys(act)
        elif kind == "definition":
            yield Fault(where, "is a second definition")
        seen = act.get("prev_checkpoint", {"size": -1, "root": ""})
        if act and seen != self._seen:
            root = self.tree.root(seen["size"]) if 0 <= seen["size"] <= number else "none"
            if root != seen["root"]:
                yield Fault(where, f"prev_checkpoint is no checkpoint of {seen['size']} acts", root, seen["root"])
            self._seen = seen
        if act and by not in self.keys:
            yield Fault(where, "is by a key that act 0 does not name", [*self.keys], by)
        elif act and not bulk:
            message = _encode({name: value for name, value in act.items() if name != "sig"})
            try:
                signature = unbase64(act.get("sig", ""))
                self.keys[by].verify(signature, f"tallyroom/act/v1\n{self.origin}\n{message}".encode())
            except (InvalidSignature, ValueError):
                yield Fault(where, f"the signature is not of the key {by}")

    def _take_keys(self, act: Act) -> Iterator[Fault]:
        if (act.get("type"), act.get("origin")) != ("definition", self.origin):
            yield Fault("act 0", "is not the definition of this record", self.origin, act.get("origin"))
        for key in act.get("keys", []):
            try:
                raw = unbase64(key["public"])
                self.keys[sha256(raw).hexdigest()[:16]] = public_key(raw)
            except ValueError as error:
                yield Fault("act 0", f"the key of {key['role']}: {error}")
        if not any(key["id"] == act.get("by") and key["role"] == "commission" for key in act.get("keys", [])):
            yield Fault("act 0", "is not by its own key of the commission")
