"""The page of a comparison: one HTML file, complete without JavaScript and without any other file."""

from tallyroom.announce import comparison_words
from tallyroom.announce.comparison import ComparisonReport
from tallyroom.announce.page import render
from tallyroom.announce.style import style_css
from tallyroom.audit.findings import AreaFindings, Comparison

LISTED = 1000
"""How many stations of each kind the page names; JSON names all."""


def comparison_page(report: ComparisonReport) -> str:
    """Differences, effect, coverage, and what a comparison can and cannot show."""
    return render(
        "comparison.html",
        report=report,
        found=report.comparison,
        css=style_css().decode(),
        origin=comparison_words.REMARKS.origin(report.data_origin),
        say=comparison_words,
        areas=_areas(report.comparison),
        listed=LISTED,
    )


def _areas(comparison: Comparison) -> list[AreaFindings]:
    """The areas of the widest level that has more than one."""
    levels: dict[str, list[AreaFindings]] = {}
    for area in comparison.areas:
        levels.setdefault(area.level, []).append(area)
    return next((areas for areas in levels.values() if len(areas) > 1), [])
