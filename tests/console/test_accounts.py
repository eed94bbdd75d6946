"""People, their duties, one-time links and the trail, through the screens, with a hostile client among them."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone

from tallyroom.console.accounts.models import Duty, Invitation, Trail, User
from tallyroom.console.accounts.trail import note
from tests.console.conftest import Browsers, People

PASSWORD = "four plain words together"
PEOPLE = "/console/accounts/people/"


@pytest.fixture
def administrator(browser: Browsers, person: People) -> Client:
    """A browser of an administrator."""
    return browser(person("admin", "administrator"))


def trail() -> Iterator[tuple[str, str]]:
    return ((row.action, row.subject) for row in Trail.objects.order_by("pk"))


def link_in(answer: object) -> str:
    """The path of the one-time link that a page shows."""
    return urlsplit(answer.context["address"]).path  # type: ignore[attr-defined]


def add(administrator: Client, **fields: str) -> object:
    return administrator.post(f"{PEOPLE}add/", {"login": "anna", "role": "keyer", "area_id": "N1", **fields})


def test_a_person_is_added_and_the_link_is_shown_once(administrator: Client) -> None:
    answer = add(administrator, name="Anna")
    token = link_in(answer).split("/")[-2]
    anna = User.objects.get(login="anna")
    assert [(duty.role, duty.area_id) for duty in anna.duties.all()] == [("keyer", "N1")]
    assert not anna.has_usable_password()
    assert token not in administrator.get(f"{PEOPLE}{anna.pk}/").content.decode()
    assert not Invitation.objects.filter(token_hash__contains=token).exists()
    assert {row.address for row in Trail.objects.all()} == {"127.0.0.1", None}
    assert Trail.objects.get(action="person added").address == "127.0.0.1"
    assert list(trail())[-3:] == [(what, f"user {anna.pk}") for what in ("person added", "duty given", "link made")]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"login": "Anna Smith"}, "Small Latin letters"),
        ({"login": ""}, "required"),
        ({"login": "admin"}, "already exists"),
        ({"role": "king"}, "not one of the available choices"),
        ({"area_id": "Z9"}, "There is no area Z9"),
        ({"role": "publisher"}, "for the whole country"),
    ],
)
def test_a_wrong_field_is_said_and_adds_nobody(administrator: Client, fields: dict[str, str], sentence: str) -> None:
    answer = add(administrator, **fields)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert sentence in answer.content.decode()  # type: ignore[attr-defined]
    assert User.objects.count() == 1
    assert Duty.objects.count() == 1


def test_a_link_works_once(administrator: Client, browser: Browsers) -> None:
    link = link_in(add(administrator))
    first, second = browser(), browser()
    assert first.get(link).headers["Referrer-Policy"] == "same-origin"
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert first.post(link, chosen).headers["Location"] == "/console/accounts/login/"
    other = {"new_password1": "quite another phrase", "new_password2": "quite another phrase"}
    assert second.post(link, other).status_code == 410
    assert second.get(link).status_code == 410
    assert User.objects.get(login="anna").check_password(PASSWORD)


def test_a_link_ends_after_a_day(administrator: Client, browser: Browsers) -> None:
    link = link_in(add(administrator))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser().get(link).status_code == 410


def test_a_new_link_ends_the_one_before(administrator: Client, browser: Browsers) -> None:
    first = link_in(add(administrator))
    anna = User.objects.get(login="anna")
    second = link_in(administrator.post(f"{PEOPLE}{anna.pk}/reset/"))
    assert [browser().get(link).status_code for link in (first, second)] == [410, 200]


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012345", "anna.smith-2030"])
def test_a_weak_password_is_refused(administrator: Client, browser: Browsers, password: str) -> None:
    link = link_in(add(administrator, login="anna.smith-2030"))
    answer = browser().post(link, {"new_password1": password, "new_password2": password})
    assert answer.status_code == 422
    assert not User.objects.get(login="anna.smith-2030").has_usable_password()
    assert browser().get(link).status_code == 200


def test_a_link_of_a_disabled_person_is_closed(administrator: Client, browser: Browsers) -> None:
    link = link_in(add(administrator))
    administrator.post(f"{PEOPLE}{User.objects.get(login='anna').pk}/disable/")
    assert browser().get(link).status_code == 410


def test_duties_are_given_and_ended(administrator: Client, person: People) -> None:
    anna = person("anna", "keyer", area="N1")
    administrator.post(f"{PEOPLE}{anna.pk}/duty/", {"role": "resolver", "area_id": "S"})
    keyer = anna.duties.get(role="keyer")
    administrator.post(f"{PEOPLE}{anna.pk}/duty/{keyer.pk}/end/")
    assert {(duty.role, duty.area_id) for duty in User.objects.get(pk=anna.pk).assignments} == {("resolver", "S")}
    assert list(trail())[-2:] == [("duty given", f"user {anna.pk}"), ("duty ended", f"user {anna.pk}")]


def test_the_same_duty_is_not_given_twice(administrator: Client, person: People) -> None:
    anna = person("anna", "keyer", area="N1")
    answer = administrator.post(f"{PEOPLE}{anna.pk}/duty/", {"role": "keyer", "area_id": "N1"})
    assert answer.status_code == 422
    assert anna.duties.count() == 1


def test_a_duty_is_ended_only_through_its_own_person(administrator: Client, person: People) -> None:
    anna, bob = person("anna", "keyer", area="N1"), person("bob", "keyer", area="N1")
    assert administrator.post(f"{PEOPLE}{bob.pk}/duty/{anna.duties.get().pk}/end/").status_code == 404
    assert anna.duties.get().ended_at is None


@pytest.mark.parametrize(
    "path", ["", "add/", "{me}/", "{me}/duty/", "{me}/reset/", "{me}/disable/", "{me}/forget/", "{me}/sign-out/"]
)
def test_who_is_no_administrator_reaches_none_of_it(browser: Browsers, person: People, path: str) -> None:
    anna = person("anna", *("keyer", "reviewer", "publisher"))
    client, address = browser(anna), PEOPLE + path.format(me=anna.pk)
    fields = {"login": "eve", "role": "administrator", "area_id": ""}
    assert {client.get(address).status_code, client.post(address, fields).status_code} <= {403, 405}
    assert client.post(address, fields).status_code in (403, 405)
    assert not Duty.objects.filter(role="administrator").exists()
    assert User.objects.count() == 1


@pytest.mark.parametrize("path", ["duty/", "reset/", "disable/", "enable/"])
def test_nobody_changes_their_own_account_or_duties(administrator: Client, path: str) -> None:
    me = User.objects.get(login="admin")
    administrator.post(f"{PEOPLE}{me.pk}/{path}", {"role": "publisher", "area_id": ""})
    me = User.objects.get(login="admin")
    assert [duty.role for duty in me.assignments] == ["administrator"]
    assert me.is_active
    assert list(trail()) == [("signed in", f"user {me.pk}")]


def test_fields_that_a_form_does_not_have_change_nothing(administrator: Client, browser: Browsers) -> None:
    more = {"is_active": "", "is_superuser": "1", "password": "x", "id": "1", "user": "1", "given_by": "", "role_": "x"}
    link = link_in(add(administrator, **more))
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    browser().post(link, {**chosen, **more, "login": "admin", "role": "administrator", "area_id": ""})
    anna = User.objects.get(login="anna")
    assert (anna.is_active, [duty.role for duty in anna.assignments]) == (True, ["keyer"])
    assert not User.objects.get(login="admin").has_usable_password()
    assert anna.duties.get().given_by == User.objects.get(login="admin")


def test_a_disabled_person_is_signed_out_at_once(administrator: Client, browser: Browsers, person: People) -> None:
    anna = person("anna", "keyer", area="N1")
    client = browser(anna)
    assert client.get("/console/").status_code == 200
    administrator.post(f"{PEOPLE}{anna.pk}/disable/")
    assert client.get("/console/").status_code == 302
    administrator.post(f"{PEOPLE}{anna.pk}/enable/")
    assert client.get("/console/").status_code == 302


def test_a_name_is_removed_and_the_trail_keeps_the_number(administrator: Client, person: People) -> None:
    anna = person("anna", "keyer", area="N1")
    note(anna, "tested", "nothing")
    refused = administrator.post(f"{PEOPLE}{anna.pk}/forget/", follow=True)
    assert "disabled person" in refused.content.decode()
    administrator.post(f"{PEOPLE}{anna.pk}/disable/")
    administrator.post(f"{PEOPLE}{anna.pk}/forget/")
    assert User.objects.get(pk=anna.pk).login == f"former-{anna.pk}"
    page = administrator.get(f"{PEOPLE}{anna.pk}/").content.decode()
    assert "tested" in page
    assert "anna" not in page


def test_everything_that_someone_did_is_on_one_page(administrator: Client, person: People) -> None:
    anna = person("anna", "keyer", area="N1")
    note(anna, "keyed", "station S-0001", lines=6)
    page = administrator.get(f"{PEOPLE}{anna.pk}/").content.decode()
    assert "keyed" in page
    assert "station S-0001" in page
    assert "lines: 6" in page


def test_people_are_found_by_login_or_name(administrator: Client, person: People) -> None:
    person("anna"), person("bob")
    User.objects.filter(login="bob").update(name="Annabel")
    assert {user.login for user in administrator.get(PEOPLE, {"q": "ANNA"}).context["page"]} == {"anna", "bob"}
    assert len(administrator.get(PEOPLE).context["page"]) == 3


ATTACKS = ("<script>alert(1)</script>", "' OR 1=1 --", "%27%20OR%201=1", "\x00", "☃" * 400, "{{ 7*7 }}", "../../etc")


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_is_data(administrator: Client, person: People, attack: str) -> None:
    person("anna", "keyer", area="N1")
    for address in (f"{PEOPLE}?", "/console/accounts/trail/?", "/console/accounts/login/?"):
        fields = ("q", "page", "login", "action", "subject", "since", "until", "next")
        for asked in (dict.fromkeys(fields, attack), dict.fromkeys(("login", "subject", "q"), attack)):
            answer = administrator.get(address, asked)
            assert answer.status_code in (200, 302, 422)
            assert "<script>alert" not in answer.content.decode()
    added = add(administrator, name=attack)
    assert added.status_code in (200, 422)  # type: ignore[attr-defined]
    assert "<script>alert" not in administrator.get(PEOPLE).content.decode()
    assert User.objects.filter(login="anna").count() == 1


def test_the_trail_is_filtered_and_paged(administrator: Client, person: People) -> None:
    anna = person("anna")
    for number in range(150):
        note(anna, "keyed" if number % 2 else "read", f"station S-{number:04d}")
    address = "/console/accounts/trail/"
    page = administrator.get(address, {"login": "anna", "action": "keyed"}).context["page"]
    assert (page.paginator.count, page[0].subject) == (75, "station S-0149")
    second = administrator.get(address, {"login": "anna", "page": "2"})
    assert len(second.context["page"]) == 50
    assert "login=anna&amp;page=1" in second.content.decode()
    assert administrator.get(address, {"since": "2999-01-01"}).context["page"].paginator.count == 0
    assert administrator.get(address, {"since": "yesterday"}).status_code == 422


@pytest.mark.parametrize(("role", "status"), [("certifier", 200), ("administrator", 200), ("keyer", 403)])
def test_who_reads_the_trail(browser: Browsers, person: People, role: str, status: int) -> None:
    client = browser(person("anna", role))
    assert client.get("/console/accounts/trail/").status_code == status
    assert client.post("/console/accounts/trail/").status_code == 405


@pytest.mark.parametrize("statement", ["UPDATE accounts_trail SET action = 'x'", "DELETE FROM accounts_trail"])
def test_the_trail_is_never_changed(person: People, statement: str) -> None:
    note(person("anna"), "tested", "nothing")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Trail.objects.get().action == "tested"


def test_who_did_something_is_never_deleted(person: People) -> None:
    anna = person("anna")
    note(anna, "tested", "nothing")
    with pytest.raises(DatabaseError):
        anna.delete()


def test_a_table_takes_no_value_of_another_type(person: People) -> None:
    anna = person("anna")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = 'perhaps' WHERE id = %s", [anna.pk])
    assert make_password("x").startswith("argon2")
