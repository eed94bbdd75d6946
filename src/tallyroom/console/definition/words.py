"""What the page of the definition says, in the reader's language: rules, and what became of candidates."""

from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tallyroom.announce.language import language
from tallyroom.console.publishing.words import PERCENT
from tallyroom.election.rules import Rule

STATUSES: dict[str, str | Promise] = {
    "registered": _("registered"),
    "withdrawn": _("withdrew"),
    "deregistered": _("no longer registered"),
    "deceased": _("has died"),
}


def rule_in_words(rule: Rule) -> list[str]:
    """The rule of a contest, a sentence each; the first is the one that the public pages have."""
    shares = (
        (_("Needed, of the register: %(share)s."), rule.threshold),
        (_("Turnout that makes the election valid, of the register: %(share)s."), rule.minimum_turnout),
        (_("Annulled stations that make it void, of the register: %(share)s."), rule.void_share),
        (_("Voters that a station may add on the day, of its register, at the most: %(share)s."), rule.additions_share),
    )
    given = [str(words) % {"share": share_in_words(share)} for words, share in shares if share]
    return [language(get_language() or "en").say(f"rule_{rule.kind}"), *given]


def share_in_words(share: Fraction) -> str:
    """A share of the law: in per cent where two decimals say it whole, else as the fraction that it is."""
    hundredths = share * 10_000
    return str(share) if hundredths.denominator > 1 else f"{hundredths.numerator / 100:g} {PERCENT}"
