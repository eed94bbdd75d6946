"""The definition in the console: what act 0 fixes, its files, and what becomes of candidates, by two people."""

import hashlib
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from tallyroom.console.accounts.models import Trail
from tallyroom.console.definition.words import rule_in_words
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tallyroom.election.rules import Rule
from tallyroom.intake.opening import read_vkey, reader
from tallyroom.record.acts import Call, CandidateStatus
from tallyroom.tally.replay import replay, summarise
from tests.console.conftest import Browsers, People
from tests.console.night import SCRIPT, acts, on_sqlite, text

PAGE = "/console/definition/"
PROPOSE = f"{PAGE}candidates/mayor/propose/"
WITHDREW = {"candidate": "b", "status": "withdrawn", "reason": "her letter of 14 June"}


@pytest.fixture
def keepers(browser: Browsers, person: People) -> tuple[Client, Client]:
    return browser(person("dina", "definition_keeper")), browser(person("daud", "definition_keeper"))


def confirm(client: Client, number: int = 0) -> str:
    """Look at the page, and confirm what waits there."""
    basis = text(client.get(PAGE)).split('name="basis" value="', 1)[1][:64]
    number = number or Proposal.objects.latest("pk").pk
    return text(client.post(f"{PAGE}candidates/{number}/confirm/", {"basis": basis}, follow=True))


@on_sqlite
def test_everybody_reads_the_definition_and_the_hash_of_each_file(
    browser: Browsers, person: People, folder: Path
) -> None:
    observer = browser(person("olga", "observer"))
    page = text(observer.get(PAGE))
    assert "Act 0 of the record fixes what stands here" in page
    assert read_vkey(folder / "record") in page
    assert "More than half of the valid votes is needed" in page
    assert "of its register, at the most: 10 %." in page
    assert "What became of a candidate" not in page
    for name, digest in room().definition.files.items():
        assert digest in page
        file = observer.get(f"{PAGE}files/{name}")
        assert hashlib.sha256(file.content).hexdigest() == digest
        assert file.headers["Content-Type"] == "application/octet-stream"
    assert "put it back" not in page


@on_sqlite
@pytest.mark.parametrize("name", ["notes.txt", "..%2fprivate%2fconsole.secret", "%2e%2e", "private", "record"])
def test_no_other_file_is_given_out(browser: Browsers, person: People, folder: Path, name: str) -> None:
    (folder / "notes.txt").write_text("of nobody's concern")
    assert browser(person("olga", "observer")).get(f"{PAGE}files/{name}").status_code == 404


@on_sqlite
def test_a_file_that_was_changed_or_is_missing_is_named(keepers: tuple[Client, Client], folder: Path) -> None:
    assert "put it back" not in text(keepers[0].get(PAGE))
    (folder / "stations.csv").write_text("another table\n")
    (folder / "areas.csv").unlink()
    page = text(keepers[0].get(PAGE))
    assert page.count("put it back") == 2
    assert page.count("This file is missing.") == 1


@on_sqlite
def test_before_the_record_is_open_the_page_says_what_to_do(keepers: tuple[Client, Client], folder: Path) -> None:
    shutil.rmtree(folder / "record")
    page = text(keepers[0].get(PAGE))
    assert "The record is not open yet" in page
    assert "What became of a candidate" not in page


def test_what_became_of_a_candidate_takes_two_and_is_an_act(
    keepers: tuple[Client, Client], folder: Path, sequencer: Sequencer
) -> None:
    one, other = keepers
    assert "Proposed." in text(one.post(PROPOSE, WITHDREW, follow=True))
    assert acts(folder, CandidateStatus) == []
    page = text(other.get(PAGE))
    assert "B: withdrew. her letter of 14 June" in page
    number, basis = Proposal.objects.get().pk, page.split('name="basis" value="', 1)[1][:64]
    assert one.post(f"{PAGE}candidates/{number}/confirm/", {"basis": basis}).status_code == 403
    assert "In the record: act 1." in confirm(other)
    (act,) = acts(folder, CandidateStatus)
    assert isinstance(act, CandidateStatus)
    assert (act.candidate, act.status, act.reason) == ("b", "withdrawn", "her letter of 14 June")
    state = replay(room().definition, reader(folder))
    results = summarise(state, reader(folder), "mayor", act.at).results()
    assert {one.id: one.status for one in results.candidates} == {
        "a": "registered",
        "b": "withdrawn",
        "c": "registered",
    }
    assert '<th scope="row">B</th><td>—</td><td>withdrew</td>' in text(one.get(PAGE))
    assert Trail.objects.filter(action="confirmed", subject=f"candidate {number}").count() == 1
    again = text(one.post(PROPOSE, WITHDREW, follow=True))
    assert "what the record says of this candidate already" in again
    assert Proposal.objects.count() == 1


@on_sqlite
def test_a_proposal_is_withdrawn_back_to_this_page(keepers: tuple[Client, Client], folder: Path) -> None:
    one, other = keepers
    one.post(PROPOSE, WITHDREW)
    number = Proposal.objects.get().pk
    answer = other.post(f"/console/publishing/{number}/withdraw/")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert Proposal.objects.get().state == "withdrawn"
    assert acts(folder, CandidateStatus) == []


@on_sqlite
@pytest.mark.parametrize(
    ("typed", "status"),
    [({"candidate": "x"}, 404), ({"status": "elected"}, 404), ({"reason": " "}, 302), ({"reason": "a" * 501}, 302)],
)
def test_only_what_can_become_of_our_candidates_is_proposed(
    keepers: tuple[Client, Client], typed: dict[str, str], status: int
) -> None:
    assert keepers[0].post(PROPOSE, WITHDREW | typed).status_code == status
    assert keepers[0].post(f"{PAGE}candidates/council/propose/", WITHDREW).status_code == 404
    assert not Proposal.objects.exists()


@on_sqlite
def test_nobody_else_changes_a_candidate(
    keepers: tuple[Client, Client], browser: Browsers, person: People, folder: Path
) -> None:
    everything = ("administrator", "operator", "keyer", "resolver", "reviewer", "publisher", "certifier", "observer")
    stranger = browser(person("rauf", *everything))
    assert stranger.post(PROPOSE, WITHDREW).status_code == 403
    keepers[0].post(PROPOSE, WITHDREW)
    number = Proposal.objects.get().pk
    assert stranger.post(f"{PAGE}candidates/{number}/confirm/", {"basis": "0" * 64}).status_code == 403
    assert stranger.post(f"/console/publishing/{number}/withdraw/").status_code == 403
    assert Proposal.objects.get().state == "open"
    # Nor does a keeper confirm anything else under this address.
    call = Proposal.objects.create(kind="call", contest="mayor", candidate="a", made_by=person("p"), size=1, basis="")
    assert keepers[1].post(f"{PAGE}candidates/{call.pk}/confirm/", {"basis": "0" * 64}).status_code == 404
    assert acts(folder, Call, CandidateStatus) == []


@on_sqlite
def test_what_was_not_seen_is_not_confirmed_and_scripts_are_text(
    keepers: tuple[Client, Client], folder: Path, sequencer: Sequencer
) -> None:
    one, other = keepers
    one.post(PROPOSE, WITHDREW | {"reason": SCRIPT})
    page = text(other.get(PAGE))
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    number = Proposal.objects.get().pk
    page = text(other.post(f"{PAGE}candidates/{number}/confirm/", {"basis": "0" * 64}, follow=True))
    assert "Look again" in page
    assert acts(folder, CandidateStatus) == []
    confirm(other, number)
    assert len(acts(folder, CandidateStatus)) == 1


def test_a_rule_is_told_with_its_shares() -> None:
    rule = Rule("threshold", threshold=Fraction(1, 3), minimum_turnout=Fraction(1, 4), void_share=Fraction(1, 1000))
    with translation.override("en"):
        assert rule_in_words(rule) == [
            "A share of the registered voters is needed.",
            "Needed, of the register: 1/3.",
            "Turnout that makes the election valid, of the register: 25 %.",
            "Annulled stations that make it void, of the register: 0.1 %.",
        ]


@on_sqlite
@pytest.mark.parametrize(("language", "words"), [("az", "Seçkinin təsviri"), ("ru", "Описание выборов")])
def test_the_page_speaks_the_readers_language(keepers: tuple[Client, Client], language: str, words: str) -> None:
    keepers[0].cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = text(keepers[0].get(PAGE))
    assert f"<h1>{words}</h1>" in page
    assert "More than half" not in page
