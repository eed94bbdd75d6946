"""Pages: everything of a snapshot that people read, as bytes by path.

`pages` gives what stands below v/<number>/ and never changes; `newest_pages` what stands at the top of the site and
is replaced with every snapshot.  Both are functions of a view, and so of a prefix of the record.
"""

from collections.abc import Iterator

from tallyroom.announce.area_pages import AreaPages, areas_page
from tallyroom.announce.bulletin import Bulletin, bulletin, shows_votes
from tallyroom.announce.feed import feed
from tallyroom.announce.front import common, front, update_json
from tallyroom.announce.language import language
from tallyroom.announce.naming import named, names_in
from tallyroom.announce.page import render
from tallyroom.announce.places import Places, area_name, languages_of
from tallyroom.announce.since import changes_bulletin
from tallyroom.announce.style import ICON, SCRIPTS, script, style_css
from tallyroom.announce.view import View

Page = tuple[str, bytes]
"""A path and its content."""


def pages(view: View) -> Iterator[Page]:
    """What people read of a snapshot, by path below v/<number>/ (and below the contest's folder)."""
    yield "style.css", style_css()
    for name in (*SCRIPTS, ICON):
        yield name, script(name)
    for code in languages_of(view.definition):
        places = Places(view, code, "", view.top)
        yield places.file("index.html"), front(view, code, newest=False).html.encode()
        yield places.file("areas.html"), areas_page(view, code).encode()
        yield f"live.{code}.json", update_json(front(view, code, newest=True).update)
        yield from bulletins(view, code)


def bulletins(view: View, code: str) -> Iterator[Page]:
    """The bulletin in a language, and after the first snapshot what changed since the one before."""
    names = names_in(view.definition.names, code)
    yield f"bulletin.{code}.txt", bulletin(named(view.results, names), view.context, code).encode()
    if (changes := changes_bulletin(view, names, language(code))) is not None:
        yield f"changes.{code}.txt", changes.encode()


class AreaPagesOf:
    """The pages of single areas of a view, in every language, by path below v/<number>/.

    A page has to be made only where `area_pages.area_key` gives another key than for the snapshot before.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._makers = [AreaPages(view, code) for code in languages_of(view.definition)]

    def of(self, place: int) -> Iterator[Page]:
        """The page of the area at a position of the definition, in every language."""
        stem = area_name(self._view.definition.areas.areas[place].id)
        for maker in self._makers:
            yield f"areas/{maker.places.file(f'{stem}.html')}", maker.page(place).encode()


def newest_pages(view: View) -> Iterator[Page]:
    """The newest page, the archive, the methods, the card to embed and the feed, by path at the top of the site."""
    codes = languages_of(view.definition)
    for code in codes:
        places = Places(view, code, f"v/{view.number}/", "")
        yield places.file("index.html"), front(view, code, newest=True).html.encode()
        yield places.file("archive.html"), archive_page(view, places).encode()
        yield places.file("method.html"), _simple("method.html", view, places, rule=view.contest.rule).encode()
        yield places.file("embed.html"), _simple("embed.html", view, places).encode()
    yield "feed.xml", feed(view, codes[0]).encode()


def archive_page(view: View, places: Places) -> str:
    """Every snapshot so far, newest first, with its headline and shares."""
    names, found = names_in(view.definition.names, places.code), language(places.code)
    moments = []
    for moment in reversed(view.moments):
        results = named(moment.results, names)
        shares = {one.id: one.percent for one in results.candidates}
        shown = shows_votes(results)
        moments.append(
            {
                "number": moment.number,
                "results": results,
                "headline": Bulletin(results, view.context, found).headline(),
                "shows": shown,
                "shares": [shares[one] if shown else None for one in view.contest.candidate_ids],
            }
        )
    columns = {one.id: one for one in named(view.results, names).candidates}
    ordered = [columns[one] for one in view.contest.candidate_ids]
    return _simple("archive.html", view, places, moments=moments, columns=ordered)


def _simple(template: str, view: View, places: Places, **values: object) -> str:
    return render(template, places.code, **common(view, places), languages=places.links(template), **values)
