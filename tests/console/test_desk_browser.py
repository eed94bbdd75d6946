"""The desk in a browser: keyed without a mouse, sums checked at once, a draft survives, axe finds nothing."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tallyroom.console.desk.models import Draft, FormRow
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.stages import Stage
from tests.console.conftest import Browsers, People
from tests.console.desk_people import SOUND, WARNED, Person

CHROMIUM = shutil.which("chromium")  # ./run test installs it
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NOTED = {"error", "warning"}  # the browser also notes that the first field has its focus already


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


class Threaded(ThreadingMixIn, WSGIServer):
    """A thread a request, as the console's own server has."""

    daemon_threads = True


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs in this thread, and only it
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def address(folder: Path, database: str) -> Iterator[str]:
    """The console at an address of this machine, with its sequencer."""
    application = get_wsgi_application()

    def closing(environ, start):  # type: ignore[no-untyped-def]
        answer = application(environ, start)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()
            connections.close_all()

    server = make_server("127.0.0.1", 0, closing, server_class=Threaded, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with Sequencer(room()):
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def seat(chromium: Browser, address: str, person: Person, **options: object) -> BrowserContext:
    """A window in which a person is signed in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)  # type: ignore[arg-type]
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": person.client.cookies[name].value, "url": f"{address}/console/"}])
    return context


def key(page: Page, figures: dict[str, str]) -> None:
    """Type a form by the keyboard alone, from the field that has the focus."""
    for text in figures.values():
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")


@pytest.fixture(params=["sqlite"], name="database")
def one_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The browser sees the same pages on both databases; one is enough here."""
    from tests.console.conftest import use_database  # noqa: PLC0415

    shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "private" / "console.sqlite3")
    use_database("", folder)
    yield ""
    connections.close_all()


def test_a_form_is_keyed_without_a_mouse(chromium: Browser, address: str, person: People, browser: Browsers) -> None:
    oscar, kim, lou = (
        Person(browser(person(name, role))) for name, role in zip("okl", ("operator", "keyer", "keyer"), strict=True)
    )
    row = oscar.receive("S-0001")
    for one in (kim, lou):
        context = seat(chromium, address, one)
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda said, found=problems: said.type in NOTED and found.append(said.text))
        page.on("pageerror", lambda error, found=problems: found.append(str(error)))
        page.goto(f"{address}/console/desk/next/")
        key(page, SOUND)
        page.wait_for_url("**/next/?done=*")
        assert problems == []
        context.close()
    assert "accepted, act" in lou.get("next/", done=str(row.pk)).content.decode()
    row.refresh_from_db()
    assert row.stage == Stage.ACCEPTED


def test_sums_are_checked_at_once_and_a_draft_survives(
    chromium: Browser, address: str, person: People, browser: Browsers
) -> None:
    oscar, kim = (Person(browser(person(name, role))) for name, role in (("o", "operator"), ("k", "keyer")))
    row = oscar.receive("S-0001")
    context = seat(chromium, address, kim)
    page = context.new_page()
    page.goto(f"{address}/console/desk/forms/{row.pk}/key/")
    for text in (SOUND | {"c": "21"}).values():
        page.keyboard.type(text)
        page.keyboard.press("ArrowDown")
    assert "E-01" in page.inner_text("#arithmetic")
    page.locator("#kept", has_text="kept").wait_for()
    assert Draft.objects.get().typed["c"] == "21"
    context.close()
    context = seat(chromium, address, kim)
    page = context.new_page()
    page.goto(f"{address}/console/desk/forms/{row.pk}/key/")
    assert page.input_value("[name=fig_c]") == "21"
    page.fill("[name=fig_c]", "20")
    assert page.inner_text("#arithmetic") == ""
    page.press("[name=fig_c]", "Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/next/?done=*")
    row.refresh_from_db()
    assert row.stage == Stage.FIRST_ENTRY
    context.close()


def test_the_arithmetic_of_the_page_is_that_of_the_form(
    chromium: Browser, address: str, person: People, browser: Browsers
) -> None:
    """What the script says of random figures is what the equations say."""
    oscar, kim = (Person(browser(person(name, role))) for name, role in (("o", "operator"), ("k", "keyer")))
    row = oscar.receive("S-0001")
    paper = room().papers["mayor"]
    page = seat(chromium, address, kim).new_page()
    page.goto(f"{address}/console/desk/forms/{row.pk}/key/")
    for number in range(60):
        figures = {name: str((number * 37 + place * 11) % (7 + 40 * place)) for place, name in enumerate(paper.fields)}
        if number % 3 == 0:
            figures = WARNED | {"ballots_issued": str(100 + number), "voters_listed": str(90 + number * 2)}
        for name, text in figures.items():
            page.fill(f"[name=fig_{name}]", text)
        said = [text.split()[0] for text in page.inner_text("#arithmetic").splitlines() if text]
        expected = [failure.code for failure in paper.failures({n: int(t) for n, t in figures.items()})]
        assert said == expected, figures
    page.context.close()


def test_axe_finds_nothing_on_any_screen(
    chromium: Browser, address: str, person: People, browser: Browsers, tmp_path: Path
) -> None:
    one = Person(browser(person("one", "operator", "keyer", "resolver", "reviewer", "certifier")))
    kim, lou = (Person(browser(person(name, "keyer"))) for name in ("kim", "lou"))
    rows = [one.receive(f"S-000{n}") for n in range(1, 5)]
    for row, first, second in zip(rows[1:], (SOUND, WARNED, SOUND), (SOUND | {"a": "51"}, WARNED, SOUND), strict=True):
        kim.key(row, first)
        lou.key(row, second)
    paths = {"list": "", "receive": "receive/", "found": "receive/?q=S-000", "form": f"forms/{rows[0].pk}/"}
    paths |= {"chosen": "receive/?station=S-0005&contest=mayor", "key": f"forms/{rows[0].pk}/key/"}
    paths |= {"resolve": f"forms/{rows[1].pk}/resolve/", "review": f"forms/{rows[2].pk}/review/"}
    paths |= {"accepted": f"forms/{rows[3].pk}/", "change": f"forms/{rows[3].pk}/change/correction/"}
    paths |= {"annul": f"forms/{rows[3].pk}/change/annulment/"}
    paths |= {"check": f"forms/{rows[3].pk}/receipt/check/", "refused": f"forms/{rows[3].pk}/review/"}
    assert [FormRow.objects.get(pk=row.pk).stage for row in rows[1:]] == ["differs", "in review", "accepted"]
    one.step(rows[3], "change/correction", reason="minutes 4")
    paths |= {"ordered": f"forms/{FormRow.objects.get(purpose='correction').pk}/"}
    receipt = one.get(f"forms/{rows[3].pk}/receipt/").content.decode()
    found = []
    for scheme in ("light", "dark"):
        context = seat(chromium, address, one, color_scheme=scheme)
        page = context.new_page()
        for name, path in paths.items():
            page.goto(f"{address}/console/desk/{path}")
            page.screenshot(path=tmp_path / f"{name}-{scheme}.png", full_page=True)
            for width in (320, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (name, width, wide)
            found += [(name, scheme, *broken) for broken in violations(page)]
        page.goto("about:blank")
        page.set_content(receipt)  # its own address lets no script run, axe's neither
        assert rows[3].station in page.inner_text("main")
        found += [("receipt", scheme, *broken) for broken in violations(page)]
        context.close()
    assert found == []


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe-core has against a page: the rule, and the first element that breaks it."""
    report = Axe().run(page, options={"runOnly": RULES})
    return [(broken["id"], broken["nodes"][0]["html"]) for broken in report.response["violations"]]
