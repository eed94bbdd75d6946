"""The pages in a browser: no sideways scrolling, everything without JavaScript, no finding of axe-core, the modules."""

import base64
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tallyroom.announce.pages import newest_pages, pages
from tallyroom.announce.serve import site_server
from tallyroom.announce.style import SCRIPTS, script
from tests.announce import examples, harbour
from tests.announce.night import night_view

CHROMIUM = shutil.which("chromium")  # ./run test installs it
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SEEN = Path(__file__).parent / "seen"
"""What pages looked like when somebody looked at them last; remade by hand with `remake_seen`."""

KINDS_OF_PAGE = (
    "v/1/index.html",
    "v/2/index.az.html",
    "v/4/index.html",
    "v/7/index.ru.html",
    "index.html",
    "areas.az.html",
    "v/7/areas.html",
    "v/7/areas/N1.ru.html",
    "v/7/areas/N.html",
    "archive.html",
    "archive.ru.html",
    "method.az.html",
    "embed.html",
)
DARK = ("v/7/index.ru.html", "v/2/index.az.html", "v/7/areas/N1.ru.html", "archive.html", "embed.html")
NIGHTS = ("noon", "at_0313", "hostile")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def served(harbour_site: Path) -> Iterator[str]:
    yield from serving(harbour_site)


def serving(site: Path) -> Iterator[str]:
    server = site_server(site, "127.0.0.1", 8300)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of nights with the figures of a country, in every language."""
    root = tmp_path_factory.mktemp("nights")
    for name in NIGHTS:
        view = night_view(examples.MOMENTS[name](), harbour.LANGUAGES)
        for path, content in [*newest_pages(view), *((f"v/12/{path}", content) for path, content in pages(view))]:
            file = root / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    return root


def path_of(name: str) -> str:
    return f"v/8/{name}" if name.startswith("areas") else name


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("language", harbour.LANGUAGES)
def test_no_page_scrolls_sideways_and_figures_stand_without_javascript(
    browser: Browser, nights: Path, night: str, language: str
) -> None:
    suffix = "" if language == "en" else f".{language}"
    root = examples.ROOT
    for width in (320, 1280):
        context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
        page = context.new_page()
        for name in ("index", "v/12/areas", "archive", "embed"):
            page.goto((nights / night / f"{name}{suffix}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
            assert root in page.inner_text("body")
        context.close()


def test_axe_sees_what_is_wrong(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(f"{served}v/4/index.html")
    page.evaluate("document.documentElement.lang = ''; document.body.style.color = '#ccc'")
    found = {violation["id"] for violation in Axe().run(page, options={"runOnly": RULES}).response["violations"]}
    assert found == {"html-has-lang", "color-contrast"}
    page.close()


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in KINDS_OF_PAGE), *((name, "dark") for name in DARK)]
)
def test_axe_finds_nothing(browser: Browser, served: str, name: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(served + path_of(name))
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_nothing_is_refused_by_the_content_policy_and_nothing_fails(browser: Browser, served: str) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in KINDS_OF_PAGE:
        page.goto(served + path_of(name))
    assert said == []
    page.close()


def test_the_skip_link_is_the_first_stop_of_the_keyboard(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(f"{served}v/4/index.html")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the result"
    assert focused.is_visible()
    page.close()


def test_the_modules_are_smaller_than_20_kilobytes_together() -> None:
    assert sum(len(script(name)) for name in SCRIPTS) < 20_000


# The newest page follows the count.


def follow(page: Page) -> None:
    """Let the time of a look pass and the answer come."""
    with page.expect_response("**/latest.json"):
        page.clock.fast_forward(30_000)


def stage(stages: Path, number: int, site: Path) -> Path:
    """Bring a site to a stage of the night."""
    shutil.copytree(stages / "stages" / str(number), site, dirs_exist_ok=True)
    return site


def test_an_open_page_becomes_the_newer_one(browser: Browser, harbour_site: Path, tmp_path: Path) -> None:
    """Through every snapshot: the page that was kept open shows what the page that is opened anew shows."""
    name = "index.ru.html"
    for address in serving(stage(harbour_site.parent, 5, tmp_path)):
        page = browser.new_page()
        page.clock.install()
        page.goto(address + name)
        read: list[str] = []
        page.on("request", lambda request: read.append(request.url.split("/", 3)[3]))  # noqa: B023
        for number in range(6, harbour.SNAPSHOTS + 1):
            stage(harbour_site.parent, number, tmp_path)
            follow(page)
            page.locator(f"body[data-number='{number}']").wait_for(state="attached")
            assert (name in read) == (number > 6)  # the sixth has the shape of the fifth: figures are enough
            fresh = browser.new_page()
            fresh.goto(address + name)
            for part in ("header", "main", "footer"):
                assert shown(page, part) == shown(fresh, part)
            assert page.title() == fresh.title()
            fresh.close()
        assert {"latest.json", "v/6/live.ru.json"} <= set(read)
        page.close()


SHOWN = """(part) => {
  document.getElementById("stale")?.remove();
  document.getElementById("freshness").textContent = "";
  document.getElementById("news").textContent = "";
  const place = document.querySelector(part);
  const links = [...place.querySelectorAll("[href]")].map((link) => link.getAttribute("href"));
  return [...place.innerText.split("\\n"), ...links];
}"""


def shown(page: Page, part: str) -> list[str]:
    """Text and addresses of a part of a page, without what the clock of the reader adds."""
    found: list[str] = page.evaluate(SHOWN, part)
    return found


def test_a_material_change_is_said_to_who_listens_and_a_page_without_news_says_so(
    browser: Browser, harbour_site: Path, tmp_path: Path
) -> None:
    for address in serving(stage(harbour_site.parent, 7, tmp_path)):
        page = browser.new_page()
        page.clock.install()
        page.goto(address)
        follow(page)
        assert page.text_content("#news") == ""
        expect(page.locator("#stale")).to_contain_text("These figures may be old")
        stage(harbour_site.parent, 8, tmp_path)
        follow(page)
        page.locator("body[data-number='8']").wait_for(state="attached")
        expect(page.locator("#news")).to_have_text("Ada Quay won")
        expect(page.locator("#stale")).to_have_count(0)
        page.close()


# Tables, search, map.


def test_a_table_is_sorted_by_a_button_in_its_heading(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(f"{served}v/8/areas.html")

    def column() -> list[str]:
        return page.eval_on_selector_all("#areas tbody tr td:nth-child(4)", "all => all.map(one => one.dataset.v)")

    page.get_by_role("button", name="Valid votes").press("Enter")
    assert column() == sorted(column(), key=int, reverse=True)
    page.get_by_role("button", name="Valid votes").press("Enter")
    assert column() == sorted(column(), key=int)
    assert page.locator("th[aria-sort]").count() == 1
    page.close()


def test_areas_and_stations_are_found_by_name(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(f"{served}v/8/areas.html")
    page.get_by_role("searchbox").fill("south")
    expect(page.locator("#areas tbody tr:visible")).to_have_count(2)
    page.get_by_role("searchbox").fill("station 12")
    page.get_by_role("link", name="S-0012").click()
    page.wait_for_url("**/areas/S.html#S-0012")
    expect(page.locator("tr:has(:target)")).to_contain_text("S-0012")
    page.close()


def test_the_map_is_enlarged_by_buttons_and_keys(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(f"{served}v/8/index.html")
    before = page.get_attribute("#tiles", "viewBox")
    page.get_by_role("button", name="+").press("Enter")
    larger = page.get_attribute("#tiles", "viewBox")
    assert larger != before
    page.keyboard.press("-")
    assert [float(part) for part in (page.get_attribute("#tiles", "viewBox") or "").split()] == [
        float(part) for part in (before or "").split()
    ]
    page.close()


# What a page looks like.

DIFFERENCE = """async ([one, other]) => {
  const pixels = async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [60, 120];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, 60, 120);
    return context.getImageData(0, 0, 60, 120).data;
  };
  const [a, b] = [await pixels(one), await pixels(other)];
  return a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length / 255;
}"""
LOOKS = {"light": "v/12/index.html", "dark": "v/12/index.az.html"}


def look(browser: Browser, nights: Path, scheme: str) -> bytes:
    context = browser.new_context(viewport={"width": 375, "height": 750}, color_scheme=scheme)
    page = context.new_page()
    page.goto((nights / "at_0313" / LOOKS[scheme]).as_uri())
    taken = page.screenshot()
    context.close()
    return taken


def remake_seen(browser: Browser, nights: Path) -> None:
    """Keep what the pages look like now, after looking at them."""
    SEEN.mkdir(exist_ok=True)
    for scheme in LOOKS:
        (SEEN / f"{scheme}.png").write_bytes(look(browser, nights, scheme))


@pytest.mark.parametrize("scheme", LOOKS)
def test_a_page_looks_as_it_did(browser: Browser, nights: Path, scheme: str) -> None:
    """Within 4% of all brightness, which allows for another font and not for another layout."""
    seen = [base64.b64encode(one).decode() for one in (look(browser, nights, scheme), kept(scheme))]
    other = base64.b64encode(kept("dark" if scheme == "light" else "light")).decode()
    page = browser.new_page()
    assert page.evaluate(DIFFERENCE, seen) < 0.04
    assert page.evaluate(DIFFERENCE, [seen[0], other]) > 0.2
    page.close()


def kept(scheme: str) -> bytes:
    return (SEEN / f"{scheme}.png").read_bytes()


def test_an_update_names_every_figure_of_the_page_that_is_open(browser: Browser, served: str) -> None:
    page = browser.new_page()
    page.goto(served)
    keys = set(page.eval_on_selector_all("[data-live]", "all => all.map(one => one.dataset.live)"))
    update = json.loads(page.evaluate("fetch('v/8/live.en.json').then(answer => answer.text())"))
    assert keys <= set(update["values"])
    assert update["shape"] == page.get_attribute("body", "data-shape")
    page.close()
