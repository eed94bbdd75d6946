"""A protocol against the turnout of its day, and forms that the record knows and no desk has keyed."""

import pytest

from tallyroom.election.form import Failure
from tallyroom.intake.adoption import adopted, published
from tallyroom.intake.daycheck import FELL, TURNOUT, turnout_failures
from tallyroom.intake.paper import Paper
from tallyroom.intake.stages import Stage
from tallyroom.record.acts import (
    Accepted,
    Annulment,
    AnyAct,
    Figures,
    InReview,
    Protocol,
    Publication,
    Received,
    Seen,
    Turnout,
)
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State
from tests.tally.village import lines, village

AT = "2025-06-15T21:00:00+00:00"
VOTES: Figures = {"a": 50, "b": 30, "c": 20}
PROTOCOL = Protocol(at=AT, contest="mayor", station="S-0001", lines=lines(100), votes=VOTES)


def after(*acts: AnyAct) -> State:
    state = State(village())
    fold(state, acts)
    assert state.breaches == []
    return state


def turnout(hour: str, voted: int) -> Turnout:
    return Turnout(at=AT, station="S-0001", hour=hour, voted=voted)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], []),
        ([("12:00", 40), ("20:00", 100)], []),
        ([("12:00", 140)], [Failure(TURNOUT, "warning", 40, False)]),
        ([("12:00", 90), ("20:00", 70)], [Failure(FELL, "warning", 20, False)]),
        (
            [("12:00", 130), ("20:00", 101)],
            [Failure(TURNOUT, "warning", 1, False), Failure(FELL, "warning", 29, False)],
        ),
    ],
)
def test_ballots_issued_are_held_against_the_turnout_of_the_day(
    reports: list[tuple[str, int]], expected: list[Failure]
) -> None:
    state = after(*(turnout(*report) for report in reports))
    assert turnout_failures(state, "mayor", "S-0001", lines(100) | VOTES) == expected
    assert turnout_failures(state, "mayor", "S-0002", lines(100) | VOTES) == []


def test_an_unread_figure_is_below_no_turnout() -> None:
    unread = lines(100) | VOTES | {"ballots_issued": None}
    assert turnout_failures(after(turnout("12:00", 140)), "mayor", "S-0001", unread) == []


def test_a_form_is_adopted_at_the_stage_that_the_record_has() -> None:
    paper = Paper(village().form, village().contests[0])
    arrived = Received(at=AT, contest="mayor", station="S-0001")
    annulled = Annulment(at=AT, contest="mayor", station="S-0001", supersedes=1, reason="ruling")
    nights: list[tuple[Stage, int | None, list[AnyAct]]] = [
        (Stage.EXPECTED, None, []),
        (Stage.RECEIVED, None, [arrived]),
        (Stage.RECEIVED, 1, [arrived, PROTOCOL]),
        (Stage.IN_REVIEW, 1, [arrived, PROTOCOL, InReview(at=AT, protocol=1, failures=("E-01",))]),
        (Stage.ACCEPTED, 1, [arrived, PROTOCOL, Accepted(at=AT, first=1)]),
        (Stage.ANNULLED, 1, [arrived, PROTOCOL, Accepted(at=AT, first=1), annulled]),
        (Stage.ANNULLED, 1, [arrived, PROTOCOL, annulled]),
        (Stage.ANNULLED, None, [Annulment(at=AT, contest="mayor", station="S-0001", reason="nothing came")]),
    ]
    for stage, act, acts in nights:
        form = adopted(after(*acts), paper, "S-0001")
        assert (form.stage, form.act, form.entries) == (stage, act, ())
        assert form.figures == (None if act is None else lines(100) | VOTES)


def test_an_unread_figure_is_adopted_as_unread() -> None:
    paper = Paper(village().form, village().contests[0])
    unread = Protocol(at=AT, contest="mayor", station="S-0001", lines=lines(100), votes=VOTES | {"c": None})
    form = adopted(after(unread, InReview(at=AT, protocol=0, failures=("UNREAD",))), paper, "S-0001")
    assert form.figures == lines(100) | VOTES | {"c": None}
    assert [failure.code for failure in form.failures] == ["UNREAD"]


def test_a_form_is_published_with_the_snapshot_that_holds_it() -> None:
    paper = Paper(village().form, village().contests[0])
    state = after(PROTOCOL, Accepted(at=AT, first=0))
    form = adopted(state, paper, "S-0001")
    assert not published(state, form)
    fold(state, [Publication(at=AT, number=1, snapshot=Seen(2, ""), files={})])
    assert published(state, form)
