"""People at stations: names stay here and can be erased; only roles and nominators are counted."""

from pathlib import Path

import pytest
from django.test import Client

from tallyroom.console.accounts.models import Trail
from tallyroom.console.board import attendants
from tallyroom.console.board.attendants import present_at
from tallyroom.console.board.models import Attendant
from tallyroom.record.acts import Present
from tests.console.conftest import Browsers, People
from tests.console.night import SCRIPT, on_sqlite, text

PEOPLE = "/console/board/station/S-0001/people/"


@pytest.fixture
def operator(browser: Browsers, person: People) -> Client:
    return browser(person("olga", "operator", area="N1"))


def add(client: Client, role: str, nominated_by: str, name: str = "") -> int:
    return client.post(PEOPLE, {"role": role, "nominated_by": nominated_by, "name": name}).status_code


def test_a_protocol_gets_counts_and_never_a_name(operator: Client) -> None:
    assert present_at("S-0001") == ()
    for row in [("chair", "Commission", "A"), ("member", "Red", "B"), ("member", "Red", "C"), ("member", "Blue", "D"),
                ("observer", "Watch", "E"), ("agent", "Red", "")]:  # fmt: skip
        assert add(operator, *row) == 302
    assert present_at("S-0001") == (
        Present("agent", "Red", 1),
        Present("member", "Blue", 1),
        Present("member", "Commission", 1),
        Present("member", "Red", 2),
        Present("observer", "Watch", 1),
    )
    assert present_at("S-0002") == ()


def test_a_station_has_one_chair(operator: Client) -> None:
    assert add(operator, "chair", "Commission") == 302
    assert add(operator, "chair", "Red") == 422
    assert Attendant.objects.count() == 1


def test_names_are_erased_and_the_counts_stay(operator: Client, folder: Path) -> None:
    add(operator, "member", "Red", "Ayan Secret")
    add(operator, "member", "Red", SCRIPT)
    page = text(operator.get(PEOPLE))
    assert "Ayan Secret" in page
    assert "<script>alert" not in page
    operator.post(f"{PEOPLE}erase/")
    assert "Ayan Secret" not in text(operator.get(PEOPLE))
    assert set(Attendant.objects.values_list("name", flat=True)) == {""}
    assert present_at("S-0001") == (Present("member", "Red", 2),)
    assert not any("Secret" in str(row.detail) + row.subject for row in Trail.objects.all())


@on_sqlite
def test_one_person_is_removed(operator: Client) -> None:
    add(operator, "member", "Red", "B")
    row = Attendant.objects.get()
    operator.post(f"/console/board/people/{row.pk}/remove/")
    assert present_at("S-0001") == ()
    assert Trail.objects.filter(action="attendant removed").count() == 1


@on_sqlite
def test_other_areas_and_other_duties(operator: Client, browser: Browsers, person: People) -> None:
    row = Attendant.objects.create(station_id="S-0003", role="member", nominated_by="Red", name="B")
    for address in (PEOPLE.replace("0001", "0003"), f"/console/board/people/{row.pk}/remove/",
                    PEOPLE.replace("0001", "0003") + "erase/"):  # fmt: skip
        assert operator.post(address, {"role": "member", "nominated_by": "x"}).status_code == 404
    observer = browser(person("otto", "observer"))
    assert observer.get(PEOPLE).status_code == 403
    assert observer.post(f"{PEOPLE}erase/").status_code == 403
    assert Attendant.objects.get().name == "B"


@on_sqlite
def test_what_cannot_be_added(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert add(operator, "president", "Red") == 422
    assert add(operator, "member", "") == 422
    assert add(operator, "member", "x" * 121) == 422
    assert add(operator, "member", "a\x00b") == 422
    operator.post(PEOPLE, {"role": "member", "nominated_by": "Red", "station_id": "S-0003", "id": "7"})
    assert Attendant.objects.get().station_id == "S-0001"
    monkeypatch.setattr(attendants, "MOST", 1)
    assert add(operator, "member", "Red") == 422


@on_sqlite
def test_whoever_receives_a_form_is_offered_the_counts_of_its_station(browser: Browsers, person: People) -> None:
    client = browser(person("olga", "operator", area="N1"))
    for by in ("Red", "Red", SCRIPT):
        add(client, "agent", by, "Ayan Secret")
    receive = "/console/desk/receive/"
    page = text(client.get(receive, {"station": "S-0001", "contest": "mayor"}))
    assert 'name="present_1_by" maxlength="120" value="Red"' in page
    assert 'name="present_1_count" inputmode="numeric" maxlength="3" value="2"' in page
    assert page.count('<option value="agent" selected>') == 2
    assert "Secret" not in page
    assert "<script>alert" not in page
    assert "present_0_by" in text(client.get(receive, {"station": "S-0002", "contest": "mayor"}))
