"""Publishing, calls and certification: two people each time, and what they have seen is what goes out."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from tallyroom.announce import publish as announce
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import Trail, User
from tallyroom.console.publishing import press
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import submit, wait
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.acts import (
    Accepted,
    Act,
    Annulment,
    Call,
    Certification,
    InReview,
    Protocol,
    Publication,
    Statement,
    Uncall,
)
from tallyroom.tally.replay import replay
from tallyverify.__main__ import main as verify
from tests.console.conftest import Browsers, People
from tests.console.night import SCRIPT, acts, on_sqlite, send, sequencing, text
from tests.tally.village import lines

AT = "2025-06-15T21:00:00+00:00"
PUBLISH, CALLS, CERTIFY = "/console/publishing/", "/console/publishing/calls/", "/console/publishing/certify/"


@pytest.fixture(autouse=True)
def sequencer(database: str) -> Iterator[Sequencer]:
    with sequencing() as running:
        yield running


@pytest.fixture
def system(person: People) -> User:
    return person("system", "operator", "reviewer", "certifier", "publisher")


def enter(system: User, *entered: Act) -> Submission:
    """Put acts into the record, as the desk would."""
    with transaction.atomic():
        key = f"test-{Submission.objects.count()}"
        submission = submit(entered, "commission", system, key, Action.RECEIVE, "")
    found = wait(submission, 10)
    assert found.status == Status.DONE, found.why
    return found


def count(system: User, *stations: str, votes: tuple[int, int, int] = (60, 30, 10)) -> None:
    for station in stations:
        figures = dict(zip("abc", votes, strict=True))
        protocol = Protocol(at=AT, contest="mayor", station=station, lines=lines(sum(votes)), votes=figures)
        enter(system, protocol, Accepted(at=AT, first=-1))


ALL = tuple(f"S-000{n}" for n in range(1, 7))


def seen(client: Client, address: str) -> str:
    """The basis that a page shows."""
    return text(client.get(address)).split('name="basis" value="', 1)[1][:64]


@pytest.fixture
def pair(browser: Browsers, person: People) -> tuple[Client, Client]:
    duties = ("publisher", "certifier")
    return browser(person("paula", *duties)), browser(person("pavel", *duties))


def publish(pair: tuple[Client, Client]) -> str:
    one, other = pair
    one.post(f"{PUBLISH}propose/", {"basis": seen(one, PUBLISH)})
    number = Proposal.objects.latest("pk").pk
    return text(other.post(f"{PUBLISH}{number}/confirm/", {"basis": seen(other, PUBLISH)}, follow=True))


def test_a_snapshot_takes_two_and_is_what_the_record_gives(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
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


def test_nobody_confirms_what_they_proposed(pair: tuple[Client, Client], folder: Path) -> None:
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


def test_one_proposal_waits_at_a_time_and_can_be_withdrawn(pair: tuple[Client, Client], folder: Path) -> None:
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
    pair: tuple[Client, Client], system: User, folder: Path
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
    pair: tuple[Client, Client], system: User, folder: Path, monkeypatch: pytest.MonkeyPatch, time: int
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
def test_revealing_stations_are_flagged_before_publication(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    count(system, "S-0001", votes=(4, 2, 0))
    count(system, "S-0002", votes=(80, 0, 0))
    count(system, "S-0003")
    page = text(pair[0].get(PUBLISH))
    assert "2 stations reveal how people voted" in page
    assert "very few ballots" in page
    assert "all valid votes for one candidate" in page


def test_a_call_is_two_acts_by_two_desks_and_can_be_taken_back(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
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
def test_calls_of_nobody_and_of_no_contest(pair: tuple[Client, Client]) -> None:
    assert pair[0].post(f"{CALLS}mayor/propose/", {"candidate": "x"}).status_code == 404
    assert pair[0].post(f"{CALLS}king/propose/", {"candidate": "a"}).status_code == 404
    assert pair[0].post(f"{CALLS}99/confirm/").status_code == 404
    assert not Proposal.objects.exists()


@on_sqlite
def test_a_proposer_without_duty_has_proposed_nothing(pair: tuple[Client, Client], folder: Path) -> None:
    one, other = pair
    one.post(f"{CALLS}mayor/propose/", {"candidate": "a"})
    User.objects.get(login="paula").duties.update(ended_at=timezone.now())
    number = Proposal.objects.get().pk
    page = text(other.post(f"{CALLS}{number}/confirm/", {"basis": seen(other, CALLS)}, follow=True))
    assert "has no such duty any more" in page
    assert acts(folder, Call) == []


def certify(pair: tuple[Client, Client], words: str = "Decision 14") -> str:
    one, other = pair
    one.post(f"{CERTIFY}mayor/propose/", {"text": words, "basis": seen(one, CERTIFY)})
    number = Proposal.objects.latest("pk").pk
    return text(other.post(f"{CERTIFY}{number}/confirm/", {"basis": seen(other, CERTIFY)}, follow=True))


@on_sqlite
def test_nothing_is_certified_while_a_station_is_missing_or_in_review(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    count(system, *ALL[:5])
    votes = {"a": 1, "b": 1, "c": 1}
    held = Protocol(at=AT, contest="mayor", station="S-0006", lines=lines(9), votes=votes)
    enter(system, held, InReview(at=AT, protocol=-1, failures=("E-02",)))
    page = text(pair[0].get(CERTIFY))
    assert "while stations are missing or in review" in page
    assert 'name="basis"' not in page
    forged = {"text": "now", "basis": seen(pair[0], PUBLISH)}
    page = text(pair[0].post(f"{CERTIFY}mayor/propose/", forged, follow=True))
    assert "1 stations are missing, 1 of them in review" in page
    assert not Proposal.objects.exists()


@on_sqlite
def test_the_page_names_the_stations_that_are_missing_and_leads_to_their_annulment(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    count(system, *ALL[:4])
    held = Protocol(at=AT, contest="mayor", station="S-0006", lines=lines(9), votes={"a": 1, "b": 1, "c": 1})
    enter(system, held, InReview(at=AT, protocol=-1, failures=("E-02",)))
    page = text(pair[0].get(CERTIFY))
    assert "can be annulled by a decision" in page
    assert re.findall(r'<th scope="row">(S-\d+)</th><td>Station \d</td><td>([a-z ]+)</td>', page) == [
        ("S-0006", "in review"),
        ("S-0005", "expected"),
    ]
    for station in ("S-0005", "S-0006"):
        assert f'name="station" value="{station}"' in page
        opened = pair[0].post("/console/desk/adopt/", {"contest": "mayor", "station": station}, follow=True)
        form = re.search(r"/forms/(\d+)/change/annulment/", text(opened))
        assert form, "the form offers the annulment"
        annul = f"/console/desk/forms/{form[1]}/change/annulment/"
        hidden = dict(re.findall(r'name="(key|version)" value="([^"]*)"', text(pair[0].get(annul))))
        ordered = pair[0].post(annul, hidden | {"reason": "the ballots were burnt"})
        document = text(pair[1].get(ordered.headers["Location"]))
        hidden = dict(re.findall(r'name="(key|version|main)" value="([^"]*)"', document))
        pair[1].post(f"{ordered.headers['Location']}confirm/", hidden)
    assert "Certified by act" in certify(pair)
    (act,) = acts(folder, Certification)
    assert isinstance(act, Certification)
    assert act.winner == "a"


def test_certified_by_two_with_the_winner_of_the_rule_and_printed(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    count(system, *ALL)
    assert pair[0].get("/console/publishing/final/mayor/").status_code == 404
    page = certify(pair, f"Decision {SCRIPT}")
    assert "Certified by act" in page
    (act,) = acts(folder, Certification)
    assert isinstance(act, Certification)
    assert (act.winner, act.text) == ("a", f"Decision {SCRIPT}")
    final = text(pair[1].get("/console/publishing/final/mayor/"))
    assert "Elected: A" in final
    assert "<script>alert" not in final
    assert '<th scope="col" class="n">% of valid votes</th>' in final
    assert re.search(r"<dd>600 · \d+\.\d\d % of registered voters</dd>", final)
    assert act.snapshot.root in final.replace("&#x2B;", "+")
    sheet = pair[1].get("/console/publishing/final/mayor/data/protocol.pdf")
    assert sheet.headers["Content-Type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF-")
    assert hashlib.sha256(sheet.content).hexdigest() in final
    data = pair[1].get("/console/publishing/final/mayor/data/results.json")
    found = json.loads(data.content)
    assert (found["snapshot"]["size"], found["valid"]) == (act.snapshot.size, 600)
    stations = text(pair[1].get("/console/publishing/final/mayor/data/stations.csv"))
    assert stations.count("\n") == 7
    assert text(pair[1].get("/console/publishing/final/mayor/data/areas.csv")).startswith("area_id,")
    assert pair[1].get("/console/publishing/final/mayor/data/private.key").status_code == 404


@on_sqlite
def test_the_sceptics_verifier_agrees_with_all_of_it(pair: tuple[Client, Client], system: User, folder: Path) -> None:
    one, other = pair
    count(system, *ALL)
    send(one, STATEMENTS, **SAID | {"kind": "announcement", "figures": "votes.a=361"})
    send(one, STATEMENTS, **SAID | {"kind": "complaint"})
    publish(pair)
    one.post(f"{CALLS}mayor/propose/", {"candidate": "a"})
    other.post(f"{CALLS}{Proposal.objects.latest('pk').pk}/confirm/", {"basis": seen(other, CALLS)})
    publish(pair)
    stands = replay(room().definition, reader(folder)).contests["mayor"].act_in_force(0)
    enter(system, Annulment(at=AT, contest="mayor", station="S-0001", supersedes=stands, reason="ruling"))
    certify(pair)
    publish(pair)
    results = json.loads((folder / "site/v/3/results.json").read_bytes())
    assert (results["state"], results["outcome"]["winner"], len(results["annulled"])) == ("certified", "a", 1)
    assert verify([str(folder / "site")]) == 0


@on_sqlite
def test_what_is_certified_is_certified_again_only_after_a_change(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    count(system, *ALL)
    certify(pair)
    forged = {"text": "again", "basis": seen(pair[0], PUBLISH)}
    assert "certified already" in text(pair[0].post(f"{CERTIFY}mayor/propose/", forged, follow=True))
    stands = replay(room().definition, reader(folder)).contests["mayor"].act_in_force(0)
    enter(system, Annulment(at=AT, contest="mayor", station="S-0001", supersedes=stands, reason="ruling"))
    certify(pair)
    assert len(acts(folder, Certification)) == 2


@on_sqlite
def test_a_correction_after_the_proposal_stops_the_certification(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    one, other = pair
    count(system, *ALL)
    one.post(f"{CERTIFY}mayor/propose/", {"text": "x", "basis": seen(one, CERTIFY)})
    stands = replay(room().definition, reader(folder)).contests["mayor"].act_in_force(0)
    enter(system, Annulment(at=AT, contest="mayor", station="S-0001", supersedes=stands, reason="ruling"))
    number = Proposal.objects.get().pk
    page = text(other.post(f"{CERTIFY}{number}/confirm/", {"basis": seen(other, CERTIFY)}, follow=True))
    assert "is not the one that was proposed" in page
    assert acts(folder, Certification) == []


@on_sqlite
def test_the_winner_is_never_typed(pair: tuple[Client, Client], system: User, folder: Path) -> None:
    one = pair[0]
    count(system, *ALL)
    typed = {"text": "x", "basis": seen(one, CERTIFY), "candidate": "b", "winner": "b", "state": "confirmed"}
    one.post(f"{CERTIFY}mayor/propose/", typed)
    proposal = Proposal.objects.get()
    assert (proposal.candidate, proposal.state) == ("a", "open")


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


STATEMENTS = "/console/publishing/statements/"
SAID = {"contest": "mayor", "speaker": "B", "said_at": "2025-06-15T23:10", "source": "Agency", "text": "Well done."}


@on_sqlite
def test_a_statement_is_an_act_and_its_figures_are_held_against_the_count(
    pair: tuple[Client, Client], system: User, folder: Path
) -> None:
    count(system, "S-0001")
    page = send(pair[0], STATEMENTS, **SAID | {"kind": "announcement", "figures": "votes.a=61\npercent.a=60.0"})
    assert "Well done." in text(page)
    (act,) = acts(folder, Statement)
    assert isinstance(act, Statement)
    assert act.figures == {"votes.a": 61, "percent.a": "60.0"}
    contradictions = replay(room().definition, reader(folder)).contradictions["mayor"]
    assert [(one.what, one.ours) for one in contradictions] == [("votes.a", "60")]


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "certification"},
        {"kind": "field_report"},
        {"kind": ""},
        {"speaker": ""},
        {"speaker": "x" * 121},
        {"text": "x" * 2001},
        {"said_at": "yesterday"},
        {"contest": "king"},
        {"figures": "votes.a"},
        {"figures": "votes.a=1\nvotes.a=2"},
        {"figures": "votes.a=-1"},
        {"text": "a\x00b"},
    ],
)
@on_sqlite
def test_statements_that_are_refused(pair: tuple[Client, Client], folder: Path, typed: dict[str, str]) -> None:
    assert send(pair[0], STATEMENTS, **SAID | {"kind": "concession"} | typed).status_code == 422
    assert acts(folder, Statement) == []


def test_a_complaint_moves_by_acts_that_supersede(pair: tuple[Client, Client], folder: Path) -> None:
    client = pair[0]
    page = send(client, STATEMENTS, **SAID | {"kind": "complaint", "text": SCRIPT, "speaker": SCRIPT})
    assert "<script>alert" not in text(page)
    step = f"{STATEMENTS}1/step/"

    def move(state: str, reason: str = "seen") -> str:
        token = text(client.get(STATEMENTS)).split('name="token" value="')[1][:32]
        return text(client.post(step, {"token": token, "state": state, "reason": reason}, follow=True))

    assert "Write the reason" in move("examined", " ")
    assert "examined" in move("examined", "the station was asked")
    assert "cannot follow" in move("received")
    assert "cannot follow" in move("certified")
    assert "upheld" in move("upheld", "decision 3")
    found = [act for act in acts(folder, Statement) if isinstance(act, Statement)]
    assert [(act.reason, act.speaker) for act in found] == [
        ("received", SCRIPT),
        ("examined", "nobody"),
        ("upheld", "nobody"),
    ]
    assert [act.supersedes for act in found] == [None, 1, 2]
    assert client.post(step, {"token": "0" * 32, "state": "dismissed", "reason": "x"}, follow=True).status_code == 200
    assert len(acts(folder, Statement)) == 3


@pytest.mark.parametrize("language", ["az", "ru", "en"])
@on_sqlite
def test_every_page_stands_in_every_language(pair: tuple[Client, Client], system: User, language: str) -> None:
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
    pair: tuple[Client, Client], system: User, language: str, half: str
) -> None:
    pair[0].cookies[settings.LANGUAGE_COOKIE_NAME] = language
    count(system, "S-0001", "S-0002")
    pages = [text(pair[0].get(address)) for address in (CALLS, CERTIFY)]
    assert all(half in page for page in pages)
    assert all(("depends on what comes" in page) == (language == "en") for page in pages)
    assert ("A lead of 60 votes; at most" in pages[0]) == (language == "en")
    count(system, *ALL[2:])
    assert ("A lead of 180 votes, and nothing is outstanding" in text(pair[0].get(CALLS))) == (language == "en")
