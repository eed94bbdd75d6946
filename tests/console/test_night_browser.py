"""Polling day and publishing in a browser: no finding of axe-core, the table by keyboard alone, the wall by itself."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import transaction
from playwright.sync_api import Browser, Page, sync_playwright

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.board import views
from tallyroom.console.board.models import Attendant, Message, Telephone
from tallyroom.console.submissions.outbox import submit, wait
from tallyroom.record.acts import Accepted, Protocol, Turnout
from tests.console.conftest import Browsers, People
from tests.console.night import acts, on_sqlite, sequencing, serving
from tests.tally.village import lines

pytestmark = on_sqlite

CHROMIUM = shutil.which("chromium")  # ./run test installs it
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCHEMES: dict[Any, dict[str, Any]] = {"light": RULES, "dark": {"type": "rule", "values": ["color-contrast"]}}
AT = "2025-06-15T21:00:00+00:00"
BOARD = ("", "area/N1/", "area/N1/enter/", "table/", "wall/", "reports/", "station/S-0001/", "station/S-0001/report/",
         "station/S-0001/people/", "station/S-0001/telephones/", "messages/1/")  # fmt: skip
PUBLISHING = ("", "calls/", "certify/", "statements/", "final/mayor/")
DEFINITION = "definition/"


@pytest.fixture(scope="module", autouse=True)
def beside_playwright() -> Iterator[None]:
    """Let Django use the database in this thread, in which playwright keeps a loop of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="module")
def chromium(beside_playwright: None) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def address(database: str) -> Iterator[str]:
    """Where the console answers over real HTTP, with a sequencer."""
    with serving() as url, sequencing():
        yield url


@pytest.fixture
def open_as(chromium: Browser, browser: Browsers, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the browser in which somebody is signed in."""
    contexts = []

    def opened(user: User, **options: Any) -> Page:
        signed_in = browser(user).cookies[settings.SESSION_COOKIE_NAME].value
        context = chromium.new_context(**options)
        url = f"{address}/"
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": signed_in, "url": url}])
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def paula(person: People, address: str) -> User:
    """Somebody with every duty, after a night with something on every page."""
    paula = person("paula", "operator", "reviewer", "publisher", "certifier", "definition_keeper")
    votes = {"a": 8, "b": 0, "c": 0}
    for number, station in enumerate(f"S-000{n}" for n in range(1, 7)):
        protocol = Protocol(at=AT, contest="mayor", station=station, lines=lines(8), votes=votes)
        report = Turnout(at=AT, station=station, hour="12:00", voted=9000)
        with transaction.atomic():
            row = submit([protocol, Accepted(at=AT, first=-1), report], "commission", paula, str(number),
                         Action.RECEIVE, "")  # fmt: skip
        wait(row, 10)
    Attendant.objects.create(station_id="S-0001", role="chair", nominated_by="Red", name="A")
    telephone = Telephone.objects.create(number="+994507654321", station_id="S-0001", enrolled_by=paula)
    Message.objects.create(message_id="m", telephone=telephone, text="T 0001 20 7", state="asked", body_sha256="")
    return paula


def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    open_as: Callable[..., Page], paula: User, address: str, browser: Browsers, person: People
) -> None:
    one, other = browser(paula), browser(person("pavel", "publisher", "certifier"))
    for place, typed in (("certify/mayor", {"text": "Decision 14"}), ("calls/mayor", {"candidate": "a"})):
        basis = one.get("/console/publishing/").content.decode().split('name="basis" value="', 1)[1][:64]
        one.post(f"/console/publishing/{place}/propose/", typed | {"basis": basis})
        if place.startswith("certify"):
            other.post("/console/publishing/certify/1/confirm/", {"basis": basis})
    report = {"text": "Power cut", "token": "0" * 32}
    one.post("/console/board/station/S-0001/report/", report)
    page = open_as(paula, viewport={"width": 375, "height": 800})
    wrong: list[str] = []
    for place in (*(f"board/{end}" for end in BOARD), *(f"publishing/{end}" for end in PUBLISHING), DEFINITION):
        answer = page.goto(f"{address}/{place}")
        assert answer is not None
        assert answer.status == 200, place
        if page.evaluate("document.documentElement.scrollWidth") > 375:
            wrong.append(f"{place} scrolls sideways")
        for scheme, rules in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options={"runOnly": rules}).response["violations"]
            wrong += [f"{place} {scheme} {one['id']}: {[n['html'] for n in one['nodes']]}" for one in found]
    assert wrong == []
    page.goto(f"{address}/publishing/final/mayor/")
    page.emulate_media(media="print")
    assert page.get_by_text("Chair", exact=True).is_visible()
    assert page.get_by_text("Practice: the figures here are synthetic").is_visible()
    assert not any(page.get_by_text(words).is_visible() for words in ("results.json", "Sign out", "SHA-256"))


def test_a_constituency_is_entered_by_the_keyboard_alone_without_scripts(
    open_as: Callable[..., Page], person: People, address: str, folder: Path
) -> None:
    page = open_as(person("olga", "operator", area="N1"), java_script_enabled=False)
    page.goto(f"{address}/board/area/N1/enter/")
    page.locator("input[name=opened-0]").focus()
    for keys in ("Space", "Tab", "40", "Tab", "Tab", "Space", "Tab", "80"):
        if keys in ("Space", "Tab"):
            page.keyboard.press(keys)
        else:
            page.keyboard.type(keys)
    page.keyboard.press("Enter")
    page.wait_for_url("**hour=12**")
    assert "In the record" in page.inner_text("main")
    found = [(act.station, act.voted) for act in acts(folder, Turnout) if isinstance(act, Turnout)]
    assert found == [("S-0001", 40), ("S-0002", 80)]


def test_the_wall_renews_itself(
    open_as: Callable[..., Page], person: People, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "WALL_SECONDS", 0.1)
    olga = person("olga", "operator")
    page = open_as(olga)
    page.goto(f"{address}/board/wall/")
    row = page.locator("main table tr", has_text="12:00").first
    assert "417" not in row.inner_text()
    with transaction.atomic():
        report = Turnout(at=AT, station="S-0006", hour="12:00", voted=417)
        submission = submit([report], "commission", olga, "one", Action.REPORT_TURNOUT, "S1")
    wait(submission, 10)
    page.locator("main table tr", has_text="417").first.wait_for()
    assert "olga" not in page.content()
