"""The first page of the console, the choice of language, and the pages for what went wrong."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from tallyroom.console.accounts.access import person_of
from tallyroom.console.election import shown
from tallyroom.console.rooms import rooms_of

language = require_POST(set_language)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this person's duties are, and the rooms that they open."""
    person = person_of(request)
    held = person.duties.filter(ended_at=None).order_by("role", "area_id")
    return render(request, "console/home.html", {"rooms": rooms_of(person), "duties": held})


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that this console did not make, or made for another session."""
    if request.path.startswith("/console/api/"):
        return JsonResponse({"error": "forged", "message": "The token is not that of this session."}, status=403)
    return _page(request, "forged", 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read."""
    return _page(request, "bad_request", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for which this person has no duty."""
    return _page(request, "forbidden", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page, or nothing of that name in this person's areas."""
    return _page(request, "not_found", 404)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of the console, which its log has; or its database is away.  The page asks for nothing that can fail."""
    away = isinstance(sys.exception(), OperationalError | InterfaceError)
    status, headers = (503, {"Retry-After": "5"}) if away else (500, {})
    if request.path.startswith("/console/api/"):
        body = {"error": "unavailable", "message": gettext("The console cannot answer now. Send it again.")}
        return JsonResponse(body, status=status, headers=headers)
    page = render_to_string("console/problem.html", {"problem": "away" if away else "failed", **shown(request)})
    return HttpResponse(page, status=status, headers=headers)


@requires_csrf_token
def _page(request: HttpRequest, problem: str, status: int, **context: Any) -> HttpResponse:
    return render(request, "console/problem.html", {"problem": problem, **context}, status=status)
