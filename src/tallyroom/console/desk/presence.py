"""Who was present at the count: how many members, observers and agents, and who had nominated them.  No names."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from tallyroom.record.acts import Present

ROLES = ("member", "observer", "agent")
ROWS = 40
"""Lines that are read."""
OFFERED = 6
"""Lines that the page offers at the least, and more where more are known of the station."""
LONGEST = 120
"""Signs of the name of a party or organisation that nominates."""


class Line(NamedTuple):
    """A line of the page: its number, and what stands in it; `present` is None in an empty one."""

    number: int
    present: Present | None


def offered(known: Sequence[Present]) -> list[Line]:
    """The lines of the page: those entered for the station before, for whoever receives the form to check, and empty
    ones."""
    count = min(max(OFFERED, len(known) + 2), ROWS)
    return [Line(number, known[number] if number < len(known) else None) for number in range(count)]


def presence_of(posted: Mapping[str, str]) -> tuple[Present, ...] | str:
    """The lines that are filled in, or what is wrong with one of them."""
    found: dict[tuple[str, str], Present] = {}
    for line in range(ROWS):
        role, by, count = (posted.get(f"present_{line}_{part}", "").strip() for part in ("role", "by", "count"))
        if not (by or count):
            continue
        if role not in ROLES or not (count.isascii() and count.isdecimal() and 0 < int(count[:6]) < 1000):
            return _("Line %(line)s of those present needs a role and a count from 1 to 999.") % {"line": line + 1}
        if len(by) > LONGEST or (role, by) in found:
            return _("Line %(line)s of those present stands twice, or its name is too long.") % {"line": line + 1}
        found[role, by] = Present(role=role, nominated_by=by, count=int(count))
    return tuple(found.values())
