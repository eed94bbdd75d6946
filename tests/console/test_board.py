"""Polling day in the console: the board, reports one by one, in a table and as a file; who may do what, where."""

from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tallyroom.console.accounts.models import Trail
from tallyroom.console.board import reports
from tallyroom.console.board.models import FieldReport
from tallyroom.console.submissions.models import Submission
from tallyroom.record.acts import Closed, Opened, Statement, Turnout
from tests.console.conftest import Browsers, People
from tests.console.night import SCRIPT, acts, on_sqlite, send, text, token

ENTER = "/console/board/area/N1/enter/"
FILE = "/console/board/station/S-0001/report/"
TABLE = "/console/board/table/"


pytestmark = pytest.mark.usefixtures("sequencer")


@pytest.fixture
def operator(browser: Browsers, person: People) -> Client:
    return browser(person("olga", "operator", area="N1"))


def turnouts(folder: Path) -> list[tuple[str, str, int, str]]:
    return [(act.station, act.hour, act.voted, act.reason) for act in acts(folder, Turnout) if isinstance(act, Turnout)]


def test_a_table_of_stations_is_entered_in_one_form(operator: Client, folder: Path) -> None:
    page = send(operator, ENTER, hour="12:00", **{"opened-0": "on", "voted-0": "40", "closed-1": "on"})
    assert "acts, 1 to" in text(page)
    assert [(type(act), act.station) for act in acts(folder, Opened, Closed, Turnout)] == [  # type: ignore[union-attr]
        (Opened, "S-0001"),
        (Turnout, "S-0001"),
        (Opened, "S-0002"),
        (Closed, "S-0002"),
    ]
    board = text(operator.get("/console/board/area/N1/"))
    assert "40 · 40.00 %" in board
    assert "closed" in board
    assert Trail.objects.get(action="day reported").detail == {"reports": 4}


@on_sqlite
def test_an_empty_form_and_figures_that_stand_already_enter_nothing(operator: Client, folder: Path) -> None:
    send(operator, ENTER, hour="12:00", **{"opened-0": "on", "voted-0": "40"})
    send(operator, ENTER, hour="12:00")
    send(operator, ENTER, hour="12:00", **{"opened-0": "on", "voted-0": "40"})
    assert turnouts(folder) == [("S-0001", "12:00", 40, "")]
    assert len(acts(folder, Opened)) == 1


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (("12:00", "40"), ("20:00", "39"), "Turnout fell: an earlier hour has 40."),
        (("12:00", "40"), ("12:00", "41"), "has reported 40 for this hour before"),
        (("12:00", "40"), ("20:00", "101"), "More than the 100 voters on the register."),
        (("20:00", "40"), ("12:00", "41"), "A later hour has only 40."),
    ],
)
@on_sqlite
def test_a_doubtful_figure_needs_a_reason_which_stands_in_the_act(
    operator: Client, folder: Path, first: tuple[str, str], then: tuple[str, str], said: str
) -> None:
    send(operator, ENTER, hour=first[0], **{"voted-0": first[1]})
    page = send(operator, ENTER, hour=then[0], **{"voted-0": then[1]})
    assert page.status_code == 422
    assert said in text(page)
    assert len(turnouts(folder)) == 1
    send(operator, ENTER, hour=then[0], **{"voted-0": then[1], "reason-0": "counted  twice "})
    assert turnouts(folder)[1:] == [("S-0001", then[0], int(then[1]), "counted twice")]


@on_sqlite
def test_one_wrong_line_keeps_the_whole_table_out_and_keeps_what_was_typed(operator: Client, folder: Path) -> None:
    page = send(operator, ENTER, hour="12:00", **{"voted-0": "4o", "voted-1": "90", "closed-1": "on"})
    assert page.status_code == 422
    assert 'value="4o"' in text(page)
    assert 'value="90"' in text(page)
    assert acts(folder, Turnout, Closed) == []


@pytest.mark.parametrize("typed", ["-1", "1.5", "1000000", "١٢", "9" * 5000, SCRIPT, "' OR 1=1 --"])
@on_sqlite
def test_what_is_no_number_is_never_entered_and_shown_escaped(operator: Client, folder: Path, typed: str) -> None:
    page = send(operator, ENTER, hour="12:00", **{"voted-0": typed})
    assert page.status_code == 422
    assert "<script>alert" not in text(page)
    assert turnouts(folder) == []


def test_a_form_counts_once_however_often_it_is_sent(operator: Client, folder: Path) -> None:
    typed = {"token": token(operator, ENTER), "hour": "12:00", "voted-0": "40"}
    operator.post(ENTER, typed)
    operator.post(ENTER, typed)
    assert len(turnouts(folder)) == 1
    page = operator.post(ENTER, typed | {"voted-0": "50", "reason-0": "changed"}, follow=True)
    assert "sent before with other content" in text(page)
    assert operator.post(ENTER, typed | {"token": "x", "voted-1": "9"}, follow=True).status_code == 200
    assert len(turnouts(folder)) == 1
    assert Submission.objects.count() == 1


@on_sqlite
def test_areas_of_others_are_not_there(operator: Client, browser: Browsers, person: People, folder: Path) -> None:
    for address in ("area/N2/", "area/N/", "area/S1/enter/", "station/S-0003/", "wall/N2/", "area/nowhere/"):
        assert operator.get(f"/console/board/{address}").status_code == 404, address
    assert operator.get("/console/board/").headers["Location"] == "/console/board/area/N1/"
    # A line of another area's station: its place is not in the form that the server makes.
    send(operator, ENTER, hour="12:00", **{"voted-2": "10", "opened-5": "on"})
    assert acts(folder, Turnout, Opened) == []
    keyer = browser(person("kai", "keyer", area="N1"))
    assert keyer.get("/console/board/area/N1/").status_code == 200
    assert keyer.get(ENTER).status_code == 403
    assert keyer.post(ENTER, {"token": "0" * 32, "hour": "12:00", "voted-0": "1"}).status_code == 403
    assert browser().get("/console/board/").status_code == 302


def test_a_duty_that_has_ended_ends_with_the_next_form(
    browser: Browsers, person: People, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = person("olga", "operator", area="N1")
    client = browser(olga)
    form = {"token": token(client, ENTER), "hour": "12:00", "voted-0": "40"}
    before = reports.hand_in

    def ended_between(*args: object, **kwargs: object) -> Submission:
        olga.duties.all().delete()  # after the view has asked, before the submission asks again
        return before(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(reports, "hand_in", ended_between)
    assert client.post(ENTER, form).status_code == 403
    assert turnouts(folder) == []


@on_sqlite
def test_forms_of_other_sites_are_refused(browser: Browsers, person: People, folder: Path) -> None:
    client = browser(person("olga", "operator", area="N1"), forgeries=True)
    form = {
        "token": "0" * 32,
        "hour": "12:00",
        "voted-0": "40",
        "text": "x",
        "role": "chair",
        "number": "+994501234567",
    }
    for address in (ENTER, FILE, TABLE, *(f"/console/board/station/S-0001/{a}/" for a in ("people", "telephones"))):
        assert client.post(address, form).status_code == 403, address
    assert len(acts(folder)) == 1


def table(content: str, name: str = "turnout.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode(), "text/csv")


def test_a_file_is_entered_whole(browser: Browsers, person: People, folder: Path) -> None:
    client = browser(person("olga", "operator", area="N"))
    rows = "S-0001,12:00,40,\nS-0003,12:00,90,\nS-0001,20:00,30,asked\n"
    send(client, TABLE, table=table(f"station_id,hour,voted,reason\n{rows}"))
    assert sorted(turnouts(folder)) == [
        ("S-0001", "12:00", 40, ""),
        ("S-0001", "20:00", 30, "asked"),
        ("S-0003", "12:00", 90, ""),
    ]
    again = send(client, TABLE, table=table("station_id,hour,voted\nS-0001,12:00,40\n"))
    assert again.status_code == 200
    assert len(turnouts(folder)) == 3


@on_sqlite
def test_every_fault_of_a_file_is_named_with_its_line_and_nothing_enters(operator: Client, folder: Path) -> None:
    rows = "S-0001,12:00,40\nS-0001,20:00,30\nS-0005,12:00,1\n"
    page = send(operator, TABLE, table=table(f"station_id,hour,voted\n{rows}{SCRIPT},12:00,x\n"))
    assert page.status_code == 422
    assert "<script>alert" not in text(page)
    assert "is no station of your areas" in text(page)
    page = send(operator, TABLE, table=table("station_id,hour,voted\nS-0001,12:00,40\nS-0001,20:00,30\n"))
    assert "Turnout fell: an earlier hour has 40" in text(page)
    assert text(page).count("column named reason") == 1
    assert turnouts(folder) == []


@on_sqlite
def test_a_file_that_is_too_large_or_none_is_refused(operator: Client, folder: Path) -> None:
    assert send(operator, TABLE, table=table("x" * (reports.MOST_BYTES + 1))).status_code == 422
    assert send(operator, TABLE, table=table("\x00\x01")).status_code == 422
    assert send(operator, TABLE, table="no file").status_code == 422
    assert turnouts(folder) == []


@on_sqlite
def test_the_commissions_incident_is_an_observation_in_its_own_name(operator: Client, folder: Path) -> None:
    page = send(operator, FILE, text=f"Power cut {SCRIPT}")
    assert "<script>alert" not in text(page)
    (said,) = acts(folder, Statement)
    assert isinstance(said, Statement)
    assert (said.kind, said.speaker) == ("observation", "nobody")
    assert said.text == f"S-0001: Power cut {SCRIPT}"
    assert "1 open incident" in text(operator.get("/console/board/area/N1/"))
    report = FieldReport.objects.get()
    operator.post(f"/console/board/reports/{report.pk}/settle/")
    assert "0 open incidents" in text(operator.get("/console/board/area/N1/"))


def test_an_observers_count_stands_beside_the_commissions(
    browser: Browsers, person: People, folder: Path, operator: Client
) -> None:
    send(operator, ENTER, hour="12:00", **{"voted-0": "40"})
    observer = browser(person("otto", "observer", area="N1"))
    assert observer.get(ENTER).status_code == 403
    typed = {"organisation": "Watch", "hour": "12:00", "voted": "35", "text": "Counted at the door."}
    page = send(observer, FILE, **typed)
    assert "35 voters counted by 12:00" in text(page)
    (said,) = acts(folder, Statement)
    assert isinstance(said, Statement)
    assert (said.kind, said.speaker) == ("field_report", "Watch")
    assert said.figures == {"station.S-0001.turnout.12:00.voted": 35}
    assert "otto" not in repr(acts(folder))
    assert "40 · 40.00 %" in text(operator.get("/console/board/area/N1/"))


@pytest.mark.parametrize(
    "typed",
    [
        {"organisation": "", "text": "x"},
        {"organisation": "Watch", "text": ""},
        {"organisation": "Watch", "hour": "12:00"},
        {"organisation": "Watch", "voted": "5", "text": "x"},
        {"organisation": "Watch", "voted": "-5", "hour": "12:00"},
        {"organisation": "Watch", "voted": "5", "hour": "13:00"},
        {"organisation": "Watch", "text": "x" * 1001},
        {"organisation": "x" * 121, "text": "x"},
        {"organisation": "Watch", "text": "a\x00b"},
    ],
)
@on_sqlite
def test_reports_that_cannot_be_filed(browser: Browsers, person: People, folder: Path, typed: dict[str, str]) -> None:
    observer = browser(person("otto", "observer", area="N1"))
    assert send(observer, FILE, **typed).status_code == 422
    assert acts(folder, Statement) == []
    assert not FieldReport.objects.exists()


@on_sqlite
def test_a_report_of_another_area_or_in_anothers_name_is_refused(browser: Browsers, person: People) -> None:
    observer = browser(person("otto", "observer", area="N1"))
    elsewhere = FILE.replace("S-0001", "S-0003")
    assert observer.post(elsewhere, {"organisation": "W", "text": "x", "token": "0" * 32}).status_code == 403
    reader = browser(person("rita", "reader"))
    assert reader.post(FILE, {"organisation": "W", "text": "x", "token": "0" * 32}).status_code == 403
    send(observer, FILE, organisation="Watch", text="x", kind="incident", filed_by="1", station_id="S-0003")
    report = FieldReport.objects.get()
    assert (report.kind, report.station_id, report.filed_by.login) == ("observed", "S-0001", "otto")


@on_sqlite
def test_the_wall_shows_progress_and_nobody(browser: Browsers, person: People) -> None:
    wall = text(browser(person("rita", "reader")).get("/console/board/wall/"))
    assert "0 of 6 stations reported" in wall
    assert "rita" not in wall
    assert "<form" not in wall


HUGE = 10**30
HOSTILE = ["' OR 1=1 --", "-1", "1e9", "x" * 5000, SCRIPT, "%00", "../../etc/passwd", str(HUGE)]


def test_hostile_addresses_and_parameters_are_answered_without_a_fault(
    browser: Browsers, person: People, folder: Path
) -> None:
    client = browser(person("olga", "operator", "observer", "publisher", "certifier"))
    for typed in HOSTILE:
        for page in ("area/N1/", "area/N1/enter/", "reports/"):
            answer = client.get(f"/console/board/{page}", {"page": typed, "hour": typed, "station": typed})
            assert answer.status_code == 200, (page, typed)
            assert "<script>alert" not in text(answer)
        for page in ("area", "wall", "station"):
            assert client.get(f"/console/board/{page}/{quote(typed, safe='')}/").status_code == 404, (page, typed)
    for address in (f"board/messages/{HUGE}/", f"board/people/{HUGE}/remove/", f"board/reports/{HUGE}/settle/",
                    f"board/telephones/{HUGE}/end/", f"publishing/{HUGE}/confirm/", f"publishing/{HUGE}/withdraw/",
                    f"publishing/calls/{HUGE}/confirm/", f"publishing/certify/{HUGE}/confirm/",
                    f"publishing/statements/{HUGE}/step/"):  # fmt: skip
        answer = client.post(f"/console/{address}", {"reason": "x", "token": "0" * 32})
        assert answer.status_code in (302, 404), address
    assert len(acts(folder)) == 1


@pytest.mark.parametrize("language", ["az", "ru", "en"])
@on_sqlite
def test_every_page_stands_in_every_language(browser: Browsers, person: People, language: str) -> None:
    client = browser(person("olga", "operator", "observer"))
    client.cookies["tallyroom_language"] = language
    for address in ("", "area/N/", "area/N1/", "area/N1/enter/", "table/", "wall/", "wall/N1/", "reports/",
                    *(f"station/S-0001/{page}" for page in ("", "report/", "people/", "telephones/"))):  # fmt: skip
        answer = client.get(f"/console/board/{address}")
        assert answer.status_code == 200, address
        assert f'lang="{language}"' in text(answer)
