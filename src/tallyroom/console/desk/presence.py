"""Who was present at the count: how many members, observers and agents, and who had nominated them.  No names."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tallyroom.record.acts import Present

ROLES = ("member", "observer", "agent")
ROWS = 6
"""Lines that the page offers."""
LONGEST = 100
"""Signs of the name of a party or organisation that nominates."""


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
