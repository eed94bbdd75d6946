"""A night in miniature, in a real browser: eight people, from the opening of the polls to certification.

What they did is then read by those who were not there: the public page, and `tallyverify`, which shares no code.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tallyroom.console.accounts.models import User
from tallyroom.console.desk.models import FormRow
from tallyverify.__main__ import main as tallyverify
from tests.console.conftest import Browsers, People
from tests.console.desk_people import SOUND, WARNED, WRONG
from tests.console.night import sequencing, serving

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CHROMIUM = shutil.which("chromium")  # ./run test installs it
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OTHERWISE = SOUND | {"a": "51", "b": "29"}
PEOPLE = {
    "oscar": ("operator",),
    "kim": ("keyer",),
    "lou": ("keyer",),
    "rita": ("resolver",),
    "vera": ("reviewer",),
    "pia": ("publisher", "certifier"),
    "paul": ("publisher", "certifier"),
    "obi": ("observer",),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


class Night:
    """The people, each at a browser of their own."""

    def __init__(self, address: str, pages: dict[str, Page]) -> None:
        self.address = address
        self.pages = pages

    def at(self, who: str, path: str) -> Page:
        """The page of a person, at an address of the console."""
        page = self.pages[who]
        answer = page.goto(f"{self.address}/{path}")
        assert answer is not None
        assert answer.status == 200, (who, path)
        return page

    def form(self, station: str, purpose: str = "protocol") -> int:
        return FormRow.objects.get(station=station, contest="mayor", purpose=purpose).pk

    def receive(self, station: str) -> None:
        page = self.at("oscar", f"desk/receive/?station={station}&contest=mayor")
        page.get_by_role("button", name="The form has arrived").click()
        page.wait_for_url("**/desk/forms/**")

    def key(self, who: str, pk: int, figures: dict[str, str]) -> Page:
        page = self.at(who, f"desk/forms/{pk}/key/")
        for text in figures.values():
            page.keyboard.type(text)
            page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"done=[0-9]+"))
        return page

    def key_twice(self, pk: int, first: dict[str, str], second: dict[str, str] | None = None) -> Page:
        self.key("kim", pk, first)
        return self.key("lou", pk, second or first)

    def by_two(self, path: str, propose: str, fill: Callable[[Page], None] = lambda page: None) -> None:
        """One proposes, another confirms."""
        page = self.at("pia", path)
        fill(page)
        page.get_by_role("button", name=propose).click()
        expect(page.get_by_text("Waits for a second person")).to_be_visible()
        page = self.at("paul", path)
        page.get_by_role("button", name="Confirm", exact=True).click()
        expect(page.get_by_text("Waits for a second person")).to_have_count(0)

    def reason(self, who: str, path: str, button: str, why: str) -> Page:
        page = self.at(who, path)
        form = page.locator("form", has=page.get_by_role("button", name=button, exact=True))
        form.locator("[name=reason]").fill(why)
        form.get_by_role("button", name=button, exact=True).click()
        return page


@pytest.fixture
def night(chromium: Browser, person: People, browser: Browsers, database: str) -> Iterator[Night]:
    users: dict[str, User] = {name: person(name, *roles) for name, roles in PEOPLE.items()}
    with serving() as address, sequencing():
        contexts, pages = [], {}
        for name, user in users.items():
            context = chromium.new_context()
            cookie = browser(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": f"{address}/"}])
            contexts.append(context)
            pages[name] = context.new_page()
        yield Night(address, pages)
        for context in contexts:
            context.close()


def polling_day(night: Night) -> None:
    for place, area in enumerate(("N1", "N2", "S1")):
        page = night.at("oscar", f"board/area/{area}/enter/")
        for station in (2 * place, 2 * place + 1):
            page.locator(f"[name=opened-{station}]").check()
            page.locator(f"[name=voted-{station}]").fill("40")
        page.get_by_role("button", name="Enter", exact=True).click()
        expect(page.get_by_text("In the record")).to_be_visible()
    page = night.at("obi", "board/station/S-0002/report/")
    page.locator("[name=organisation]").fill("Fair Count")
    page.locator("[name=text]").fill("A queue of an hour at ten o'clock.")
    page.get_by_role("button", name="File").click()
    expect(page.get_by_text("A queue of an hour").first).to_be_visible()


def the_count(night: Night) -> None:
    for number in range(1, 7):
        night.receive(f"S-{number:04d}")
    said = night.key_twice(night.form("S-0001"), SOUND).inner_text("main")
    assert "accepted, act" in said
    said = night.key_twice(night.form("S-0002"), SOUND, OTHERWISE).inner_text("main")
    assert "differs from the first entry" in said
    page = night.at("rita", f"desk/forms/{night.form('S-0002')}/resolve/")
    page.locator("[name=pick_a][value='1']").check()
    page.locator("[name=pick_b][value='1']").check()
    page.get_by_role("button", name="These are on the paper").click()
    page.wait_for_url("**/desk/forms/**")
    held = night.form("S-0003")
    assert "in review" in night.key_twice(held, WRONG).inner_text("main")
    page = night.at("vera", f"desk/forms/{held}/review/")
    assert page.get_by_role("button", name="Accept", exact=True).count() == 0, "an error blocks acceptance"
    night.reason("vera", f"desk/forms/{held}/review/", "Have it keyed again", "line 5 was read as 99")
    assert "accepted, act" in night.key_twice(held, SOUND).inner_text("main")
    warned = night.form("S-0004")
    assert "in review" in night.key_twice(warned, WARNED).inner_text("main")
    page = night.reason("vera", f"desk/forms/{warned}/review/", "Accept", "the chair confirmed ten invalid ballots")
    page.wait_for_url("**/desk/**")
    for station in ("S-0005", "S-0006"):
        night.key_twice(night.form(station), SOUND)


def after_publication(night: Night) -> None:
    """A correction, an annulment and a complaint."""
    pk = night.form("S-0001")
    night.reason("vera", f"desk/forms/{pk}/change/correction/", "Order it", "decision 7: columns exchanged")
    said = night.key_twice(night.form("S-0001", "correction"), SOUND | {"a": "30", "b": "50"}).inner_text("main")
    assert "accepted, act" in said
    pk = night.form("S-0006")
    night.reason("pia", f"desk/forms/{pk}/change/annulment/", "Order it", "ruling 3: the box was not sealed")
    page = night.at("paul", f"desk/forms/{night.form('S-0006', 'annulment')}/")
    page.get_by_role("button", name="Confirm the annulment").click()
    page.wait_for_load_state()
    page = night.at("pia", "publishing/statements/")
    page.locator("[name=kind]").select_option("complaint")
    filled = {"speaker": "Red", "said_at": "2025-06-15T23:10", "source": "its letter", "text": "We were kept out."}
    for field, text in filled.items():
        page.locator(f"[name={field}]").fill(text)
    page.locator("form", has=page.locator("[name=speaker]")).get_by_role("button", name="Enter").click()
    expect(page.get_by_text("Complaint 1 of Red")).to_be_visible()


def test_eight_people_count_a_small_election_and_anyone_can_check_it(
    night: Night, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    polling_day(night)
    the_count(night)
    night.by_two("publishing/", "Propose to publish")
    after_publication(night)
    night.by_two("publishing/", "Propose to publish")
    night.by_two("publishing/calls/", "Propose the call")
    decision: Callable[[Page], None] = lambda page: page.locator("[name=text]").fill("Decision 14")  # noqa: E731
    night.by_two("publishing/certify/", "Propose to certify", decision)
    night.by_two("publishing/", "Propose to publish")

    site = folder / "site"
    shown = json.loads((site / "v/3/results.json").read_bytes())
    assert (shown["state"], shown["outcome"]["status"], shown["outcome"]["winner"]) == ("certified", "certified", "a")
    assert {one["id"]: one["votes"] for one in shown["candidates"]} == {"a": 230, "b": 170, "c": 100}
    assert shown["counters"] == {"received": 6, "in_review": 0, "accepted": 6, "published": 6}
    assert [one["station_id"] for one in shown["annulled"]] == ["S-0006"]
    assert [one["station_id"] for one in shown["corrections"]] == ["S-0001"]
    kinds = {one["kind"] for one in shown["statements"]}
    assert {"complaint"} <= kinds

    page = night.pages["obi"]
    page.goto((site / "index.html").as_uri())
    assert "230" in page.inner_text("main")
    written = b" ".join(path.read_bytes() for path in site.rglob("*") if path.is_file())
    assert [name for name in PEOPLE if f'"{name}"'.encode() in written] == [], "no name of a person is published"

    vkey = (site / "log.vkey").read_text().strip()
    assert tallyverify([str(site), "--vkey", vkey, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["totals"]["mayor"]["standing"][""]["a"] == 230
    assert found["notes"] == []
