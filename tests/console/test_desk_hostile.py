"""A hostile client at the desk: what no page offers, sent anyway.  Each “Never” of the protocol's specification."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from tallyroom.console.accounts.models import User
from tallyroom.console.desk import scans
from tallyroom.console.desk.models import Draft, FormRow, StepRow
from tallyroom.console.desk.urls import urlpatterns
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.intake.stages import Stage
from tallyroom.record.acts import Accepted, Protocol, decode
from tests.console.conftest import Browsers, People
from tests.console.desk_people import SOUND, WARNED, WRONG, Person, Team, stage

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
SQL = ["' OR 1=1 --", "1; DROP TABLE desk_formrow; --", "%' UNION SELECT password FROM accounts_user --", "\\", "%_"]
def figures(typed: dict[str, str]) -> dict[str, str]:
    return {f"fig_{name}": text for name, text in typed.items()}


def accepted(folder: Path) -> int:
    return sum(isinstance(decode(entry), Accepted) for entry in reader(folder).verified_entries())


def size() -> int:
    return reader(room().folder).size


def test_the_same_person_cannot_key_both_entries(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    fields = lou.hidden(f"forms/{row.pk}/key/")
    kim.key(row, SOUND)
    assert kim.get(f"forms/{row.pk}/key/").status_code == 409
    again = fields | figures(SOUND) | {"do": "hand-in", "version": str(FormRow.objects.get(pk=row.pk).version)}
    assert kim.post(f"forms/{row.pk}/key/", **again).status_code == 409
    assert (stage(row), accepted(folder)) == (Stage.FIRST_ENTRY, 0)
    assert not Draft.objects.filter(user__login="kim").exclude(typed={}).exists()


def test_nobody_keys_in_another_persons_name(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    fields = lou.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"}
    for more in ({"by": "3"}, {"user": "3"}, {"user_id": "3"}, {"fig_by": "3"}, {"entries": "[]"}):
        assert kim.post(f"forms/{row.pk}/key/", **fields | more).status_code == 409
    assert stage(row) == Stage.FIRST_ENTRY


def test_a_resolver_cannot_put_in_a_third_value(team: Team, folder: Path) -> None:
    oscar, kim, lou, rae = (team(n, r) for n, r in zip("oklr", ("operator", "keyer", "keyer", "resolver"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    lou.key(row, SOUND | {"a": "51", "valid": "101"})
    for picks in (
        {"pick_a": "52", "pick_valid": "1"},
        {"pick_a": "3", "pick_valid": "1"},
        {"pick_a": "", "pick_valid": "1"},
        {"pick_a": "1"},
        {"pick_a": "1", "pick_valid": "1", "pick_b": "1"},
        {"pick_a": "1", "pick_valid": "1", "pick_stage": "1"},
        {"fig_a": "52", "a": "52", "pick_valid": "1"},
    ):
        assert rae.step(row, "resolve", do="choose", **picks).status_code == 409
    assert (stage(row), accepted(folder)) == (Stage.DIFFERS, 0)


def test_who_keyed_does_not_settle_and_who_settled_does_not_review(team: Team) -> None:
    oscar = team("oscar", "operator")
    kim, lou, rae = (team(name, "keyer", "resolver", "reviewer") for name in ("kim", "lou", "rae"))
    row = oscar.receive("S-0001")
    kim.key(row, WARNED)
    lou.key(row, WARNED | {"a": "51"})
    version = str(FormRow.objects.get(pk=row.pk).version)
    forged = {"key": "a key of my own making", "version": version, "do": "choose", "pick_a": "1"}
    for keyer in (kim, lou):
        assert keyer.get(f"forms/{row.pk}/resolve/").status_code == 409
        assert keyer.post(f"forms/{row.pk}/resolve/", **forged).status_code == 409
    rae.step(row, "resolve", do="choose", pick_a="1")
    assert stage(row) == Stage.IN_REVIEW
    for one in (kim, lou, rae):
        assert one.step(row, "review", do="accept", reason="fine").status_code == 409
    assert stage(row) == Stage.IN_REVIEW


def test_a_reviewer_cannot_accept_an_error_nor_put_in_figures(team: Team, folder: Path) -> None:
    oscar, kim, lou, eve = (team(n, r) for n, r in zip("okle", ("operator", "keyer", "keyer", "reviewer"), strict=True))
    row = oscar.receive("S-0001")
    kim.key(row, WRONG)
    lou.key(row, WRONG)
    answer = eve.step(row, "review", do="accept", reason="I say so", failures="[]", **figures(SOUND))
    assert answer.status_code == 409
    assert (stage(row), accepted(folder)) == (Stage.IN_REVIEW, 0)


def test_a_stale_version_changes_nothing(team: Team, folder: Path) -> None:
    oscar, kim, lou, eve, eva = (
        team(n, r) for n, r in zip("oklev", ("operator", "keyer", "keyer", "reviewer", "reviewer"), strict=True)
    )
    row = oscar.receive("S-0001")
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    old = eve.hidden(f"forms/{row.pk}/review/")
    eva.step(row, "review", do="send-back", reason="read it again")
    assert eve.post(f"forms/{row.pk}/review/", **old, do="accept", reason="fine").status_code == 409
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    assert eve.post(f"forms/{row.pk}/review/", **old, do="accept", reason="fine").status_code == 409
    assert (stage(row), accepted(folder)) == (Stage.IN_REVIEW, 0)


def test_a_request_sent_again_does_nothing_more(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    fields = lou.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"}
    answers = [lou.post(f"forms/{row.pk}/key/", **fields) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302] * 3
    assert accepted(folder) == 1
    assert StepRow.objects.filter(form=row).count() == 3
    changed = fields | figures(WARNED)
    assert lou.post(f"forms/{row.pk}/key/", **changed).status_code == 302
    assert accepted(folder) == 1


def test_a_request_sent_many_times_at_once_is_one_step(team: Team, browser: Browsers, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    kim.key(row, SOUND)
    fields = lou.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"}
    user, barrier, answers = User.objects.get(login="lou"), threading.Barrier(6), []
    browsers = [browser(user) for _ in range(6)]

    def send(number: int) -> None:
        barrier.wait()
        answers.append(browsers[number].post(f"/console/desk/forms/{row.pk}/key/", fields).status_code)
        connections.close_all()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {302, 409}
    assert 302 in answers
    assert accepted(folder) == 1
    assert StepRow.objects.filter(form=row).count() == 3
    assert Submission.objects.count() == 2


def test_two_people_at_once_are_first_and_second_or_one_is_told(team: Team, folder: Path) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    pages = [one.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"} for one in (kim, lou)]
    barrier, answers = threading.Barrier(2), {}

    def send(one: Person, fields: dict[str, str], number: int) -> None:
        barrier.wait()
        answers[number] = one.post(f"forms/{row.pk}/key/", **fields).status_code
        connections.close_all()

    threads = [
        threading.Thread(target=send, args=(*pair, n)) for n, pair in enumerate(zip((kim, lou), pages, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [302, 409]
    assert (stage(row), len(row.form.entries)) == (Stage.FIRST_ENTRY, 1)


def test_a_pages_key_is_one_persons_for_one_form(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row, other = oscar.receive("S-0001"), oscar.receive("S-0002")
    fields = kim.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"}
    kim.post(f"forms/{row.pk}/key/", **fields)
    assert lou.post(f"forms/{row.pk}/key/", **fields).status_code == 409
    assert kim.post(f"forms/{other.pk}/key/", **fields).status_code == 409
    assert stage(other) == Stage.RECEIVED


def test_a_version_that_is_none_is_refused(team: Team) -> None:
    oscar, kim = team("oscar", "operator"), team("kim", "keyer")
    row = oscar.receive("S-0001")
    fields = kim.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"}
    for version in ("", "-1", "1.0", "٣", "9" * 30, "x", "1 OR 1=1"):
        assert kim.post(f"forms/{row.pk}/key/", **fields | {"version": version}).status_code == 403, version
    assert stage(row) == Stage.RECEIVED


NAMES = [pattern.name or "" for pattern in urlpatterns if "<int:pk>" in str(pattern.pattern)]


def address(name: str, pk: int) -> str:
    extra: dict[str, dict[str, Any]] = {"change": {"purpose": "correction"}, "scan": {"sha256": "0" * 64}}
    extra["picture"] = {"sha256": "0" * 64, "page": 1}
    return reverse(name, kwargs={"pk": pk} | extra.get(name, {}))


def test_a_form_of_another_area_or_a_forged_id_is_closed_everywhere(team: Team) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0006")
    everything = ("operator", "keyer", "resolver", "reviewer", "reader")
    stranger = team("stranger", *everything, area="N")
    before = (size(), row.version)
    forged = {"key": "a key of my own making", "version": str(row.version), "reason": "x", "do": "hand-in"}
    for url in (address(name, pk) for name in NAMES for pk in (row.pk, 987654321)):
        assert stranger.client.get(url).status_code in (403, 405), url
        assert stranger.client.post(url, forged | figures(SOUND)).status_code in (403, 405), url
    row.refresh_from_db()
    assert (size(), row.version) == before
    assert not row.drafts.exists()


def test_a_station_of_another_area_is_not_received(team: Team) -> None:
    stranger = team("stranger", "operator", area="N")
    for station, contest in (("S-0006", "mayor"), ("S-9999", "mayor"), ("S-0001", "nothing"), ("", "")):
        fields = {"key": "a key of my own making", "version": "0", "station": station, "contest": contest}
        assert stranger.post("receive/", **fields).status_code == 403
        assert stranger.post("adopt/", **fields).status_code == 403
    assert stranger.post("arrival/", station="S-0006", kind="duplicate").status_code == 403
    assert not FormRow.objects.exists()
    assert "S-0006" not in stranger.get("receive/", q="Station 6").content.decode()


def test_each_duty_opens_its_own_steps_only(team: Team) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001")
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    row.refresh_from_db()
    allowed: dict[str, set[str]] = {
        "reader": set(),
        "observer": set(),
        "publisher": set(),
        "operator": {"scans", "give_back", "replace"},
        "keyer": {"key", "draft", "take_back"},
        "resolver": {"resolve"},
        "reviewer": {"review", "change"},
        "certifier": {"confirm"},
    }
    forged = {"key": "a key of my own making", "version": "0", "reason": "x"}
    for role, own in allowed.items():
        one = team(f"a-{role}", role)
        for name in set(NAMES) - {"form", "receipt", "receipt_check", "scan", "picture"} - own:
            assert one.client.post(address(name, row.pk), forged).status_code in (403, 405), (role, name)
    assert stage(row) == Stage.IN_REVIEW


def test_a_duty_that_ended_ends_at_once(team: Team) -> None:
    oscar, kim = team("oscar", "operator"), team("kim", "keyer")
    row = oscar.receive("S-0001")
    fields = kim.hidden(f"forms/{row.pk}/key/") | figures(SOUND) | {"do": "hand-in"}
    User.objects.get(login="kim").duties.all().delete()
    assert kim.post(f"forms/{row.pk}/key/", **fields).status_code == 403
    assert stage(row) == Stage.RECEIVED


@pytest.mark.parametrize(
    "more",
    [
        {"stage": "accepted", "target": "accepted", "waits": "0"},
        {"station": "S-0002", "contest": "other", "area": "S"},
        {"act": "1", "changes": "1", "purpose": "annulment"},
        {"data": "{}", "settled": '{"a": 99}', "fig_stage": "accepted"},
    ],
)
def test_fields_that_no_page_has_are_of_no_effect(team: Team, folder: Path, more: dict[str, str]) -> None:
    oscar, kim, lou = team("oscar", "operator"), team("kim", "keyer"), team("lou", "keyer")
    row = oscar.receive("S-0001", **{k: v for k, v in more.items() if k not in ("station", "contest")})
    assert (stage(row), row.area, row.purpose, row.form.act) == (Stage.RECEIVED, "N1", "protocol", None)
    bad = any(name.startswith("fig_") for name in more)
    assert kim.key(row, SOUND, **more).status_code == (409 if bad else 302)
    if not bad:
        lou.key(row, SOUND, **more)
        assert stage(row) == Stage.ACCEPTED
        (protocol,) = (a for a in map(decode, reader(folder).verified_entries()) if isinstance(a, Protocol))
        assert (protocol.station, protocol.contest, protocol.votes["a"]) == ("S-0001", "mayor", 50)


def test_a_form_that_no_page_of_the_session_made_is_refused(team: Team, browser: Browsers, person: People) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    strict = browser(person("kim", "keyer"), forgeries=True)
    fields = {"key": "a key of my own making", "version": str(row.version), "do": "hand-in"} | figures(SOUND)
    for name in set(NAMES) - {"form", "receipt", "scan", "picture"}:
        assert strict.post(address(name, row.pk), fields).status_code == 403, name
    assert stage(row) == Stage.RECEIVED


def test_a_script_in_any_text_is_shown_as_text(team: Team, folder: Path) -> None:
    oscar, kim, lou, rae, eve = (
        team(n, r) for n, r in zip("oklre", ("operator", "keyer", "keyer", "resolver", "reviewer"), strict=True)
    )
    row = oscar.receive("S-0001", present_0_role="member", present_0_by=SCRIPT, present_0_count="1")
    people = (oscar, kim, lou, rae, eve)
    oscar.post("arrival/", station="S-0001", kind="duplicate", note=SCRIPT)
    oscar.get("receive/", q=SCRIPT)
    oscar.get("", q=SCRIPT, stage=SCRIPT)
    kim.key(row, SOUND | {"a": SCRIPT})
    kim.post(f"forms/{row.pk}/draft/", **kim.hidden(f"forms/{row.pk}/key/"), fig_b=SCRIPT)
    kim.get(f"forms/{row.pk}/key/")
    kim.key(row, WARNED)
    lou.key(row, WARNED | {"a": "51"})
    rae.step(row, "resolve", do="read-again", reason=SCRIPT)
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    eve.step(row, "review", do="send-back", reason=SCRIPT)
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    eve.step(row, "review", do="accept", reason=SCRIPT)
    assert stage(row) == Stage.ACCEPTED
    eve.step(row, "change/correction", reason=SCRIPT)
    document = FormRow.objects.get(purpose="correction")
    for one in people:
        for path in ("", f"forms/{row.pk}/", f"forms/{document.pk}/", f"forms/{row.pk}/receipt/", "next/"):
            one.get(path)
    answers = [page for one in people for page in one.pages if page.headers["Content-Type"].startswith("text/html")]
    pages = [page.content.decode() for page in answers]
    assert sum("&lt;script&gt;alert(1)" in page for page in pages) >= 10
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_sql_in_any_parameter_is_text(team: Team) -> None:
    one = team("one", "operator", "keyer", "resolver", "reviewer")
    kim, lou = team("kim", "keyer"), team("lou", "keyer")
    row = one.receive("S-0001")
    kim.key(row, WARNED)
    lou.key(row, WARNED)
    rows = FormRow.objects.count()
    for text in SQL:
        send_everywhere(one, row, text)
    assert FormRow.objects.count() == rows
    assert stage(row) == Stage.IN_REVIEW


def send_everywhere(one: Person, row: FormRow, text: str) -> None:
    """A text in every parameter of every address of the desk."""
    parameters = {"": ("stage", "q", "page"), "receive/": ("q", "station", "contest"), "next/": ("done",)}
    for path, name in ((path, name) for path, names in parameters.items() for name in names):
        page = one.get(path, **{name: text})
        assert page.status_code in (200, 302, 403)
        assert "argon2" not in page.content.decode()
    forged = dict.fromkeys(("key", "version", "reason", "do", "asked", "revision", "station", "contest", "kind"), text)
    of_the_version = {"key": f"my key {text}"[:60], "version": str(row.version), "pick_a": text, "fig_a": text}
    for name in set(NAMES) - {"form", "receipt", "scan", "picture"}:
        for fields in (forged, forged | of_the_version):
            assert one.client.post(address(name, row.pk), fields).status_code < 500, name


def test_a_sign_that_no_keyboard_types_is_refused(team: Team) -> None:
    one = team("one", "operator", "keyer", "reviewer")
    row = one.receive("S-0001")
    assert one.get("", q="\0").status_code == 400
    assert one.post("arrival/", station="S-0001", kind="duplicate", note="\0").status_code == 400
    fields = one.hidden(f"forms/{row.pk}/key/") | figures(SOUND | {"a": "\0"}) | {"do": "hand-in"}
    assert one.post(f"forms/{row.pk}/key/", **fields).status_code == 400
    assert one.post(f"forms/{row.pk}/draft/", **fields).status_code == 400


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "application/pdf")


def test_an_upload_that_is_too_large_is_stopped_while_it_comes(
    team: Team, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "LARGEST", 1 << 20)
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    answer = oscar.step(row, "scans", scans=upload("bomb.pdf", b"%PDF-" + b"\0" * (3 << 20)))
    assert answer.status_code == 413
    together = [upload(f"{n}.pdf", b"%PDF-" + bytes([n]) * (300 << 10)) for n in range(6)]
    assert oscar.step(row, "scans", scans=together).status_code == 413
    assert not row.scans.exists()
    assert not (folder / "evidence").exists()


def test_files_that_are_no_scan_are_not_kept(team: Team, folder: Path) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    script = b"<html><script>alert(1)</script>"
    for data in (b"", b"%PD", script, b"MZ\x90", b"PK\x03\x04", b"<svg onload=alert(1)>", b"GIF89a"):
        assert oscar.step(row, "scans", scans=upload("scan.pdf", data)).status_code in (400, 413)
    assert not (folder / "evidence").exists()


def test_too_many_files_are_not_read(team: Team, folder: Path) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    many = [upload(f"{n}.pdf", b"%%PDF-%d" % n) for n in range(50)]
    assert oscar.step(row, "scans", scans=many).status_code in (400, 413)
    assert not row.scans.exists()


def test_the_name_of_a_file_is_worth_nothing(team: Team, folder: Path) -> None:
    oscar = team("oscar", "operator")
    row = oscar.receive("S-0001")
    for name in ("../../evil.pdf", "/etc/passwd", "a\r\nX-Evil: 1.pdf", "con.pdf", "x" * 3000 + ".pdf"):
        oscar.step(row, "scans", scans=upload(name, b"%PDF-1.7 x"))
    scan = row.scans.get()
    assert [path.name for path in (folder / "evidence").iterdir()] == [scan.sha256]
    answer = oscar.get(f"forms/{row.pk}/scans/{scan.sha256}/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.pk}-{scan.sha256[:12]}.pdf"'
    assert oscar.get(f"forms/{row.pk}/scans/{'0' * 64}/").status_code == 404
    assert oscar.get(f"forms/{row.pk}/scans/..%2f..%2fprivate/").status_code == 404


def test_nothing_of_the_desk_is_there_before_sign_in(browser: Browsers) -> None:
    nobody = browser()
    paths = [address(name, 1) for name in NAMES] + [reverse(n) for n in ("forms", "receive", "key_next")]
    for path in paths:
        for answer in (nobody.get(path), nobody.post(path)):
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (
                302,
                "/console/accounts/login/",
            )


def test_every_page_forbids_scripts_of_others_and_is_kept_by_nobody(team: Team) -> None:
    oscar, kim = team("oscar", "operator"), team("kim", "keyer")
    row = oscar.receive("S-0001")
    page = kim.get(f"forms/{row.pk}/key/")
    assert page.headers["Cache-Control"] == "no-store"
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    body = page.content.decode()
    assert not re.search(r"<script(?! type=\"module\" src=)|\son\w+=|\sstyle=", body)
