"""What the screens of the desk share: the gate of a step, a page's key, and how a form is shown."""

import secrets
from functools import wraps
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tallyroom.console.accounts.access import P, View, person_of
from tallyroom.console.desk import work
from tallyroom.console.desk.confined import installed as drawing_available
from tallyroom.console.desk.models import FormRow
from tallyroom.console.desk.words import EVENTS, PURPOSES, STAGES, broken, sentence
from tallyroom.console.submissions.outbox import KeyUsed, TooLong
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.adoption import published
from tallyroom.intake.refusal import Refusal
from tallyroom.intake.stages import Event, Stage
from tallyroom.intake.stationform import Form
from tallyroom.record.error import RecordError

BLIND = (Stage.EXPECTED, Stage.RECEIVED, Stage.FIRST_ENTRY)
"""Stages in which nobody is shown what was keyed: the next to key must not see it."""


def steps(view: View[P]) -> View[P]:
    """Answer a refused step with its sentence and status 409, and a record that cannot be read with 503."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if any(
            "\0" in text for query in (request.GET, request.POST) for one in query.lists() for text in (one[0], *one[1])
        ):
            raise SuspiciousOperation  # no keyboard types it, and PostgreSQL does not take it
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return refused(request, sentence(refusal), kwargs.get("pk"))
        except KeyUsed:
            return refused(request, _("This page was used for another step already. Load it again."), kwargs.get("pk"))
        except TooLong:
            return refused(request, _("This is longer than an act of the record can be."), kwargs.get("pk"), 400)
        except RecordError as error:
            return refused(request, str(error), None, 503)

    return guarded


def refused(request: HttpRequest, why: str, pk: object = None, status: int = 409) -> HttpResponse:
    """A page that says why nothing was done."""
    return render(request, "desk/refused.html", {"why": why, "pk": pk}, status=status)


def page_key() -> str:
    """A key for one page: whatever it is sent for happens once."""
    return secrets.token_urlsafe(24)


def to_form(row: FormRow) -> HttpResponse:
    """Back to the page of a form, after a step."""
    return redirect("form", pk=row.pk)


def stage_of(form: Form) -> Stage:
    """The stage that people are shown: accepted figures in a published snapshot are published."""
    with room().reading() as state:
        return Stage.PUBLISHED if published(state, form) else form.stage


def shown(request: HttpRequest, row: FormRow, **more: Any) -> dict[str, Any]:
    """What every page about one form shows of it."""
    form, person = row.form, person_of(request)
    definition = room().definition
    stations = definition.stations
    paper = room().papers[form.contest]
    events = work.events(row, person)
    return {
        "row": row,
        "form": form,
        "key": page_key(),
        "station_name": stations.names[stations.index[form.station]],
        "contest": paper.contest,
        "stage": STAGES[stage_of(form)],
        "purpose": PURPOSES[form.purpose],
        "may": {event.name for event in events},
        "keys": keys_next(form, person.pk, events),
        "broken": broken(definition.form, form.failures),
        "draws": drawing_available(),
        **more,
    }


def keys_next(form: Form, person: int, events: list[Event]) -> bool:
    """Whether this person can key the form now."""
    keying = {Event.KEY_FIRST, Event.KEY_SAME} & set(events)
    return bool(keying) and form.purpose != "annulment" and person not in form.hands


def history(row: FormRow) -> list[dict[str, Any]]:
    """The steps of a form, oldest first."""
    found = row.steps.select_related("user").order_by("version")
    return [{"what": EVENTS.get(one.event, one.event), "who": one.user, "at": one.at} for one in found]


def labelled(form: Form, *figures: dict[str, int | None] | None) -> list[tuple[str, str, list[int | None]]]:
    """Id and title of each field of the paper with its figures, in the paper's order."""
    paper = room().papers[form.contest]
    given = [one for one in figures if one is not None]
    return [(name, title, [one[name] for one in given]) for name, title in paper.titles.items()]


def posted(request: HttpRequest, prefix: str) -> dict[str, str]:
    """The fields of a posted page whose names begin so, without the beginning."""
    return {name[len(prefix) :]: str(text) for name, text in request.POST.items() if name.startswith(prefix)}
