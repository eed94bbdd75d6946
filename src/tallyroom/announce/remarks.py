"""The sentences of a bulletin around its figures: what is held back, changed, disputed or said by others.

A statement of somebody else is attributed and never ours, in the words in which it was entered; a contradiction is
shown and never fitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tallyroom.announce.figures import clean
from tallyroom.announce.language import Language
from tallyroom.tally.results import (
    AnnulledStation,
    Contradiction,
    CorrectedStation,
    Counters,
    SnapshotId,
    StatementShown,
)

MARKED_ORIGINS = ("synthetic", "mixed")
_OWN_CHECKS = {
    "ballots counted, ballots cast": "figure_counted_cast",
    "a station's turnout is below an earlier hour's": "figure_turnout_fell",
}


@dataclass(frozen=True)
class Remarks:
    """The sentences in one language."""

    language: Language

    def origin(self, data_origin: str) -> str | None:
        """The banner of data that are not the returns of real places; None for those that are."""
        return self.language.say(f"origin_{data_origin}") if data_origin in MARKED_ORIGINS else None

    def in_review(self, counters: Counters) -> str:
        """Protocols are held back for people to look at."""
        return self.language.say("in_review", count=counters.in_review)

    def unread(self, figures: Mapping[str, int]) -> str:
        """Figures of accepted protocols that could not be read."""
        each = ", ".join(self.language.say("counted_each", name=line, count=n) for line, n in figures.items())
        return self.language.say("unread", each=each)

    def annulled(self, reason: str, stations: Sequence[AnnulledStation], basis: Literal["standing", "counted"]) -> str:
        """Stations annulled for one reason, and whether their votes are in these totals."""
        each = [self.language.say("station_act", station=one.station_id, act=one.act) for one in stations]
        return self.language.say(
            f"annulled_{basis}", reason=self.language.clause(reason), each=self.language.join(each)
        )

    def corrected(self, station: CorrectedStation) -> str:
        """A correction or a recount changed a station's figures after acceptance."""
        return self.language.say(
            f"corrected_{station.kind}",
            before=self._valid(station.valid_before),
            after=self._valid(station.valid_after),
            station=station.station_id,
            reason=self.language.clause(station.reason),
            act=station.act,
            supersedes=station.supersedes,
        )

    def contradiction(self, found: Contradiction, names: Mapping[str, str]) -> str:
        """Two figures do not agree, or one with itself; names: candidates by id."""
        what = self.language.capital(self.figure_name(clean(found.what), names))
        if not found.ours:
            return self.language.say("contradiction_ours", what=what, act=found.act)
        ours, other = (self.figure_value(found.what, text) for text in (found.ours, found.other))
        return self.language.say("contradiction", what=what, ours=ours, other=other, source=found.source)

    def figure_name(self, path: str, names: Mapping[str, str]) -> str:
        """What a figure of an announcement is, from its path (`tally.announced`); any other text as it is."""
        say = self.language.say
        match path.split("."):
            case ["votes", candidate]:
                return say("figure_votes", name=names.get(candidate, candidate))
            case ["percent", candidate]:
                return say("figure_percent", name=names.get(candidate, candidate))
            case ["stations", "reported" | "percent"]:
                return say("figure_stations")
            case ["turnout", "percent"]:
                return say("figure_turnout")
            case ["turnout", hour, "percent"]:
                return say("figure_turnout_at", hour=hour)
            case ["turnout", hour, "voted"]:
                return say("figure_voters_by", hour=hour)
            case ["turnout", hour, "stations"]:
                return say("figure_stations_at", hour=hour)
            case ["valid" | "invalid" | "annulled" as figure]:
                return say(f"figure_{figure}")
        return say(_OWN_CHECKS[path]) if path in _OWN_CHECKS else path

    def figure_value(self, path: str, text: str) -> str:
        """A figure of an announcement with its unit: marks in a whole number, % behind a percentage."""
        if "percent" in path.split(".") and text.replace(".", "", 1).isdecimal():
            return self.language.share(text)
        return self.language.number(int(text)) if text.isdecimal() else clean(text)

    def statement(self, said: StatementShown) -> str:
        """What somebody said, or why somebody took no part, attributed."""
        return self.language.say(
            f"said_{said.kind}",
            by=self.language.capital(clean(said.by)),
            text=self.language.clause(said.text),
            at=said.at,
            source=said.source,
        )

    def said_when(self, said: StatementShown) -> str:
        """Which snapshot was in force when a statement was entered."""
        if said.snapshot_size == 0:
            return self.language.say("before_first_snapshot")
        return self.language.say("snapshot_in_force", size=said.snapshot_size)

    def no_call(self) -> str:
        """Somebody conceded or claimed victory and nobody has called the contest."""
        return self.language.say("no_call")

    def no_call_in_force(self) -> str:
        """As `no_call`, where there was a call by one person or one that was taken back."""
        return self.language.say("no_call_in_force")

    def no_certification(self) -> str:
        """A certification was reported and none is on the record."""
        return self.language.say("no_certification")

    def reported_context(self, source: str, text: str) -> str:
        """A sentence that the desk adds, attributed."""
        sentence = self.language.capital(self.language.clause(text))
        return self.language.say("reported_context", text=sentence, source=source)

    def dateline(self, election: str, on: str, number: int, snapshot: SnapshotId) -> str:
        """Which election, which snapshot, as of when."""
        return self.language.say(
            "dateline", election=election, day=self.language.day(on), number=number, time=snapshot.time
        )

    def as_counted(self) -> str:
        """The totals are those before annulments."""
        return self.language.say("as_counted")

    def limits(self) -> str:
        """What the record can and cannot show."""
        return self.language.say("limits")

    def computed_from(self, snapshot: SnapshotId) -> str:
        """The prefix of the record behind every figure."""
        return self.language.say("computed_from", size=snapshot.size, root=snapshot.root)

    def title(self, paragraph: str) -> str:
        """The title of a paragraph of the bulletin."""
        return self.language.say(f"title_{paragraph}")

    def _valid(self, votes: int | None) -> str:
        return self.language.say("unread_figures") if votes is None else self.language.say("valid_votes", count=votes)
