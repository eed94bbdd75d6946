"""Reasons: why an outcome is what it is, in the reader's language.

Results give the reason as one English sentence (`tally.outcome`), because it is part of a published file.  Here
each of those sentences is known by its shape and said again; one that is not known stays as it is.
"""

import re

from tallyroom.announce.language import Language, Value

_SHAPES = {
    "why_stations_to_come": r"polling stations have yet to report",
    "why_no_votes": r"no votes are counted yet",
    "why_plurality": r"the leader has more votes than any other candidate can reach",
    "why_tie": r"the first two have the same number of votes",
    "why_lead_small": r"the lead is not larger than what can still come",
    "why_enough": r"the leader has more than (?P<quota>.+), whatever comes",
    "why_depends": r"whether anyone has more than (?P<quota>.+) depends on what comes",
    "why_run_off_has": r"nobody has more than (?P<quota>.+); the first two go to a run-off",
    "why_run_off_can": r"nobody can have more than (?P<quota>.+); the first two go to a run-off",
    "why_second_has": r"nobody has more than (?P<quota>.+); who is second is not settled",
    "why_second_can": r"nobody can have more than (?P<quota>.+); who is second is not settled",
    "why_void": r"stations with (?P<voters>[\d,]+) registered voters are annulled, enough to void it",
    "why_turnout_low": r"turnout is below the minimum that the rule asks for",
    "why_authority": r"certified by the authority",
    "why_called": r"called by two people",
    "why_reported": r"(?P<speaker>.+) certified the result, (?P<source>.+) reported",
}


def reason(language: Language, why: str) -> str:
    """The reason of an outcome, in a language."""
    for key, shape in _SHAPES.items():
        if found := re.fullmatch(shape, why):
            values = {name: _value(language, name, text) for name, text in found.groupdict().items()}
            return language.say(key, **values)
    return why


def is_known(why: str) -> bool:
    """Whether a reason has a shape that is said again in every language."""
    return any(re.fullmatch(shape, why) for shape in _SHAPES.values())


def _value(language: Language, name: str, text: str) -> Value:
    if name == "voters":
        return int(text.replace(",", ""))
    if name == "quota":
        share = text.removesuffix("% of registered voters")
        return language.say("quota_half") if share == text else language.say("quota_share", percent=share)
    return text
