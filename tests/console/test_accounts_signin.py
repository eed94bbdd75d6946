"""Sign-in: passwords, lockout, second factors, sessions, forged forms, headers and cookies."""

import time
from http.cookies import Morsel
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value
from django.test import Client
from django.test.utils import override_settings

from tallyroom.console.accounts.models import Trail, User
from tests.console.conftest import Browsers, People

PASSWORD = "four plain words together"
ACCOUNTS = "/console/accounts"
LOGIN = f"{ACCOUNTS}/login/"
FACTORS = f"{ACCOUNTS}/second-factor/"


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, login: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": login, "password": password}, **extra)


def code(secret: str, step: int = 0) -> str:
    """The code that an app shows now, or some steps of 30 seconds away."""
    return f"{hotp_value(secret, int(time.time()) // 30 + step):06d}"


def set_up_codes(client: Client) -> str:
    """Set up codes of an app; gives the secret."""
    client.post(f"{ACCOUNTS}/reauthenticate/", {"password": PASSWORD})
    secret = str(client.get(f"{FACTORS}totp/activate/").context["form"].secret)
    answer = client.post(f"{FACTORS}totp/activate/", {"code": code(secret)})
    assert answer.status_code == 302
    return secret


def test_a_person_signs_in_by_login_in_any_case(browser: Browsers, person: People) -> None:
    with_password(person("anna", "keyer", area="N1"))
    client = browser()
    assert sign_in(client, " Anna ").headers["Location"] == "/console/"
    assert client.get("/console/").status_code == 200
    assert Trail.objects.filter(action="signed in").count() == 1


@pytest.mark.parametrize("login", ["anna", "nobody"])
def test_a_wrong_password_says_nothing_of_who_exists(browser: Browsers, person: People, login: str) -> None:
    with_password(person("anna"))
    page = sign_in(browser(), login, "wrong").content.decode()
    assert "not correct" in page
    assert Trail.objects.filter(action="sign-in failed").count() == 1
    assert "wrong" not in str(list(Trail.objects.values()))


def test_five_wrong_passwords_lock_the_account_for_that_address_only(browser: Browsers, person: People) -> None:
    with_password(person("anna"))
    client = browser()
    statuses = [sign_in(client, "anna", "wrong").status_code for _ in range(5)]
    assert statuses[-1] == 429
    assert sign_in(client, "anna").status_code == 429
    assert sign_in(client, "ANNA").status_code == 429
    assert sign_in(browser(), "anna", REMOTE_ADDR="192.0.2.9").status_code == 302
    assert Trail.objects.filter(action="sign-in locked").exists()


def test_an_administrator_opens_a_locked_account(browser: Browsers, person: People) -> None:
    anna = with_password(person("anna"))
    for _ in range(5):
        sign_in(browser(), "anna", "wrong")
    link = browser(person("admin", "administrator")).post(f"{ACCOUNTS}/people/{anna.pk}/reset/").context["address"]
    path = link.removeprefix("http://testserver")
    browser().post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert sign_in(browser(), "anna").status_code == 302


def test_a_forwarded_address_is_believed_behind_a_proxy_only(browser: Browsers, person: People) -> None:
    with_password(person("anna"))
    for number in range(5):
        sign_in(browser(), "anna", "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    assert sign_in(browser(), "anna").status_code == 429
    with override_settings(HTTPS=True):
        sign_in(browser(), "anna", HTTP_X_FORWARDED_FOR="10.0.0.1, 192.0.2.77", secure=True)
    assert Trail.objects.get(action="signed in").address == "192.0.2.77"


@pytest.mark.parametrize("role", ["administrator", "publisher", "certifier"])
def test_without_a_second_factor_these_roles_set_one_up_first(browser: Browsers, person: People, role: str) -> None:
    with_password(person("anna", role))
    client = browser()
    sign_in(client, "anna")
    for page in ("/console/", f"{ACCOUNTS}/people/", f"{ACCOUNTS}/trail/", f"{ACCOUNTS}/sessions/"):
        assert client.get(page).headers["Location"] == FACTORS
    assert client.post(f"{ACCOUNTS}/people/add/", {"login": "eve", "role": "keyer"}).headers["Location"] == FACTORS
    assert User.objects.count() == 1
    set_up_codes(client)
    assert client.get("/console/").status_code == 200


def test_a_keyer_needs_no_second_factor(browser: Browsers, person: People) -> None:
    client = browser(person("anna", "keyer", area="N1"), second_factor=False)
    assert client.get("/console/").status_code == 200


def test_a_code_is_asked_for_at_sign_in_and_works_once(browser: Browsers, person: People) -> None:
    with_password(person("anna", "publisher"))
    first = browser()
    sign_in(first, "anna")
    secret = set_up_codes(first)
    second, third = browser(), browser()
    for client in (second, third):
        assert sign_in(client, "anna").headers["Location"] == f"{FACTORS}authenticate/"
        assert client.get("/console/").status_code == 302
    assert second.post(f"{FACTORS}authenticate/", {"code": "000000"}).status_code == 200
    shown = code(secret)
    assert second.post(f"{FACTORS}authenticate/", {"code": shown}).headers["Location"] == "/console/"
    assert second.get("/console/").status_code == 200
    assert third.post(f"{FACTORS}authenticate/", {"code": shown}).status_code == 200
    assert third.get("/console/").status_code == 302


def test_a_session_from_before_the_second_factor_ends(browser: Browsers, person: People) -> None:
    with_password(person("anna", "publisher"))
    old, new = browser(), browser()
    for client in (old, new):
        sign_in(client, "anna")
    set_up_codes(new)
    assert old.get("/console/").headers["Location"].startswith(LOGIN)
    assert old.get(FACTORS).headers["Location"].startswith(LOGIN)


def test_the_secret_of_the_codes_is_not_readable_in_the_database(browser: Browsers, person: People) -> None:
    with_password(person("anna", "publisher"))
    client = browser()
    sign_in(client, "anna")
    secret = set_up_codes(client)
    stored = Authenticator.objects.get(type="totp").data
    assert secret not in str(stored)


def test_the_last_second_factor_of_a_publisher_stays(browser: Browsers, person: People) -> None:
    with_password(person("anna", "publisher"))
    client = browser()
    sign_in(client, "anna")
    set_up_codes(client)
    client.post(f"{FACTORS}totp/deactivate/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_reset_takes_second_factors_and_sessions_away(browser: Browsers, person: People) -> None:
    anna = with_password(person("anna", "publisher"))
    client = browser()
    sign_in(client, "anna")
    set_up_codes(client)
    browser(person("admin", "administrator")).post(f"{ACCOUNTS}/people/{anna.pk}/reset/")
    assert client.get("/console/").status_code == 302
    assert not Authenticator.objects.filter(user=anna).exists()
    assert not User.objects.get(pk=anna.pk).has_usable_password()


def test_other_sessions_are_listed_and_ended(browser: Browsers, person: People) -> None:
    with_password(person("anna", "keyer", area="N1"))
    here, there = browser(), browser()
    sign_in(here, "anna", HTTP_USER_AGENT="here")
    sign_in(there, "anna", HTTP_USER_AGENT="<b>there</b>")
    page = here.get(f"{ACCOUNTS}/sessions/").content.decode()
    assert "&lt;b&gt;there&lt;/b&gt;" in page
    here.post(f"{ACCOUNTS}/sessions/")
    assert here.get("/console/").status_code == 200
    assert there.get("/console/").status_code == 302


def test_sign_out_ends_the_session_and_only_by_a_form(browser: Browsers, person: People) -> None:
    client = browser(person("anna"))
    key = client.cookies["tallyroom_session"].value
    assert client.get(f"{ACCOUNTS}/logout/").status_code == 200
    assert client.get("/console/").status_code == 200
    client.post(f"{ACCOUNTS}/logout/")
    again = Client()
    again.cookies["tallyroom_session"] = key
    assert again.get("/console/").status_code == 302


def test_the_session_gets_a_new_key_at_sign_in(browser: Browsers, person: People) -> None:
    with_password(person("anna"))
    client = browser()
    client.cookies["tallyroom_session"] = "chosen-by-somebody-else-0000000"
    sign_in(client, "anna")
    assert client.cookies["tallyroom_session"].value != "chosen-by-somebody-else-0000000"


@pytest.mark.parametrize("path", ["people/add/", "people/1/reset/", "people/1/disable/", "people/1/duty/", "logout/"])
def test_a_form_of_another_site_changes_nothing(browser: Browsers, person: People, path: str) -> None:
    person("anna")
    client = browser(person("admin", "administrator"), forgeries=True)
    before = Trail.objects.count()
    answer = client.post(f"{ACCOUNTS}/{path}", {"login": "eve", "role": "keyer"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    assert (User.objects.count(), Trail.objects.count()) == (2, before)


@pytest.mark.parametrize("path", ["/signup/", "/password/reset/", "/email/", "/confirm-email/", "/login/code/"])
def test_nobody_opens_an_account_for_themselves(browser: Browsers, path: str) -> None:
    client = browser()
    assert client.get(ACCOUNTS + path).status_code == 404
    assert client.post(ACCOUNTS + path, {"login": "eve", "password1": PASSWORD}).status_code == 404


def test_sign_in_leads_to_no_other_site(browser: Browsers, person: People) -> None:
    with_password(person("anna"))
    answer = browser().post(f"{LOGIN}?next=https://evil.example/", {"login": "anna", "password": PASSWORD})
    assert answer.headers["Location"] == "/console/"


PAGES = ("/console/", "/console/nothing", LOGIN, f"{ACCOUNTS}/people/", f"{ACCOUNTS}/link/none/", FACTORS)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_its_headers(browser: Browsers, person: People, page: str) -> None:
    headers = browser(person("admin", "administrator")).get(page).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_style_or_script_of_its_own(browser: Browsers, person: People, page: str) -> None:
    text = browser(person("admin", "administrator")).get(page).content.decode()
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<style" not in text
    scripts = [part.split(">")[0] for part in text.split("<script")[1:]]
    assert all("src=" in script or "application/json" in script for script in scripts)


def test_cookies_are_for_the_console_alone(browser: Browsers, person: People) -> None:
    with_password(person("anna"))
    client = browser()
    client.get(LOGIN)
    sign_in(client, "anna")
    client.post("/console/language/", {"language": "az"})
    cookies: dict[str, Morsel[str]] = dict(client.cookies)
    assert set(cookies) == {"tallyroom_session", "tallyroom_csrf", "tallyroom_language"}
    assert all(cookie["httponly"] and cookie["path"] == "/console/" for cookie in cookies.values())
    assert {name: cookie["samesite"] for name, cookie in cookies.items()} == {
        "tallyroom_session": "Lax",
        "tallyroom_csrf": "Strict",
        "tallyroom_language": "Lax",
    }
    assert not cookies["tallyroom_session"]["expires"]


def test_a_page_of_the_console_is_in_the_language_that_was_chosen(browser: Browsers) -> None:
    client = browser()
    assert '<html lang="en">' in client.get(LOGIN).content.decode()
    assert client.get("/console/language/").status_code == 405
    for language, word in (("az", "Daxil ol"), ("ru", "Войти")):
        client.post("/console/language/", {"language": language, "next": LOGIN})
        page = client.get(LOGIN).content.decode()
        assert f'<html lang="{language}">' in page
        assert word in page
