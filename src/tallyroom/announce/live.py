"""Live: the figures of a page that its script can put in place of older ones.

While a page is rendered, every figure that may change is marked with a key and set down here, in the reader's
language and exactly as the page shows it.  `shape` is a hash of the page with those figures taken out: where two
snapshots have one shape, the newer page is the older one with the newer figures, and a few kilobytes are enough.
"""

import hashlib
import re
from collections.abc import Mapping

import msgspec
from markupsafe import Markup, escape

from tallyroom.announce.figures import one_line

ATTRIBUTES = ("class", "datetime", "points", "width", "y")
"""The attributes that a script may set beside text."""

_SLOT = re.compile("\x02([^\x03]*)\x03")


class Update(msgspec.Struct, frozen=True):
    """live.<language>.json: number and size of the snapshot, shape of its page, text of every figure by key."""

    number: int
    size: int
    root: str
    data_origin: str
    base: str
    shape: str
    values: dict[str, str]


class Live:
    """Collects the figures of one page while it is rendered."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def text(self, key: str, value: str, tag: str = "span") -> Markup:
        """An element that holds a figure."""
        return Markup(f'<{tag} data-live="{escape(key)}">{self._slot(key, value)}</{tag}>')

    def attribute(self, key: str, name: str, value: str) -> Markup:
        """An attribute that holds a figure."""
        if name not in ATTRIBUTES:
            raise ValueError(f"{name!r} is no attribute that may change")
        return Markup(f'{name}="{self._slot(key, value)}" data-live-{name}="{escape(key)}"')

    def base(self, path: str) -> Markup:
        """The folder of the snapshot's files, in an address."""
        return Markup(self._slot("base", path))

    def _slot(self, key: str, value: str) -> str:
        self.values[key] = one_line(value)
        return f"\x02{key}\x03"


def shape_of(html: str) -> str:
    """Hash of a page in which every figure is a slot."""
    return hashlib.sha256(html.encode()).hexdigest()[:16]


def filled(html: str, values: Mapping[str, str]) -> str:
    """The page with the figures in their slots."""
    return _SLOT.sub(lambda found: str(escape(values[found.group(1)])), html)
