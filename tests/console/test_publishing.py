"""Publishing and calls: two people each time, and what they have seen is what goes out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from tallyroom.announce import publish as announce
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import Trail, User
from tallyroom.console.publishing import press
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import submit, wait
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Annulment, Call, Protocol, Publication, Uncall
from tallyroom.tally.replay import replay
from tests.console.conftest import Browsers, People
from tests.console.night import SCRIPT, acts, on_sqlite, send, text
from tests.console.results_desk import (
    ALL,
    AT,
    CALLS,
    CERTIFY,
    PUBLISH,
    SAID,
    STATEMENTS,
    Pair,
    certify,
    count,
    enter,
    publish,
    seen,
)

pytestmark = pytest.mark.usefixtures("sequencer")


def test_a_snapshot_takes_two_and_is_what_the_record_gives(pair: Pair, system: User, folder: Path) -> None:
    count(system, "S-0001", "S-0002")
    page = text(pair[0].get(PUBLISH))
    assert "Snapshot 1" in page
    assert "As it would be now" in page
    publish(pair)
    site = folder / "site"
    results = json.loads((site / "v/1/results.json").read_bytes())
    assert results["progress"]["stations"]["reported"] == 2
    assert [type(act) for act in acts(folder, Publication)] == [Publication, Publication]
    assert announce.restore(room().definition, reader(folder), folder, folder / "again") == []
    assert (folder / "again/v/1/results.json").read_bytes() == (site / "v/1/results.json").read_bytes()
    count(system, "S-0003")
    page = text(pair[0].get(PUBLISH))
    assert "Snapshot 2" in page
    assert '<td class="n">2</td><td class="n">3</td><td class="n">+1</td>' in page
    assert Trail.objects.get(action="confirmed").detail["proposed_by"] == User.objects.get(login="paula").pk


def test_nobody_confirms_what_they_proposed(pair: Pair, folder: Path) -> None:
    one, other = pair
    one.post(f"{PUBLISH}propose/", {"basis": seen(one, PUBLISH)})
    proposal = Proposal.objects.get()
    assert "Confirm" not in text(one.get(PUBLISH))
    basis = seen(other, PUBLISH)
    assert one.post(f"{PUBLISH}{proposal.pk}/confirm/", {"basis": basis}).status_code == 403
    assert acts(folder, Publication) == []
    # Not even by a row of the database.
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(state="confirmed", decided_by=proposal.made_by_id, decided_at=timezone.now())
    other.post(f"{PUBLISH}{proposal.pk}/confirm/", {"basis": basis})
    other.post(f"{PUBLISH}{proposal.pk}/confirm/", {"basis": basis})
    assert len(acts(folder, Publication)) == 2


def test_one_proposal_waits_at_a_time_and_can_be_withdrawn(pair: Pair, folder: Path) -> None:
    one, other = pair
    basis = seen(one, PUBLISH)
    one.post(f"{PUBLISH}propose/", {"basis": basis})
    assert "waits already" in text(other.post(f"{PUBLISH}propose/", {"basis": basis}, follow=True))
    number = Proposal.objects.get().pk
    one.post(f"{PUBLISH}{number}/withdraw/")
    page = text(other.post(f"{PUBLISH}{number}/confirm/", {"basis": basis}, follow=True))
    assert "decided already" in page
    assert acts(folder, Publication) == []


@on_sqlite
def test_an_annulment_between_the_look_and_the_press_stops_a_publication(
    pair: Pair, system: User, folder: Path
) -> None:
    one, other = pair
    count(system, "S-0001")
    one.post(f"{PUBLISH}propose/", {"basis": seen(one, PUBLISH)})
    number, basis = Proposal.objects.get().pk, seen(other, PUBLISH)
    count(system, "S-0002")  # a further protocol does not matter
    protocol = next(n for n, act in enumerate(acts(folder)) if isinstance(act, Protocol))
    enter(system, Annulment(at=AT, contest="mayor", station="S-0001", supersedes=protocol, reason="ruling"))
    page = text(other.post(f"{PUBLISH}{number}/confirm/", {"basis": basis}, follow=True))
    assert "Look again" in page
    assert "since it was proposed" in page
    assert acts(folder, Publication) == []
    other.post(f"{PUBLISH}{number}/confirm/", {"basis": seen(other, PUBLISH)})
    assert len(acts(folder, Publication)) == 2


@on_sqlite
def test_the_press_itself_refuses_what_nobody_has_seen(system: User, folder: Path) -> None:
    with transaction.atomic():
        details = {"at": AT, "basis": "another"}
        row = submit([], "desk-1", system, "job", Action.PUBLISH, "", press.JOB, details)
    assert wait(row, 10).status == Status.REFUSED
    assert "look again" in row.why
    assert acts(folder, Publication) == []


@pytest.mark.parametrize("time", [1, 2])
def test_a_press_that_died_half_way_is_finished(
    pair: Pair, system: User, folder: Path, monkeypatch: pytest.MonkeyPatch, time: int
) -> None:
    count(system, "S-0001")
    before, died = announce.Staging.reveal, []

    def dies(staging: announce.Staging, *wanted: Callable[[str], bool]) -> None:
        died.append(staging)
        if len(died) == time:  # the act is in the record, and no file is visible
            raise OSError("the disk is full")
        before(staging, *wanted)

    monkeypatch.setattr(announce.Staging, "reveal", dies)
    publish(pair)
    assert len(died) > time
    assert (folder / "site/v/1/results.json").exists()
    assert (folder / "site/v/1/stations.csv").exists()
    assert len(acts(folder, Publication)) == 2
    assert Submission.objects.get(job=press.JOB).status == Status.DONE


@on_sqlite
def test_revealing_stations_are_flagged_before_publication(pair: Pair, system: User, folder: Path) -> None:
    count(system, "S-0001", votes=(4, 2, 0))
    count(system, "S-0002", votes=(80, 0, 0))
    count(system, "S-0003")
    page = text(pair[0].get(PUBLISH))
    assert "2 stations reveal how people voted" in page
    assert "very few ballots" in page
    assert "all valid votes for one candidate" in page


def test_a_call_is_two_acts_by_two_desks_and_can_be_taken_back(pair: Pair, system: User, folder: Path) -> None:
    one, other = pair
    count(system, *ALL)
    one.post(f"{CALLS}mayor/propose/", {"candidate": "a"})
    assert acts(folder, Call) == []
    number = Proposal.objects.get().pk
    assert one.post(f"{CALLS}{number}/confirm/", {"basis": seen(other, CALLS)}).status_code == 403
    page = text(other.post(f"{CALLS}{number}/confirm/", {"basis": seen(other, CALLS)}, follow=True))
    assert "A is called." in page
    keys = [act.by for act in acts(folder, Call)]
    assert len(set(keys)) == 2
    state = replay(room().definition, reader(folder))
    assert [state.keyring.roles[key] for key in keys] == ["desk-1", "desk-2"]
    assert state.calls["mayor"].winner == "a"
    send_uncall = {"token": text(one.get(CALLS)).split('name="token" value="', 1)[1][:32]}
    assert "Write the reason" in text(one.post(f"{CALLS}mayor/uncall/", send_uncall | {"reason": " "}, follow=True))
    page = text(one.post(f"{CALLS}mayor/uncall/", send_uncall | {"reason": SCRIPT}, follow=True))
    assert "<script>alert" not in page
    (taken,) = acts(folder, Uncall)
    assert taken.reason == SCRIPT
    assert replay(room().definition, reader(folder)).calls["mayor"].winner is None


@on_sqlite
def test_calls_of_nobody_and_of_no_contest(pair: Pair) -> None:
    assert pair[0].post(f"{CALLS}mayor/propose/", {"candidate": "x"}).status_code == 404
    assert pair[0].post(f"{CALLS}king/propose/", {"candidate": "a"}).status_code == 404
    assert pair[0].post(f"{CALLS}99/confirm/").status_code == 404
    assert not Proposal.objects.exists()


@on_sqlite
def test_a_proposer_without_duty_has_proposed_nothing(pair: Pair, folder: Path) -> None:
    one, other = pair
    one.post(f"{CALLS}mayor/propose/", {"candidate": "a"})
    User.objects.get(login="paula").duties.update(ended_at=timezone.now())
    number = Proposal.objects.get().pk
    page = text(other.post(f"{CALLS}{number}/confirm/", {"basis": seen(other, CALLS)}, follow=True))
    assert "has no such duty any more" in page
    assert acts(folder, Call) == []


@pytest.mark.parametrize("duty", ["operator", "keyer", "reviewer", "reader", "observer", "administrator"])
@on_sqlite
def test_other_duties_publish_call_and_certify_nothing(browser: Browsers, person: People, duty: str) -> None:
    client = browser(person("mallory", duty))
    for address in (PUBLISH, CALLS, CERTIFY, "/console/publishing/statements/"):
        assert client.get(address).status_code == 403, address
    for address in (
        *(f"{PUBLISH}{end}/" for end in ("propose", "1/confirm", "statements", "statements/1/step")),
        *(f"{CALLS}{end}/" for end in ("mayor/propose", "1/confirm", "mayor/uncall")),
        *(f"{CERTIFY}{end}/" for end in ("mayor/propose", "1/confirm")),
    ):
        assert client.post(address, {"candidate": "a", "basis": "x", "token": "0" * 32}).status_code == 403, address


@on_sqlite
def test_publishers_need_a_second_factor_and_tokens_of_their_pages(browser: Browsers, person: People) -> None:
    paula = person("paula", "publisher")
    assert browser(paula, second_factor=False).get(PUBLISH).status_code == 302
    client = browser(paula, forgeries=True)
    for address in (f"{PUBLISH}propose/", f"{PUBLISH}1/confirm/", f"{CALLS}mayor/propose/", f"{PUBLISH}1/withdraw/"):
        assert client.post(address, {"candidate": "a"}).status_code == 403, address
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("language", ["az", "ru", "en"])
@on_sqlite
def test_every_page_stands_in_every_language(pair: Pair, system: User, language: str) -> None:
    count(system, *ALL)
    certify(pair)
    pair[0].post(f"{PUBLISH}propose/", {"basis": seen(pair[0], PUBLISH)})
    pair[0].post(f"{CALLS}mayor/propose/", {"candidate": "a"})
    send(pair[0], STATEMENTS, **SAID | {"kind": "complaint"})
    for client in pair:
        client.cookies["tallyroom_language"] = language
        for address in (PUBLISH, CALLS, CERTIFY, STATEMENTS, f"{PUBLISH}final/mayor/"):
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert f'lang="{language}"' in text(answer)


@on_sqlite
@pytest.mark.parametrize(("language", "half"), [("en", "half of the valid votes"), ("ru", "половин"), ("az", "yarı")])
def test_what_the_arithmetic_says_is_said_in_the_readers_language(
    pair: Pair, system: User, language: str, half: str
) -> None:
    pair[0].cookies[settings.LANGUAGE_COOKIE_NAME] = language
    count(system, "S-0001", "S-0002")
    pages = [text(pair[0].get(address)) for address in (CALLS, CERTIFY)]
    assert all(half in page for page in pages)
    assert all(("depends on what comes" in page) == (language == "en") for page in pages)
    assert ("A lead of 60 votes; at most 1,980 can still come" in pages[0]) == (language == "en")
    assert ("1,980" in pages[0]) == (language == "en")
    count(system, *ALL[2:])
    assert ("A lead of 180 votes, and nothing is outstanding" in text(pair[0].get(CALLS))) == (language == "en")
