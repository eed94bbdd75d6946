"""Words for the figures that two people weigh."""

from collections.abc import Iterable

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from tallyroom.announce.language import language
from tallyroom.announce.reasons import reason
from tallyroom.console.publishing.weighing import Row
from tallyroom.tally.results import Settled, TurnoutFigures

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

PERCENT = "%"
"""Put into texts from outside: in a text that is translated, a sign of percent begins a placeholder."""


def of_valid() -> str:
    """The head of a column of candidates' shares."""
    return gettext("%(share)s of valid votes") % {"share": PERCENT}


def turnout_in_words(turnout: TurnoutFigures) -> str:
    """How many voted, and how much that is of the register with the day's additions, without annulled stations."""
    if turnout.percent is None:
        return str(turnout.voted)
    share = gettext("%(share)s of registered voters") % {"share": f"{turnout.percent} {PERCENT}"}
    return f"{turnout.voted} · {share}"


def rows_in_words(rows: Iterable[Row]) -> list[tuple[str, Row]]:
    """Each row with what it is of, in the reader's language; a candidate's with the name."""
    return [(row.name or str(FIGURES[row.what]), row) for row in rows]


def why_in_words(why: str) -> str:
    """The reason of an outcome, as the public pages say it."""
    return reason(language(get_language() or "en"), why)


def lead_in_words(settled: Settled | None) -> str:
    """The lead beside what can still come; "" before the first vote."""
    if settled is None:
        return ""
    if settled.outstanding:
        words = gettext("A lead of %(lead)s votes; at most %(outstanding)s can still come, if the protocols stand.")
    else:
        words = gettext("A lead of %(lead)s votes, and nothing is outstanding, if the protocols stand.")
    number = language(get_language() or "en").number
    return words % {"lead": number(settled.lead), "outstanding": number(settled.outstanding)}
