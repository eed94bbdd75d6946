"""The pages in a browser: no sideways scrolling, everything without JavaScript, no finding of axe-core."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tallyroom.announce.snapshot import headline_files
from tests.announce import examples

CHROMIUM = shutil.which("chromium")  # ./run test installs it
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
AREAS = 12  # axe-core takes seconds for a table of all
MOMENTS = ("noon", "at_0313", "complete", "tie", "hostile")
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("site")
    for moment in MOMENTS:
        (root / moment).mkdir()
        results = examples.MOMENTS[moment]()
        few = msgspec.structs.replace(results, areas=results.areas[:AREAS])
        for name, content in headline_files(few, examples.CONTEXT).items():
            (root / moment / name).write_bytes(content)
    return root


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("moment", MOMENTS)
def test_no_page_scrolls_sideways_and_all_figures_stand_without_javascript(
    browser: Browser, site: Path, moment: str, width: int
) -> None:
    figures = f"{examples.MOMENTS[moment]().snapshot.size:,}"
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    for name in ("index.html", "areas.html"):
        page.goto((site / moment / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert figures in page.inner_text("footer")
    context.close()


def test_axe_sees_what_is_wrong(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "at_0313" / "index.html").as_uri())
    page.evaluate("document.documentElement.lang = ''; document.body.style.color = '#ccc'")
    found = {violation["id"] for violation in Axe().run(page, options={"runOnly": RULES}).response["violations"]}
    assert found == {"html-has-lang", "color-contrast"}
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_axe_finds_nothing(browser: Browser, site: Path, moment: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    for name in ("index.html", "areas.html"):
        page.goto((site / moment / name).as_uri())
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
    context.close()


def test_the_skip_link_is_the_first_stop_of_the_keyboard(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "at_0313" / "index.html").as_uri())
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the result"
    assert focused.is_visible()
    page.close()
