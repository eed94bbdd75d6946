"""Opened, closed and turnout: entered for one station, for all stations of an area at once, or as a table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.doubting import sentences
from tallyroom.console.board.entering import hand_in, key_of, new_token, now, say, sent_once
from tallyroom.console.board.places import area_of_station, area_within
from tallyroom.console.election import definition
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.wiring import room
from tallyroom.election.fault import BadInput, Fault
from tallyroom.intake.dayboard import StationRow, station_rows
from tallyroom.intake.dayreport import MOST_VOTERS, DayReport, read_turnout
from tallyroom.intake.plausibility import doubts
from tallyroom.tally.state import State

PAGE = 150
"""Stations in one form: four fields each, and Django reads 1,000."""

MOST_BYTES = 900_000
"""Of a table that is sent: 20,000 stations with some hours each."""

REASON = 500
"""Most characters of a reason."""


def is_reason(text: str) -> bool:
    """Whether a text can stand as a reason in the record; "" can."""
    return len(text) <= REASON and text.isprintable()


@dataclass
class Line:
    """One station's line of the form: the station as it stands, what was typed, and what is wrong with that."""

    station: StationRow
    opened: bool = False
    closed: bool = False
    voted: str = ""
    reason: str = ""
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def read(self, request: HttpRequest) -> None:
        """Take what was typed."""
        name, posted = self.station.place, request.POST
        self.opened, self.closed = f"opened-{name}" in posted, f"closed-{name}" in posted
        self.voted = posted.get(f"voted-{name}", "").strip()
        self.reason = " ".join(posted.get(f"reason-{name}", "").split())

    def reports(self, state: State, hour: str) -> Iterator[DayReport]:
        """What is new in this line; faults and doubts are noted in it."""
        station = self.station
        if not is_reason(self.reason):
            self.faults.append(_("The reason is at most %(most)d letters, signs and spaces.") % {"most": REASON})
        if (self.opened or self.closed) and not station.opened:
            yield DayReport(station.id, "opened")
        if self.closed and not station.closed:
            yield DayReport(station.id, "closed")
        if not self.voted:
            return
        if not (self.voted.isascii() and self.voted.isdigit() and int(self.voted[:7]) <= MOST_VOTERS):
            self.faults.append(_("Write a whole number, at most %(most)d.") % {"most": MOST_VOTERS})
            return
        voted = int(self.voted)
        if state.turnout.voted[station.place, state.turnout.hours.index(hour)] == voted:
            return
        self.doubts = sentences(doubts(state, station.place, hour, voted))
        if self.doubts and not self.reason:
            self.faults.append(_("Ask the station. If the figure stands, write the reason."))
        yield DayReport(station.id, "turnout", hour, voted, self.reason if self.doubts else "")


@require_http_methods(["GET", "POST"])
@needs(Action.REPORT_TURNOUT)
@sent_once
def enter(request: HttpRequest, area_id: str) -> HttpResponse:
    """The table of an area's stations: one form for all of them, by the keyboard alone."""
    area = area_within(request, Action.REPORT_TURNOUT, area_id)
    if not person_of(request).may(Action.REPORT_OPENING, area_id):
        raise PermissionDenied
    with room().reading() as state:
        page = Paginator([Line(row) for row in station_rows(state, area_id)], PAGE).get_page(request.GET.get("page"))
        lines, hour = list(page), _hour(request, state, [line.station for line in page])
        reports: list[DayReport] = []
        if request.method == "POST":
            for line in lines:
                line.read(request)
                reports += line.reports(state, hour)
    wrong = any(line.faults for line in lines)
    if request.method == "POST" and not wrong:
        token = key_of(request, "day")
        if reports:
            say(request, *_handed_in(request, reports, token))
        return redirect(f"{request.path}?{urlencode({'hour': hour, 'page': str(page.number)})}")
    return render(
        request,
        "board/enter.html",
        {
            "area": area,
            "page": page,
            "lines": lines,
            "hour": hour,
            "asked": urlencode({"hour": hour}),
            "hours": definition().turnout_hours,
            "token": request.POST.get("token") or new_token(),
            "wrong": wrong,
        },
        status=422 if wrong else 200,
    )


def _hour(request: HttpRequest, state: State, rows: Iterable[StationRow]) -> str:
    """The hour asked for, else the first that a station has not reported; "" where the election has none."""
    hours = state.turnout.hours
    asked = request.POST.get("hour") or request.GET.get("hour")
    if asked in hours:
        return asked
    open_hours = [hour for place, hour in enumerate(hours) if any(row.hours[place].voted is None for row in rows)]
    return next(iter([*open_hours, *hours[-1:]]), "")


def _handed_in(request: HttpRequest, reports: list[DayReport], token: str) -> list[Submission]:
    """Hand reports in, area by area, all in one transaction."""
    person, at = person_of(request), now()
    by_area = sorted(reports, key=lambda report: area_of_station(report.station))
    submissions = []
    with transaction.atomic():
        for area_id, group in groupby(by_area, key=lambda report: area_of_station(report.station)):
            acts = [report.act(at) for report in group]
            key = f"{token}-{definition().areas.index[area_id]}"
            submissions.append(hand_in(acts, person, key, Action.REPORT_TURNOUT, area_id))
            note(person, gettext_noop("day reported"), f"area {area_id}", request, reports=len(acts))
    return submissions


@require_http_methods(["GET", "POST"])
@needs(Action.REPORT_TURNOUT)
@sent_once
def upload(request: HttpRequest) -> HttpResponse:
    """A table of turnout: entered whole, or refused with every fault and its line."""
    faults: tuple[Fault, ...] = ()
    if request.method == "POST":
        try:
            reports = _checked(request, _table(request))
        except BadInput as error:
            faults = error.faults
        else:
            say(request, *_handed_in(request, reports, key_of(request, "csv")))
            return redirect("board")
    context = {"faults": faults, "token": new_token(), "hours": definition().turnout_hours}
    return render(request, "board/upload.html", context, status=422 if faults else 200)


def _table(request: HttpRequest) -> list[DayReport]:
    """The reports of the file that was sent.  Raises BadInput."""
    sent = request.FILES.get("table")
    if sent is None:
        raise BadInput([Fault(_("table"), None, "", _("no file was sent"), _("Choose a CSV file"))])
    if (sent.size or 0) > MOST_BYTES:
        raise BadInput([Fault(_("table"), None, "", _("the file is too large"), _("Send the hours one by one"))])
    return read_turnout(sent.read(), _("table"), definition(), person_of(request).reach(Action.REPORT_TURNOUT))


def _checked(request: HttpRequest, reports: list[DayReport]) -> list[DayReport]:
    """What is new in a table.  Raises BadInput with every doubtful report that gives no reason."""
    faults, fresh, index = [], [], definition().stations.index
    beside: dict[str, dict[str, int]] = defaultdict(dict)
    for report in reports:
        beside[report.station][report.hour] = report.voted
    with room().reading() as state:
        for report in reports:
            place = index[report.station]
            if state.turnout.voted[place, state.turnout.hours.index(report.hour)] == report.voted:
                continue
            found = sentences(doubts(state, place, report.hour, report.voted, beside[report.station]))
            mend = _("Ask the station; if the figure stands, write why in a column named reason")
            if found and not report.reason:
                faults.append(Fault(_("table"), report.line, "voted", " ".join(found).rstrip("."), mend))
            fresh.append(report if found else report._replace(reason=""))
    mend = _("Write at most %(most)d letters, signs and spaces") % {"most": REASON}
    wrong = [report for report in fresh if not is_reason(report.reason)]
    faults += [Fault(_("table"), one.line, "reason", _("is too long, or no text"), mend) for one in wrong]
    if faults:
        raise BadInput(faults)
    return fresh
