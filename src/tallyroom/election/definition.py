"""The definition of an election: what was called, where, for whom, by which rules and on which form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from tallyroom.election.areas import Areas
from tallyroom.election.calendar import Calendar
from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.form import Form
from tallyroom.election.rules import Rule
from tallyroom.election.secrecy import Secrecy
from tallyroom.election.stations import Stations

DataOrigin = Literal["real", "synthetic", "mixed"]


@dataclass(frozen=True)
class Contest:
    """One question on the ballot: id, name, the office, the rule that decides it, candidates in ballot order."""

    id: str
    name: str
    office: str
    rule: Rule
    candidates: tuple[Candidate, ...]

    @property
    def candidate_ids(self) -> tuple[str, ...]:
        """Ids in ballot-paper order."""
        return tuple(candidate.id for candidate in self.candidates)


@dataclass(frozen=True)
class Name:
    """A translation or an attributed variant of a name: of which id, in which language, said by which source."""

    id: str
    language: str
    text: str
    source: str


@dataclass(frozen=True)
class Definition:
    """Everything that is fixed before the first vote.

    country: its ISO 3166 code in small letters, "" where none is given.  files: SHA-256 (hex) of each file of
    the definition by its name; empty for one that was not read from a folder.  notices: what could not be
    checked and does not stop the election.
    """

    id: str
    name: str
    office: str
    day: date
    called_on: date
    timezone: str
    opens: time
    closes: time
    turnout_hours: tuple[str, ...]
    languages: tuple[str, ...]
    data_origin: DataOrigin
    authority: str
    origin: str
    areas: Areas
    stations: Stations
    contests: tuple[Contest, ...]
    form: Form
    calendar: Calendar
    eligibility: Eligibility
    names: tuple[Name, ...] = ()
    country: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    secrecy: Secrecy = field(default_factory=Secrecy)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which hours are given."""
        return ZoneInfo(self.timezone)

    @property
    def closing(self) -> datetime:
        """When the polls close, with offset."""
        return datetime.combine(self.day, self.closes, self.zone)

    def contest(self, contest_id: str = "") -> Contest:
        """A contest by id; the first one for an empty id.  Raises KeyError with the ids that there are."""
        for contest in self.contests:
            if contest_id in ("", contest.id):
                return contest
        raise KeyError(f"no contest {contest_id!r}; there are: {', '.join(c.id for c in self.contests)}")
