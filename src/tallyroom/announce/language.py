"""Language: how figures, moments, names and sentences are written in English, Azerbaijani and Russian.

A language is a file `languages/<code>.toml`: its marks for numbers, its months, and every sentence and label as a
pattern by key.  In a pattern, for a value x:

    {x}                 a whole number with marks between thousands; text on one line
    {x%}                a percentage as `results.percent` writes it, never as 0 or 100 where it is neither
    {x.}                a decimal fraction
    {x@}                a moment, given in RFC 3339
    {x|vote|votes}      the form of a word that goes with the number x, in the order of the language's plurals
    [ ... ]             left out where a value inside is None

The files ship with the program and depend on no library's tables, because the pages of a snapshot are bound by
hash: a replay in ten years has to give the same bytes.  Marks and plurals are those of Unicode's CLDR.

>>> english = language("en")
>>> english.number(4281625), english.share("92.05"), english.share("<0.01")
('4,281,625', '92.05%', 'less than 0.01%')
>>> english.moment("2024-02-08T03:13:00+04:00"), english.join(["A", "B", "C"])
('03:13 (UTC+04:00) on 8 February 2024', 'A, B and C')
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tallyroom.announce.figures import clean, one_line

LANGUAGES = ("en", "az", "ru")
"""The languages that have a file."""

Value = str | int | None
"""What a pattern can be filled with."""

_VALUE = re.compile(r"\{(\w+)([%@.]?)((?:\|[^{}|]*)*)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Language:
    """One language: code, its own name, direction of writing, and the tables of its file."""

    code: str
    name: str
    direction: str
    plurals: str
    decimal: str
    group: str
    percent: str
    months: tuple[str, ...]
    patterns: Mapping[str, str]
    texts: Mapping[str, Any]

    def say(self, key: str, **values: Value) -> str:
        """The pattern of a key, filled in.  Raises KeyError for a key or a value that is not there."""
        return self._fill(self.patterns[key], values)

    def has(self, key: str) -> bool:
        """Whether the file has a pattern for a key."""
        return key in self.patterns

    def number(self, count: int) -> str:
        """A whole number with marks between thousands."""
        return f"{count:,}".replace(",", self.group)

    def fraction(self, text: str) -> str:
        """A decimal fraction, given with a point; "<0.01" and ">99.99" in words."""
        return self._bounded(text, "")

    def share(self, percent: str) -> str:
        """A percentage as `results.percent` writes it, in words where it must not read as 0 or 100."""
        return self._bounded(percent, self.percent)

    def _bounded(self, text: str, unit: str) -> str:
        whole, _, decimals = text.lstrip("<>-").partition(".")
        sign = "−" if text.startswith("-") else ""
        exact = f"{sign}{self.number(int(whole))}{self.decimal if decimals else ''}{decimals}{unit}"
        if text.startswith("<"):
            return self.patterns["less_than"].format(exact)
        return self.patterns["more_than"].format(exact) if text.startswith(">") else exact

    def change(self, count: int) -> str:
        """A whole number with its sign, a true minus among them."""
        return f"{'+' if count > 0 else '−' if count < 0 else '±'}{self.number(abs(count))}"

    def day(self, iso: str) -> str:
        """A date, given as YYYY-MM-DD."""
        return self._day(date.fromisoformat(iso))

    def moment(self, time: str) -> str:
        """A time, given in RFC 3339, on the clock of its own offset; seconds only where there are any."""
        at = datetime.fromisoformat(time)
        return self.patterns["moment"].format(clock=self.clock(time), zone=at.tzname(), day=self._day(at))

    def clock(self, time: str) -> str:
        """The hour and minute of a time, given in RFC 3339; seconds only where there are any."""
        at = datetime.fromisoformat(time)
        return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"

    def day_of(self, time: str) -> str:
        """The day and month of a time, given in RFC 3339, without the year."""
        at = datetime.fromisoformat(time)
        return f"{at.day} {self.months[at.month - 1]}"

    def _day(self, on: date) -> str:
        return self.patterns["day"].format(day=on.day, month=self.months[on.month - 1], year=on.year)

    def join(self, names: Sequence[str]) -> str:
        """Names in a row: "A", "A and B", "A, B and C"."""
        *others, last = names
        return self.patterns["and"].format(", ".join(others), last) if others else last

    def capital(self, text: str) -> str:
        """`text` with a capital at the beginning; in Azerbaijani i and ı have capitals of their own."""
        first = {"i": "İ", "ı": "I"}.get(text[:1]) if self.code == "az" else None
        return (first or text[:1].upper()) + text[1:]

    def upper(self, text: str) -> str:
        """`text` in capitals."""
        return (text.replace("i", "İ") if self.code == "az" else text).upper()

    def clause(self, text: str) -> str:
        """Somebody's text as a clause of a sentence of ours: clean, without a full stop, never empty."""
        return clean(text).rstrip(".") or self.patterns["no_reason"]

    def role(self, name: str) -> str:
        """The role of a key in words, or as it is where the file has none for it."""
        return self.patterns.get(f"role_{name}", name)

    def plural(self, count: int, forms: Sequence[str]) -> str:
        """The form of a word that goes with a number."""
        return forms[_PLURALS[self.plurals](count)]

    def _fill(self, pattern: str, values: Mapping[str, Value]) -> str:
        def optional(found: re.Match[str]) -> str:
            names = [value.group(1) for value in _VALUE.finditer(found.group(1))]
            return "" if any(values[name] is None for name in names) else found.group(1)

        return _VALUE.sub(lambda found: self._value(found, values), _OPTIONAL.sub(optional, pattern))

    def _value(self, found: re.Match[str], values: Mapping[str, Value]) -> str:
        name, mark, forms = found.groups()
        value = values[name]
        if isinstance(value, int):
            return self.plural(value, forms[1:].split("|")) if forms else self.number(value)
        if not isinstance(value, str):
            raise ValueError(f"no value for {name!r}")
        return _MARKS[mark](self, value)


_MARKS: dict[str, Callable[[Language, str], str]] = {
    "": lambda language, value: one_line(value),
    "%": Language.share,
    ".": Language.fraction,
    "@": Language.moment,
}
_PLURALS: dict[str, Callable[[int], int]] = {
    "one_other": lambda n: 0 if n == 1 else 1,
    "one_few_many": lambda n: 0 if n % 10 == 1 and n % 100 != 11 else 1 if _is_few(n) else 2,
}


def _is_few(n: int) -> bool:
    return n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14)


@lru_cache(maxsize=len(LANGUAGES))
def language(code: str) -> Language:
    """A language by its code.  Raises ValueError for one that has no file."""
    if code not in LANGUAGES:
        raise ValueError(f"no bulletin in {code!r}: choose one of {', '.join(LANGUAGES)}")
    found = tomllib.loads(files("tallyroom.announce").joinpath("languages", f"{code}.toml").read_text("utf-8"))
    marks = found["language"]
    return Language(
        code=code,
        name=marks["name"],
        direction=marks["direction"],
        plurals=marks["plurals"],
        decimal=marks["decimal"],
        group=marks["group"],
        percent=marks["percent"],
        months=tuple(marks["months"]),
        patterns=found["say"],
        texts=found["texts"],
    )
