"""Certification: by two, of the winner that the rule gives, once every station is accepted or annulled."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tallyroom.console.accounts.models import User
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Annulment, Certification, InReview, Protocol
from tallyroom.tally.replay import replay
from tallyverify.__main__ import main as verify
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
from tests.tally.village import lines

pytestmark = pytest.mark.usefixtures("sequencer")


@on_sqlite
def test_nothing_is_certified_while_a_station_is_missing_or_in_review(pair: Pair, system: User, folder: Path) -> None:
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
    pair: Pair, system: User, folder: Path
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


def test_certified_by_two_with_the_winner_of_the_rule_and_printed(pair: Pair, system: User, folder: Path) -> None:
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
def test_the_sceptics_verifier_agrees_with_all_of_it(pair: Pair, system: User, folder: Path) -> None:
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
def test_what_is_certified_is_certified_again_only_after_a_change(pair: Pair, system: User, folder: Path) -> None:
    count(system, *ALL)
    certify(pair)
    forged = {"text": "again", "basis": seen(pair[0], PUBLISH)}
    assert "certified already" in text(pair[0].post(f"{CERTIFY}mayor/propose/", forged, follow=True))
    stands = replay(room().definition, reader(folder)).contests["mayor"].act_in_force(0)
    enter(system, Annulment(at=AT, contest="mayor", station="S-0001", supersedes=stands, reason="ruling"))
    certify(pair)
    assert len(acts(folder, Certification)) == 2


@on_sqlite
def test_a_correction_after_the_proposal_stops_the_certification(pair: Pair, system: User, folder: Path) -> None:
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
def test_the_winner_is_never_typed(pair: Pair, system: User, folder: Path) -> None:
    one = pair[0]
    count(system, *ALL)
    typed = {"text": "x", "basis": seen(one, CERTIFY), "candidate": "b", "winner": "b", "state": "confirmed"}
    one.post(f"{CERTIFY}mayor/propose/", typed)
    proposal = Proposal.objects.get()
    assert (proposal.candidate, proposal.state) == ("a", "open")
