"""The people who work with tally-ho in `peer_tally_ho.py`: they load its pages, and send the forms of these pages."""

import asyncio
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import console_people
from peer_inside import A_CENTER, COUNT, FIRST_BARCODE, FIRST_CENTER

LOGIN = "/accounts/login/"
TYPED = {
    "number_of_voters": console_people.FIGURES["voters_listed"],
    "number_of_voter_cards_in_the_ballot_box": console_people.FIGURES["ballots_issued"],
    "number_valid_votes": console_people.FIGURES["valid"],
    "number_invalid_votes": console_people.FIGURES["invalid"],
    "number_sorted_and_counted": console_people.FIGURES["ballots_found"],
} | {f"form-{n}-votes": console_people.FIGURES[f"c{n + 1}"] for n in range(console_people.CANDIDATES)}
"""The fields of its form that have our figures."""
HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"')
PRINTED = re.compile(r'data-url="(/[^"]+)"')


@dataclass
class Seen(console_people.Tally):
    """What its people have seen.  archived: barcodes."""

    statements: int = 0
    archived: list[str] = field(default_factory=list)


@dataclass
class Clerk(console_people.Browser):
    """One of its people: a browser that is on a page."""

    tally: Seen
    path: str = ""
    page: str = ""

    async def _exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = await super()._exchange(request)
        if headers.get("connection") == "close":
            self.close()
        count = headers.get(COUNT.lower(), "0")
        self.tally.statements += int(count)
        self.head -= len(f"{COUNT}: {count}\r\n")
        return status, headers, body

    async def open(self, path: str) -> None:
        """Load a page, and where it sends on to another, that one."""
        status, headers, self.page = await self.ask("page", path)
        self.path = path
        if status == 302:
            await self.open(headers["location"])
        elif status != 200:
            raise SystemExit(f"{path}: {status} {headers.get('location', '')}\n{self.page[-2000:]}")

    async def press(self, button: str, typed: dict[str, Any]) -> None:
        """Send the form that has a button, and go where the answer leads."""
        form = next((part for part in self.page.split("<form")[1:] if f'name="{button}"' in part), "")
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(form.partition("</form>")[0])}
        status, headers, answer = await self.ask("form", self.path, hidden | {button: ""} | typed)
        if status != 302:
            raise SystemExit(f"{self.path} does not take {button}: {status}\n{answer[-2000:]}")
        await self.open(headers["location"])

    async def enter(self, login: str) -> None:
        await self.open(LOGIN)
        await self.press("password", {"username": login, "password": console_people.PASSWORD})


@dataclass
class Team:
    """Five people who take one form after another from its intake to the archive."""

    people: list[Clerk]
    election: int

    async def take(self, number: int) -> None:
        """The form of one station."""
        center, station = FIRST_CENTER + number // A_CENTER, number % A_CENTER + 1
        barcode = str(FIRST_BARCODE + number)
        intake, *keyers, corrector, controller = self.people
        scanned = {"barcode_scan": barcode}
        named = {"center_number": center, "center_number_copy": center}
        named |= {"station_number": station, "station_number_copy": station}
        await intake.open(f"/intake/center-details/{self.election}/")
        await intake.press("submit", scanned)
        await intake.press("match_submit", {})
        if found := PRINTED.search(intake.page):
            await intake.ask("printed", found[1])
        await intake.press("submit_cover_form", {})
        for keyer in keyers:
            await keyer.open(f"/data-entry/{self.election}/")
            for typed in (scanned, named, TYPED):
                await keyer.press("submit", typed)
        await corrector.open(f"/corrections/{self.election}/")
        await corrector.press("submit", scanned)
        differs = corrector.path.startswith("/corrections/required/")
        await corrector.press("submit_corrections" if differs else "submit", {})
        await controller.open(f"/quality-control/home/{self.election}/")
        for button, typed in (("submit", scanned), ("correct", {}), ("submit_cover_form", {})):
            await controller.press(button, typed)
        self.people[0].tally.archived.append(barcode)


async def pipelines(teams: list[Team], stations: range) -> Seen:
    """All teams at work until the forms are in the archive; what they saw."""
    seen = Seen()
    for team in teams:
        for clerk in team.people:
            clerk.tally = seen
    waiting = iter(stations)

    async def work(team: Team) -> None:
        for station in waiting:
            await team.take(station)

    await asyncio.gather(*map(work, teams))
    return seen
