"""The final protocol of a contest, of the prefix that was certified: as a page to print, as PDF, JSON and CSV."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tallyroom.announce.snapshot import areas_csv, results_json, stations_csv
from tallyroom.console.accounts.access import needs
from tallyroom.console.accounts.duties import Action
from tallyroom.console.election import definition
from tallyroom.console.publishing.calls import contest_of
from tallyroom.console.publishing.finalpdf import final_pdf
from tallyroom.console.publishing.words import of_valid, turnout_in_words
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Certification
from tallyroom.tally.replay import replay, summarise
from tallyroom.tally.results import Results
from tallyroom.tally.state import State
from tallyroom.tally.stations import station_table


@require_GET
@needs(Action.READ_BOARD)
def page(request: HttpRequest, contest_id: str) -> HttpResponse:
    """The final protocol to read and to print, with the lines that people sign."""
    act, certification = _certification(contest_id)
    results = _results(contest_id, certification)
    roots = [area for area in results.areas if not area.parent_id]
    winner = next((one for one in results.candidates if one.id == certification.winner), None)
    context = {
        "results": results,
        "of_valid": of_valid(),
        "turnout": turnout_in_words(results.turnout),
        "areas": roots,
        "act": act,
        "certification": certification,
        "winner": winner,
        "office": contest_of(contest_id).office,
        "ballot": [candidate.name for candidate in contest_of(contest_id).candidates],
        "authority": definition().authority,
        "day": definition().day,
        "sha256": hashlib.sha256(final_pdf(results, act, certification)).hexdigest(),
    }
    return render(request, "publishing/final.html", context)


@require_GET
@needs(Action.READ_BOARD)
def data(request: HttpRequest, contest_id: str, form: str) -> HttpResponse:
    """The same as files: protocol.pdf in the reader's language, results.json, areas.csv or stations.csv."""
    act, certification = _certification(contest_id)
    if form == "protocol.pdf":
        content = final_pdf(_results(contest_id, certification), act, certification)
        return _file(content, "application/pdf", contest_id, form)
    if form == "results.json":
        return _file(results_json(_results(contest_id, certification)), "application/json", contest_id, form)
    if form == "areas.csv":
        return _file(areas_csv(_results(contest_id, certification)), "text/csv", contest_id, form)
    if form == "stations.csv":
        state = _state(room().folder, certification.snapshot.size)
        return _file(stations_csv(station_table(state, state.contests[contest_id])), "text/csv", contest_id, form)
    raise Http404


def _certification(contest_id: str) -> tuple[int, Certification]:
    """The certification in force of a contest, with its act's number.  Raises Http404 where there is none."""
    contest_of(contest_id)
    with room().reading() as state:
        if contest_id not in state.certified:
            raise Http404
        return state.certified[contest_id]


def _results(contest_id: str, certification: Certification) -> Results:
    state = _state(room().folder, certification.snapshot.size)
    log, areas = reader(room().folder), range(len(definition().areas))
    return summarise(state, log, contest_id, certification.at, publishing=True).results(areas)


@lru_cache(maxsize=4)
def _state(folder: Path, size: int) -> State:
    """The count of the prefix that was certified."""
    return replay(definition(), reader(folder), size)


def _file(content: bytes, media: str, contest_id: str, name: str) -> HttpResponse:
    safe = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in contest_id)
    headers = {"Content-Disposition": f'attachment; filename="final-{safe}-{name}"'}
    kind = media if media == "application/pdf" else f"{media}; charset=utf-8"
    return HttpResponse(content, content_type=kind, headers=headers)
