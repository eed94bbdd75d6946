"""The webhook of an SMS gateway: signed messages of enrolled telephones become reports of polling day.

    POST /console/api/sms
    Content-Type: application/json
    X-Tallyroom-Signature: sha256=<hex of HMAC-SHA256 over the body, by the secret in private/sms.secret>

    {"id": "a-1", "from": "+994501234567", "text": "T 0123 12 417"}

    200 {"id": "a-1", "state": "entered" | "asked" | "refused", "reply": "text to send back, or empty"}

A message is kept before it is answered, under the gateway's id: the same message again has the same answer and
counts once, so a gateway repeats it until it hears 200, and nobody gains by replaying one.  401: the signature is
wrong.  409: the id has come with another body.  400, 413: this is no such message.  404: there is no secret here.
"""

import hashlib
import hmac
from pathlib import Path

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.entering import now
from tallyroom.console.board.models import Message, Telephone
from tallyroom.console.board.places import area_of_station
from tallyroom.console.election import definition
from tallyroom.console.submissions.outbox import submit, waiting
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.dayreport import DayReport, NoReport, read_message
from tallyroom.intake.plausibility import doubts
from tallyroom.tally.state import State

SECRET = "sms.secret"
"""In the folder private/ of the election."""

SHORTEST_SECRET = 32
MOST_BYTES = 4096

Kept = Message.State


class Incoming(msgspec.Struct, forbid_unknown_fields=True):
    """What the gateway sends."""

    id: str
    sender: str = msgspec.field(name="from")
    text: str


@csrf_exempt
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """Take one message."""
    secret = _secret()
    if secret is None:
        return _refusal(404, "no gateway is set up here")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return _refusal(413, f"longer than {MOST_BYTES} bytes")
    if not signed(request.body, request.headers.get("X-Tallyroom-Signature", ""), secret):
        return _refusal(401, "the signature is not that of the body under the shared secret")
    try:
        incoming = msgspec.json.decode(request.body, type=Incoming)
    except (msgspec.MsgspecError, UnicodeError) as error:
        return _refusal(400, str(error))
    if not 0 < len(incoming.id) <= 100 or "\x00" in incoming.id + incoming.sender + incoming.text:
        return _refusal(400, "id: 1 to 100 characters; and no zero characters anywhere")
    message = _kept(incoming, hashlib.sha256(request.body).hexdigest())
    if message is None:
        return _refusal(409, "this id came before with another message")
    waiting.handed_in.set()
    return JsonResponse({"id": message.message_id, "state": message.state, "reply": _reply(message)})


def signed(body: bytes, signature: str, secret: bytes) -> bool:
    """Whether a header carries the body's HMAC."""
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _secret() -> bytes | None:
    """The shared secret; None where there is no file, or hardly anything in it."""
    try:
        secret = (Path(settings.FOLDER) / "private" / SECRET).read_bytes().strip()
    except FileNotFoundError:
        return None
    return secret if len(secret) >= SHORTEST_SECRET else None


def _kept(incoming: Incoming, body_sha256: str) -> Message | None:
    """The message as it is kept, now or since it first came; None where its id belongs to another one."""
    try:
        with transaction.atomic():
            message = Message(message_id=incoming.id, body_sha256=body_sha256, state=Kept.REFUSED)
            message.save(force_insert=True)
            _take(message, incoming)
            message.save()
            station = message.telephone.station_id if message.telephone else "unknown"
            note(
                None,
                gettext_noop("message received"),
                f"station {station}",
                None,
                message=message.pk,
                state=message.state,
            )
            return message
    except IntegrityError:
        before = Message.objects.get(message_id=incoming.id)
        return before if before.body_sha256 == body_sha256 else None


def _take(message: Message, incoming: Incoming) -> None:
    """Decide on a message: handed in, to be confirmed, or refused and why.  A stranger's text is not kept."""
    message.telephone = (
        Telephone.objects.select_related("enrolled_by").filter(number=incoming.sender, ended_at=None).first()
    )
    if message.telephone is None:
        message.why = "the number is not enrolled"
        return
    message.text = incoming.text[:200]
    try:
        report = read_message(incoming.text, definition(), message.telephone.station_id)
    except NoReport as refusal:
        message.why = str(refusal)[:200]
        return
    with room().reading() as state:
        known, doubtful = _standing(state, report)
    if doubtful:
        message.state = Kept.ASKED
    elif known:
        message.state = Kept.ENTERED
    else:
        _hand_in(message, message.telephone, report)


def _standing(state: State, report: DayReport) -> tuple[bool, bool]:
    """Whether the record says this already, and whether it is doubtful."""
    place = state.definition.stations.index[report.station]
    if report.kind != "turnout":
        return bool((state.opened if report.kind == "opened" else state.closed)[place]), False
    stands = int(state.turnout.voted[place, state.turnout.hours.index(report.hour)])
    return stands == report.voted, stands != report.voted and bool(doubts(state, place, report.hour, report.voted))


def _hand_in(message: Message, telephone: Telephone, report: DayReport) -> None:
    """Hand the report in, in the name of whoever enrolled the telephone: their duty has to stand."""
    action = Action.REPORT_TURNOUT if report.kind == "turnout" else Action.REPORT_OPENING
    key, area_id = f"sms-{message.pk}", area_of_station(report.station)
    try:
        submit([report.act(now())], "commission", telephone.enrolled_by, key, action, area_id)
    except PermissionDenied:
        message.why = "whoever enrolled this number has no duty there any more"
        return
    message.state, message.submission_key = Kept.ENTERED, key


def _reply(message: Message) -> str:
    """What the gateway sends back to the telephone: nothing to strangers."""
    if message.telephone is None:
        return ""
    if message.state == Kept.REFUSED:
        return message.why or "Not entered. Call your commission."
    return "Kept. The commission will call you about it." if message.state == Kept.ASKED else "Received, thank you."


def _refusal(status: int, why: str) -> HttpResponse:
    return JsonResponse({"error": why}, status=status)
