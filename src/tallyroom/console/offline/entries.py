"""POST /console/api/entries: one entry that was made at a desk, perhaps hours ago and without a network.

    Idempotency-Key: 16 to 40 letters, digits, - and _; chosen by the sender, new for each entry
    X-CSRFToken: from GET /console/api/desk

The same key with the same content does nothing twice and is answered as the entry stands now; with other content it
is refused.  All rules of the desk and of polling day hold: whoever lost the network gains no right by it.
`openapi.json` has every field and every answer.
"""

import hashlib
import logging
import re
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from tallyroom.console.accounts.access import person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.doubting import sentences
from tallyroom.console.board.entering import hand_in, now
from tallyroom.console.desk import work
from tallyroom.console.desk.models import FormRow, StepRow
from tallyroom.console.desk.words import STAGES, sentence
from tallyroom.console.offline.models import EntryKey
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import KeyUsed, TooLong, wait
from tallyroom.console.submissions.wiring import room
from tallyroom.intake import desk
from tallyroom.intake.dayreport import MOST_VOTERS, DayReport
from tallyroom.intake.plausibility import doubts
from tallyroom.intake.refusal import BadFigures, NotNow, Refusal, StaleVersion
from tallyroom.intake.stages import Stage
from tallyroom.record.error import RecordError

MOST_BYTES = 65_536
PATIENCE = 10.0
"""Seconds that an answer waits for the record before it says that the entry is kept and on its way."""

log = logging.getLogger(__name__)

_KEY = re.compile(r"[A-Za-z0-9_-]{16,40}")
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Voters = Annotated[int, msgspec.Meta(ge=0, le=MOST_VOTERS)]
Figure = Annotated[int, msgspec.Meta(ge=0, le=999_999_999)]


class Report(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind"):
    """What every entry has: the polling station."""

    station: Name


class OpenedEntry(Report, tag="opened"):
    """The station has opened."""


class ClosedEntry(Report, tag="closed"):
    """The station has closed."""


class TurnoutEntry(Report, tag="turnout"):
    """voted: voters who had come by a fixed hour.  reason: why a doubtful figure stands."""

    hour: Name
    voted: Voters
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ProtocolEntry(Report, tag="protocol"):
    """A person's reading of the station's form; the first or the second, as the form stands when it arrives.

    round: rounds of keying that were over when the paper was keyed.  figures: null where one cannot be read.
    """

    contest: Name
    round: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    figures: Annotated[dict[Name, Figure | None], msgspec.Meta(max_length=500)]


Entry = OpenedEntry | ClosedEntry | TurnoutEntry | ProtocolEntry
State = Literal["done", "waiting"]


class Doubtful(Exception):
    """A turnout that has to be asked about, and no reason with it; says what is doubtful."""


class Refused(Exception):
    """It cannot be entered, or the record has not taken it; says why."""


def problem(status: int, code: str, message: str, **more: Any) -> JsonResponse:
    """An answer that says what is wrong, for the page (`error`) and for the person (`message`)."""
    return JsonResponse({"error": code, "message": message, **more}, status=status)


@require_POST
def enter(request: HttpRequest) -> JsonResponse:
    """Take one entry."""
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        return problem(400, "bad_key", "Idempotency-Key: 16 to 40 letters, digits, - and _.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return problem(413, "too_long", f"An entry is at most {MOST_BYTES} bytes.")
    try:
        entry: Entry = msgspec.json.decode(request.body, type=Entry)
    except (msgspec.MsgspecError, UnicodeError) as error:
        return problem(400, "bad_entry", str(error))
    return _answered(request, key, entry)


def _answered(request: HttpRequest, key: str, entry: Entry) -> JsonResponse:
    try:
        _bind(person_of(request), key, entry)
        if isinstance(entry, ProtocolEntry):
            return JsonResponse({"key": key} | _protocol(request, key, entry))
        return JsonResponse({"key": key} | _report(request, key, entry))
    except PermissionDenied:
        return problem(403, "forbidden", _("You have no duty for this at this polling station."))
    except BadFigures as bad:
        return problem(422, "bad_figures", sentence(bad), faults=bad.faults)
    except Doubtful as doubtful:
        return problem(422, "doubtful", str(doubtful))
    except KeyUsed:
        return problem(409, "key_used", _("This key belongs to another entry. Nothing was entered."))
    except (Refusal, Refused) as refusal:
        text = sentence(refusal) if isinstance(refusal, Refusal) else str(refusal)
        return problem(409, "conflict", text)
    except TooLong:
        return problem(400, "bad_entry", _("This is too long for the record. Nothing was entered."))
    except RecordError as error:
        return problem(503, "unavailable", str(error))
    except DatabaseError:  # it is away, or its disk is full
        log.exception("an entry could not be kept")
        return problem(503, "unavailable", _("The console cannot keep anything now. Send it again."))


def _bind(user: User, key: str, entry: Entry) -> None:
    """Give a key its content; the step that follows is made once by its own key, so a crash in between does no harm."""
    digest = hashlib.sha256(msgspec.json.encode(entry, order="sorted")).hexdigest()
    found = EntryKey.objects.get_or_create(user=user, key=key, defaults={"sha256": digest})[0]
    if found.sha256 != digest:
        raise KeyUsed


def _step_key(user: User, key: str) -> str:
    """The key of the step or submission that an entry makes: a person's own, whatever keys others choose."""
    return f"api-{user.pk}-{key}"


def _protocol(request: HttpRequest, key: str, entry: ProtocolEntry) -> dict[str, Any]:
    user, name = person_of(request), _step_key(person_of(request), key)
    area = room().area_of(entry.station)
    if area is None or entry.contest not in room().papers or not user.may(Action.KEY, area):
        raise PermissionDenied
    named = {"contest": entry.contest, "station": entry.station, "purpose": "protocol"}
    row = FormRow.objects.filter(**named).first()
    if row is None:
        raise NotNow(stage=Stage.EXPECTED)
    value = row.form
    if not StepRow.objects.filter(key=name).exists():
        if len(value.past) != entry.round:
            raise StaleVersion(seen=entry.round, now=len(value.past))
        room().papers[entry.contest].require(entry.figures)
    more = work.beyond_the_form(value, entry.figures) if not row.waits and value.entries else []
    hand = work.Hand(user, request, name, row.version)
    paper = room().papers[entry.contest]
    step = partial(
        desk.key, by=user.pk, figures=entry.figures, paper=paper, seen=row.version, at=work.now(), more=more
    )
    after = work.take(hand, row.pk, Action.KEY, step)
    form = after.form
    if form.refused:
        raise Refused(form.refused)
    entries = [one.by for one in form.entries]
    which = "second" if len(entries) > 1 and entries[0] != user.pk else "first"
    stands: State = "waiting" if after.waits else "done"
    text = str(STAGES[form.stage])
    return {"state": stands, "stage": form.stage.value, "entry": which, "act": form.act, "text": text}


def _report(request: HttpRequest, key: str, entry: OpenedEntry | ClosedEntry | TurnoutEntry) -> dict[str, Any]:
    user, area = person_of(request), room().area_of(entry.station)
    turnout = isinstance(entry, TurnoutEntry)
    action = Action.REPORT_TURNOUT if turnout else Action.REPORT_OPENING
    if area is None or not user.may(action, area):
        raise PermissionDenied
    name = _step_key(user, key)
    submission = Submission.objects.filter(key=name, user=user).first()
    if submission is None:
        reports = _new_reports(entry)
        if not reports:
            return {"state": "done", "act": None, "text": _("The record says this already.")}
        submission = _handed_in(request, name, reports, action, area)
    return _fate(wait(submission, PATIENCE))


def _new_reports(entry: OpenedEntry | ClosedEntry | TurnoutEntry) -> list[DayReport]:
    """What an entry adds to the record.  Raises Doubtful, and Refused where no reason could help."""
    with room().reading() as state:
        place = state.definition.stations.index[entry.station]
        if not isinstance(entry, TurnoutEntry):
            closes = isinstance(entry, ClosedEntry)
            found = [] if state.opened[place] else [DayReport(entry.station, "opened")]
            return [*found, *([DayReport(entry.station, "closed")] if closes and not state.closed[place] else [])]
        if entry.hour not in state.turnout.hours:
            raise Refused(_("This is no fixed hour of the election."))
        stands = int(state.turnout.voted[place, state.turnout.hours.index(entry.hour)])
        if stands == entry.voted:
            return []
        reason = " ".join(entry.reason.split())
        asked = sentences(doubts(state, place, entry.hour, entry.voted))
    if asked and not (reason and reason.isprintable()):
        raise Doubtful(" ".join([*asked, _("Ask the station. If the figure stands, write the reason.")]))
    return [DayReport(entry.station, "turnout", entry.hour, entry.voted, reason if asked else "")]


def _handed_in(request: HttpRequest, name: str, reports: list[DayReport], action: Action, area: str) -> Submission:
    user, at = person_of(request), now()
    try:
        with transaction.atomic():
            made = hand_in([report.act(at) for report in reports], user, name, action, area)
            subject = f"station {reports[0].station}"
            note(user, gettext_noop("report entered"), subject, request, kind=reports[-1].kind, submission=made.pk)
            return made
    except IntegrityError:  # the same entry, sent twice at the same moment
        return Submission.objects.get(key=name)


def _fate(submission: Submission) -> dict[str, Any]:
    if submission.status == Status.REFUSED:
        raise Refused(_("The record did not take it: %(why)s.") % {"why": submission.why})
    if submission.status != Status.DONE:
        return {"state": "waiting", "act": None, "text": _("Kept; it is on its way into the record.")}
    text = _("In the record: act %(act)d.") % {"act": submission.first}
    return {"state": "done", "act": submission.first, "text": text}
