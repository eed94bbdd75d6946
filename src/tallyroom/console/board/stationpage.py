"""The page of one station: its day, what was reported about it, who is there, its telephones."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.board.attendants import present_at
from tallyroom.console.board.doubting import in_words
from tallyroom.console.board.fieldreports import with_acts
from tallyroom.console.board.models import FieldReport, Message, Telephone
from tallyroom.console.board.places import area_of_station, chain, station_within
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.dayboard import station_row


@require_GET
@needs(Action.READ_BOARD)
def station(request: HttpRequest, station_id: str) -> HttpResponse:
    """One station."""
    place = station_within(request, Action.READ_BOARD, station_id)
    area_id, person = area_of_station(station_id), person_of(request)
    with room().reading() as state:
        row = station_row(state, place)
    own = person.may(Action.REPORT_INCIDENT, area_id)
    asked = Message.objects.filter(telephone__station_id=station_id, state=Message.State.ASKED)
    context = {
        "row": row,
        "chain": [one for one in chain(area_id) if person.may(Action.READ_BOARD, one.id)],
        "area_id": area_id,
        "doubtful": in_words(row),
        "reports": with_acts(list(FieldReport.objects.filter(station_id=station_id).order_by("-filed_at"))),
        "present": present_at(station_id),
        "telephones": Telephone.objects.filter(station_id=station_id, ended_at=None) if own else (),
        "asked": asked.order_by("pk") if own else (),
        "own": own,
        "may_file": own or person.may(Action.FILE_FIELD_REPORT, area_id),
        "may_keep": person.may(Action.KEEP_COMMISSION, area_id),
    }
    return render(request, "board/station.html", context)
