"""A witness: signs checkpoints of the records it follows, and only such as extend all that it signed before.

A commission that shows different records to different people cannot get both of them signed by one witness.
This is the witness of C2SP tlog-witness v1.0.0, as its text of July 2026 makes the cases clear that v1.0.0 left
open: `add_checkpoint` answers with the status and body of the HTTP call; `witness_http` carries them.

The folder of a witness:

    cosigner.key     the private key, for its owner alone
    witness.vkey     name and public key, to be published
    logs             the logs that it follows, as `log VKEY` lines of a policy
    state/HASH       the checkpoint last signed of the origin with this SHA-256, with the cosignature on it
    evidence/HASH/   each signed checkpoint that did not extend the one held, with the request that brought it
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tallyroom.record.canonical import decode_base64, encode_base64
from tallyroom.record.cosignature import Clock, CosigningKey, Ed25519Cosigner, Ed25519CosigningKey, parse_cosigner
from tallyroom.record.error import RecordError
from tallyroom.record.keys import create_key, load_key
from tallyroom.record.note import Checkpoint, Signature, Verifier, key_name, open_note, read_note
from tallyroom.record.policy import read_policy
from tallyroom.record.proof import MAX_HASHES, verify_consistency
from tallyroom.record.store import Store
from tallyroom.record.tree import EMPTY_ROOT, HASH_SIZE

MAX_REQUEST = 64_000
"""The longest request, in bytes: 63 hashes and a checkpoint under a dozen signatures."""

SIZE_TYPE = "text/x.tlog.size"
"""Content type of the body of a 409: the size that the witness holds."""

PUBLISHED = "witness.vkey"
"""Name and public key of a witness, in its folder."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Answer(NamedTuple):
    """The answer to a request: HTTP status, body and content type."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What a log asks: the size it believes the witness to hold, a proof from there, and a new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The body of the call add-checkpoint."""
        lines = "".join(f"{line}\n" for line in (f"old {self.old}", *map(encode_base64, self.proof)))
        return lines.encode() + b"\n" + self.note

    @classmethod
    def parse(cls, body: bytes) -> "Request":
        """The request of a body; RecordError when it is malformed. The note is not opened."""
        head, blank, note = body.partition(b"\n\n")
        first, *rest = head.decode("ascii", "replace").split("\n")
        old = _OLD.fullmatch(first)
        hashes = [decode_base64(line) or b"" for line in rest]
        if len(body) > MAX_REQUEST or not blank or old is None:
            raise RecordError("request", "not a line with the old size, hashes, a blank line, a checkpoint")
        if len(hashes) > MAX_HASHES or any(len(one) != HASH_SIZE for one in hashes):
            raise RecordError("request", "a line is not a hash", f"at most {MAX_HASHES} of 32 bytes in base64")
        return cls(int(old[1]), tuple(hashes), note)


class Witness:
    """A witness in its folder; signers: its keys.  One folder may be used by several processes at once."""

    def __init__(self, folder: Path, signers: Sequence[CosigningKey], logs: Sequence[Verifier]) -> None:
        self.folder = folder
        self.logs = tuple(logs)
        self._signers = tuple(signers)
        self._store = Store(folder)

    @property
    def vkeys(self) -> tuple[str, ...]:
        """Its public keys."""
        return tuple(signer.verifier.vkey for signer in self._signers)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Signs the checkpoint of a request, if it extends the one held; durable before it is answered.

        200 cosignatures; 400 malformed, or an old size above the new; 403 not signed by the log; 404 a log
        that is not followed; 409 the old size is not the one held, which is the body; 422 no extension.
        """
        try:
            request = Request.parse(body)
            text, _ = read_note(request.note)
            new = Checkpoint.read(text)
        except RecordError as error:
            return _refusal(400, error)
        trusted = [log for log in self.logs if log.name == new.origin]
        if not trusted:
            return Answer(404, b"this log is not followed\n")
        try:
            note = open_note(request.note, trusted)
        except RecordError as error:
            return _refusal(403, error)
        if request.old > new.size:
            return Answer(400, b"the old size is above the size of the checkpoint\n")
        with self._locked(new.origin):
            return self._compare(request, new, note.verified)

    def checkpoint(self, origin_hash: str) -> bytes | None:
        """The checkpoint last signed of the log whose origin has this SHA-256 (hex), with the cosignatures."""
        if origin_hash not in {hash_of(log.name) for log in self.logs}:
            return None
        with suppress(FileNotFoundError):
            return self._state(origin_hash).read_bytes()
        return None

    def _compare(self, request: Request, new: Checkpoint, verified: Sequence[Signature]) -> Answer:
        held = self._held(new.origin)
        if new.size == held.size and new.root != held.root:
            self._keep(new, request)  # two trees of one size, whatever the answer is to be
        if request.old != held.size:
            return Answer(409, b"%d\n" % held.size, SIZE_TYPE)
        if not verify_consistency(held.size, new.size, held.root, new.root, request.proof):
            if new.size > held.size > 0:
                self._keep(new, request)
            return Answer(422, b"not proved to extend the checkpoint that was signed last\n")
        text = new.text()
        lines = [Signature(key.name, key.key_id, key.sign(text.encode())).line() for key in self._signers]
        signatures = "".join([*(one.line() for one in verified), *lines])
        self._store.write({f"state/{hash_of(new.origin)}": f"{text}\n{signatures}".encode()})
        return Answer(200, "".join(lines).encode())

    def _held(self, origin: str) -> Checkpoint:
        """The checkpoint last signed; that of no entries before the first."""
        note = self.checkpoint(hash_of(origin))
        return Checkpoint(origin, 0, EMPTY_ROOT) if note is None else Checkpoint.parse(read_note(note)[0])

    def _keep(self, new: Checkpoint, request: Request) -> None:
        """Keeps what does not agree, once for each checkpoint: only the log can make more of them."""
        folder = f"evidence/{hash_of(new.origin)}/{new.size}-{sha256(new.text().encode()).hexdigest()[:16]}"
        if not (self.folder / folder / "request").exists():
            held = self.checkpoint(hash_of(new.origin)) or b""
            self._store.write({f"{folder}/held": held, f"{folder}/request": request.encode()})

    def _state(self, origin_hash: str) -> Path:
        return self.folder / "state" / origin_hash

    @contextmanager
    def _locked(self, origin: str) -> Iterator[None]:
        """Alone with the state of one log, among the threads and processes of this machine."""
        path = self._state(hash_of(origin)).with_suffix(".lock")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def create_witness(folder: Path, name: str, logs: Sequence[Verifier]) -> Ed25519Cosigner:
    """Makes the folder of a new witness and its key, which it gives; RecordError when there is one."""
    if (folder / PUBLISHED).exists():
        raise RecordError(str(folder), "holds a witness already", mend="Use it, or choose another folder.")
    path = folder / "cosigner.key"
    key_name(name)
    private = load_key(path) if path.exists() else create_key(path)
    key = Ed25519Cosigner(name, private.public_key().public_bytes_raw())
    followed = "".join(f"log {log.vkey}\n" for log in logs)
    Store(folder).write({"logs": f"{followed}quorum none\n".encode(), PUBLISHED: f"{key.vkey}\n".encode()})
    return key


def open_witness(folder: Path, clock: Clock) -> Witness:
    """The witness of a folder; RecordError when it is none, or its key is not the published one."""
    store = Store(folder)
    published = parse_cosigner(store.read(PUBLISHED).decode("utf-8", "replace"))
    signer = Ed25519CosigningKey(published.name, load_key(folder / "cosigner.key"), clock)
    if signer.verifier.vkey != published.vkey:
        raise RecordError(str(folder), "the key is not the published one", published.vkey, signer.verifier.vkey)
    return Witness(folder, [signer], read_policy(store.read("logs"), str(folder / "logs")).logs)


def hash_of(origin: str) -> str:
    """The SHA-256 (hex) by which addresses and files name an origin."""
    return sha256(origin.encode()).hexdigest()


def _refusal(status: int, error: RecordError) -> Answer:
    return Answer(status, f"{error}\n".encode())
