"""After a protocol is in the record: corrections, annulments, receipts, and a database that says otherwise."""

import re
from pathlib import Path

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.desk.models import FormRow
from tallyroom.console.desk.receipts import groups_of
from tallyroom.console.submissions.outbox import submit, wait
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.bundle import THE_FIRST
from tallyroom.intake.opening import reader
from tallyroom.intake.stages import Stage
from tallyroom.record.acts import Accepted, Annulment, Correction, Protocol
from tests.console.desk_people import SOUND, WRONG, Team, accepted, entered, stage

PDF = b"%PDF-1.7\n% a scan\n"


def test_a_correction_is_keyed_by_two_and_both_totals_stay(team: Team, folder: Path) -> None:
    oscar, kim, lou, eve = (team(n, r) for n, r in zip("okle", ("operator", "keyer", "keyer", "reviewer"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    row.refresh_from_db()
    eve.step(row, "change/correction", reason="columns exchanged, minutes 4", scans=SimpleUploadedFile("m.pdf", PDF))
    document = FormRow.objects.get(purpose="correction")
    swapped = SOUND | {"a": "30", "b": "50"}
    kim.key(document, swapped)
    lou.key(document, swapped)
    assert stage(document) == Stage.ACCEPTED
    correction = entered(folder)[-1]
    assert isinstance(correction, Correction)
    assert (correction.supersedes, correction.reason) == (row.form.act, "columns exchanged, minutes 4")
    assert len(correction.evidence) == 1
    with room().reading() as state:
        count = state.contests["mayor"]
        place = count.position["a"]
        assert int(count.counted.whole[place]) == 50
        assert int(count.standing.whole[place]) == 30


def test_an_annulment_is_ordered_by_one_and_confirmed_by_another(team: Team, folder: Path) -> None:
    cem, dan = team("cem", "certifier"), team("dan", "certifier")
    row = accepted(team)
    cem.step(row, "change/annulment", reason="ruling 12")
    document = FormRow.objects.get(purpose="annulment")
    assert cem.step(document, "confirm").status_code == 409
    assert stage(document) == Stage.RECEIVED
    dan.step(document, "confirm")
    assert (stage(document), stage(row)) == (Stage.ACCEPTED, Stage.ANNULLED)
    assert isinstance(entered(folder)[-1], Annulment)


def test_an_order_that_was_a_mistake_is_withdrawn_and_another_is_given(team: Team, folder: Path) -> None:
    cem, dan, rana = team("cem", "certifier"), team("dan", "certifier"), team("rana", "reviewer")
    row = accepted(team)
    cem.step(row, "change/annulment", reason="ruling 12")
    document = FormRow.objects.get(purpose="annulment")
    assert rana.step(row, "change/correction", reason="ruling 13").status_code == 409  # one order at a time
    before = reader(folder).size
    assert rana.step(document, "withdraw", reason="a mistake").status_code == 403
    assert cem.step(row, "withdraw", reason="a mistake").status_code == 403
    assert cem.step(document, "withdraw", reason="").status_code == 409
    assert "Withdraw the order" in dan.get(f"forms/{document.pk}/").content.decode()
    dan.step(document, "withdraw", reason="it was of station S-0002")
    assert (stage(document), stage(row)) == (Stage.WITHDRAWN, Stage.ACCEPTED)
    page = cem.get(f"forms/{document.pk}/").content.decode()
    assert "the order was withdrawn" in page
    assert "it was of station S-0002" in page
    assert dan.step(document, "confirm").status_code == 409
    assert reader(folder).size == before
    rana.step(row, "change/correction", reason="ruling 13")
    assert FormRow.objects.filter(purpose="correction").count() == 1


@pytest.mark.parametrize("way", ["expected", "received", "keyed", "differs", "in review"])
def test_a_station_without_an_accepted_protocol_is_annulled_by_two(team: Team, folder: Path, way: str) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    cem, dan = team("cem", "certifier"), team("dan", "certifier")
    cem.post("adopt/", contest="mayor", station="S-0001")
    row = FormRow.objects.get(station="S-0001") if way == "expected" else oscar.receive("S-0001")
    if way in ("keyed", "differs", "in review"):
        kim.key(row, WRONG if way == "in review" else SOUND)
    if way in ("differs", "in review"):
        lou.key(row, WRONG if way == "in review" else SOUND | {"a": "51", "valid": "101"})
    row.refresh_from_db()
    stage_before, on_file = row.stage, row.form.act
    page = cem.get(f"forms/{row.pk}/change/annulment/").content.decode()
    assert "nothing that it sent is in any total" in page
    assert cem.step(row, "change/annulment", reason=" ").status_code == 409
    cem.step(row, "change/annulment", reason="the ballots were burnt")
    document = FormRow.objects.get(purpose="annulment")
    assert stage(row) == stage_before
    assert cem.step(document, "confirm").status_code == 409
    assert "Confirm the annulment" in dan.get(f"forms/{document.pk}/").content.decode()
    dan.step(document, "confirm")
    assert (stage(document), stage(row)) == (Stage.ACCEPTED, Stage.ANNULLED)
    assert isinstance(act := entered(folder)[-1], Annulment)
    assert (act.supersedes, act.reason) == (on_file, "the ballots were burnt")
    with room().reading() as state:
        count = state.contests["mayor"]
        assert (state.breaches, int(count.counted.whole.sum())) == ([], 0)
    assert oscar.get("receive/", station="S-0001", contest="mayor").status_code == 200
    assert cem.get(f"forms/{row.pk}/").status_code == 200
    assert kim.get(f"forms/{row.pk}/key/").status_code == 409
    assert cem.get(f"forms/{row.pk}/change/annulment/").status_code == 409
    assert "annulled" in cem.get(f"forms/{row.pk}/receipt/").content.decode()


def test_an_annulment_is_confirmed_of_the_station_as_it_was_looked_at(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    cem, dan = team("cem", "certifier"), team("dan", "certifier")
    row = oscar.receive("S-0001")
    cem.step(row, "change/annulment", reason="nothing will come of it")
    document = FormRow.objects.get(purpose="annulment")
    looked = dan.hidden(f"forms/{document.pk}/")
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    assert stage(row) == Stage.ACCEPTED
    answer = dan.post(f"forms/{document.pk}/confirm/", **looked)
    assert answer.status_code == 409
    assert "was changed after you opened it" in answer.content.decode()
    assert (stage(document), stage(row)) == (Stage.RECEIVED, Stage.ACCEPTED)
    assert "protocol: accepted" in dan.get(f"forms/{document.pk}/").content.decode()
    dan.step(document, "confirm")
    assert (stage(document), stage(row)) == (Stage.ACCEPTED, Stage.ANNULLED)
    row.refresh_from_db()
    assert isinstance(act := entered(folder)[-1], Annulment)
    assert act.supersedes == row.form.act


def test_what_an_import_has_filed_can_be_opened_and_corrected(team: Team, folder: Path) -> None:
    """The record knows a protocol that no desk has keyed: its form is made from there."""
    with room().reading() as state:
        paper = room().papers["mayor"]
    lines, votes = paper.split({name: int(text) for name, text in SOUND.items()})
    eve = team("eve", "reviewer", "operator")
    at = "2025-06-15T21:00:00+00:00"
    filed = [Protocol(at=at, contest="mayor", station="S-0003", lines=lines, votes=votes)]
    with transaction.atomic():
        user = User.objects.get(login="eve")
        row = submit([*filed, Accepted(at=at, first=THE_FIRST)], "commission", user, "import", Action.RECEIVE, "N2")
    wait(row, 10)
    eve.post("adopt/", contest="mayor", station="S-0003")
    form = FormRow.objects.get(station="S-0003")
    assert (form.stage, form.form.act) == (Stage.ACCEPTED, row.first)
    assert state.size > 0
    assert eve.step(form, "change/correction", reason="minutes 9").status_code == 302


def test_the_receipt_and_its_check(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    row.refresh_from_db()
    receipt = kim.get(f"forms/{row.pk}/receipt/")
    groups = groups_of(reader(folder).entry(row.form.act or 0))
    assert "".join(groups) in receipt.content.decode()
    assert "default-src 'none'" in receipt.headers["Content-Security-Policy"]
    page = kim.get(f"forms/{row.pk}/receipt/check/").content.decode()
    asked = [int(place) for place in re.findall(r'name="group_(\d+)"', page)]
    assert len(asked) == 2
    shown = re.findall(r"<li><code>([0-9a-f]{4})</code>", page)
    assert shown == [group for place, group in enumerate(groups) if place not in asked]
    token = re.search(r'name="asked" value="([^"]+)"', page)
    assert token
    path = f"forms/{row.pk}/receipt/check/"
    right = kim.post(path, asked=token[1], **{f"group_{place}": groups[place].upper() for place in asked})
    assert f"The receipt is of act {row.form.act}." in right.content.decode()
    wrong = kim.post(path, asked=token[1], **{f"group_{place}": "0000" for place in asked})
    assert "This is not what stands in the record" in wrong.content.decode()
    assert kim.post(path, asked="forged", group_0="0000").status_code == 403


def test_a_digit_changed_in_the_database_is_shown_and_changes_nothing_that_counts(team: Team, folder: Path) -> None:
    row = accepted(team)
    rita = team("rita", "reader")
    assert "The database has other figures" not in rita.get(f"forms/{row.pk}/").content.decode()
    size, figures = reader(folder).size, row.form.figures
    assert figures
    row.data = msgspec.json.encode(msgspec.structs.replace(row.form, figures=figures | {"a": 51})).decode()
    row.save()
    page = rita.get(f"forms/{row.pk}/").content.decode()
    assert f"The database has other figures here than act {row.form.act} of the record." in page
    with room().reading() as state:
        count = state.contests["mayor"]
        assert int(count.standing.whole[count.position["a"]]) == 50
    assert reader(folder).size == size
    receipt = rita.get(f"forms/{row.pk}/receipt/").content.decode()
    assert ('<td class="n">50</td>' in receipt, '<td class="n">51</td>' in receipt) == (True, False)


def test_a_form_that_points_to_the_act_of_another_station_is_shown(team: Team, folder: Path) -> None:
    row = accepted(team)
    act = row.form.act
    row.data = msgspec.json.encode(msgspec.structs.replace(row.form, station="S-0002")).decode()
    row.save()
    page = team("rita", "reader").get(f"forms/{row.pk}/").content.decode()
    assert f"The database has other figures here than act {act} of the record." in page
