"""The receipt for the station's chair, and the check of a paper receipt against the record.

The receipt shows the hash of the act in sixteen groups of four.  The check shows all of them but two, drawn by
the console; who has the paper types these two.  A receipt of other figures, or of another station, cannot give them.
"""

import secrets
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tallyroom.announce.receipt import receipt_page
from tallyroom.announce.standing import StationAct, station_act
from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.desk import work
from tallyroom.console.desk.models import FormRow
from tallyroom.console.desk.screens import refused, shown, steps
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint
from tallyroom.record.proof import prove
from tallyroom.record.tree import leaf_hash

GROUPS = 16
ASKED = 2
HOURS = 12
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-modals"
"""The receipt is one file with its own style and nothing that runs."""
SALT = "tallyroom.desk.receipt"


def _standing(row: FormRow) -> tuple[StationAct, Log] | None:
    """The act that stands for the station, and the log that has it."""
    log = reader(room().folder)
    with room().reading() as state:
        found = station_act(state, log, room().papers[row.contest].contest, row.station)
    return None if found is None or found.number >= log.size else (found, log)


@require_GET
@needs(Action.READ_FORMS)
@steps
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that the chair of the station takes home, to be printed."""
    row = work.visible(person_of(request), pk)
    found = _standing(row)
    if found is None:
        return refused(request, _("There is no act of this station in the record yet."), pk, 404)
    standing, log = found
    proof = prove(log.tree, log.checkpoint, standing.number, standing.entry)
    contest = room().papers[row.contest].contest
    checkpoint = Checkpoint(log.origin, log.size, log.root)
    page = receipt_page(room().definition, contest, standing, proof, checkpoint)
    return HttpResponse(page, headers={"Content-Security-Policy": POLICY})


def groups_of(entry: bytes) -> list[str]:
    """The hash of an act in the record's tree, in groups of four hexadecimal digits."""
    digits = leaf_hash(entry).hex()
    return [digits[place : place + 4] for place in range(0, len(digits), 4)]


@require_http_methods(["GET", "POST"])
@needs(Action.READ_FORMS)
@steps
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Two groups of the hash are asked for, as the paper receipt has them."""
    user = person_of(request)
    row = work.visible(user, pk)
    found = _standing(row)
    if found is None:
        return refused(request, _("There is no act of this station in the record yet."), pk, 404)
    groups, answer = groups_of(found[0].entry), None
    if request.method == "POST":
        asked = _asked(request.POST.get("asked", ""), row)
        typed = [request.POST.get(f"group_{place}", "").strip().casefold()[:8] for place in asked]
        answer = all(secrets.compare_digest(groups[p].encode(), t.encode()) for p, t in zip(asked, typed, strict=True))
        note(user, "receipt checked", f"form {pk}", request, station=row.station, act=found[0].number, same=answer)
    asked = sorted(secrets.SystemRandom().sample(range(GROUPS), ASKED))
    context: dict[str, Any] = {
        "answer": answer,
        "act": found[0].number,
        "groups": [(place, "" if place in asked else group) for place, group in enumerate(groups)],
        "asked": signing.dumps([row.pk, asked], salt=SALT),
    }
    return render(request, "desk/check.html", shown(request, row, **context))


def _asked(token: str, row: FormRow) -> list[int]:
    """The groups that a page of this form asked for.  Raises PermissionDenied for a token that is not ours."""
    try:
        pk, asked = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if pk != row.pk:
        raise PermissionDenied
    return [int(place) for place in asked]
