"""Text of others, made safe to stand on one line of ours.

>>> clean("two \\n lines")
'two lines'
"""

import unicodedata

# Marks that turn the direction of the text after them (Unicode Standard Annex 9): a name that holds one could
# make the figures beside it read backwards.
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NO_BREAK = "\xa0"
"""The space between the thousands of a Russian number."""


def clean(text: str) -> str:
    """`text` on one line: runs of white space are one space, control and direction characters are gone."""
    if text.isprintable() and "  " not in text:  # as nearly every text is: nothing in it but the spaces at its ends
        return text.strip(" ")
    return " ".join(_without_controls(text).split())


def one_line(text: str) -> str:
    """As `clean`, for a text of ours: spaces that hold a number together stay."""
    return NO_BREAK.join(clean(part) if part.strip() else part for part in text.split(NO_BREAK))


def _without_controls(text: str) -> str:
    return "".join(" " if c.isspace() else c for c in text if c.isspace() or not _is_control(c))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in _DIRECTION_MARKS
