"""The list of forms, one form's page, and receiving: what came in, and what is wrong with it."""

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.attendants import present_at
from tallyroom.console.desk import scans, work
from tallyroom.console.desk.models import Arrival, FormRow
from tallyroom.console.desk.presence import offered, presence_of
from tallyroom.console.desk.screens import BLIND, history, labelled, page_key, refused, shown, steps, to_form
from tallyroom.console.desk.words import KINDS, PURPOSES, ROLES, STAGES
from tallyroom.console.submissions.wiring import room
from tallyroom.intake import desk
from tallyroom.intake.adoption import unlike
from tallyroom.intake.opening import reader
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form, Round

PAGE = 50
FOUND = 20
"""Stations that a search lists at the most."""


def in_areas(user: User, action: Action = Action.READ_FORMS) -> QuerySet[FormRow]:
    """Rows of the areas in which this person may take an action."""
    reach = user.reach(action)
    everywhere = len(reach) == len(room().definition.areas)
    return FormRow.objects.all() if everywhere else FormRow.objects.filter(area__in=reach)


@require_GET
@needs(Action.READ_FORMS)
@steps
def forms(request: HttpRequest) -> HttpResponse:
    """The forms of this person's areas by stage, and those of one stage."""
    user = person_of(request)
    rows = in_areas(user)
    counts = dict(rows.filter(purpose="protocol").values_list("stage").annotate(Count("pk")).order_by())
    everything = _stations(user) * len(room().papers)
    counts[Stage.EXPECTED.value] = everything - sum(n for stage, n in counts.items() if stage != Stage.EXPECTED)
    asked = {name: request.GET.get(name, "")[:100] for name in ("stage", "q")}
    found = rows.exclude(stage=Stage.EXPECTED).order_by("changed_at")
    if asked["stage"]:
        found = found.filter(stage=asked["stage"])
    if asked["q"]:
        found = found.filter(station__icontains=asked["q"])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "counts": [(stage.value, STAGES[stage], counts.get(stage.value, 0)) for stage in Stage if stage != "published"],
        "page": page,
        "rows": [_listed(row) for row in page],
        "asked": urlencode({name: text for name, text in asked.items() if text}),
        "q": asked["q"],
        "chosen": asked["stage"],
        "receives": user.may_somewhere(Action.RECEIVE),
        "keys": user.may_somewhere(Action.KEY),
    }
    return render(request, "desk/forms.html", context)


def _stations(user: User) -> int:
    """How many stations lie in this person's areas."""
    definition = room().definition
    reach = user.reach(Action.READ_FORMS)
    areas = definition.areas.areas
    return sum(areas[place].id in reach for place in definition.stations.area.tolist())


def _listed(row: FormRow) -> dict[str, Any]:
    stations = room().definition.stations
    return {
        "row": row,
        "name": stations.names[stations.index[row.station]],
        "stage": STAGES[Stage(row.stage)],
        "purpose": PURPOSES[row.purpose],
    }


@require_GET
@needs(Action.READ_FORMS)
@steps
def form(request: HttpRequest, pk: int) -> HttpResponse:
    """One form: where it is, what was done, and what this person can do with it now."""
    row = work.visible(person_of(request), pk)
    value = row.form
    hidden, others = value.stage in BLIND, list(_others(row))
    context = shown(
        request,
        row,
        history=history(row),
        figures=[] if hidden or not value.figures else labelled(value, value.figures),
        unlike=value.act is not None and unlike(value, reader(room().folder)),
        past=[] if hidden else [_round(value, over) for over in value.past],
        present=[(one.count, ROLES[one.role], one.nominated_by) for one in value.present],
        documents=[_listed(one) for one in others],
        main=next((one for one in others if one.purpose == "protocol"), row),
        scans=row.scans.order_by("pk"),
        arrivals=[(one, KINDS[one.kind]) for one in Arrival.objects.filter(station=row.station).select_related("user")],
        attaches=person_of(request).may(Action.RECEIVE, row.area),
    )
    return render(request, "desk/form.html", context)


def _others(row: FormRow) -> QuerySet[FormRow]:
    """The other forms of the same station and contest."""
    return FormRow.objects.filter(contest=row.contest, station=row.station).exclude(pk=row.pk).order_by("pk")


def _round(value: Form, over: Round) -> dict[str, Any]:
    return {"reason": over.reason, "figures": labelled(value, *(entry.figures for entry in over.entries))}


@require_http_methods(["GET", "POST"])
@needs(Action.RECEIVE)
@steps
def receive(request: HttpRequest) -> HttpResponse:
    """Find a station and mark its form as arrived, with scans and with who was present."""
    user = person_of(request)
    if request.method == "POST":
        return _received(request, user)
    query = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {"q": query, "found": _search(user, query), "key": page_key()}
    chosen = _chosen(user, request.GET.get("station", ""), request.GET.get("contest", ""))
    context |= {"chosen": chosen, "presence": offered(present_at(chosen["station"]) if chosen else ())}
    context |= {"contests": room().definition.contests}
    return render(request, "desk/receive.html", context)


def _received(request: HttpRequest, user: User) -> HttpResponse:
    contest, station = request.POST.get("contest", ""), request.POST.get("station", "")
    row = work.row_of(user, contest, station, Action.RECEIVE)
    present = presence_of(request.POST)
    if isinstance(present, str):
        return refused(request, present, None, 400)
    uploads = scans.uploads(request)
    if isinstance(uploads, str):
        return refused(request, uploads, None, 413)
    evidence = scans.keep(uploads, row, user)
    hand = work.Hand.of(request)
    step = partial(desk.receive, seen=hand.seen, at=work.now(), evidence=evidence, present=present)
    return to_form(work.take(hand, row.pk, Action.RECEIVE, step))


def _search(user: User, query: str) -> list[dict[str, Any]]:
    """Stations of this person's areas whose id or name has the words, with where their forms are."""
    if not query:
        return []
    definition, reach = room().definition, user.reach(Action.RECEIVE)
    stations, areas, words = definition.stations, definition.areas.areas, query.casefold()
    found = []
    for place, (station, name) in enumerate(zip(stations.ids, stations.names, strict=True)):
        if (words in station.casefold() or words in name.casefold()) and areas[int(stations.area[place])].id in reach:
            found.append({"station": station, "name": name, "exact": station.casefold() == words})
    found.sort(key=lambda one: not one["exact"])
    return [one | {"forms": _forms_of(str(one["station"]))} for one in found[:FOUND]]


def _forms_of(station: str) -> list[dict[str, Any]]:
    rows = {row.contest: row for row in FormRow.objects.filter(station=station, purpose="protocol")}
    contests = room().definition.contests
    return [{"contest": one, "row": rows.get(one.id), "arrived": _arrived(rows.get(one.id))} for one in contests]


def _arrived(row: FormRow | None) -> bool:
    return row is not None and row.stage != Stage.EXPECTED


def _chosen(user: User, station: str, contest: str) -> dict[str, Any] | None:
    """The station whose form is at hand, with the version of its row."""
    if not station:
        return None
    area, stations = room().area_of(station), room().definition.stations
    if area is None or contest not in room().papers or not user.may(Action.RECEIVE, area):
        raise PermissionDenied
    row = work.row_of(user, contest, station, Action.RECEIVE)
    name = stations.names[stations.index[station]]
    return {"station": station, "name": name, "contest": room().papers[contest].contest, "row": row}


@require_POST
@needs(Action.RECEIVE)
@steps
def arrival(request: HttpRequest) -> HttpResponse:
    """Note paper that changes no form: a duplicate, or a form of a station that is not this one's."""
    user, station, kind = person_of(request), request.POST.get("station", ""), request.POST.get("kind", "")
    area = room().area_of(station)
    if area is None or not user.may(Action.RECEIVE, area) or kind not in Arrival.Kind.values:
        raise PermissionDenied
    text = request.POST.get("note", "").strip()[:500]
    made = Arrival.objects.create(station=station, area=area, kind=kind, note=text, user=user)
    note(user, "paper noted", f"station {station}", request, kind=kind, arrival=made.pk)
    row = FormRow.objects.filter(station=station, purpose="protocol").first()
    return to_form(row) if row else redirect("forms")


@require_POST
@needs(Action.READ_FORMS)
@steps
def adopt(request: HttpRequest) -> HttpResponse:
    """Open the form of a station whose figures came into the record by an import."""
    row = work.row_of(
        person_of(request), request.POST.get("contest", ""), request.POST.get("station", ""), Action.READ_FORMS
    )
    return to_form(row)
