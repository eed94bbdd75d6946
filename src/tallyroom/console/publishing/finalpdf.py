"""The final protocol of a contest as a PDF file, in the reader's language: what the page to print says, line by line.

Typst typesets it by `final.typ`, tagged for screen readers (PDF/UA-1, ISO 14289-1).  It is made of the certified prefix
alone: the same certification, language and release of Typst give the same bytes.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pymupdf_fonts import myfont

from tallyroom.console.election import definition
from tallyroom.console.publishing.calls import contest_of
from tallyroom.console.publishing.words import of_valid, turnout_in_words
from tallyroom.record.acts import Certification
from tallyroom.tally.results import AreaResults, Results

FONT = "notos"
"""Noto Sans: it has the letters of Azerbaijani and Russian, and may be embedded (SIL Open Font Licence 1.1)."""
TEMPLATE = Path(__file__).with_name("final.typ")
BESIDE = 5
"""Candidates in one table of areas; the next ones have another table."""
FIGURE, SHORT, WIDE = 62, 34, 94
"""Widths of columns of figures, in points; a column of text, whose width is given as 0, takes what they leave."""


def final_pdf(results: Results, act: int, certification: Certification) -> bytes:
    """The file.  act: number of the certification."""
    detail = {"act": act, "size": certification.snapshot.size, "root": certification.snapshot.root}
    winner = next((one.name for one in results.candidates if one.id == certification.winner), "")
    office = contest_of(results.contest).office
    note = f"{definition().name} · {results.contest_name} · {_origin()}".removesuffix(" · ")
    given = {
        "language": get_language() or "en",
        "title": _("Final protocol"),
        "authority": definition().authority,
        "note": note,
        "origin": _origin(),
        "lines": [
            f"{definition().name} · {results.contest_name} · {office} · {definition().day:%Y-%m-%d}",
            definition().authority,
            certification.text,
        ],
        "elected": _("Elected: %(name)s") % {"name": winner} if winner else _("Nobody is elected."),
        "votes": {"title": _("Votes"), **_votes(results)},
        "facts": list(_facts(results)),
        "changes": list(_changes(results)),
        "areas": {"title": _("Areas"), "tables": list(_areas(results))},
        "certified": _(
            "Certified by act %(act)s of the public record, as it stood after %(size)s acts, root %(root)s. "
            "Whoever replays them gets these figures."
        )
        % detail,
        "signatures": [_("Chair"), _("Secretary"), _("Member")],
    }
    return pdf(given, datetime.fromisoformat(certification.at))


def pdf(given: dict[str, Any], at: datetime) -> bytes:
    """What `final.typ` makes of its document, as of a time.

    A letter that the font has not is an empty box, which PDF/UA-1 forbids: the file is tagged then too, and only does
    not claim to be one.
    """
    with tempfile.TemporaryDirectory() as name:
        fonts = Path(name)
        (fonts / "font.ttf").write_bytes(myfont(FONT))
        try:
            return _typeset(given, at, fonts, "ua-1")
        except typst.TypstError:
            return _typeset(given, at, fonts, None)


def _typeset(given: dict[str, Any], at: datetime, fonts: Path, standard: Literal["ua-1"] | None) -> bytes:
    return typst.compile(
        TEMPLATE,
        font_paths=[fonts],
        ignore_system_fonts=True,
        sys_inputs={"given": json.dumps(given, ensure_ascii=False)},
        pdf_standards=standard,
        timestamp=at.astimezone(UTC),
    )


def _origin() -> str:
    """A word on data that are not those of an election; "" where they are."""
    if definition().data_origin == "real":
        return ""
    if definition().data_origin == "synthetic":
        return _("Practice: the figures here are synthetic and stand for no real place.")
    return _("Some of the figures here are synthetic and stand for no real place.")


def _votes(results: Results) -> dict[str, Any]:
    rows = [[str(one.rank), one.name, one.party, f"{one.votes}", one.percent or "—"] for one in results.candidates]
    head = [_("Rank"), _("Candidate"), _("Party"), _("Votes"), of_valid()]
    return {"widths": [SHORT, 0, 0, FIGURE, WIDE], "head": head, "rows": rows}


def _facts(results: Results) -> Iterator[str]:
    stations, turnout = results.progress.stations, results.turnout
    yield f"{_('Polling stations')}: {stations.reported} / {stations.total}"
    yield f"{_('Registered voters')}: {turnout.registered}"
    yield f"{_('Voted')}: {turnout_in_words(turnout)}"
    yield f"{_('Valid votes')}: {results.valid}"
    yield f"{_('Invalid votes')}: {results.invalid}"


def _changes(results: Results) -> Iterator[dict[str, Any]]:
    for title, changed in (
        (_("Annulled stations"), results.annulled),
        (_("Corrections and recounts"), results.corrections),
    ):
        lines = [f"{one.station_id}: {one.reason} ({_('act %(act)s') % {'act': one.act}})" for one in changed]
        if lines:
            yield {"title": title, "lines": lines}


def _areas(results: Results) -> Iterator[dict[str, Any]]:
    """The areas at the top, beside a few candidates at a time."""
    roots = [area for area in results.areas if not area.parent_id]
    names = {candidate.id: candidate.name for candidate in contest_of(results.contest).candidates}
    head = [_("Area"), _("Stations"), _("Valid"), _("Invalid")]
    yield _table(head, [[area.name, *_sums(area)] for area in roots], WIDE)
    for first in range(0, len(names), BESIDE):
        some = list(names)[first : first + BESIDE]
        rows = [[area.name, *(str(area.votes.get(name, "—")) for name in some)] for area in roots]
        yield _table([_("Area"), *(names[name] for name in some)], rows, FIGURE)


def _sums(area: AreaResults) -> list[str]:
    return [str(area.stations_reported), str(area.valid), str(area.invalid)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], figures: int) -> dict[str, Any]:
    return {"widths": [0, *(figures for _ in head[1:])], "head": head, "rows": rows}
