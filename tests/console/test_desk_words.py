"""The desk speaks of everything that its rules can say, in the reader's language; and what a protocol costs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tallyroom.console.desk import words
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tallyroom.election.form import UNREAD, Failure
from tallyroom.intake import daycheck
from tallyroom.intake.opening import reader, writer
from tallyroom.intake.refusal import Refusal
from tallyroom.intake.stages import Event, Stage
from tallyroom.record.acts import InReview, Turnout, decode
from tests.console.conftest import Browsers, People
from tests.console.desk_people import SOUND, Person
from tests.tally.village import village

RECORD_ONLY = {Event.CLEAR, Event.HOLD, Event.PUBLISH, Event.CORRECT, Event.RECOUNT, Event.ANNUL}


def test_there_is_a_word_for_everything() -> None:
    assert set(words.STAGES) == set(Stage)
    assert {event for event in Event if event not in words.EVENTS} == RECORD_ONLY
    assert {kind.pattern for kind in [Refusal, *Refusal.__subclasses__()]} == set(words._SENTENCES)
    failures = [Failure(code, "warning", 3, False) for code in (daycheck.TURNOUT, daycheck.FELL, UNREAD)]
    assert [str(rule.title)[:9] for rule in words.broken(village().form, failures)] == [
        "Fewer bal",
        "The turno",
        "A figure ",
    ]


@pytest.fixture
def people(folder: Path, person: People, browser: Browsers) -> Iterator[list[Person]]:
    with Sequencer(room()):
        yield [
            Person(browser(person(name, role)))
            for name, role in zip("okl", ("operator", "keyer", "keyer"), strict=True)
        ]


@pytest.mark.parametrize(
    ("language", "sentence"), [("az", "başqa şəxs atmalıdır"), ("ru", "должен сделать другой человек")]
)
def test_a_refusal_is_said_in_the_readers_language(people: list[Person], language: str, sentence: str) -> None:
    oscar, kim, _ = people
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    answer = kim.client.get(f"/console/desk/forms/{row.pk}/key/", headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert sentence in page
    assert f'<html lang="{language}">' in page
    with translation.override(language):
        assert str(words.STAGES[Stage.IN_REVIEW]) != "in review"


@pytest.fixture
def turnout(folder: Path) -> None:
    """140 voters by noon at S-0001, entered before the desk opens."""
    clerk = writer(folder, room().definition)
    clerk.enter([Turnout(at="2025-06-15T12:00:00+00:00", station="S-0001", hour="12:00", voted=140)])
    clerk.log.close()


@pytest.mark.usefixtures("turnout")
def test_a_protocol_against_the_turnout_of_the_day_is_reviewed(folder: Path, people: list[Person]) -> None:
    oscar, kim, lou = people
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    row.refresh_from_db()
    assert row.stage == Stage.IN_REVIEW
    held = [act for act in map(decode, reader(folder).verified_entries()) if isinstance(act, InReview)]
    assert [act.failures for act in held] == [("TURNOUT",)]
    assert "last turnout report" in lou.get(f"forms/{row.pk}/").content.decode()


def test_what_one_protocol_costs(people: list[Person]) -> None:
    """Requests, statements and bytes of one protocol from its arrival to its acceptance, redirects followed."""
    oscar, kim, lou = people
    for one in people:
        one.get("")  # whatever is read once
        one.pages.clear()
    with CaptureQueriesContext(connection) as asked:
        oscar.get("receive/", q="S-0002")
        row = oscar.receive("S-0002")
        oscar.get(f"forms/{row.pk}/")
        for one in (kim, lou):
            one.get("next/")
            answer = one.key(row, SOUND)
            one.keep(one.client.get(answer.headers["Location"]))
    row.refresh_from_db()
    assert row.stage == Stage.ACCEPTED
    pages = [page for one in people for page in one.pages]
    bytes_ = sum(len(page.content) for page in pages)
    assert len(pages) <= 12
    assert len(asked) <= 140
    assert bytes_ <= 60_000
    print(f"{len(pages)} requests, {len(asked)} statements, {bytes_} bytes")
