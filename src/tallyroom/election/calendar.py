"""The calendar of an election: statutory dates as offsets from the day it is called.

A snap election gets all its dates in one step: change `called_on` and every date follows.  Each date names
the article of law it comes from.  The iCalendar text follows RFC 5545.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal


@dataclass(frozen=True)
class StatutoryDate:
    """A date by law: `days` after (or, if negative, before) the day the election is called or held."""

    id: str
    title: str
    days: int
    counted_from: Literal["called", "election_day"]
    citation: str

    def on(self, called_on: date, election_day: date) -> date:
        """The day on which it falls."""
        start = called_on if self.counted_from == "called" else election_day
        return start + timedelta(days=self.days)


@dataclass(frozen=True)
class Calendar:
    """All statutory dates of an election."""

    dates: tuple[StatutoryDate, ...]

    def days(self, called_on: date, election_day: date) -> list[tuple[date, StatutoryDate]]:
        """The dates in order of time."""
        found = [(entry.on(called_on, election_day), entry) for entry in self.dates]
        return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def ics(election_id: str, days: Sequence[tuple[date, StatutoryDate]]) -> str:
    """The dates as an iCalendar text of all-day events (RFC 5545), the same bytes for the same dates."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tallyroom//calendar//EN"]
    for day, entry in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.id}@{election_id}",
            f"DTSTAMP:{day:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escape(entry.title)}",
            f"DESCRIPTION:{_escape(entry.citation)}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(_fold(line) + "\r\n" for line in lines)


def _escape(text: str) -> str:
    """Text as RFC 5545, 3.3.11 asks."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _fold(line: str) -> str:
    """A line cut so that none is longer than 75 octets (RFC 5545, 3.1)."""
    parts, part = [], ""
    for sign in line:
        if len((part + sign).encode()) > 74:
            parts.append(part)
            part = ""
        part += sign
    return "\r\n ".join([*parts, part])
