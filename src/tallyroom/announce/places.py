"""Places: addresses of the pages below a snapshot, in every language and for every area."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tallyroom.announce.language import LANGUAGES, language
from tallyroom.announce.view import View
from tallyroom.election.definition import Definition

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}")


class Link(NamedTuple):
    """The same page in another language."""

    code: str
    name: str
    href: str


def languages_of(definition: Definition) -> tuple[str, ...]:
    """The languages of the pages: those of the election that have a file, the first of them the site's own."""
    known = tuple(dict.fromkeys(code for code in definition.languages if code in LANGUAGES))
    return known or ("en",)


@dataclass(frozen=True)
class Places:
    """Addresses of pages in one language, as seen from one folder.

    base: from the page to the folder of the snapshot's files.  top: from the page to the top of the site.
    """

    view: View
    code: str
    base: str
    top: str

    @property
    def suffix(self) -> str:
        """What stands before .html: nothing in the site's own language, else the language."""
        return "" if self.code == languages_of(self.view.definition)[0] else f".{self.code}"

    def file(self, name: str) -> str:
        """The name of a page in this language: index.html, index.az.html."""
        stem, _, kind = name.rpartition(".")
        return f"{stem}{self.suffix}.{kind}"

    def area(self, area_id: str) -> str:
        """From the page to the newest page of an area."""
        return self.to_area(area_id, f"{self.base}areas/")

    def to_area(self, area_id: str, folder: str) -> str:
        """As `area`, where pages of this snapshot's areas are in `folder`."""
        name = self.file(f"{area_name(area_id)}.html")
        number = self.view.held.get(area_id, self.view.number)
        if number == self.view.number:
            return f"{folder}{name}"
        return f"{self.top}v/{number}/{self.view.folder}areas/{name}"

    def links(self, name: str, folder: str = "") -> Sequence[Link]:
        """A page in every language."""
        codes = languages_of(self.view.definition)
        others = [Places(self.view, code, self.base, self.top) for code in codes]
        return [Link(one.code, language(one.code).name, f"{folder}{one.file(name)}") for one in others]


def row_anchor(area_id: str) -> str:
    """The id of an area's row in the table of areas."""
    return f"a-{area_name(area_id)}"


def area_name(area_id: str) -> str:
    """A file name for an area: its id where that is plain, else a hash of it.

    An id that mixes large and small letters is not plain: some file systems take "A1" and "a1" for one name.
    """
    plain = _PLAIN.fullmatch(area_id) and area_id in (area_id.lower(), area_id.upper())
    return area_id if plain else f"x-{hashlib.sha256(area_id.encode()).hexdigest()[:20]}"
