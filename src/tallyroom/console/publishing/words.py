"""Words for the figures that two people weigh."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from tallyroom.console.publishing.weighing import Row

FIGURES = {
    "reported": _("Stations reported"),
    "received": _("Protocols received"),
    "in_review": _("Protocols in review"),
    "covered": _("Registered voters covered"),
    "counted": _("Ballots counted"),
    "valid": _("Valid votes"),
    "invalid": _("Invalid votes"),
    "voted": _("Turnout, voters"),
    "annulled": _("Stations annulled"),
    "corrections": _("Corrections and recounts"),
    "contradictions": _("Contradictions"),
}


def rows_in_words(rows: Iterable[Row]) -> list[tuple[str, Row]]:
    """Each row with what it is of, in the reader's language; a candidate's with the name."""
    return [(row.name or str(FIGURES[row.what]), row) for row in rows]
