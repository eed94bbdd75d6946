"""Feed: the snapshots as one Atom feed (RFC 4287), newest first, an entry a snapshot with its headline."""

from datetime import datetime

from tallyroom.announce.bulletin import Bulletin
from tallyroom.announce.language import language
from tallyroom.announce.naming import named, names_in
from tallyroom.announce.page import render
from tallyroom.announce.places import Places
from tallyroom.announce.view import View

MOST = 50
"""How many snapshots a feed holds; the archive has them all."""


def feed(view: View, code: str) -> str:
    """The feed of a site in a language; ids are tag URIs (RFC 4151) of the record, addresses are relative."""
    found, names = language(code), names_in(view.definition.names, code)
    entries = []
    for moment in view.moments[-MOST:][::-1]:
        results = named(moment.results, names)
        bulletin = Bulletin(results, view.context, found)
        entries.append(
            {
                "number": moment.number,
                "results": results,
                "headline": bulletin.headline(),
                "sentences": [*bulletin.result_sentences(), *bulletin.progress_sentences()],
                "origin": bulletin.remarks.origin(results.data_origin),
                "updated": _rfc3339(results.snapshot.time),
            }
        )
    host, _, path = view.definition.origin.partition("/")
    return render(
        "feed.xml",
        code,
        entries=entries,
        title=found.say("feed_title", election=named(view.results, names).election_name),
        tag=f"tag:{host},{view.definition.day.isoformat()}:{path}",
        updated=_rfc3339(view.results.snapshot.time),
        author=view.definition.authority or view.definition.origin,
        page=Places(view, code, "", "").file("index.html"),
    )


def _rfc3339(time: str) -> str:
    return datetime.fromisoformat(time).isoformat(timespec="seconds")
