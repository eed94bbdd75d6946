"""Results: everything that one prefix of the record says about one contest, ready to be shown.

This is `results --json` and the results.json of a snapshot, as types.  The three measures of progress are
three types on purpose: "reported" is said of polling stations, "covered" of registered voters, "counted"
of ballots and "cast" of turnout, and a function that takes one of them cannot be given another.

Percentages are strings with two decimals, rounded half-up from exact integers (`percent`); "<0.01" and
">99.99" are never shown as 0 or 100.  Votes and voters are whole numbers.
"""

from typing import Literal

import msgspec

State = Literal["before", "voting", "counting", "complete", "certified"]
OutcomeStatus = Literal["open", "settled", "called", "certified", "run_off", "no_valid_election"]


def percent(part: int, whole: int) -> str | None:
    """`part` as a percentage of `whole`, two decimals, rounded half-up once; None where whole is 0.

    >>> percent(6102, 6537), percent(1, 10**6), percent(999999, 10**6)
    ('93.35', '<0.01', '>99.99')
    """
    if whole == 0:
        return None
    hundredths = (20_000 * part + whole) // (2 * whole)
    if hundredths == 0 and part > 0:
        return "<0.01"
    if hundredths == 10_000 and part < whole:
        return ">99.99"
    return f"{hundredths // 100}.{hundredths % 100:02d}"


class SnapshotId(msgspec.Struct, frozen=True):
    """The prefix of the record that figures were computed from: acts, Merkle root (base64), time shown."""

    size: int
    root: str
    time: str


class StationProgress(msgspec.Struct, frozen=True):
    """Polling stations whose result is in, of all; percent of polling stations."""

    reported: int
    total: int
    percent: str | None


class RegisterProgress(msgspec.Struct, frozen=True):
    """Registered voters (opening register) of the stations whose result is in, of all; percent of voters."""

    covered: int
    total: int
    percent: str | None


class BallotProgress(msgspec.Struct, frozen=True):
    """Ballots counted, of the ballots cast as far as turnout reports and protocols tell; percent of those."""

    counted: int
    cast: int | None
    percent: str | None


class Progress(msgspec.Struct, frozen=True):
    """How far the count is, in three named units."""

    stations: StationProgress
    registered: RegisterProgress
    ballots: BallotProgress


class Counters(msgspec.Struct, frozen=True):
    """Protocols received, held in review, accepted and published: four separate numbers of stations."""

    received: int
    in_review: int
    accepted: int
    published: int


class HourTurnout(msgspec.Struct, frozen=True):
    """Turnout at a fixed hour: voters so far, percent of the opening register, stations that reported it."""

    at: str
    voted: int
    percent: str | None
    stations: int
    is_floor: bool


class TurnoutFigures(msgspec.Struct, frozen=True):
    """Turnout as known; `percent` is `voted` over `registered`, a floor where stations are missing."""

    registered_opening: int
    registered: int
    voted: int | None
    percent: str | None
    is_floor: bool
    by_time: tuple[HourTurnout, ...]


class CandidateFigures(msgspec.Struct, frozen=True):
    """A candidate's votes, the percentage of valid votes, and the rank (equal votes share a rank)."""

    id: str
    name: str
    party: str
    votes: int
    percent: str | None
    rank: int
    status: str = "registered"


class Margin(msgspec.Struct, frozen=True):
    """The leader's votes above the runner-up's, and the same in percentage points of valid votes."""

    votes: int
    percent_points: str | None


class Outcome(msgspec.Struct, frozen=True):
    """What the figures mean by the election's rule; `winner` is None until a call by two or a certification."""

    rule: str
    status: OutcomeStatus
    leader: str | None
    winner: str | None
    run_off: tuple[str, ...]
    why: str


class Settled(msgspec.Struct, frozen=True):
    """The arithmetic of what can still change.

    lead: leader over runner-up, votes.  outstanding: the most votes that can still come (`by` says from
    what).  hurdle_percent: the share of the outstanding that the runner-up would need to draw level.
    """

    settled: bool
    by: Literal["register", "ballots_delivered", "turnout"] | None
    lead: int
    outstanding: int
    hurdle_percent: str | None
    leader_settled: bool
    majority_settled: bool
    text: str


class AnnulledStation(msgspec.Struct, frozen=True):
    """A station whose result is annulled: its id, the reason given and the act's number."""

    station_id: str
    reason: str
    act: int


class CorrectedStation(msgspec.Struct, frozen=True):
    """A correction or recount after acceptance: what it superseded, why, and the valid votes before and after."""

    station_id: str
    kind: Literal["correction", "recount"]
    reason: str
    act: int
    supersedes: int
    valid_before: int | None
    valid_after: int | None


class StatementShown(msgspec.Struct, frozen=True):
    """What somebody said, attributed, with the size of the snapshot then in force (0 before the first)."""

    kind: str
    by: str
    at: str
    source: str
    text: str
    snapshot_size: int


class Contradiction(msgspec.Struct, frozen=True):
    """Two figures that do not agree, shown and never fitted: what, where each comes from, and both values."""

    code: str
    what: str
    ours: str
    other: str
    source: str
    act: int | None


class CallShown(msgspec.Struct, frozen=True):
    """One line of the log of calls: a call of a candidate or its taking back, whose key, when and why."""

    action: Literal["call", "uncall"]
    candidate: str | None
    by: str
    at: str
    act: int
    reason: str


class CertificationShown(msgspec.Struct, frozen=True):
    """The authority's own certification on the record: the role that signed, when, its words, the act's number."""

    by: str
    at: str
    text: str
    act: int


class AreaResults(msgspec.Struct, frozen=True):
    """One area's totals: stations, registered voters, turnout and votes in ballot-paper order of candidates."""

    area_id: str
    name: str
    level: str
    parent_id: str
    stations_total: int
    stations_reported: int
    registered: int
    cast: int | None
    valid: int
    invalid: int
    votes: dict[str, int]
    percent: dict[str, str | None]


class Results(msgspec.Struct, frozen=True):
    """One contest as one prefix of the record gives it (see the module)."""

    election: str
    election_name: str
    contest: str
    contest_name: str
    data_origin: str
    basis: Literal["standing", "counted"]
    snapshot: SnapshotId
    state: State
    progress: Progress
    counters: Counters
    turnout: TurnoutFigures
    valid: int
    invalid: int
    candidates: tuple[CandidateFigures, ...]
    margin: Margin | None
    outcome: Outcome
    settled: Settled | None
    annulled: tuple[AnnulledStation, ...]
    corrections: tuple[CorrectedStation, ...]
    statements: tuple[StatementShown, ...]
    contradictions: tuple[Contradiction, ...]
    unread: dict[str, int] = {}
    areas: tuple[AreaResults, ...] = ()
    calls: tuple[CallShown, ...] = ()
    certification: CertificationShown | None = None
