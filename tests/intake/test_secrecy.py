"""Stations whose figures reveal votes: flagged, or refused, as the election's rule says."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tallyroom.election.fault import BadInput
from tallyroom.election.folder import load, write
from tallyroom.election.secrecy import Secrecy
from tallyroom.intake import desk
from tallyroom.intake.acceptance import file_protocols
from tallyroom.intake.desk import entered
from tallyroom.intake.paper import Paper
from tallyroom.intake.refusal import Withheld
from tallyroom.intake.secrecy import Revealing, revealing, withheld
from tallyroom.intake.stationform import Form
from tallyroom.record.acts import Accepted, Annulment, Protocol
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State
from tests.tally.village import lines, village

AT = "2025-06-15T22:00:00+00:00"


@pytest.mark.parametrize(
    ("votes", "invalid", "why"),
    [
        ([4, 3, 2], 0, "small"),
        ([4, 3, 2], 1, None),
        ([9, 0, 0], 1, "unanimous"),
        ([0, 0, 500], 20, "unanimous"),
        ([1, 0, 500], 20, None),
        ([0, 0, 0], 0, None),
        ([0, 0, 0], 30, None),
        ([0, 0, 0], 3, "small"),
    ],
)
def test_small_and_unanimous(votes: list[int], invalid: int, why: str | None) -> None:
    assert Secrecy().why(votes, invalid) == why


def test_limits_that_an_election_sets() -> None:
    assert Secrecy(fewer_than=0, unanimous=False).why([3, 0, 0], 0) is None
    assert Secrecy(fewer_than=40).why([20, 10, 9], 0) == "small"


def test_accepted_stations_are_flagged_until_they_leave_the_totals() -> None:
    state, definition = State(village()), village()
    filed = [("S-0001", [4, 3, 1], 0), ("S-0002", [90, 0, 0], 5), ("S-0003", [50, 40, 0], 0), ("S-0004", [1, 0, 0], 0)]
    fold(
        state,
        [Protocol(at=AT, contest="mayor", station=s, lines=lines(sum(v), i), votes=dict(zip("abc", v, strict=True)))
         for s, v, i in filed]
        + [Accepted(at=AT, first=0, count=3)],
    )  # fmt: skip
    assert list(revealing(state)) == [
        Revealing("S-0001", "mayor", "small", 8),
        Revealing("S-0002", "mayor", "unanimous", 95),
    ]
    fold(state, [Annulment(at=AT, contest="mayor", station="S-0001", supersedes=0, reason="ruling")])
    assert [found.station_id for found in revealing(state)] == ["S-0002"]
    assert definition.secrecy == Secrecy()


def test_only_the_rule_withhold_refuses_figures() -> None:
    contest, form, strict = village().contest(), village().form, Secrecy(rule="withhold")
    figures = lines(8) | {"a": 4, "b": 3, "c": 1}
    assert withheld(Secrecy(), form, contest, figures) is None
    assert withheld(strict, form, contest, figures) == "small"
    assert withheld(strict, form, contest, lines(80) | {"a": 40, "b": 30, "c": 10}) is None
    assert withheld(strict, form, contest, lines(80) | {"a": 80, "b": None, "c": 0}) == "unanimous"


FIGURES: dict[str | None, list[int]] = {"small": [4, 3, 1], "unanimous": [80, 0, 0], None: [40, 30, 10]}


def test_the_desk_files_nothing_that_is_withheld_and_takes_the_neighbours_form() -> None:
    paper = Paper(village().form, village().contest(), Secrecy(rule="withhold"))
    first = entered(desk.receive(Form(contest="mayor", station="S-0001"), 0, AT).form, 1)
    for votes in FIGURES.values():
        figures = lines(sum(votes)) | dict(zip("abc", votes, strict=True))
        once = desk.key(first, 1, figures, paper, first.version, AT)
        assert once.acts == ()
        if sum(votes) == 80 and max(votes) < 80:
            twice = desk.key(once.form, 2, figures, paper, once.form.version, AT)
            assert [type(act) for act in twice.acts] == [Protocol, Accepted]
        else:
            with pytest.raises(Withheld):
                desk.key(once.form, 2, figures, paper, once.form.version, AT)


@pytest.mark.parametrize("why", ["small", "unanimous"])
def test_a_protocol_by_hand_is_refused_the_same_way(new_clerk: Callable[[str], Clerk], why: str) -> None:
    clerk, state = new_clerk("one"), State(replace(village(), secrecy=Secrecy(rule="withhold")))
    votes = FIGURES[why]
    figures = dict(zip("abc", votes, strict=True))
    protocol = Protocol(at=AT, contest="mayor", station="S-0001", lines=lines(sum(votes)), votes=figures)
    with pytest.raises(RecordError, match="would show how people voted"):
        file_protocols(state, clerk, [protocol], AT)
    assert clerk.log.size == 0


def test_the_rule_stands_in_the_election_folder(tmp_path: Path) -> None:
    rule = Secrecy(30, False, "withhold")
    write(tmp_path / "village", replace(village(), secrecy=rule))
    assert load(tmp_path / "village").secrecy == rule


@pytest.mark.parametrize("line", ["fewer_than = -1", 'fewer_than = "few"', "unanimous = 1", 'rule = "hide"', "x = 1"])
def test_a_wrong_rule_is_named(tmp_path: Path, line: str) -> None:
    write(tmp_path / "village", village())
    path = tmp_path / "village" / "election.toml"
    path.write_text(f"{path.read_text()}\n[secrecy]\n{line}\n")
    with pytest.raises(BadInput) as caught:
        load(tmp_path / "village")
    (fault,) = caught.value.faults
    assert (fault.file, fault.field) == ("election.toml", line.split(maxsplit=1)[0])
