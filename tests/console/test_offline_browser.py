"""The page without a network in a real browser: what is entered survives, is sent once, and a conflict says so."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tallyroom.console.desk.models import FormRow
from tallyroom.intake.opening import reader
from tallyroom.intake.stages import Stage
from tallyroom.record.acts import Opened, Turnout, decode
from tests.console.conftest import Browsers, People
from tests.console.desk_people import SOUND, Person
from tests.console.test_desk_browser import RULES, address, chromium, seat

__all__ = ["address", "chromium"]  # fixtures

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PHONE = {"width": 360, "height": 740}


def open_page(context: BrowserContext, address: str) -> Page:
    """The page, once its service worker has it."""
    page = context.new_page()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"{address}/console/offline/")
    page.wait_for_selector("html[data-ready]")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


@pytest.fixture
def people(person: People, browser: Browsers) -> dict[str, Person]:
    roles = {"oscar": ("operator",), "kim": ("keyer", "operator"), "lou": ("keyer",)}
    return {login: Person(browser(person(login, *held))) for login, held in roles.items()}


@pytest.fixture
def windows(chromium: Browser, address: str, people: dict[str, Person]) -> Iterator[dict[str, BrowserContext]]:
    found = {login: seat(chromium, address, one) for login, one in people.items()}
    yield found
    for context in found.values():
        context.close()


def report(page: Page, kind: str, station: str = "S-0001", voted: str = "") -> None:
    page.fill("#r-station", station)
    page.select_option("#r-kind", kind)
    if voted:
        page.fill("#r-voted", voted)
    page.click("#report button")


def key_form(page: Page, figures: dict[str, str]) -> None:
    for name, text in figures.items():
        page.fill(f"#fields input[name='{name}']", text)
    page.click("#protocol button")


def acts(folder: Path, kind: type) -> list[object]:
    return [act for act in map(decode, reader(folder).verified_entries()) if isinstance(act, kind)]


def test_what_is_entered_without_a_network_is_sent_once_when_it_is_back(
    windows: dict[str, BrowserContext], address: str, people: dict[str, Person], folder: Path
) -> None:
    row = people["oscar"].receive("S-0001")
    context = windows["kim"]
    page = open_page(context, address)
    context.set_offline(True)
    report(page, "opened")
    report(page, "turnout", voted="40")
    key_form(page, SOUND)
    expect(page.locator("#queue .waiting")).to_have_count(3)
    assert acts(folder, Opened) == []
    page.reload()  # the browser was closed and opened: page and entries are still there
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#queue .waiting")).to_have_count(3)
    expect(page.locator("#network.away")).to_have_count(1)
    sent: list[tuple[str, str, dict[str, str]]] = []
    page.on("request", lambda one: sent.append((one.method, one.post_data or "", one.headers)))
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")  # a second time, at the same moment
    expect(page.locator("#queue .sent")).to_have_count(3)
    assert (len(acts(folder, Opened)), len(acts(folder, Turnout))) == (1, 1)
    row.refresh_from_db()
    assert row.stage == Stage.FIRST_ENTRY
    posts = [one for one in sent if one[0] == "POST"]
    assert len(posts) == 3
    assert len({one[2]["idempotency-key"] for one in posts}) == 3
    size = reader(folder).size
    again = """([body, key, token]) => fetch("/console/api/entries", {method: "POST", body,
      headers: {"Content-Type": "application/json", "Idempotency-Key": key, "X-CSRFToken": token}})
      .then((answer) => answer.json())"""
    for _, body, headers in posts:
        answer = page.evaluate(again, [body, headers["idempotency-key"], headers["x-csrftoken"]])
        assert answer["state"] == "done"
    assert reader(folder).size == size
    kept = page.evaluate(
        """() => new Promise((done) => { indexedDB.open("tallyroom-offline").onsuccess = (event) => {
        event.target.result.transaction("queue").objectStore("queue").getAll().onsuccess =
        (found) => done(found.target.result); } })"""
    )
    assert "figures" not in json.dumps(kept)  # what was keyed stays on no device


def test_the_second_person_keys_without_a_network_and_the_form_is_accepted(
    windows: dict[str, BrowserContext], address: str, people: dict[str, Person]
) -> None:
    row = people["oscar"].receive("S-0001")
    people["kim"].key(row, SOUND)
    page = open_page(windows["lou"], address)
    windows["lou"].set_offline(True)
    key_form(page, SOUND)
    expect(page.locator("#queue .waiting")).to_have_count(1)
    windows["lou"].set_offline(False)
    expect(page.locator("#queue .sent")).to_contain_text("accepted")
    assert FormRow.objects.get(pk=row.pk).stage == Stage.ACCEPTED


def test_who_types_on_is_not_called_back_when_a_report_is_kept(
    windows: dict[str, BrowserContext], address: str, people: dict[str, Person]
) -> None:
    people["oscar"].receive("S-0001")
    page = open_page(windows["kim"], address)
    windows["kim"].set_offline(True)
    report(page, "turnout", voted="40")
    first = page.locator("#fields input").first
    first.fill("200")
    expect(page.locator("#queue .waiting")).to_have_count(1)
    expect(first).to_be_focused()
    expect(first).to_have_value("200")
    expect(page.locator("#r-voted")).to_have_value("")


def test_a_conflict_and_a_doubt_stay_and_say_why(
    windows: dict[str, BrowserContext], address: str, people: dict[str, Person], folder: Path
) -> None:
    row = people["oscar"].receive("S-0001")
    context = windows["kim"]
    page = open_page(context, address)
    context.set_offline(True)
    report(page, "turnout", voted="150")  # more than the 100 on the register
    key_form(page, SOUND)
    people["oscar"].step(row, "replace", why="another paper", reason="another paper")
    context.set_offline(False)
    expect(page.locator("#queue .conflict")).to_have_count(2)
    doubt, conflict = page.locator("#queue .conflict").all()
    expect(doubt).to_contain_text("More than the 100 voters")
    expect(conflict).to_contain_text("The form was changed after you opened it")
    assert acts(folder, Turnout) == []
    doubt.locator("input").fill("the register was corrected")
    doubt.get_by_role("button", name="Send again with the reason").click()
    expect(page.locator("#queue .sent")).to_have_count(1)
    conflict = page.locator("#queue .conflict")
    conflict.get_by_role("button", name="Discard").click()
    expect(conflict).to_have_count(0)
    assert len(acts(folder, Turnout)) == 1


def test_another_person_on_the_same_device_sends_nothing_of_the_first(
    windows: dict[str, BrowserContext], address: str, people: dict[str, Person], folder: Path
) -> None:
    context = windows["kim"]
    page = open_page(context, address)
    context.set_offline(True)
    report(page, "opened")
    expect(page.locator("#queue .waiting")).to_have_count(1)
    name = settings.SESSION_COOKIE_NAME
    value = people["oscar"].client.cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": f"{address}/console/"}])
    context.set_offline(False)
    expect(page.locator("#queue")).to_contain_text("Another person is signed in here")
    assert acts(folder, Opened) == []


def test_the_page_has_no_finding_and_speaks_three_languages(windows: dict[str, BrowserContext], address: str) -> None:
    page = open_page(windows["kim"], address)
    faults: list[str] = []
    page.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
    for language, word in (("az", "Şəbəkəsiz"), ("ru", "Без сети"), ("en", "Without a network")):
        windows["kim"].add_cookies([{"name": "tallyroom_language", "value": language, "url": f"{address}/console/"}])
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.inner_text("h1") == word
        assert page.get_attribute("html", "lang") == language
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page, options={"runOnly": RULES})
    assert [violation["id"] for violation in found.response["violations"]] == []
    assert faults == []
