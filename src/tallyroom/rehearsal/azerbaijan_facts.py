"""What was announced and reported about the Azerbaijani election of 7 February 2024, as types.

The figures are in azerbaijan_2024.toml, each table with its source; `ours` names those that nobody announced.
"""

import datetime
from importlib.resources import files
from typing import Literal

import msgspec

from tallyroom.election.stations import Kind
from tallyroom.rehearsal.electorate import Candidate


class _Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the facts file: where its figures come from, and which of them nobody announced."""

    source: str
    ours: tuple[str, ...] = ()


class ElectionFacts(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When, where and for whom the election was held."""

    name: str
    date: datetime.date
    timezone: str
    polls_open: datetime.datetime
    polls_close: datetime.datetime
    called_on: datetime.date
    ordinary_election_due: str
    candidate_registration_ended: datetime.date
    campaign_from: datetime.date
    term_years: int
    term_limit: str
    constituencies: int
    stations: int
    stations_permanent: int
    stations_temporary: int
    stations_abroad: int
    countries_abroad: int
    voters_abroad_about: int
    stations_regained_territory: int
    voters_regained_territory_about: int
    registered: int
    registered_quoted_at_noon: int
    observers: int
    observers_international: int
    first_results_promised_at: datetime.datetime


class VotedOtherwise(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same turnout as another source gives it."""

    voted: int


class TurnoutFact(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Turnout announced for one hour: voters so far, percent of the opening register, stations reporting."""

    at: datetime.datetime
    enter_at: datetime.datetime
    voted: int
    percent: str
    stations: int
    otherwise: VotedOtherwise | None = None

    def figures(self) -> dict[str, int | str]:
        """Return what was announced, by the paths of a statement in the record."""
        told: dict[str, int | str] = {"voted": self.voted, "percent": self.percent, "stations": self.stations}
        return {f"turnout.{self.at:%H:%M}.{path}": told[path] for path in told if path not in self.ours}


class ConstituencyTurnout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Turnout of one real constituency, in percent."""

    constituency: int
    name: str
    percent: str


class TurnoutExtremes(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The real constituencies with the highest and the lowest turnout."""

    at: str
    highest: ConstituencyTurnout
    lowest: ConstituencyTurnout


class Announcement(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One announcement of the count; `votes` and `percent` (of valid votes) by candidate id, as announced."""

    at: str
    enter_at: datetime.datetime
    stations: int
    percent: dict[str, str]
    stations_percent: str | None = None
    valid: int | None = None
    votes: dict[str, int] = {}

    def figures(self) -> dict[str, int | str]:
        """Return what was announced, by the paths of a statement in the record."""
        told = {
            "stations.reported": None if "stations" in self.ours else self.stations,
            "stations.percent": self.stations_percent,
            "valid": None if "valid" in self.ours else self.valid,
        }
        votes = {f"votes.{candidate}": count for candidate, count in self.votes.items()}
        percent = {f"percent.{candidate}": share for candidate, share in self.percent.items()}
        return {path: figure for path, figure in told.items() if figure is not None} | votes | percent


class FinalProtocol(Announcement, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The final protocol: without the annulled stations, with invalid ballots and final turnout."""

    annulled: int
    invalid: int
    turnout_percent: str

    def figures(self) -> dict[str, int | str]:
        """Return what was announced, by the paths of a statement in the record."""
        told: dict[str, int | str] = {"annulled": self.annulled, "invalid": self.invalid}
        return super().figures() | told | {"turnout.percent": self.turnout_percent}


class CountFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The announcements of the count, in order of time."""

    first: Announcement
    night: Announcement
    complete: Announcement
    final: FinalProtocol


class ExitPoll(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an exit poll gave, in percent by candidate id."""

    pollster: str
    enter_at: datetime.datetime
    percent: dict[str, str]


class StatementFact(_Fact, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody said, paraphrased; `said_at` as the source gives it, `enter_at` ours."""

    kind: Literal[
        "absence",
        "certification",
        "claim",
        "concession",
        "congratulation",
        "field_report",
        "observation",
        "victory_claim",
    ]
    speaker: str
    said_at: str
    enter_at: datetime.datetime
    text: str


class Discrepancy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of the sources that do not agree with each other."""

    what: str
    note: str


class SyntheticChoices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What nobody announced and we chose; times of day, kinds of stations and sums that the night needs."""

    first_valid: int
    annulled_invalid: int
    annulled_at: datetime.datetime
    annulment_reason: str
    registered_abroad: int
    registered_regained_territory: int
    counting_from: datetime.datetime
    kinds: dict[Kind, int]


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the facts file says."""

    election: ElectionFacts
    candidates: tuple[Candidate, ...]
    turnout: tuple[TurnoutFact, ...]
    turnout_extremes: tuple[TurnoutExtremes, ...]
    count: CountFacts
    exit_polls: tuple[ExitPoll, ...]
    statements: tuple[StatementFact, ...]
    discrepancies: tuple[Discrepancy, ...]
    synthetic: SyntheticChoices


def facts() -> Facts:
    """Read the packaged facts; raises msgspec.ValidationError where the file does not fit the types."""
    text = files("tallyroom.rehearsal").joinpath("azerbaijan_2024.toml").read_bytes()
    return msgspec.toml.decode(text, type=Facts)
