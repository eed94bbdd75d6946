"""The page itself, what it needs to know of the desk, its service worker, and the description of the interface."""

from importlib import resources
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tallyroom.console.accounts.access import person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.desk.models import FormRow
from tallyroom.console.election import definition
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.stages import Stage

MOST = 2_000
"""Polling stations that a desk takes with it; who answers for more works with the network."""


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The page; nothing in it is about a person, for the browser keeps it."""
    return render(request, "offline/offline.html", {"words": words()})


def words() -> dict[str, str]:
    """What the page's script says, in the reader's language."""
    return {
        "online": _("The network is there."),
        "offline": _("No network: entries are kept on this device and sent later."),
        "signedOut": _("Sign in again; the entries here stay."),
        "other": _("Another person is signed in here. What you entered waits for you."),
        "waiting": _("waits for the network"),
        "sent": _("sent"),
        "conflict": _("not entered"),
        "discard": _("Discard"),
        "again": _("Send again with the reason"),
        "reason": _("Reason"),
        "station": _("Choose a station of your areas."),
        "number": _("A whole number, or ? where it cannot be read; an empty field is not zero."),
        "opened": _("opened"),
        "closed": _("closed"),
        "turnout": _("turnout"),
        "protocol": _("protocol"),
        "none": _("Nothing waits."),
        "same": _("You have entered this form on this device already."),
        "round": _("This form was not there to be keyed when this page last had the network."),
    }


@require_GET
def desk(request: HttpRequest) -> JsonResponse:
    """What a desk takes with it: its stations, the hours, the papers, and the forms that this person can key."""
    user = person_of(request)
    reports = user.reach(Action.REPORT_TURNOUT) | user.reach(Action.REPORT_OPENING)
    keys = user.reach(Action.KEY)
    stations = _stations(reports | keys)
    content = {
        "user": user.pk,
        "csrf": get_token(request),
        "election": definition().name,
        "hours": list(definition().turnout_hours),
        "more": len(stations) > MOST,
        "stations": stations[:MOST],
        "papers": _papers() if keys else [],
        "reports": bool(reports),
        "forms": _forms(user, keys, {one["id"] for one in stations[:MOST]}),
    }
    return JsonResponse(content)


def _stations(within: frozenset[str]) -> list[dict[str, str]]:
    stations, areas = definition().stations, definition().areas.areas
    rows = zip(stations.ids, stations.names, stations.area.tolist(), strict=True)
    return [{"id": station, "name": name} for station, name, place in rows if areas[place].id in within]


def _papers() -> list[dict[str, Any]]:
    return [
        {
            "contest": paper.contest.id,
            "title": paper.contest.name,
            "fields": [{"id": name, "title": paper.titles[name]} for name in paper.fields],
        }
        for paper in room().papers.values()
    ]


def _forms(user: User, within: frozenset[str], stations: set[str]) -> list[dict[str, Any]]:
    """The forms that wait to be keyed, without anything that was keyed."""
    stages = (Stage.RECEIVED.value, Stage.FIRST_ENTRY.value)
    rows = FormRow.objects.filter(purpose="protocol", stage__in=stages, waits=False, area__in=within)
    return [
        {"contest": row.contest, "station": row.station, "round": len(form.past)}
        for row in rows[: MOST * 2]
        if row.station in stations and user.pk not in (form := row.form).hands
    ]


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the folder of the page that it serves."""
    text = (resources.files("tallyroom.console.offline") / "static" / "offline" / "worker.js").read_text("utf-8")
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the interface."""
    text = (resources.files("tallyroom.console.offline") / "openapi.json").read_text("utf-8")
    return HttpResponse(text, content_type="application/json")
