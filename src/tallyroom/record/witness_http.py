"""The witness protocol over HTTP (C2SP tlog-witness): a server for one witness, and a log that collects.

Nobody is asked who he is: the signature of the log on a checkpoint is what counts.

    POST /add-checkpoint                         bring a checkpoint, get cosignatures
    GET  /SHA-256 OF THE ORIGIN/checkpoint       the checkpoint last signed, for monitors
"""

import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tallyroom.record.cosignature import cosigned_at
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import read_note, read_signatures
from tallyroom.record.policy import Policy, satisfied
from tallyroom.record.policy import Witness as KnownWitness
from tallyroom.record.proof import consistency_proof
from tallyroom.record.stored import StoredTree
from tallyroom.record.web import Unreachable, ask
from tallyroom.record.witness import MAX_REQUEST, Answer, Request, Witness, hash_of

MAX_CONNECTIONS = 32
"""Connections served at once; further ones are closed."""

MAX_CONNECTION = 30.0
"""Seconds that one connection may last, however slowly it speaks."""

MAX_ANSWER = 64_000
"""The longest answer of a witness, in bytes."""

GRACE = 2.0
"""Seconds for which a quorum that is met waits for the other witnesses."""

_GET = re.compile(r"/([0-9a-f]{64})/checkpoint")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class WitnessHandler(BaseHTTPRequestHandler):
    """Answers for one witness."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    server_version = "tallyroom-witness"
    sys_version = ""

    def __init__(self, witness: Witness, *arguments: Any) -> None:
        self.witness = witness
        super().__init__(*arguments)

    def setup(self) -> None:
        """Begin a connection, and the time that it may take."""
        super().setup()
        self._end = threading.Timer(MAX_CONNECTION, self._cut)
        self._end.daemon = True
        self._end.start()

    def finish(self) -> None:
        """End a connection."""
        self._end.cancel()
        super().finish()

    def do_POST(self) -> None:
        """The call add-checkpoint."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._refuse(404)
        elif not re.fullmatch("[0-9]{1,9}", length):
            self._refuse(411)
        elif int(length) > MAX_REQUEST:
            self._refuse(413)
        else:
            body = self.rfile.read(int(length))
            self._answer(self._decide(body) if len(body) == int(length) else Answer(400))

    def do_GET(self) -> None:
        """The checkpoint last signed."""
        match = _GET.fullmatch(self.path)
        note = self.witness.checkpoint(match[1]) if match else None
        self._answer(Answer(404, b"nothing was signed\n") if note is None else Answer(200, note))

    def _decide(self, body: bytes) -> Answer:
        try:
            return self.witness.add_checkpoint(body)
        except (OSError, RecordError) as error:  # nothing was signed that is not on the disk
            return Answer(500, f"{error}\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Callers are not logged."""

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _refuse(self, status: int) -> None:
        """Answer without having read the body, which ends the connection."""
        self.close_connection = True
        self._answer(Answer(status))

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class WitnessServer(ThreadingHTTPServer):
    """A server for one witness; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        super().__init__((host, port), partial(WitnessHandler, witness))
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, while there are not too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is none of ours to report."""


class NotCosigned(RecordError):
    """A checkpoint has not got the cosignatures that the policy asks for."""


@dataclass(frozen=True)
class Reply:
    """What a witness did with a checkpoint: its cosignature lines, or why there are none."""

    witness: str
    lines: str = ""
    refusal: str = ""


def collect(tree: StoredTree, note: bytes, policy: Policy) -> bytes:
    """The checkpoint of a tree with the cosignatures of the policy's witnesses that have an address.

    All are asked at once, and whoever is slow is not waited for once there is a quorum.  NotCosigned, which says what
    each one answered, when there is none.
    """
    asked = [witness for witness in policy.witnesses.values() if witness.url]
    pool = ThreadPoolExecutor(max(1, len(asked)))
    calls = [pool.submit(_bring, tree, note, witness) for witness in asked]
    pool.shutdown(wait=False)
    is_met, who = satisfied(note, policy)
    cosigned, pending = note, {*calls}
    while pending:
        done, pending = wait(pending, GRACE if is_met else None, FIRST_COMPLETED)
        if not done:
            break
        lines = "".join(call.result().lines for call in calls if call not in pending)
        is_met, who = satisfied(cosigned := note + lines.encode(), policy)
    if is_met:
        return cosigned
    replies = [call.result() for call in calls]
    refused = "; ".join(f"{reply.witness}: {reply.refusal}" for reply in replies if reply.refusal)
    raise NotCosigned(
        "checkpoint",
        f"has no quorum of witnesses at size {tree.size}",
        f"quorum {policy.quorum}",
        f"{', '.join(who) or 'no witness'} ({refused or 'no other witness has an address'})",
        "The public copy stays as it is. Reach the witnesses that are missing, or use a policy that does without.",
    )


def cosigning(log: Log, policy: Policy | None) -> Callable[[bytes], bytes]:
    """What a publication asks: its log's checkpoint with the cosignatures of a policy, or as it is under none."""
    return lambda checkpoint: checkpoint if policy is None else collect(log.tree, checkpoint, policy)


def _bring(tree: StoredTree, note: bytes, witness: KnownWitness) -> Reply:
    """Brings a checkpoint to one witness; a second time where it holds an older one than was assumed."""
    reply = Reply(witness.name)
    try:
        status, body = _post(witness, Request(0, (), note))
        if status == 409 and (size := _SIZE.fullmatch(body)):
            held = int(size[1])
            if held > tree.size:
                return replace(reply, refusal=f"has signed a larger record, of {held} entries")
            status, body = _post(witness, Request(held, tuple(consistency_proof(tree, held)), note))
        if status != 200:
            return replace(reply, refusal=f"answers {status} {_one_line(body)}".rstrip())
        return replace(reply, lines=_own_line(note, body, witness))
    except RecordError as error:
        return replace(reply, refusal=str(error))


def _post(witness: KnownWitness, request: Request) -> tuple[int, bytes]:
    return ask(f"{witness.url}/add-checkpoint", request.encode(), MAX_ANSWER)


def _own_line(note: bytes, body: bytes, witness: KnownWitness) -> str:
    """The line of this witness's own key among those that it answered, checked; RecordError if there is none."""
    text, _ = read_note(note)
    key = witness.key
    try:
        lines = read_signatures(body.decode())
    except UnicodeDecodeError as error:
        raise RecordError(witness.url, "answers what is not UTF-8") from error
    for one in lines:
        if (one.name, one.key_id) == (key.name, key.key_id) and key.verify(text.encode(), one.signature):
            if cosigned_at(one) == 0:
                raise RecordError(witness.url, "its cosignature carries no time")
            return one.line()
    raise RecordError(witness.url, "its cosignature is not of the key in the policy", key.vkey[:80])


def ask_for_checkpoint(witness: KnownWitness, origin: str) -> bytes:
    """The checkpoint that a witness signed last of an origin; Unreachable where there is none to be had."""
    url = f"{witness.url}/{hash_of(origin)}/checkpoint"
    status, body = ask(url, limit=MAX_ANSWER)
    if status == 404:
        raise Unreachable(url, "nothing of this record was signed")
    if status != 200:
        raise Unreachable(url, f"the server answers {status}")
    return body


def _one_line(body: bytes) -> str:
    """The beginning of an answer, fit for a terminal."""
    text = body[:200].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()
