"""A form on its way through the screens, from the paper's arrival to the public record."""

import json
import re
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from tallyroom.console.accounts.models import Trail
from tallyroom.console.desk.models import Arrival, Draft, FormRow, StepRow
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.evidence import verify
from tallyroom.intake.opening import reader
from tallyroom.intake.stages import Stage
from tallyroom.record.acts import Accepted, Attachment, InReview, Present, Protocol, Received
from tests.console.desk_people import SOUND, WARNED, WRONG, Team, entered, stage

PDF = b"%PDF-1.7\n% a scan\n"


def test_a_form_is_received_keyed_by_two_and_accepted(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    assert (stage(row), row.area) == (Stage.RECEIVED, "N1")
    assert kim.key(row, SOUND).status_code == 302
    assert stage(row) == Stage.FIRST_ENTRY
    assert lou.key(row, SOUND).status_code == 302
    assert stage(row) == Stage.ACCEPTED
    received, protocol, accepted = entered(folder)
    assert isinstance(received, Received)
    assert isinstance(protocol, Protocol)
    assert isinstance(accepted, Accepted)
    assert accepted.first == row.form.act
    assert protocol.votes == {"a": 50, "b": 30, "c": 20}
    with room().reading() as state:
        assert (state.breaches, state.contests["mayor"].status[0]) == ([], 3)
    steps = list(StepRow.objects.filter(form=row).values_list("user__login", flat=True).order_by("version"))
    assert steps == ["oscar", "kim", "lou"]
    assert Trail.objects.filter(action="form stepped").count() == 3
    page = lou.get(f"forms/{row.pk}/").content.decode()
    assert "accepted" in page
    assert f"act {row.form.act}" in page


def test_the_next_form_is_one_that_this_person_can_key(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer", area="N")
    first, far = oscar.receive("S-0001"), oscar.receive("S-0006")
    assert kim.get("next/").headers["Location"] == f"/console/desk/forms/{first.pk}/key/"
    kim.key(first, SOUND)
    assert kim.get("next/").headers["Location"] == f"/console/desk/forms/{far.pk}/key/"
    assert lou.get("next/").headers["Location"] == f"/console/desk/forms/{first.pk}/key/"
    answer = lou.key(first, SOUND)
    assert answer.headers["Location"] == f"/console/desk/next/?done={first.pk}"
    page = lou.get("next/", done=str(first.pk)).content.decode()
    assert "Nothing to key" in page
    assert "accepted, act" in page


def test_a_form_that_somebody_has_open_is_not_offered_to_others(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row, other = oscar.receive("S-0001"), oscar.receive("S-0002")
    kim.get(f"forms/{row.pk}/key/")
    assert lou.get("next/").headers["Location"] == f"/console/desk/forms/{other.pk}/key/"


def test_the_second_entry_is_blind(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer", "resolver", "reviewer")
    row = oscar.receive("S-0001")
    kim.key(row, SOUND | {"a": "47", "valid": "97", "ballots_found": "97"})
    for path in (f"forms/{row.pk}/key/", f"forms/{row.pk}/", ""):
        assert ">47<" not in (page := lou.get(path).content.decode())
        assert 'value="47"' not in page


def test_a_difference_is_settled_by_a_third_person(team: Team, folder: Path) -> None:
    oscar, kim, lou, rae = (team(n, r) for n, r in zip("oklr", ("operator", "keyer", "keyer", "resolver"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    lou.key(row, SOUND | {"a": "51", "valid": "101"})
    assert stage(row) == Stage.DIFFERS
    page = rae.get(f"forms/{row.pk}/resolve/").content.decode()
    assert set(re.findall(r'name="pick_(\w+)"', page)) == {"a", "valid"}
    rae.step(row, "resolve", do="choose", pick_a="1", pick_valid="1")
    assert stage(row) == Stage.ACCEPTED
    assert isinstance(protocol := entered(folder)[1], Protocol)
    assert protocol.votes["a"] == 50


def test_a_difference_can_be_read_again_by_two(team: Team) -> None:
    oscar, kim, lou, rae = (team(n, r) for n, r in zip("oklr", ("operator", "keyer", "keyer", "resolver"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    lou.key(row, SOUND | {"a": "51", "valid": "101"})
    rae.step(row, "resolve", do="read-again", reason="neither is on the paper")
    assert stage(row) == Stage.RECEIVED
    lou.key(row, SOUND)
    kim.key(row, SOUND)
    assert stage(row) == Stage.ACCEPTED


def test_warnings_are_set_aside_with_a_reason_that_stands_in_the_record(team: Team, folder: Path) -> None:
    oscar, kim, lou, eve = (team(n, r) for n, r in zip("okle", ("operator", "keyer", "keyer", "reviewer"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    assert stage(row) == Stage.IN_REVIEW
    page = eve.get(f"forms/{row.pk}/review/").content.decode()
    assert "Many invalid ballots" in page
    assert eve.step(row, "review", do="accept", reason="  ").status_code == 409
    eve.step(row, "review", do="accept", reason="counted twice, minutes of 22:10")
    assert stage(row) == Stage.ACCEPTED
    *_, in_review, accepted = entered(folder)
    assert isinstance(in_review, InReview)
    assert in_review.failures == ("W-02",)
    assert isinstance(accepted, Accepted)
    assert accepted.reason == "counted twice, minutes of 22:10"


def test_an_error_blocks_and_the_form_is_keyed_again(team: Team, folder: Path) -> None:
    oscar, kim, lou, eve = (team(n, r) for n, r in zip("okle", ("operator", "keyer", "keyer", "reviewer"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, WRONG)
    lou.key(row, WRONG)
    assert stage(row) == Stage.IN_REVIEW
    assert 'value="accept"' not in eve.get(f"forms/{row.pk}/review/").content.decode()
    answer = eve.step(row, "review", do="accept", reason="never mind")
    assert answer.status_code == 409
    assert "E-01" in answer.content.decode()
    eve.step(row, "review", do="send-back", reason="the sum on the paper is 100")
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    assert stage(row) == Stage.ACCEPTED
    assert isinstance(protocol := entered(folder)[3], Protocol)
    assert (protocol.supersedes, protocol.reason) == (3, "the sum on the paper is 100")


def test_all_faults_of_a_page_are_shown_at_once_and_what_was_typed_stays(team: Team) -> None:
    oscar, kim = team("oscar", "operator"), team("kim", "keyer")
    row = oscar.receive("S-0001")
    answer = kim.key(row, SOUND | {"a": "5o", "b": "", "c": "?"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert page.count('aria-invalid="true"') == 2
    assert 'value="5o"' in page
    assert 'value="?"' in page
    assert stage(row) == Stage.RECEIVED


def test_a_draft_survives_and_two_tabs_are_told(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    here, there = kim.hidden(f"forms/{row.pk}/key/"), kim.hidden(f"forms/{row.pk}/key/")
    kept = kim.post(f"forms/{row.pk}/draft/", **here, fig_a="50", fig_nothing="1")
    assert json.loads(kept.content) == {"revision": 1, "typed": {"a": "50"}}
    assert 'name="fig_a" value="50"' in kim.get(f"forms/{row.pk}/key/").content.decode()
    assert "50" not in re.findall(r'name="fig_a" value="(\d*)"', lou.get(f"forms/{row.pk}/key/").content.decode())
    lost = kim.post(f"forms/{row.pk}/draft/", **there, fig_a="60")
    assert (lost.status_code, json.loads(lost.content)["typed"]) == (409, {"a": "50"})
    figures = {f"fig_{name}": text for name, text in (SOUND | {"a": "60", "valid": "110"}).items()}
    both = kim.post(f"forms/{row.pk}/key/", **there, **figures, do="hand-in")
    page = both.content.decode()
    assert both.status_code == 409
    assert 'name="fig_a" value="60"' in page
    assert "other tab: <b>50</b>" in page
    assert stage(row) == Stage.RECEIVED
    again = dict(re.findall(r'type="hidden" name="(key|version|revision)" value="([^"]*)"', page))
    assert kim.post(f"forms/{row.pk}/key/", **again, **figures, do="hand-in").status_code == 302
    assert stage(row) == Stage.FIRST_ENTRY
    assert not Draft.objects.filter(user__login="kim").exists()


def test_two_who_key_the_first_entry_at_once_become_first_and_second(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    figures = {f"fig_{name}": text for name, text in SOUND.items()}
    kims, lous = kim.hidden(f"forms/{row.pk}/key/"), lou.hidden(f"forms/{row.pk}/key/")
    kim.post(f"forms/{row.pk}/key/", **kims, **figures, do="hand-in")
    stale = lou.post(f"forms/{row.pk}/key/", **lous, **figures, do="hand-in")
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "was changed after you opened it" in page
    assert 'name="fig_a" value="50"' in page
    again = dict(re.findall(r'type="hidden" name="(key|version|revision)" value="([^"]*)"', page))
    lou.post(f"forms/{row.pk}/key/", **again, **figures, do="hand-in")
    assert stage(row) == Stage.ACCEPTED


def test_scans_are_kept_by_their_hash_and_stand_in_the_acts(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001", scans=SimpleUploadedFile("x.exe", PDF))
    png = SimpleUploadedFile("photo.png", b"\x89PNG\r\n\x1a\n rest")
    assert oscar.step(row, "scans", scans=png).status_code == 302
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    late = SimpleUploadedFile("late.jpg", b"\xff\xd8\xff rest")
    assert oscar.step(row, "scans", scans=late).status_code == 302
    received, protocol, _, attachment = entered(folder)
    assert isinstance(received, Received)
    assert isinstance(protocol, Protocol)
    assert isinstance(attachment, Attachment)
    assert [one.media for one in protocol.evidence] == ["application/pdf", "image/png"]
    assert received.evidence == protocol.evidence[:1]
    assert attachment.act == row.form.act or attachment.act == FormRow.objects.get(pk=row.pk).form.act
    assert [one.wrong for one in verify(folder, reader(folder))] == [""] * 4
    answer = kim.get(f"forms/{row.pk}/scans/{protocol.evidence[0].sha256}/")
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_who_was_present_stands_in_the_act_as_counts(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    present = {"present_0_role": "member", "present_0_by": "Party A", "present_0_count": "3"}
    present |= {"present_4_role": "observer", "present_4_by": "", "present_4_count": "2"}
    row = oscar.receive("S-0001", **present)
    kim.key(row, SOUND)
    lou.key(row, SOUND)
    assert isinstance(protocol := entered(folder)[1], Protocol)
    assert protocol.present == (Present("member", "Party A", 3), Present("observer", "", 2))


def test_a_form_of_another_station_goes_back_and_the_right_one_comes(team: Team, folder: Path) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    assert oscar.step(row, "give-back", reason="").status_code == 409
    oscar.step(row, "give-back", reason="it is of S-0002")
    assert stage(row) == Stage.EXPECTED
    assert isinstance(returned := entered(folder)[1], Received)
    assert (returned.returned, returned.reason) == (True, "it is of S-0002")
    oscar.receive("S-0001")
    assert stage(row) == Stage.RECEIVED


def test_a_duplicate_is_noted_and_changes_nothing(team: Team, folder: Path) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    page = oscar.get("receive/", station="S-0001", contest="mayor").content.decode()
    assert "has arrived already" in page
    oscar.post("arrival/", station="S-0001", kind="duplicate", note="second copy")
    assert Arrival.objects.get().note == "second copy"
    assert stage(row) == Stage.RECEIVED
    assert len(entered(folder)) == 1


def test_the_lists_show_stages_and_only_ones_own_areas(team: Team) -> None:
    oscar, kim = team("oscar", "operator"), team("kim", "keyer", area="N1")
    oscar.receive("S-0001")
    oscar.receive("S-0006")
    everything = oscar.get("").content.decode()
    assert "S-0001" in everything
    assert "S-0006" in everything
    own = kim.get("").content.decode()
    assert "S-0001" in own
    assert "S-0006" not in own
    assert re.search(r"expected <b class=\"n\">1</b>", own)
