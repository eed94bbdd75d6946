"""The words of an examination in English, Azerbaijani and Russian (words/*.toml): sentences with places for figures."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import msgspec

from tallyroom.forensics.examination import Finding

Language = Literal["en", "az", "ru"]
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Worded(msgspec.Struct, frozen=True, rename={"kind": "class"}):
    """A finding in words; stations: the first that it is about.

    innocent_causes: those that the examination allowed for (causes_tested) and those that it could not
    (causes_not_tested).  effect: its size, and what it means for the outcome, or why that cannot be said.
    """

    kind: str
    code: str
    text: str
    effect: str
    innocent_causes: tuple[str, ...]
    causes_tested: tuple[str, ...]
    causes_not_tested: tuple[str, ...]
    would_be_settled_by: str
    stations: tuple[str, ...] = ()


@cache
def catalogue(language: str) -> dict[str, Any]:
    """All words of a language."""
    return tomllib.loads((resources.files("tallyroom.forensics") / "words" / f"{language}.toml").read_text("utf-8"))


def worded(finding: Finding, language: str = "en") -> Worded:
    """A finding as a sentence, with its effect, innocent causes and what would settle it."""
    words = catalogue(language)["finding"][finding.code]
    values = {name: number(value, language) for name, value in finding.values.items()}
    tested, untested = tuple(words["tested"]), tuple(words["untested"])
    return Worded(
        kind=finding.kind,
        code=finding.code,
        text=str(words["text"]).format(**values),
        effect=str(words["effect"]).format(**values),
        innocent_causes=(*tested, *untested),
        causes_tested=tested,
        causes_not_tested=untested,
        would_be_settled_by=words["settled"],
        stations=finding.stations,
    )


def number(value: float | str, language: str = "en") -> str:
    """A figure as a reader writes it: grouped whole numbers, few decimals, small chances as powers of ten."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value == 0:
        return _marked(f"{value:,.0f}", language)
    if value and abs(value) < 0.001:
        digits, _, power = f"{value:.1e}".partition("e")
        return _marked(digits, language) + " · 10" + str(int(power)).translate(RAISED)
    decimals = 0 if abs(value) >= 1000 else 2 if abs(value) >= 0.1 else 3
    return _marked(f"{value:,.{decimals}f}", language)


def _marked(figure: str, language: str) -> str:
    words = catalogue(language)
    marks = {",": words["thousands"], ".": words["decimal"], "-": "−"}
    return "".join(marks.get(sign, sign) for sign in figure)
