"""Telephones that report for a station, and the messages of theirs that somebody has to confirm."""

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.doubting import sentences
from tallyroom.console.board.entering import hand_in, now, say, sent_once
from tallyroom.console.board.models import Message, Telephone
from tallyroom.console.board.places import area_of_station, station_within
from tallyroom.console.board.reports import is_reason
from tallyroom.console.election import definition
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.dayreport import read_message
from tallyroom.intake.plausibility import doubts


class TelephoneForm(forms.ModelForm):  # type: ignore[type-arg] # its base is generic in the types only
    """A telephone to enrol."""

    class Meta:
        """The number is typed; the station is the page's."""

        model = Telephone
        fields = ("number",)
        labels = {"number": gettext_lazy("Number")}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "number": gettext_lazy("With the country’s code, as +994501234567. It is never public.")
        }


@require_http_methods(["GET", "POST"])
@needs(Action.REPORT_TURNOUT)
def enrol(request: HttpRequest, station_id: str) -> HttpResponse:
    """The telephones of a station, and the form for one more."""
    station_within(request, Action.REPORT_TURNOUT, station_id)
    person = person_of(request)
    form = TelephoneForm(request.POST or None, instance=Telephone(station_id=station_id, enrolled_by=person))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                row = form.save()
                note(person, gettext_noop("telephone enrolled"), f"station {station_id}", request, telephone=row.pk)
            return redirect("board_telephones", station_id)
        except IntegrityError:
            form.add_error("number", _("This number is enrolled for a station already."))
    rows = Telephone.objects.filter(station_id=station_id, ended_at=None).order_by("pk")
    context = {"form": form, "station_id": station_id, "telephones": rows, "hours": definition().turnout_hours}
    return render(request, "board/telephones.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Action.REPORT_TURNOUT)
def end(request: HttpRequest, number: int) -> HttpResponse:
    """End a telephone, and erase its number; what it reported stays."""
    row = get_object_or_404(Telephone, pk=number)
    station_within(request, Action.REPORT_TURNOUT, row.station_id)
    with transaction.atomic():
        if Telephone.objects.filter(pk=number, ended_at=None).update(ended_at=timezone.now(), number=f"ended {number}"):
            note(
                person_of(request),
                gettext_noop("telephone ended"),
                f"station {row.station_id}",
                request,
                telephone=number,
            )
    return redirect("board_telephones", row.station_id)


@require_http_methods(["GET", "POST"])
@needs(Action.REPORT_TURNOUT)
@sent_once
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """A doubtful message: it is entered with a reason, or set aside."""
    message = get_object_or_404(Message, pk=number, telephone__isnull=False)
    station_id = message.telephone.station_id if message.telephone else ""
    place = station_within(request, Action.REPORT_TURNOUT, station_id)
    report = read_message(message.text, definition(), station_id)
    reason = " ".join(request.POST.get("reason", "").split())
    if request.method == "POST" and "refuse" in request.POST:
        _decide(request, message, Message.State.REFUSED)
        return redirect("board_station", station_id)
    if request.method == "POST" and reason and is_reason(reason):
        key = f"sms-{message.pk}-confirmed"
        with transaction.atomic():
            act = report._replace(reason=reason).act(now())
            area_id = area_of_station(station_id)
            submission = hand_in([act], person_of(request), key, Action.REPORT_TURNOUT, area_id)
            _decide(request, message, Message.State.ENTERED, key)
        say(request, submission)
        return redirect("board_station", station_id)
    with room().reading() as state:
        found = sentences(doubts(state, place, report.hour, report.voted))
    context = {"message": message, "report": report, "doubts": found, "wrong": request.method == "POST"}
    return render(request, "board/answer.html", context, status=422 if context["wrong"] else 200)


def _decide(request: HttpRequest, message: Message, state: Message.State, key: str = "") -> None:
    """Mark a message that is still to be confirmed; say so where somebody was first."""
    with transaction.atomic():
        waiting = Message.objects.filter(pk=message.pk, state=Message.State.ASKED)
        if waiting.update(state=state, submission_key=key):
            note(
                person_of(request),
                gettext_noop("message answered"),
                f"message {message.pk}",
                request,
                state=state.value,
            )
        else:
            messages.info(request, _("Somebody has answered this message before."))
