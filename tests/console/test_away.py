"""While the database is away the console says so, in a page that does not ask for it, and asks to send again."""

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from tests.console.conftest import Browsers, People


def away(*_: object) -> None:
    raise OperationalError("terminating connection due to administrator command")


@pytest.fixture
def client(person: People, browser: Browsers, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser of a keyer, whose database ends after sign-in."""
    found = browser(person("kim", "keyer"))
    found.raise_request_exception = False
    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", away)
    return found


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "what was taken already is not taken twice"), ("az", "ikinci dəfə"), ("ru", "не будет принято дважды")],
)
def test_a_page_says_that_what_is_accepted_is_kept(client: Client, language: str, words: str) -> None:
    for path in ("/console/", "/console/desk/next/", "/console/accounts/login/"):
        answer = client.get(path, headers={"Accept-Language": language})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        assert words in answer.content.decode()


def test_a_script_is_told_the_same(client: Client) -> None:
    answer = client.post("/console/api/entries", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")


def test_another_fault_is_a_fault(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", broken)
    answer = client.get("/console/desk/next/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "Retry-After" not in answer.headers
