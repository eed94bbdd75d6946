"""Hypothesis strategies: consistent Results of any moment of a small count, with ties and lead changes."""

import msgspec
from hypothesis import strategies as st

from tallyroom.tally.results import (
    AnnulledStation,
    CallShown,
    Contradiction,
    CorrectedStation,
    Outcome,
    Results,
    StatementShown,
)
from tests.announce.examples import Count, results

PEOPLE = ("Ada", "Bela", "Cato", "Dora", "Emil", "Fina")
KINDS = ("announcement", "concession", "victory_claim", "claim", "observation", "absence", "certification")
small = st.integers(0, 4)
large = st.integers(0, 4_000_000)
texts = st.sampled_from(("a text", "another text.", "Text with 3 figures, 1,200 and 5.5%"))


@st.composite
def any_results(draw: st.DrawFn) -> Results:
    """Results before, during and after voting and counting, with every status of the outcome."""
    stations = draw(st.integers(1, 2000))
    reported = draw(st.sampled_from((0, stations)) | st.integers(0, stations))
    people = draw(st.integers(1, len(PEOPLE)))
    votes = draw(st.lists(draw(st.sampled_from((small, large))), min_size=people, max_size=people))
    count = Count(
        votes={f"c{i}": count if reported else 0 for i, count in enumerate(votes)},
        reported=reported,
        covered=300 * reported,
        invalid=draw(small) if reported else 0,
        names={f"c{i}": (PEOPLE[i], "a party") for i in range(people)},
        stations=stations,
        register=300 * stations,
        cast=draw(st.none() | large),
        hours=tuple((f"{hour}:00", draw(large), draw(st.integers(0, stations))) for hour in draw(st.sets(small))),
        size=draw(st.integers(1, 10**7)),
    )
    made = results(count)
    state = draw(st.sampled_from(states(reported, stations)))
    return msgspec.structs.replace(
        made,
        data_origin=draw(st.sampled_from(("real", "synthetic", "mixed"))),
        basis=draw(st.sampled_from(("standing", "counted"))),
        state=state,
        outcome=draw(outcomes(made, state)),
        annulled=tuple(draw(st.lists(st.builds(AnnulledStation, st.just("S-0007"), texts, small), max_size=2))),
        corrections=tuple(draw(st.lists(corrections, max_size=2 if reported else 0))),
        statements=tuple(draw(st.lists(statements, max_size=3))),
        contradictions=tuple(draw(st.lists(contradictions, max_size=2))),
        unread=draw(st.dictionaries(st.sampled_from(("ballots", "valid")), small)),
        calls=tuple(draw(st.lists(calls, max_size=3))),
    )


def states(reported: int, stations: int) -> tuple[str, ...]:
    """The states that a count can be in with so many stations."""
    if reported == stations:
        return ("complete", "certified")
    return ("counting",) if reported else ("before", "voting", "counting")


def outcomes(made: Results, state: str) -> st.SearchStrategy[Outcome]:
    """What the figures may mean in a state."""
    first = made.candidates[0].id
    pair = tuple(candidate.id for candidate in made.candidates[:2])
    possible = [made.outcome]
    if state not in ("before", "voting"):
        possible += [Outcome("plurality", "called", first, first, (), "a reason")]
        possible += [Outcome("plurality", "no_valid_election", first, None, (), "a reason")]
    if state in ("complete", "certified") and len(pair) == 2:
        possible += [Outcome("absolute_majority", "run_off", first, None, pair, "a reason")]
    if state == "certified":
        possible = [Outcome("plurality", "certified", first, first, (), "a reason")]
    return st.sampled_from(possible)


corrections = st.builds(
    CorrectedStation,
    station_id=st.just("S-0008"),
    kind=st.sampled_from(("correction", "recount")),
    reason=texts,
    act=small,
    supersedes=small,
    valid_before=st.none() | large,
    valid_after=st.none() | large,
)
statements = st.builds(
    StatementShown,
    kind=st.sampled_from(KINDS),
    by=st.sampled_from(("somebody", "an office")),
    at=st.just("at 16:46"),
    source=st.just("a source"),
    text=texts,
    snapshot_size=large,
)
contradictions = st.builds(
    Contradiction,
    code=st.just("code"),
    what=st.sampled_from(("votes.c0", "percent.c9", "valid", "turnout.12:00.voted", "a station's turnout")),
    ours=st.just("") | large.map(str),
    other=large.map(str),
    source=st.just("a source"),
    act=st.none() | large,
)
calls = st.builds(
    CallShown,
    action=st.sampled_from(("call", "uncall")),
    candidate=st.just("c0"),
    by=st.sampled_from(("one", "two")),
    at=st.sampled_from(("2024-02-08T03:13:00+04:00", "2024-02-08T03:20:00+04:00")),
    act=large,
    reason=texts,
)
