"""Front: the first page of a snapshot, which is also the newest page of the site, and the figures it is kept fresh by.

The newest page at the top of the site and the page of the snapshot are one template.  Its figures are set down in
live.<language>.json beside the snapshot (`live`), so that a reader's page can take them over.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup

from tallyroom.announce import bulletin as conditions
from tallyroom.announce.bulletin import Bulletin
from tallyroom.announce.chart import series, turnout_chart
from tallyroom.announce.language import language
from tallyroom.announce.live import Live, Update, filled, shape_of
from tallyroom.announce.naming import named, names_in
from tallyroom.announce.page import render
from tallyroom.announce.places import Places
from tallyroom.announce.ranking import rank
from tallyroom.announce.since import left, since
from tallyroom.announce.tiles import map_of
from tallyroom.announce.view import View
from tallyroom.tally.results import CandidateFigures, Results, percent


@dataclass(frozen=True)
class Kind:
    """Stations of one kind: how many reported, their valid votes, and shares of the first three candidates."""

    kind: str
    reported: int
    total: int
    valid: int
    shares: tuple[str | None, ...]


@dataclass(frozen=True)
class Front:
    """The first page in one language, and the update that takes an older one to it."""

    html: str
    update: Update


def front(view: View, code: str, newest: bool) -> Front:
    """The first page of a snapshot.

    newest: whether it is for the top of the site, whose figures follow the count, or stands beside the
    snapshot's files and never changes.
    """
    base, top = (f"v/{view.number}/{view.folder}", "") if newest else ("", view.top)
    places, live = Places(view, code, base, top), Live()
    values = _values(view, places, live)
    slotted = render("first_page.html", code, **values, newest=newest, shape=Markup("\x02shape\x03"), live=live)
    shape = shape_of(_main(slotted))
    update = Update(
        number=view.number,
        size=view.results.snapshot.size,
        root=view.results.snapshot.root,
        data_origin=view.results.data_origin,
        base=base,
        shape=shape,
        values=live.values,
    )
    return Front(filled(slotted, live.values | {"shape": shape, "base": base}), update)


def update_json(update: Update) -> bytes:
    """live.<language>.json: the figures of the newest page, in one line."""
    return msgspec.json.encode(update, order="sorted") + b"\n"


def common(view: View, places: Places) -> dict[str, Any]:
    """What every page of a view is filled with."""
    results = named(view.results, names_in(view.definition.names, places.code))
    bulletin = Bulletin(results, view.context, language(places.code))
    return {
        "results": results,
        "context": view.context,
        "bulletin": bulletin,
        "headline": bulletin.headline(),
        "origin": bulletin.remarks.origin(results.data_origin),
        "ranking": rank(results.candidates),
        "shows_votes": conditions.shows_votes(results),
        "base": places.base,
        "top": places.top,
        "folder": view.folder,
        "file": places.file,
        "suffix": places.suffix,
    }


def _values(view: View, places: Places, live: Live) -> dict[str, Any]:
    names, found = names_in(view.definition.names, places.code), language(places.code)
    shared = common(view, places)
    results: Results = shared["results"]
    announced, absent, others = conditions.statements_by_place(results)
    bulletin: Bulletin = shared["bulletin"]
    candidates = bulletin.names
    table = live.base(places.base) + places.file("areas.html")
    counted = results.valid + results.invalid
    turnout = list(bulletin.turnout_sentences())
    return shared | {
        "base": live.base(places.base),
        "data_at": view.data_at,
        "sentences": list(bulletin.result_sentences()),
        "turnout_sentence": turnout[0] if turnout else "",
        "unread": conditions.unread_figures(results),
        "lead_is_settled": conditions.lead_is_settled(results),
        "annulled": conditions.annulled_by_reason(results),
        "announced": announced,
        "absent": absent,
        "others": others,
        "numbers": {moment.results.snapshot.size: moment.number for moment in view.earlier},
        "languages": places.links("index.html"),
        "since": since(view, names, found),
        "left": left(view, names, found),
        "kinds": kinds(view) if shared["shows_votes"] else [],
        "tiles": map_of(view, results.areas, candidates, found, live, table) if shared["shows_votes"] else None,
        "series": series(view, found, live, candidates) if shared["shows_votes"] else [],
        "turnout_chart": turnout_chart(
            results.turnout.by_time, f"{view.definition.opens:%H:%M}", f"{view.definition.closes:%H:%M}", found
        ),
        "projection": view.projection,
        "valid_share": percent(results.valid, counted),
        "invalid_share": percent(results.invalid, counted),
    }


def kinds(view: View) -> list[Kind]:
    """Stations that are not ordinary, by kind; annulled ones are reported and in no vote."""
    count = view.count
    valid = count.weights(view.definition.form.roles.valid) if view.definition.form.roles.valid else None
    found = []
    for kind, stations in view.by_kind().items():
        rows = view.figures(stations).clip(min=0)
        votes = dict(zip(view.contest.candidate_ids, rows[:, count.candidates].sum(axis=0).tolist(), strict=True))
        total = int((rows @ valid).sum()) if valid is not None else sum(votes.values())
        shares = tuple(percent(votes[one.id], total) for one in _first(view.results.candidates))
        found.append(Kind(kind, int((count.status[stations] >= 3).sum()), len(stations), total, shares))
    return found


def _first(candidates: tuple[CandidateFigures, ...]) -> tuple[CandidateFigures, ...]:
    return candidates[:3]


def _main(html: str) -> str:
    """The part of a page that a script replaces where the shape is another."""
    return html[html.index("<header") :]
