"""The final protocol of a contest as a PDF file, in the reader's language: what the page to print says, line by line.

It is made of the certified prefix alone: the same certification, language and edition give the same bytes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from tallyroom.console.election import definition
from tallyroom.console.publishing.calls import contest_of
from tallyroom.console.publishing.sheet import MARGIN, WIDTH, Column, Sheet, pdf
from tallyroom.console.publishing.words import of_valid, turnout_in_words
from tallyroom.record.acts import Certification
from tallyroom.tally.results import AreaResults, Results

BESIDE = 5
"""Candidates in one table of areas; the next ones have another table."""
FIGURE, SHORT, WIDE = 62.0, 34.0, 94.0
"""Widths of columns of figures."""


def final_pdf(results: Results, act: int, certification: Certification) -> bytes:
    """The file.  act: number of the certification."""

    def write(sheet: Sheet) -> None:
        _head(sheet, results, certification)
        _votes(sheet, results)
        for line in _facts(results):
            sheet.paragraph(line)
        _changes(sheet, results)
        _areas(sheet, results)
        detail = {"act": act, "size": certification.snapshot.size, "root": certification.snapshot.root}
        sheet.paragraph(
            _(
                "Certified by act %(act)s of the public record, as it stood after %(size)s acts, root %(root)s. "
                "Whoever replays them gets these figures."
            )
            % detail,
            8,
        )
        sheet.signatures([_("Chair"), _("Secretary"), _("Member")])

    note = f"{definition().name} · {results.contest_name} · {_origin()}".removesuffix(" · ")
    return pdf(note, datetime.fromisoformat(certification.at), write)


def _origin() -> str:
    """A word on data that are not those of an election; "" where they are."""
    if definition().data_origin == "real":
        return ""
    if definition().data_origin == "synthetic":
        return _("Practice: the figures here are synthetic and stand for no real place.")
    return _("Some of the figures here are synthetic and stand for no real place.")


def _head(sheet: Sheet, results: Results, certification: Certification) -> None:
    if origin := _origin():
        sheet.paragraph(origin, 9)
        sheet.space(6)
    sheet.paragraph(_("Final protocol"), 20)
    office = contest_of(results.contest).office
    sheet.paragraph(f"{definition().name} · {results.contest_name} · {office} · {definition().day:%Y-%m-%d}")
    sheet.paragraph(definition().authority)
    sheet.paragraph(certification.text)
    winner = next((one.name for one in results.candidates if one.id == certification.winner), "")
    sheet.paragraph(_("Elected: %(name)s") % {"name": winner} if winner else _("Nobody is elected."), 13)


def _votes(sheet: Sheet, results: Results) -> None:
    sheet.paragraph(_("Votes"), 13)
    wide = WIDTH - 2 * MARGIN - SHORT - FIGURE - WIDE
    columns = [Column(SHORT), Column(wide * 0.55, False), Column(wide * 0.45, False), Column(FIGURE), Column(WIDE)]
    rows = [[str(one.rank), one.name, one.party, f"{one.votes}", one.percent or "—"] for one in results.candidates]
    sheet.table(columns, [_("Rank"), _("Candidate"), _("Party"), _("Votes"), of_valid()], rows)


def _facts(results: Results) -> Iterator[str]:
    stations, turnout = results.progress.stations, results.turnout
    yield f"{_('Polling stations')}: {stations.reported} / {stations.total}"
    yield f"{_('Registered voters')}: {turnout.registered}"
    yield f"{_('Voted')}: {turnout_in_words(turnout)}"
    yield f"{_('Valid votes')}: {results.valid}"
    yield f"{_('Invalid votes')}: {results.invalid}"


def _changes(sheet: Sheet, results: Results) -> None:
    for title, changed in (
        (_("Annulled stations"), results.annulled),
        (_("Corrections and recounts"), results.corrections),
    ):
        if changed:
            sheet.paragraph(title, 13)
        for one in changed:
            sheet.paragraph(f"{one.station_id}: {one.reason} ({_('act %(act)s') % {'act': one.act}})", 9)


def _areas(sheet: Sheet, results: Results) -> None:
    """The areas at the top, beside a few candidates at a time."""
    sheet.paragraph(_("Areas"), 13)
    roots = [area for area in results.areas if not area.parent_id]
    names = {candidate.id: candidate.name for candidate in contest_of(results.contest).candidates}
    head = [_("Area"), _("Stations"), _("Valid"), _("Invalid")]
    _table(sheet, head, [[area.name, *_sums(area)] for area in roots], WIDE)
    for first in range(0, len(names), BESIDE):
        some = list(names)[first : first + BESIDE]
        rows = [[area.name, *(str(area.votes.get(name, "—")) for name in some)] for area in roots]
        _table(sheet, [_("Area"), *(names[name] for name in some)], rows, FIGURE)


def _sums(area: AreaResults) -> list[str]:
    return [str(area.stations_reported), str(area.valid), str(area.invalid)]


def _table(sheet: Sheet, head: Sequence[str], rows: Sequence[Sequence[str]], figures: float) -> None:
    columns = [Column(WIDTH - 2 * MARGIN - figures * (len(head) - 1), False)]
    sheet.table([*columns, *(Column(figures) for _ in head[1:])], head, rows)
