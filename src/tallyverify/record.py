"""A published record as files: C2SP signed-note, tlog-checkpoint v1.0.0, tlog-tiles v0.1.0; RFC 6962, section 2.1.

A checkpoint is origin, size and root (base64), one a line, a blank line, and signatures: — name base64(id || Ed25519).
A leaf is SHA-256(0x00 || act), a node SHA-256(0x01 || left || right), and the root of no acts SHA-256("").
"""

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, build_opener

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
WEAK = {0, 1, P - 1, Y8, P - Y8}  # y of the points of small order (RFC 8032): anyone can sign under such a key
Keys = dict[tuple[str, bytes], Ed25519PublicKey]  # by name and id (4 bytes), as signature lines give them


class Unreadable(Exception):
    """The site cannot be read, or the call gives no usable key or address."""


class Fault(Exception):
    """One thing that does not hold: where (a file, an act), what, and perhaps the value expected and that found."""

    def __init__(self, where: str, what: str, *values: object) -> None:
        # Cut and without control characters: what a hostile file holds is shown on terminals.
        self.parts = ["".join(c if c.isprintable() else "?" for c in str(p)[:300]) for p in (where, what, *values)]
        super().__init__("{}: {} (expected {}, got {})".format(*self.parts) if values else ": ".join(self.parts))


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """The site is where the caller says, and nowhere else."""


class Site:
    """A folder, or a web address (http or https), that holds `checkpoint` and `tile/`."""

    def __init__(self, place: str) -> None:
        self.url = place.rstrip("/") + "/" if place.startswith(("http://", "https://")) else ""
        self.folder = Path(place).resolve()
        if not self.url and not self.folder.is_dir():
            raise Unreadable(f"{place} is neither a folder nor an address that begins with http:// or https://")

    def read(self, path: str, limit: int = 256_000_000) -> bytes:
        """The bytes of a file; Fault where it is absent or too long, Unreadable where the server fails."""
        # Names come out of the record, which may be hostile: only plain names below the site are followed.
        if not path.isprintable() or set('\\:*?"<>|') & set(path) or {"", ".", ".."} & set(path.split("/")):
            raise Fault(path, "is not the name of a file below the site")
        file = self.folder / path
        try:
            if self.url:
                stream = build_opener(_NoRedirect()).open(self.url + quote(path), timeout=30)
            elif file.resolve().is_relative_to(self.folder) and file.is_file():
                stream = file.open("rb")
            else:
                raise Fault(path, "is not there, or is not a plain file of this folder")
            with stream:
                data: bytes = stream.read(limit + 1)
        except (OSError, HTTPException, ValueError, RuntimeError) as error:
            if self.url and not (isinstance(error, HTTPError) and 400 <= error.code < 500):
                raise Unreadable(f"{self.url}{path}: {error}") from error
            raise Fault(path, f"cannot be read: {error}") from error
        if len(data) > limit:
            raise Fault(path, f"is longer than {limit} bytes")
        return data


def unbase64(text: str) -> bytes:
    """The bytes of base64 (RFC 4648, section 4); ValueError unless the text is their one spelling."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not the one spelling of base64")
    return data


def public_key(raw: bytes) -> Ed25519PublicKey:
    """An Ed25519 public key; ValueError for a weak one, and for a second spelling of a key."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= P or y in WEAK:
        raise ValueError("not a key that a signature can be trusted under")
    return Ed25519PublicKey.from_public_bytes(raw)


def read_vkey(vkey: str) -> Keys:
    """The key of a line name+id+base64, where id is SHA-256(name, line feed, type and key)[:4]; else Unreadable."""
    try:
        name, key_id, encoded = vkey.strip().split("+", 2)
        data = unbase64(encoded)
        own_id = sha256(f"{name}\n".encode() + data).digest()[:4]
        if data[:1] != b"\x01" or key_id != own_id.hex() or not name or re.search(r"\s", name):
            raise ValueError("its type is not Ed25519 (1), or its id is not its own")
        return {(name, own_id): public_key(data[1:])}
    except ValueError as error:
        raise Unreadable(f"{vkey[:200]!r} is no verifier key (name+id+base64): {error}") from error


def open_checkpoint(note: bytes, keys: Keys) -> tuple[str, int, str]:
    """Origin, size and root that one of `keys` signed; Fault where the note is malformed or signed by none."""
    signed = []
    try:
        text, _, lines = note.decode().rpartition("\n\n")
        origin, size, root = text.split("\n")
        if not re.fullmatch(r"0|[1-9][0-9]{0,14}", size) or len(unbase64(root)) != 32 or lines[-1:] != "\n":
            raise ValueError("size, root or end are malformed")
        if re.search(r"[\x00-\x09\x0b-\x1f]", note.decode()):
            raise ValueError("a control character")
        for line in lines[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            key_id, signature = unbase64(encoded)[:4], unbase64(encoded)[4:]
            if dash != "—" or not signature or name in signed:
                raise ValueError("a signature line is malformed, or stands twice")
            if (name, key_id) in keys:  # signatures by other keys count for nothing
                keys[name, key_id].verify(signature, f"{text}\n".encode())
                signed.append(name)
    except InvalidSignature:
        raise Fault("checkpoint", "the signature is not of the log's key") from None
    except ValueError as error:
        raise Fault("checkpoint", f"is not a signed checkpoint: {error}") from error
    if origin not in signed:
        raise Fault("checkpoint", "is not signed by the key of its log", [name for name, _ in keys], origin)
    return origin, int(size), root


class Tree:
    """Every complete node of a growing tree: rows[0] the leaf hashes, rows[1] those of pairs, and so on up."""

    def __init__(self) -> None:
        self.rows = [bytearray()]

    def extend(self, hashes: list[bytes], level: int = 0) -> None:
        """Adds hashes to a row (those of leaves to row 0), and to the rows above the nodes that they complete."""
        if level == len(self.rows):
            self.rows.append(bytearray())
        row = self.rows[level]
        start = len(row) // 64 * 64
        row += b"".join(hashes)
        pairs = (row[at : at + 64] for at in range(start, len(row) - 63, 64))
        if nodes := [sha256(b"\x01" + pair).digest() for pair in pairs]:
            self.extend(nodes, level + 1)

    def root(self, size: int) -> str:
        """The root (base64) of the first `size` leaves: one complete subtree for each one-bit of size, joined."""
        root = b""
        for level, row in enumerate(self.rows):
            count = size >> level
            if count % 2:
                node = bytes(row[32 * (count - 1) : 32 * count])
                root = sha256(b"\x01" + node + root).digest() if root else node
        return base64.b64encode(root or sha256(b"").digest()).decode()


def _path(kind: str, n: int, width: int) -> str:
    """tile/<level or entries>/<n in groups of three digits>, with .p/<width> where it is not full (256)."""
    name = f"{n % 1000:03d}"
    while n := n // 1000:
        name = f"x{n % 1000:03d}/{name}"
    return f"tile/{kind}/{name}" + (f".p/{width}" if width < 256 else "")


def bundles(site: Site, size: int) -> Iterator[list[bytes]]:
    """The acts of each bundle of 256: every act after its length (16 bits, big-endian)."""
    for n in range(-(-size // 256)):
        path = _path("entries", n, width := min(256, size - n * 256))
        data, entries, at = site.read(path, 256 * 65_537), [], 0
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            entries.append(data[at + 2 : end])
            at = end
        if len(entries) != width or at != len(data):
            raise Fault(path, "does not hold so many whole acts", width, len(entries))
        yield entries


def wrong_tiles(site: Site, tree: Tree) -> Iterator[Fault]:
    """A fault for each tile that does not hold the tree's hashes; tiles of level l hold the nodes of row 8 l."""
    for level, row in enumerate(tree.rows[::8]):
        for n, at in enumerate(range(0, len(row), 8192)):
            hashes = row[at : at + 8192]
            path, below = (_path(kind, n, len(hashes) // 32) for kind in (str(level), "entries"))
            try:
                if site.read(path, 8192) != hashes:
                    yield Fault(path, f"does not hold the hashes of {'tiles below' if level else below}")
            except Fault as fault:
                yield fault
