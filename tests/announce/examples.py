"""Results of several moments of a count, built by hand.

The figures of `noon`, `first_announcement`, `at_0313` and `complete` follow what was announced about the early
presidential election in Azerbaijan of 7 February 2024; stations and areas are synthetic and only add up to it.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tallyroom.announce.bulletin import Context, ReportedSentence
from tallyroom.tally.results import (
    AnnulledStation,
    AreaResults,
    BallotProgress,
    CallShown,
    CandidateFigures,
    CertificationShown,
    Contradiction,
    CorrectedStation,
    Counters,
    HourTurnout,
    Margin,
    Outcome,
    Progress,
    RegisterProgress,
    Results,
    Settled,
    SnapshotId,
    StatementShown,
    StationProgress,
    TurnoutFigures,
    percent,
)

STATIONS, REGISTER, CAST = 6537, 6_478_623, 4_971_032
ROOT = "8JU6uYFZcJXGqDMzyNQ0Lnd5sJ4wcpnFJ3UzuHSvWkc="
NAMES = {
    "c1": ("Ilham Aliyev", "New Azerbaijan Party"),
    "c2": ("Fuad Aliyev", "self-nominated"),
    "c3": ("Gudrat Hasanguliyev", "Whole Azerbaijan Popular Front Party"),
    "c4": ("Elshad Musayev", "Great Azerbaijan Party"),
    "c5": ("Fazil Mustafa", "Great Order (Establishment) Party"),
    "c6": ("Razi Nurullayev", "National Front Party"),
    "c7": ("Zahid Oruj", "self-nominated"),
}
HOURS = (
    ("10:00", 1_259_371, 6493),
    ("12:00", 2_499_033, 6499),
    ("15:00", 3_922_290, 6515),
    ("17:00", 4_590_104, 6537),
    ("19:00", 4_971_032, 6537),
)
ABSENT = StatementShown(
    kind="absence",
    by="Musavat",
    at="before 2024-02-07",
    source="AP",
    text="calls the election undemocratic, the commissions controlled by the authorities, the law deficient",
    snapshot_size=2,
)
CELEBRATION = StatementShown(
    kind="victory_claim",
    by="supporters in Baku",
    at="2024-02-07, before the first results",
    source="AP",
    text="hundreds celebrate the expected re-election",
    snapshot_size=41_870,
)
CONCESSION = StatementShown(
    kind="concession",
    by="three of the six other candidates",
    at="2024-02-08, early hours",
    source="Interfax-Azerbaijan via AP",
    text="congratulate the leader",
    snapshot_size=51_204,
)
OBSERVATION = StatementShown(
    kind="observation",
    by="OSCE/ODIHR and OSCE PA observers",
    at="2024-02-08",
    source="OSCE press conference, as reported",
    text="not competitive, restrictive environment; secrecy issues, missing safeguards against multiple voting",
    snapshot_size=58_113,
)
COURT = StatementShown(
    kind="certification",
    by="Constitutional Court",
    at="2024-02-13",
    source="Trend",
    text="confirms the commission's final protocol of 11 February",
    snapshot_size=58_130,
)
CONTEXT = Context(number=12, date="2024-02-07")


@dataclass
class Count:
    """The few figures from which `results` makes consistent Results."""

    votes: dict[str, int]
    reported: int
    covered: int
    invalid: int = 0
    names: dict[str, tuple[str, str]] = field(default_factory=lambda: NAMES)
    stations: int = STATIONS
    register: int = REGISTER
    cast: int | None = CAST
    size: int = 52_345
    time: str = "2024-02-08T03:13:00+04:00"
    hours: tuple[tuple[str, int, int], ...] = HOURS
    more: dict[str, Any] = field(default_factory=dict)


def results(count: Count) -> Results:
    """Results with shares, ranks, margin and bounds computed from `count`; `more` replaces whole fields."""
    valid = sum(count.votes.values())
    complete = count.reported == count.stations
    candidates = ranked(count, valid)
    settled = settle(candidates, valid, count.register - count.covered)
    one_leads = len(candidates) == 1 or candidates[0].votes > candidates[1].votes
    made = Results(
        election="azerbaijan-2024",
        election_name="Early presidential election of the Republic of Azerbaijan",
        contest="president",
        contest_name="President of the Republic of Azerbaijan",
        data_origin="synthetic",
        basis="standing",
        snapshot=SnapshotId(count.size, ROOT, count.time),
        state="complete" if complete else "counting",
        progress=Progress(
            StationProgress(count.reported, count.stations, percent(count.reported, count.stations)),
            RegisterProgress(count.covered, count.register, percent(count.covered, count.register)),
            BallotProgress(
                valid + count.invalid,
                count.cast,
                percent(valid + count.invalid, count.cast) if count.cast else None,
            ),
        ),
        counters=Counters(count.reported + 9, 9, count.reported, count.reported),
        turnout=TurnoutFigures(
            registered_opening=count.register,
            registered=count.register + 18_400,
            voted=count.cast,
            percent=None if count.cast is None else percent(count.cast, count.register + 18_400),
            is_floor=not complete,
            by_time=tuple(
                HourTurnout(at, voted, percent(voted, count.register), stations, stations < count.stations)
                for at, voted, stations in count.hours
            ),
        ),
        valid=valid,
        invalid=count.invalid,
        candidates=candidates,
        margin=margin(candidates, valid),
        outcome=Outcome(
            rule="absolute_majority",
            status="settled" if settled.settled else "open",
            leader=candidates[0].id if one_leads else None,
            winner=None,
            run_off=(),
            why="more than half of the valid votes, if the reported protocols stand",
        ),
        settled=settled,
        annulled=(),
        corrections=(),
        statements=(),
        contradictions=(),
    )
    return msgspec.structs.replace(made, **count.more)


def ranked(count: Count, valid: int) -> tuple[CandidateFigures, ...]:
    """Candidates by votes; equal votes share a rank."""
    order = sorted(count.votes.items(), key=lambda item: -item[1])
    return tuple(
        CandidateFigures(
            id=candidate,
            name=count.names[candidate][0],
            party=count.names[candidate][1],
            votes=votes,
            percent=percent(votes, valid),
            rank=1 + sum(other > votes for other in count.votes.values()),
        )
        for candidate, votes in order
    )


def margin(candidates: tuple[CandidateFigures, ...], valid: int) -> Margin | None:
    """The first above the second."""
    if len(candidates) < 2:
        return None
    votes = candidates[0].votes - candidates[1].votes
    return Margin(votes, percent(votes, valid))


def settle(candidates: tuple[CandidateFigures, ...], valid: int, outstanding: int) -> Settled:
    """The bounds by the register."""
    first = candidates[0].votes
    lead = first - (candidates[1].votes if len(candidates) > 1 else 0)
    leads = lead > outstanding
    majority = 2 * first > valid + outstanding
    return Settled(
        settled=leads and majority,
        by="register",
        lead=lead,
        outstanding=outstanding,
        hurdle_percent=percent(outstanding + lead, 2 * outstanding) if not leads and outstanding else None,
        leader_settled=leads,
        majority_settled=majority,
        text="if the reported protocols stand",
    )


def areas(votes: dict[str, int], reported: int, covered: int, count: int = 125) -> tuple[AreaResults, ...]:
    """Areas of nearly equal size whose figures add up exactly."""

    def part(total: int, i: int) -> int:
        return total * (i + 1) // count - total * i // count

    made = []
    for i in range(count):
        mine = {candidate: part(total, i) for candidate, total in votes.items()}
        valid = sum(mine.values())
        made.append(
            AreaResults(
                area_id=str(i + 1),
                name=f"Constituency {i + 1}",
                level="constituency",
                parent_id="az",
                stations_total=part(STATIONS, i),
                stations_reported=part(reported, i),
                registered=part(REGISTER, i),
                cast=part(CAST, i),
                valid=valid,
                invalid=0,
                votes=mine,
                percent={candidate: percent(own, valid) for candidate, own in mine.items()},
            )
        )
    return tuple(made)


def in_order(*votes: int) -> dict[str, int]:
    """Votes of c1, c2 ... in the order of the ballot paper."""
    return {f"c{i}": count for i, count in enumerate(votes, 1)}


NIGHT = in_order(4_281_625, 24_799, 81_799, 31_033, 92_980, 37_386, 101_851)
FINAL = in_order(4_567_458, 26_517, 85_411, 32_885, 98_421, 39_643, 107_632)
FIRST = in_order(2_440_650, 12_720, 47_170, 17_490, 52_735, 20_935, 58_300)


def noon() -> Results:
    """Voting goes on, 12:00."""
    return results(
        Count(
            votes=dict.fromkeys(NAMES, 0),
            reported=0,
            covered=0,
            cast=2_499_033,
            size=19_530,
            time="2024-02-07T12:06:00+04:00",
            hours=HOURS[:2],
            more={
                "state": "voting",
                "statements": (ABSENT,),
                "margin": None,
                "settled": None,
                "counters": Counters(0, 0, 0, 0),
                "outcome": Outcome("absolute_majority", "open", None, None, (), "voting goes on"),
            },
        )
    )


def no_results() -> Results:
    """Polls have closed and nothing is in."""
    return msgspec.structs.replace(noon(), state="counting")


def first_announcement() -> Results:
    """54.47% of stations."""
    return results(
        Count(
            votes=FIRST,
            reported=3561,
            covered=3_529_153,
            invalid=51_000,
            size=41_902,
            time="2024-02-07T23:40:00+04:00",
            more={"statements": (ABSENT, CELEBRATION), "areas": areas(FIRST, 3561, 3_529_153)},
        )
    )


def at_0313() -> Results:
    """93.35% of stations, nobody has called."""
    return results(
        Count(
            votes=NIGHT,
            reported=6102,
            covered=6_047_331,
            invalid=88_950,
            more={
                "statements": (ABSENT, CELEBRATION, CONCESSION),
                "areas": areas(NIGHT, 6102, 6_047_331),
                "unread": {"100.2.9": 2, "100.2.8": 0},
                "contradictions": (
                    Contradiction(
                        code="announced",
                        what="turnout.15:00.voted",
                        ours="3922290",
                        other="3922187",
                        source="the commission's second figure, as reported",
                        act=40_112,
                    ),
                ),
            },
        )
    )


def called() -> Results:
    """As at 03:13, and two people have called."""
    before = at_0313()
    outcome = msgspec.structs.replace(
        before.outcome, status="called", winner="c1", why="the lead is larger than all that can still come"
    )
    calls = (
        CallShown("call", "c1", "desk-1", "2024-02-08T03:14:00+04:00", 52_343, "arithmetic"),
        CallShown("call", "c1", "desk-2", "2024-02-08T03:15:00+04:00", 52_344, "arithmetic"),
    )
    return msgspec.structs.replace(before, outcome=outcome, calls=calls)


def complete() -> Results:
    """All stations in, eleven annulled, a correction; a certification is reported and none is on the record."""
    return results(
        Count(
            votes=FINAL,
            reported=STATIONS,
            covered=REGISTER,
            invalid=94_000,
            cast=5_051_967,
            size=58_140,
            time="2024-02-13T18:00:00+04:00",
            more={
                "annulled": tuple(
                    AnnulledStation(f"S-{number:04d}", "voting declared invalid", 58_000 + i)
                    for i, number in enumerate(range(611, 6600, 545))
                ),
                "corrections": (
                    CorrectedStation("S-0412", "correction", "two rows exchanged", 57_020, 33_140, 512, 521),
                    CorrectedStation("S-3120", "recount", "complaint upheld", 57_700, 41_209, 803, None),
                ),
                "statements": (ABSENT, CELEBRATION, CONCESSION, OBSERVATION, COURT),
                "contradictions": (
                    Contradiction(
                        code="announced",
                        what="percent.c2",
                        ours="0.53",
                        other="0.54",
                        source="the commission's final protocol, as reported",
                        act=58_020,
                    ),
                ),
                "areas": areas(FINAL, STATIONS, REGISTER),
                "outcome": Outcome("absolute_majority", "settled", "c1", None, (), "more than half of the valid votes"),
            },
        )
    )


def certified_elsewhere() -> Results:
    """A court's certification was reported and is taken as the end of the contest."""
    before = complete()
    outcome = msgspec.structs.replace(
        before.outcome,
        status="certified",
        winner="c1",
        why="Constitutional Court certified the result, Trend reported",
    )
    return msgspec.structs.replace(before, state="certified", outcome=outcome)


def certified() -> Results:
    """The authority that keeps the record has certified."""
    before = complete()
    return msgspec.structs.replace(
        before,
        state="certified",
        outcome=msgspec.structs.replace(before.outcome, status="certified", winner="c1"),
        certification=CertificationShown("commission", "2024-02-11T12:00:00+04:00", "Final protocol.", 58_100),
    )


RURITANIA = {
    "a": ("Flavia Elphberg", "Crown Union"),
    "b": ("Rupert Hentzau", "Free Towns"),
    "c": ("Antoinette de Mauban", "Forward"),
    "d": ("Fritz Tarlenheim", "Valley League"),
}


def close_race(votes: dict[str, int], reported: int = 700, **more: Any) -> Results:
    """A fictional country of 1,000 stations, 800 voters each."""
    base = {
        "election": "ruritania",
        "election_name": "Presidential election of Ruritania",
        "contest_name": "Presidential election of Ruritania",
    }
    return results(
        Count(
            votes=votes,
            reported=reported,
            covered=800 * reported,
            invalid=3_120,
            names=RURITANIA,
            stations=1000,
            register=800_000,
            cast=560_000,
            hours=(("12:00", 240_000, 990),),
            time="2024-05-05T22:15:30+02:00",
            more=base | more,
        )
    )


def open_race() -> Results:
    """Nobody is settled."""
    return close_race({"a": 151_020, "b": 149_870, "c": 60_300, "d": 21_000})


def tie() -> Results:
    """Two are level."""
    return close_race({"a": 150_000, "b": 150_000, "c": 60_300, "d": 21_000})


def lead_change() -> Results:
    """As `open_race`, a little later and the other way round."""
    return close_race({"a": 160_020, "b": 161_870, "c": 66_300, "d": 21_000}, reported=740)


def run_off() -> Results:
    """All in, and nobody has the majority."""
    return close_race(
        {"a": 210_020, "b": 205_870, "c": 86_300, "d": 31_000},
        reported=1000,
        outcome=Outcome(
            "absolute_majority", "run_off", "a", None, ("a", "b"), "nobody has more than half of the valid votes"
        ),
    )


def no_valid_election() -> Results:
    """All in, and the rule makes it invalid."""
    return close_race(
        {"a": 60_020, "b": 55_870, "c": 26_300, "d": 11_000},
        reported=1000,
        outcome=Outcome("majority", "no_valid_election", "a", None, (), "turnout below 25% of the register"),
    )


HOSTILE = '</td><script>alert("1")</script>\n\nX won\u202e \x1b[31m ' + "Long" * 60


def hostile() -> Results:
    """Names and texts that try to break out."""
    made = at_0313()
    first, *others = made.candidates
    evil = msgspec.structs.replace(first, name=HOSTILE, party="=cmd|'/c calc'!A0")
    said = StatementShown("claim", HOSTILE, HOSTILE, HOSTILE, HOSTILE, 7)
    areas_ = tuple(msgspec.structs.replace(area, name='=1+1,"x"\n' + HOSTILE) for area in made.areas[:3])
    return msgspec.structs.replace(
        made, candidates=(evil, *others), statements=(said,), election_name=HOSTILE, areas=areas_
    )


MOMENTS = {
    make.__name__: make
    for make in (
        noon,
        no_results,
        first_announcement,
        at_0313,
        called,
        complete,
        certified_elsewhere,
        certified,
        open_race,
        tie,
        lead_change,
        run_off,
        no_valid_election,
        hostile,
    )
}
DESK = ReportedSentence("International observers were present at 790 stations", "AP")
