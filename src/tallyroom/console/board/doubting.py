"""Doubts about turnout in sentences, and the rows of stations that have some."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from tallyroom.intake.dayboard import StationRow
from tallyroom.intake.plausibility import Doubt

SENTENCES = {
    "fell": gettext_lazy("Turnout fell: an earlier hour has %(against)d."),
    "above_later": gettext_lazy("A later hour has only %(against)d."),
    "above_register": gettext_lazy("More than the %(against)d voters on the register."),
    "far_from_area": gettext_lazy("Far from the area: its middle share would be about %(against)d here."),
    "replaces": gettext_lazy("The station has reported %(against)d for this hour before."),
}


def sentences(doubts: Iterable[Doubt]) -> list[str]:
    """What is doubtful, one sentence each, in the reader's language."""
    return [str(SENTENCES[doubt.code]) % {"against": doubt.against} for doubt in doubts]


def in_words(row: StationRow) -> list[tuple[str, int, list[str]]]:
    """The doubtful reports of a station: hour, voters, sentences."""
    return [(cell.hour, cell.voted or 0, sentences(cell.doubts)) for cell in row.hours if cell.doubts]
