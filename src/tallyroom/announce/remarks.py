"""The sentences of an English bulletin around its figures: what is held back, changed, disputed or said by others.

A statement of somebody else is attributed and never ours; a contradiction is shown and never fitted.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from tallyroom.announce.figures import capital, clause, clean, join_names, moment, number
from tallyroom.tally.results import (
    AnnulledStation,
    Contradiction,
    CorrectedStation,
    Counters,
    SnapshotId,
    StatementShown,
)

ORIGIN = {
    "synthetic": "SYNTHETIC STATIONS: the figures of single polling stations were made for a rehearsal and are "
    "not the returns of any real place.",
    "mixed": "SYNTHETIC STATIONS: some of the polling stations in these figures were made for a rehearsal and "
    "are not the returns of any real place.",
}
SAID = {
    "announcement": "made an announcement",
    "concession": "conceded",
    "congratulation": "sent congratulations",
    "victory_claim": "claimed victory",
    "complaint": "complained",
    "claim": "made a claim",
    "observation": "gave observations",
    "field_report": "described what was seen",
    "certification": "certified the result",
}
_FIGURES = {"valid": "valid votes", "invalid": "invalid ballots", "annulled": "annulled stations"}


def in_review(counters: Counters) -> str:
    """Protocols are held back for people to look at."""
    verb = "protocol is" if counters.in_review == 1 else "protocols are"
    return f"{number(counters.in_review)} {verb} held in review and in no total."


def unread(figures: dict[str, int]) -> str:
    """Figures of accepted protocols that could not be read."""
    each = ", ".join(f"{line} ({number(count)})" for line, count in figures.items())
    return f"Some figures could not be read and are in no total: {each}."


def annulled(reason: str, stations: Sequence[AnnulledStation], basis: Literal["standing", "counted"]) -> str:
    """Stations annulled for one reason, and whether their votes are in these totals."""
    each = join_names([f"{station.station_id} (act {number(station.act)})" for station in stations])
    totals = "left these totals" if basis == "standing" else "are still in these totals"
    return f"Annulled, {clause(reason)}: {each}. Their votes {totals}."


def corrected(station: CorrectedStation) -> str:
    """A correction or a recount changed a station's figures after acceptance."""
    before, after = (_valid(votes) for votes in (station.valid_before, station.valid_after))
    return (
        f"An earlier version gave {before} at station {station.station_id}; a {station.kind} gives {after}: "
        f"{clause(station.reason)} (act {number(station.act)} in place of act {number(station.supersedes)})."
    )


def contradiction(found: Contradiction, names: Mapping[str, str]) -> str:
    """Two figures do not agree, or one with itself; names: candidates by id."""
    what = capital(figure_name(clean(found.what), names))
    if not found.ours:
        return f"{what} (act {number(found.act)})." if found.act is not None else f"{what}."
    ours, other = (figure_value(found.what, text) for text in (found.ours, found.other))
    return f"{what}: {ours} in this count, {other} elsewhere (source: {clean(found.source)})."


def figure_name(path: str, names: Mapping[str, str]) -> str:
    """What a figure of an announcement is, from its path (`tally.announced`); any other text as it is."""
    match path.split("."):
        case ["votes", candidate]:
            return f"votes of {names.get(candidate, candidate)}"
        case ["percent", candidate]:
            return f"share of {names.get(candidate, candidate)}"
        case ["stations", "reported" | "percent"]:
            return "polling stations reported"
        case ["turnout", "percent"]:
            return "turnout of the whole day"
        case ["turnout", hour, "percent"]:
            return f"turnout at {hour}"
        case ["turnout", hour, "voted"]:
            return f"voters by {hour}"
        case ["turnout", hour, "stations"]:
            return f"polling stations in the turnout at {hour}"
    return _FIGURES.get(path, path)


def figure_value(path: str, text: str) -> str:
    """A figure of an announcement with its unit: commas in a whole number, % behind a percentage."""
    if "percent" in path.split("."):
        return f"{clean(text)}%"
    return number(int(text)) if text.isdecimal() else clean(text)


def absent(said: StatementShown) -> str:
    """Somebody took no part, and says why."""
    return f"{capital(clean(said.by))}: {clause(said.text)} {_attributed(said)}."


def statement(said: StatementShown) -> str:
    """What somebody said, attributed."""
    return f"{capital(clean(said.by))} {SAID[said.kind]}: {clause(said.text)} {_attributed(said)}."


def said_when(said: StatementShown) -> str:
    """Which snapshot was in force when a statement was entered."""
    if said.snapshot_size == 0:
        return "Entered before the first snapshot."
    return f"The snapshot then in force was computed from {number(said.snapshot_size)} acts."


def no_call() -> str:
    """Somebody conceded or claimed victory and nobody has called the contest."""
    return "No call has been made in this count."


def no_call_in_force() -> str:
    """As `no_call`, where there was a call by one person or one that was taken back."""
    return "No call is in force in this count."


def no_certification() -> str:
    """A certification was reported and none is on the record."""
    return "This record holds no certification of its own."


def reported_context(source: str, text: str) -> str:
    """A sentence that the desk adds, attributed."""
    return f"{capital(clause(text))} (source: {clean(source)})."


def dateline(election: str, on: str, number_of_snapshot: int, snapshot: SnapshotId) -> str:
    """Which election, which snapshot, as of when."""
    return f"{election}, {on}. Snapshot {number(number_of_snapshot)}, as of {moment(snapshot.time)}."


def as_counted() -> str:
    """The totals are those before annulments."""
    return "These are totals as counted, before annulments."


def limits() -> str:
    """What the record can and cannot show."""
    return (
        "The record shows what was published, when, and that it is unchanged; it cannot show that voting was "
        "free or that the paper behind a protocol was counted honestly."
    )


def computed_from(snapshot: SnapshotId) -> str:
    """The prefix of the record behind every figure."""
    return f"Computed from the first {number(snapshot.size)} acts of the record, root {snapshot.root}."


TITLES = {
    "result": "Result",
    "progress": "Progress of the count",
    "changes": "Annulments and corrections",
    "contradictions": "Contradictions",
    "announced": "Last announcement elsewhere",
    "absent": "Took no part",
    "statements": "Statements",
    "context": "Context",
    "record": "About this record",
}


def _valid(votes: int | None) -> str:
    return "unread figures" if votes is None else f"{number(votes)} valid votes"


def _attributed(said: StatementShown) -> str:
    return f"({clean(said.at)}; source: {clean(said.source)})"
