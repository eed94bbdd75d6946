"""A published record as files, and who signed it: C2SP signed-note, tlog-checkpoint, -cosignature, -policy and -tiles.

A leaf is SHA-256(0x00 || act), a node SHA-256(0x01 || left || right), the root of no acts SHA-256("") (RFC 6962).  A
checkpoint is origin, size and root (base64), one a line, a blank line, and lines "— name base64(id || signature)".
"""

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib import request
from urllib.error import HTTPError
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
WEAK = {0, 1, P - 1, Y8, P - Y8}  # y of the points of small order (RFC 8032): anyone can sign under such a key
LOG, COSIGNATURE = 0x01, 0x04  # types of signatures; those of ML-DSA-44 (0x06) are not read


class Unreadable(Exception):
    """The site cannot be read, or the call gives no usable key, policy or address."""


class Fault(ValueError):
    """Something that does not hold, in words."""


def need(kept: object, what: str, *values: object) -> None:
    """Fault unless a rule is kept; `values`: what was expected, and what was found."""
    if not kept:
        raise Fault(what + (" (expected {:.300}, got {:.300})".format(*map(str, values)) if values else ""))


class Site:
    """A folder, or a web address (http or https), that holds `checkpoint` and `tile/`."""

    def __init__(self, place: str) -> None:
        self.url = place.rstrip("/") + "/" if place.startswith(("http://", "https://")) else ""
        self.place, self.folder, self.web = place, Path(place).resolve(), request.OpenerDirector()
        errors = (request.HTTPErrorProcessor, request.HTTPDefaultErrorHandler)
        for handler in (request.ProxyHandler, request.HTTPHandler, request.HTTPSHandler, *errors):
            self.web.add_handler(handler())  # none that follows a redirection: the site is where the caller says
        if not self.url and not self.folder.is_dir():
            raise Unreadable(f"{place} is neither a folder nor an address that begins with http:// or https://")

    def read(self, path: str, limit: int = 256_000_000) -> bytes:
        """The bytes of a file; Fault where it is absent or too long, Unreadable where the server fails."""
        # Names come out of the record, which may be hostile: only plain names below the site are followed.
        plain = path.isprintable() and not set('\\:*?"<>|') & set(path) and not {"", ".", ".."} & set(path.split("/"))
        need(plain, f"{path}: is not the name of a file below the site")
        file = self.folder / path
        try:
            if not self.url and not (file.resolve().is_relative_to(self.folder) and file.is_file()):
                raise FileNotFoundError("is not there, or is not a plain file of this folder")
            with self.web.open(self.url + quote(path), timeout=30) if self.url else file.open("rb") as stream:
                data: bytes = stream.read(limit + 1)
        except (OSError, HTTPException, ValueError, RuntimeError) as error:
            answered = not self.url or (isinstance(error, HTTPError) and 400 <= error.code < 500)
            failure = Fault(f"{path}: {error}") if answered else Unreadable(f"{self.url}{path}: {error}")
        else:
            need(len(data) <= limit, f"{path}: is longer than {limit} bytes")
            return data
        raise failure  # out here it has no cause: an open answer of a server could not leave this process


class Tree:
    """Every complete node of a growing tree: rows[0] the leaf hashes, rows[1] those of pairs, and so on up."""

    def __init__(self) -> None:
        self.rows = [bytearray()]

    def extend(self, hashes: list[bytes], level: int = 0) -> None:
        """Adds hashes to a row (those of leaves to row 0), and to the rows above the nodes that they complete."""
        self.rows += [bytearray()] if level == len(self.rows) else []
        row = self.rows[level]
        pairs = range(len(row) // 64 * 64, len(row) + 32 * len(hashes) - 63, 64)
        row += b"".join(hashes)
        if nodes := [sha256(b"\x01" + row[at : at + 64]).digest() for at in pairs]:
            self.extend(nodes, level + 1)

    def root(self, size: int) -> str:
        """The root (base64) of the first `size` leaves: one complete subtree for each one-bit of size, joined."""
        root = b""
        for level, row in enumerate(self.rows):
            if (count := size >> level) % 2:
                node = bytes(row[32 * (count - 1) : 32 * count])
                root = sha256(b"\x01" + node + root).digest() if root else node
        return base64.b64encode(root or sha256(b"").digest()).decode()

    def tiles(self) -> Iterator[tuple[str, bytes]]:
        """The files of hashes, by path; those of level l hold the nodes of row 8 l, at most 256."""
        for level, row in enumerate(self.rows[::8]):
            for n, at in enumerate(range(0, len(row), 8192)):
                hashes = bytes(row[at : at + 8192])
                yield tile_path(str(level), n, len(hashes) // 32), hashes


def tile_path(kind: str, n: int, width: int) -> str:
    """tile/<level or entries>/<n in groups of three digits>, with .p/<width> where it is not full (256)."""
    name = f"{n % 1000:03d}"
    while n := n // 1000:
        name = f"x{n % 1000:03d}/{name}"
    return f"tile/{kind}/{name}" + (f".p/{width}" if width < 256 else "")


def bundled(site: Site, first: int, end: int, size: int) -> Iterator[bytes]:
    """The acts from bundles of 256, of which the first begins with act `first`: each after its length (16 bits)."""
    for start in range(first, end, 256):
        path = tile_path("entries", start // 256, width := min(256, size - start))
        data, entries, at = site.read(path, 256 * 65_537), [], 0
        while at < len(data):
            begin, at = at + 2, at + 2 + int.from_bytes(data[at : at + 2], "big")
            entries.append(data[begin:at])
        need((len(entries), at) == (width, len(data)), f"{path}: does not hold so many whole acts", width, len(entries))
        yield from entries


def unbase64(text: str) -> bytes:
    """The bytes of base64 (RFC 4648, section 4); ValueError unless the text is their one spelling."""
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "not the one spelling of base64")
    return data


def public_key(raw: bytes) -> Ed25519PublicKey:
    """An Ed25519 public key; ValueError for a weak one, and for a second spelling of a key."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    need(y < P and y not in WEAK, "not a key that a signature can be trusted under")
    return Ed25519PublicKey.from_public_bytes(raw)


class Signer:
    """A key that signs checkpoints: name+id+base64, where id is SHA-256(name, line feed, type and key)[:4]."""

    def __init__(self, vkey: str, kind: int) -> None:
        try:
            self.name, key_id, encoded = vkey.split("+", 2)
            data = unbase64(encoded)
            self.kind, self.raw, self.id = kind, data[1:], sha256(f"{self.name}\n".encode() + data).digest()[:4]
            need(data[0] == kind, "its type is another", kind, data[0])
            need(key_id == self.id.hex() and self.name and not re.search(r"\s", self.name), "its id is not its own")
            self.key = public_key(self.raw)
        except (ValueError, IndexError) as error:
            raise Unreadable(f"{vkey[:200]!r} is no verifier key (name+id+base64): {error}") from error

    def verify(self, signature: bytes, text: str) -> None:
        """InvalidSignature unless the signature is this key's over the text of a checkpoint."""
        if self.kind == COSIGNATURE:  # a witness puts its time before the signature, in seconds since 1970
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            need(time < 2**63, f"{self.name} cosigned at no time")
            text = f"cosignature/v1\ntime {time}\n{text}"
        self.key.verify(signature, text.encode())


class Policy:
    """Whom to believe, by the lines of a tlog-policy; Unreadable for any that is not understood."""

    def __init__(self, text: str) -> None:
        self.logs, self.witnesses, self.quorum = list[Signer](), dict[str, Signer](), ""
        self.groups = dict[str, tuple[int, list[str]]]()  # how many, of which witnesses and groups
        free = set[str]()  # names that are in no group yet: in two, they would count twice
        for line in text.split("\n"):
            names = {"none", *self.witnesses, *self.groups}
            match [word for word in re.split("[ \t]+", line) if word]:
                case ["log", vkey] | ["log", vkey, _]:
                    self.logs.append(Signer(vkey, LOG))
                case ["witness", name, vkey] | ["witness", name, vkey, _] if name not in names:
                    self.witnesses[name], free = Signer(vkey, COSIGNATURE), free | {name}
                case ["group", name, least, *members] if name not in names and len(free & {*members}) == len(members):
                    number = {"all": len(members), "any": 1}.get(least) or int(least if least.isdecimal() else 0)
                    self.groups[name], free = (number, members), free - {*members} | {name}
                case ["quorum", name] if name in names and not self.quorum:
                    self.quorum = name
                case [word, *_] if not word.startswith("#"):
                    raise Unreadable(f"the policy cannot be used, because of the line {line[:300]!r}")
        keys = [signer.raw for signer in (*self.logs, *self.witnesses.values())]
        possible = all(1 <= number <= len(members) for number, members in self.groups.values())
        if not self.quorum or len(keys) != len({*keys}) or not possible:
            raise Unreadable("the policy has no quorum line, a key twice, or a group that cannot be made up")

    def lacking(self, signed: list[Signer]) -> list[str]:
        """The witnesses that did not sign, where the quorum is not met; none where it is."""
        lacking = [name for name, signer in self.witnesses.items() if signer not in signed]
        counted = {"none", *self.witnesses} - {*lacking}
        for name, (least, members) in self.groups.items():  # a group comes after its members
            counted |= {name} if len(counted & {*members}) >= least else set()
        return [] if self.quorum in counted else lacking


def open_checkpoint(note: bytes, policy: Policy) -> tuple[str, int, str]:
    """Origin, size and root that a log of the policy signed, with its quorum; Fault where they did not."""
    signed, known = [], {(signer.name, signer.id): signer for signer in (*policy.logs, *policy.witnesses.values())}
    try:
        text, _, lines = note.decode().rpartition("\n\n")
        origin, size, root = text.split("\n")
        plain = lines[-1:] == "\n" and not re.search(r"[\x00-\x09\x0b-\x1f]", note.decode())
        need(plain and re.fullmatch(r"0|[1-9][0-9]{0,14}", size) and len(unbase64(root)) == 32, "malformed lines")
        for line in lines[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            data = unbase64(encoded)
            signer = known.get((name, data[:4]))  # signatures by other keys count for nothing
            need(dash == "—" and data[4:] and signer not in signed, "a signature line is malformed, or stands twice")
            if signer:
                signer.verify(data[4:], f"{text}\n")
                signed.append(signer)
    except InvalidSignature:
        raise Fault(f"checkpoint: the signature is not of the key of {name}") from None
    except ValueError as error:
        raise Fault(f"checkpoint: is not a signed checkpoint: {error}") from error
    by_log = any(signer in policy.logs and signer.name == origin for signer in signed)
    need(by_log, "checkpoint: is not signed by the key of its log", [log.name for log in policy.logs], origin)
    lacking = ", ".join(policy.lacking(signed))
    need(not lacking, f"checkpoint: has not the quorum {policy.quorum}: not cosigned by {lacking}")
    return origin, int(size), root
