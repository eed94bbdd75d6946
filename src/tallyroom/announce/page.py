"""Page: one snapshot as HTML that is complete without JavaScript.

Templates escape every value, stop at an undefined name and hold no inline style, script or event handler, so
a strict content security policy (`default-src 'none'; style-src 'self'; img-src data:`) serves them.  Bars are
SVG of a width in percent, always beside the figure in text.  The same results give the same bytes.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tallyroom.announce import bulletin, remarks, words
from tallyroom.announce.bulletin import Context
from tallyroom.announce.figures import clean, day, moment, number, share
from tallyroom.announce.ranking import rank
from tallyroom.tally.results import Results


def first_page(results: Results, bulletin_text: str, context: Context, base: str = "", top: str = "../../") -> str:
    """The first page of a snapshot.

    base: what stands before the paths of the snapshot's files: "" beside them, "v/12/" at the top of the site.
    top: from beside the files to the top of the site, where the newest page is.
    """
    announced, absent, others = bulletin.statements_by_place(results)
    return _environment.get_template("first_page.html").render(
        _common(results, context, base),
        bulletin_lines=bulletin_text.splitlines(),
        top=top,
        headline=bulletin.headline(results),
        sentences=list(bulletin.result_sentences(results)),
        unread=bulletin.unread_figures(results),
        lead_is_settled=bulletin.lead_is_settled(results),
        names={candidate.id: candidate.name for candidate in results.candidates},
        annulled=bulletin.annulled_by_reason(results),
        announced=announced,
        absent=absent,
        others=others,
        statement_sentence=bulletin.statement_sentence,
    )


def areas_page(results: Results, context: Context, base: str = "") -> str:
    """The table of areas of a snapshot; `base` as for `first_page`."""
    candidates = {candidate.id: candidate for candidate in results.candidates}
    order = list(results.areas[0].votes) if results.areas else list(candidates)
    return _environment.get_template("areas.html").render(
        _common(results, context, base), columns=[candidates[candidate] for candidate in order]
    )


def render(template: str, **values: object) -> str:
    """A template that ships, filled in."""
    return _environment.get_template(template).render(values)


def bar_width(percent: str | None) -> str:
    """The length of a bar from a percentage in words: 0 to 100."""
    exact = float((percent or "0").lstrip("<>"))
    return f"{min(exact, 100.0):.2f}"


def part_width(part: int, whole: int) -> str:
    """The length of a bar for `part` beside a bar of `whole`: 0 to 100."""
    return f"{min(100.0, 100 * part / whole):.2f}" if whole else "0.00"


def _common(results: Results, context: Context, base: str) -> dict[str, Any]:
    return {
        "results": results,
        "context": context,
        "base": base,
        "origin": remarks.ORIGIN.get(results.data_origin),
        "ranking": rank(results.candidates),
        "shows_votes": bulletin.shows_votes(results),
    }


def _finalize(value: object) -> object:
    """Every text on one line and free of control characters; what is markup already stays as it is."""
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tallyroom.announce"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "number": number,
        "share": share,
        "day": day,
        "moment": moment,
        "bar_width": bar_width,
        "part_width": part_width,
    }
    environment.globals |= {"words": words, "remarks": remarks}
    return environment


_environment = _make_environment()
