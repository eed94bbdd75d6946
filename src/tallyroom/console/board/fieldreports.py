"""Incidents and what observers or reporters saw and counted themselves: shown as theirs, and acts of the record.

The act names the organisation and never a person, and holds the text as it was given; so the form says that it
will be public.  Turnout that was counted independently stands beside the commission's and is in no sum.
"""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.entering import hand_in, key_of, new_token, now, say, sent_once
from tallyroom.console.board.models import TEXT, FieldReport
from tallyroom.console.board.places import area_of_station, station_within
from tallyroom.console.election import definition
from tallyroom.console.submissions.models import Submission
from tallyroom.intake.dayreport import MOST_VOTERS
from tallyroom.record.acts import Statement

Kind = FieldReport.Kind
PAGE = 100


class IncidentForm(forms.Form):
    """What happened."""

    text = forms.CharField(
        label=_("What happened"),
        help_text=_("Public, with the name of the organisation. Name no person."),
        max_length=TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": TEXT}),
    )


class ObserverForm(IncidentForm):
    """What somebody else than the commission saw or counted, and who they are."""

    organisation = forms.CharField(
        label=_("Organisation"),
        help_text=_("Who says it, as the organisation is known: never a person."),
        max_length=120,
    )
    hour = forms.ChoiceField(label=_("Counted by"), required=False)
    voted = forms.IntegerField(label=_("Voters counted"), required=False, min_value=0, max_value=MOST_VOTERS)
    text = forms.CharField(
        label=_("What was seen"),
        help_text=_("Public, with the name of the organisation. Name no person."),
        max_length=TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": TEXT}),
    )
    field_order = ("organisation", "hour", "voted", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hour"]
        field.choices = [("", "—"), *((hour, hour) for hour in definition().turnout_hours)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A count has its hour and its number; without one there is a text."""
        found = super().clean() or {}
        counted = found.get("voted") is not None
        if counted != bool(found.get("hour")) and "voted" not in self.errors:
            raise forms.ValidationError(_("A count needs its hour and its number."))
        if not counted and not found.get("text") and not self.errors:
            raise forms.ValidationError(_("Write what was seen, or give a count."))
        return found


@require_http_methods(["GET", "POST"])
@sent_once
def file(request: HttpRequest, station_id: str) -> HttpResponse:
    """The form of an incident, or of what an observer saw or counted; which one is a matter of the duty."""
    person, area_id = person_of(request), area_of_station(station_id)
    own = person.may(Action.REPORT_INCIDENT, area_id)
    if not own and not person.may(Action.FILE_FIELD_REPORT, area_id):
        raise PermissionDenied
    form = (IncidentForm if own else ObserverForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        submission = _filed(request, person, station_id, form.cleaned_data, own)
        say(request, submission)
        return redirect("board_station", station_id)
    context = {"form": form, "station_id": station_id, "own": own, "token": request.POST.get("token") or new_token()}
    return render(request, "board/file.html", context, status=422 if form.errors else 200)


def _filed(request: HttpRequest, person: User, station_id: str, typed: dict[str, Any], own: bool) -> Submission:
    """The report's row and its act, in one transaction; those of an earlier sending where there was one."""
    counted = typed.get("voted") is not None
    report = FieldReport(
        station_id=station_id,
        kind=Kind.INCIDENT if own else Kind.COUNTED if counted else Kind.OBSERVED,
        organisation=definition().authority[:120] if own else typed["organisation"],
        hour=typed.get("hour") or "",
        voted=typed.get("voted"),
        text=typed["text"],
        filed_by=person,
        submission_key=key_of(request, "report"),
    )
    action = Action.REPORT_INCIDENT if own else Action.FILE_FIELD_REPORT
    with transaction.atomic():
        known = FieldReport.objects.filter(submission_key=report.submission_key).exists()
        submission = hand_in([act_of(report)], person, report.submission_key, action, area_of_station(station_id))
        if not known:
            report.save()
            note(
                person,
                gettext_noop("report filed"),
                f"station {station_id}",
                request,
                kind=report.kind,
                report=report.pk,
            )
    return submission


def act_of(report: FieldReport) -> Statement:
    """The act of a report; a count stands under the station's own path, which no total is held against."""
    words = f"{report.station_id}: {report.text}" if report.text else report.station_id
    figures: dict[str, int | str] = {}
    if report.voted is not None:
        words = f"{report.station_id}: {report.voted} voters counted by {report.hour}. {report.text}".strip()
        figures = {f"station.{report.station_id}.turnout.{report.hour}.voted": report.voted}
    at = now()
    return Statement(
        at=at,
        kind="observation" if report.kind == Kind.INCIDENT else "field_report",
        speaker=report.organisation,
        said_at=at,
        source="entered in the console",
        text=words,
        figures=figures,
    )


@require_GET
@needs(Action.READ_BOARD)
def listing(request: HttpRequest) -> HttpResponse:
    """All reports in the areas of this person, the open ones first."""
    within = person_of(request).reach(Action.READ_BOARD)
    rows = FieldReport.objects.select_related("filed_by").order_by("settled_at", "-filed_at")
    if request.GET.get("station"):
        rows = rows.filter(station_id=request.GET["station"][:100])
    visible = [row for row in rows if area_of_station(row.station_id) in within]
    page = Paginator(with_acts(visible), PAGE).get_page(request.GET.get("page"))
    return render(request, "board/reports.html", {"page": page})


def with_acts(rows: list[FieldReport]) -> list[tuple[FieldReport, Submission | None]]:
    """Each report with its submission, which tells whether and as what act it stands in the record."""
    keys = [row.submission_key for row in rows]
    found = {one.key: one for one in Submission.objects.filter(key__in=keys)}
    return [(row, found.get(row.submission_key)) for row in rows]


@require_POST
@needs(Action.REPORT_INCIDENT)
def settle(request: HttpRequest, number: int) -> HttpResponse:
    """Mark an incident as seen to; it leaves the list of open ones and nothing else."""
    report = get_object_or_404(FieldReport, pk=number)
    station_within(request, Action.REPORT_INCIDENT, report.station_id)
    person = person_of(request)
    with transaction.atomic():
        if FieldReport.objects.filter(pk=number, settled_at=None).update(settled_at=timezone.now(), settled_by=person):
            note(person, gettext_noop("incident settled"), f"station {report.station_id}", request, report=number)
    return redirect("board_station", report.station_id)
