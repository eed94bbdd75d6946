"""Entries of the page without a network: every rule holds, and the same key is the same entry."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tallyroom.console.accounts.models import Trail
from tallyroom.console.desk.models import FormRow, StepRow
from tallyroom.console.offline.models import EntryKey
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Closed, Opened, Protocol, Turnout, decode
from tests.console.conftest import Browsers, People
from tests.console.desk_people import SOUND, Person

FIGURES = {name: int(text) for name, text in SOUND.items()}
KEY = "0123456789abcdef-{}"


Seat = Callable[..., Client]


@pytest.fixture
def seat(person: People, browser: Browsers, sequencer: Sequencer) -> Seat:
    return lambda login, *roles, area="": browser(person(login, *roles, area=area))


def send(client: Client, content: object, key: str = "one", **headers: str) -> tuple[int, dict[str, Any]]:
    answer = client.post(
        "/console/api/entries",
        content if isinstance(content, str | bytes) else json.dumps(content),
        content_type="application/json",
        headers={"Idempotency-Key": KEY.format(key)} | headers,
    )
    return answer.status_code, answer.json()


def acts(folder: Path, kind: type) -> list[Any]:
    return [act for act in map(decode, reader(folder).verified_entries()) if isinstance(act, kind)]


def turnout(voted: int, hour: str = "12:00", **more: str) -> dict[str, Any]:
    return {"kind": "turnout", "station": "S-0001", "hour": hour, "voted": voted} | more


def protocol(station: str = "S-0001", **changed: Any) -> dict[str, Any]:
    return {"kind": "protocol", "contest": "mayor", "station": station, "round": 0, "figures": FIGURES} | changed


def test_reports_of_the_day_go_into_the_record(seat: Seat, folder: Path) -> None:
    oscar = seat("oscar", "operator", area="N1")
    status, answer = send(oscar, {"kind": "opened", "station": "S-0001"}, "a")
    assert (status, answer["state"], answer["act"]) == (200, "done", 1)
    assert send(oscar, turnout(40), "b")[0] == 200
    assert send(oscar, {"kind": "closed", "station": "S-0002"}, "c")[0] == 200
    assert [act.station for act in acts(folder, Opened)] == ["S-0001", "S-0002"]
    assert [act.station for act in acts(folder, Closed)] == ["S-0002"]
    assert [act.voted for act in acts(folder, Turnout)] == [40]
    assert Trail.objects.filter(action="report entered").count() == 3


def test_the_same_key_does_nothing_twice(seat: Seat, folder: Path) -> None:
    oscar = seat("oscar", "operator")
    first, again = send(oscar, turnout(40)), send(oscar, turnout(40))
    assert first == again
    assert (len(acts(folder, Turnout)), Submission.objects.count(), EntryKey.objects.count()) == (1, 1, 1)
    assert send(oscar, turnout(41))[1]["error"] == "key_used"
    assert len(acts(folder, Turnout)) == 1


def test_a_key_is_each_persons_own(seat: Seat, folder: Path) -> None:
    assert send(seat("oscar", "operator"), turnout(40))[0] == 200
    assert send(seat("olga", "operator"), turnout(60, "20:00"))[0] == 200
    assert [act.voted for act in acts(folder, Turnout)] == [40, 60]


def test_what_the_record_says_already_is_not_said_again(seat: Seat, folder: Path) -> None:
    oscar = seat("oscar", "operator")
    send(oscar, turnout(40), "a")
    status, answer = send(oscar, turnout(40), "b")
    assert (status, answer["act"]) == (200, None)
    assert len(acts(folder, Turnout)) == 1


def test_a_doubtful_turnout_asks_for_a_reason(seat: Seat, folder: Path) -> None:
    oscar = seat("oscar", "operator")
    send(oscar, turnout(40), "a")
    status, answer = send(oscar, turnout(30, "20:00"), "b")
    assert (status, answer["error"]) == (422, "doubtful")
    assert "40" in answer["message"]
    assert send(oscar, turnout(30, "20:00", reason=" "), "c")[0] == 422
    assert send(oscar, turnout(30, "20:00", reason="the first was a slip"), "d")[0] == 200
    assert [act.reason for act in acts(folder, Turnout)] == ["", "the first was a slip"]


def test_an_hour_that_is_none_is_refused_whatever_reason_is_given(seat: Seat, folder: Path) -> None:
    oscar = seat("oscar", "operator")
    for key, more in (("a", {}), ("b", {"reason": "the station insists"})):
        status, answer = send(oscar, turnout(40, "13:30", **more), key)
        assert (status, answer["error"]) == (409, "conflict")
        assert answer["message"] == "This is no fixed hour of the election."
    assert acts(folder, Turnout) == []


def test_two_people_key_a_form_without_the_network(seat: Seat, folder: Path) -> None:
    Person(seat("oscar", "operator")).receive("S-0001")
    kim, lou = seat("kim", "keyer"), seat("lou", "keyer")
    status, first = send(kim, protocol())
    assert (status, first["stage"], first["entry"]) == (200, "first entry", "first")
    assert send(kim, protocol()) == (status, first)
    status, second = send(lou, protocol())
    assert (status, second["stage"], second["entry"]) == (200, "accepted", "second")
    assert send(lou, protocol()) == (status, second)
    (filed,) = acts(folder, Protocol)
    assert filed.votes == {"a": 50, "b": 30, "c": 20}
    assert StepRow.objects.filter(event__startswith="a ").count() == 2


def test_the_same_person_is_not_two(seat: Seat) -> None:
    Person(seat("oscar", "operator")).receive("S-0001")
    kim = seat("kim", "keyer")
    send(kim, protocol(), "a")
    status, answer = send(kim, protocol(), "b")
    assert (status, answer["error"]) == (409, "conflict")
    assert "another person" in answer["message"]


def test_a_conflict_says_so(seat: Seat) -> None:
    oscar, kim = Person(seat("oscar", "operator")), seat("kim", "keyer")
    status, answer = send(kim, protocol(), "early")
    assert (status, answer["error"]) == (409, "conflict")
    assert "expected" in answer["message"]
    row = oscar.receive("S-0001")
    oscar.step(row, "replace", why="another paper", reason="another paper")
    row.refresh_from_db()
    assert len(row.form.past) == 1
    assert send(kim, protocol(), "old-paper")[1]["error"] == "conflict"
    assert send(kim, protocol(round=1), "new-paper")[0] == 200


@pytest.mark.parametrize(
    "figures", [{}, FIGURES | {"d": 1}, {k: v for k, v in FIGURES.items() if k != "a"}], ids=["none", "more", "less"]
)
def test_figures_that_are_not_the_papers_are_refused(seat: Seat, figures: dict[str, int]) -> None:
    Person(seat("oscar", "operator")).receive("S-0001")
    status, answer = send(seat("kim", "keyer"), protocol(figures=figures))
    assert (status, answer["error"]) == (422, "bad_figures")
    assert answer["faults"]


@pytest.mark.parametrize(
    ("roles", "area", "content"),
    [
        (("keyer",), "N1", protocol("S-0006")),
        (("keyer",), "", turnout(40)),
        (("operator",), "S", turnout(40)),
        (("operator",), "", protocol()),
        (("observer",), "", {"kind": "opened", "station": "S-0001"}),
        (("operator",), "", {"kind": "opened", "station": "S-9999"}),
        (("keyer",), "", protocol(contest="nothing")),
    ],
)
def test_what_is_not_ones_duty_is_refused(
    seat: Seat, folder: Path, roles: tuple[str, ...], area: str, content: dict[str, Any]
) -> None:
    Person(seat("other", "operator")).receive("S-0006")
    size = reader(folder).size
    status, answer = send(seat("eve", *roles, area=area), content)
    assert (status, answer["error"]) == (403, "forbidden")
    assert reader(folder).size == size


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff", "[]", "{}", '{"kind": "annulment", "station": "S-0001"}', '{"kind": "opened", "station": ""}',
        json.dumps(turnout(-1)), json.dumps(turnout(10**6)), json.dumps(turnout(1) | {"by": 1}),
        json.dumps(protocol(figures={"a": 1.5})), json.dumps(protocol(figures={"a": True})),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(seat: Seat, content: str) -> None:
    status, answer = send(seat("kim", "keyer", "operator"), content)
    assert (status, answer["error"]) == (400, "bad_entry")
    assert not EntryKey.objects.exists()


def test_an_entry_needs_a_key_and_has_a_length(seat: Seat) -> None:
    oscar = seat("oscar", "operator")
    assert send(oscar, turnout(1), **{"Idempotency-Key": "short"})[1]["error"] == "bad_key"
    assert send(oscar, "[" + " " * 70_000 + "]")[0] == 413


def test_a_script_is_told_that_nobody_is_signed_in_or_that_its_token_is_old(
    browser: Browsers, person: People
) -> None:
    for path in ("desk", "entries", "openapi.json"):
        assert browser().get(f"/console/api/{path}").status_code == 401
    status, answer = send(browser(person("oscar", "operator"), forgeries=True), turnout(1))
    assert (status, answer["error"]) == (403, "forged")


def test_a_desk_takes_along_what_it_works_with_and_no_figure(seat: Seat) -> None:
    oscar, kim, lou = seat("oscar", "operator"), seat("kim", "keyer", area="N1"), seat("lou", "keyer", area="N1")
    row = Person(oscar).receive("S-0001")
    Person(oscar).receive("S-0006")
    Person(kim).key(row, SOUND | {"a": "47", "valid": "97", "ballots_found": "97"})
    answer = lou.get("/console/api/desk")
    desk = answer.json()
    assert [one["id"] for one in desk["stations"]] == ["S-0001", "S-0002"]
    assert desk["forms"] == [{"contest": "mayor", "station": "S-0001", "round": 0}]
    assert (desk["reports"], desk["hours"]) == (False, ["12:00", "20:00"])
    assert "47" not in answer.content.decode().replace(desk["csrf"], "")
    assert kim.get("/console/api/desk").json()["forms"] == []
    assert FormRow.objects.count() == 2


def test_the_worker_and_the_page_run_no_inline_script(seat: Seat) -> None:
    oscar = seat("oscar", "operator")
    page = oscar.get("/console/offline/")
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert page.content.count(b"<script") == 2
    assert b'<script id="words" type="application/json">' in page.content
    assert b"oscar" not in page.content
    assert oscar.get("/console/offline/worker.js").headers["Content-Type"].startswith("text/javascript")
