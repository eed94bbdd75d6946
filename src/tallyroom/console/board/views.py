"""The board: an area with the areas or stations in it, and the wall, which shows it from afar."""

import numpy as np
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.board.doubting import in_words
from tallyroom.console.board.models import FieldReport, Message
from tallyroom.console.board.places import area_within, chain, widest
from tallyroom.console.election import definition
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.dayboard import area_row, areas_below, count_row, inside, station_rows

PAGE = 200
"""Stations on one page."""

WALL_SECONDS = 30
"""Seconds between two looks of the wall."""


@require_GET
@needs(Action.READ_BOARD)
def board(request: HttpRequest) -> HttpResponse:
    """The widest area of this person; a choice where there are several."""
    found = widest(request, Action.READ_BOARD)
    if found == [""]:
        return _area(request, "")
    if len(found) == 1:
        return redirect("board_area", found[0])
    with room().reading() as state:
        rows = [area_row(state, area_id) for area_id in found]
    return render(request, "board/choice.html", {"rows": rows, "hours": definition().turnout_hours})


@require_GET
@needs(Action.READ_BOARD)
def area(request: HttpRequest, area_id: str) -> HttpResponse:
    """One area."""
    area_within(request, Action.READ_BOARD, area_id)
    return _area(request, area_id)


def _area(request: HttpRequest, area_id: str) -> HttpResponse:
    person = person_of(request)
    with room().reading() as state:
        row, below, size = area_row(state, area_id), areas_below(state, area_id), state.size
        stations = [] if below else station_rows(state, area_id)
        doubtful = [(station, in_words(station)) for station in station_rows(state, area_id, only_doubtful=True)]
        ids = {state.definition.stations.ids[place] for place in np.flatnonzero(inside(state, area_id))}
    context = {
        "row": row,
        "below": below,
        "size": size,
        "area_id": area_id,
        "page": None if below else Paginator(stations, PAGE).get_page(request.GET.get("page")),
        "doubtful": doubtful[:PAGE],
        "doubtful_count": len(doubtful),
        "chain": [one for one in chain(area_id) if person.may(Action.READ_BOARD, one.id)],
        "hours": definition().turnout_hours,
        "incidents": sum(1 for station_id in _unsettled() if station_id in ids),
        "to_confirm": sum(1 for station_id in _asked() if station_id in ids),
        "may_enter": not below and person.may(Action.REPORT_TURNOUT, area_id),
        "may_upload": person.may_somewhere(Action.REPORT_TURNOUT),
    }
    return render(request, "board/area.html", context)


def _unsettled() -> list[str]:
    """The station of each incident that nobody has settled."""
    incidents = FieldReport.objects.filter(settled_at=None).exclude(kind=FieldReport.Kind.COUNTED)
    return list(incidents.values_list("station_id", flat=True))


def _asked() -> list[str]:
    """The station of each text message that somebody has to confirm."""
    asked = Message.objects.filter(state=Message.State.ASKED, telephone__isnull=False)
    return list(asked.values_list("telephone__station_id", flat=True))


@require_GET
@needs(Action.READ_BOARD)
def wall(request: HttpRequest, area_id: str = "") -> HttpResponse:
    """Progress of an area in large figures, for a wall: read-only, renewed by itself, without a word on who looks."""
    shown = area_id or widest(request, Action.READ_BOARD)[0]
    area_within(request, Action.READ_BOARD, shown)
    with room().reading() as state:
        context = {
            "row": area_row(state, shown),
            "below": areas_below(state, shown),
            "counts": [count_row(state, contest, shown) for contest in state.contests],
            "size": state.size,
        }
    context |= {"now": timezone.now(), "seconds": WALL_SECONDS}
    return render(request, "board/wall.html", context)
