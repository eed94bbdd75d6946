"""How figures, moments and names are written: the small pieces that sentences and pages share.

>>> number(4281625), share("92.05"), share("<0.01")
('4,281,625', '92.05%', 'less than 0.01%')
>>> moment("2024-02-08T03:13:00+04:00"), join_names(["A", "B", "C"])
('03:13 (UTC+04:00) on 8 February 2024', 'A, B and C')
"""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# Marks that turn the direction of the text after them (Unicode Standard Annex 9): a name that holds one could
# make the figures beside it read backwards.
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """`text` on one line: runs of white space are one space, control and direction characters are gone."""
    spaced = (" " if c.isspace() else c for c in text if c.isspace() or not _is_control(c))
    return " ".join("".join(spaced).split())


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in _DIRECTION_MARKS


def number(count: int) -> str:
    """A whole number with commas between thousands."""
    return f"{count:,}"


def share(percent: str) -> str:
    """A percentage as `results.percent` writes it, in words where it must not read as 0 or 100."""
    if percent.startswith("<"):
        return f"less than {percent[1:]}%"
    if percent.startswith(">"):
        return f"more than {percent[1:]}%"
    return f"{percent}%"


def day(iso: str) -> str:
    """A date, given as YYYY-MM-DD."""
    return _day(date.fromisoformat(iso))


def moment(time: str) -> str:
    """A time, given in RFC 3339, on the clock of its own offset; seconds only where there are any."""
    at = datetime.fromisoformat(time)
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{clock} ({at.tzname()}) on {_day(at)}"


def _day(on: date) -> str:
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def join_names(names: Sequence[str]) -> str:
    """Names in a row: "A", "A and B", "A, B and C"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def capital(text: str) -> str:
    """`text` with a capital at the beginning."""
    return text[:1].upper() + text[1:]


def clause(text: str) -> str:
    """Somebody's text as a clause of a sentence of ours: clean, without a full stop, never empty."""
    return clean(text).rstrip(".") or "no reason given"
