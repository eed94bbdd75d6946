"""People at browsers, who receive and key forms over real HTTP as fast as they can, or at the pace of people.

Each has signed in with a password, keeps one connection open and does what a browser does: opens the page, reads its
hidden fields, posts them back and follows where it is sent.  `console.py` says what comes of it.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

KEYERS, RECEIVERS = 300, 30
ENTRY = 20.0
"""Seconds that a person takes for one entry."""
DRAFTS = 2
"""Times that the page keeps a draft during such an entry."""
PASSWORD = "four plain words together"
CANDIDATES = 6
FIGURES = {"voters_listed": 900, "voters_added": 0, "ballots_issued": 600, "ballots_found": 600}
FIGURES |= {"valid": 588, "invalid": 12}
FIGURES |= {f"c{n}": 98 for n in range(1, CANDIDATES + 1)}
RECEIVING, KEYING = ("receive", "receive, sent", "form"), ("next", "key", "draft", "hand in")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def logins() -> list[tuple[str, str]]:
    """Everybody's login and role."""
    keyers = [(f"keyer{n}", "keyer") for n in range(KEYERS)]
    return [*keyers, *((f"operator{n}", "operator") for n in range(RECEIVERS))]


class Lost(Exception):
    """The server did not answer, or broke off."""


@dataclass
class Tally:
    """What all people together have seen.  waits: seconds by kind of request; accepted: act by station."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)

    def a_protocol(self, by_kind: dict[str, int]) -> float:
        """So much of something is in one protocol: one form received, two entries handed in."""
        shares = ((1, RECEIVING, "receive, sent"), (2, KEYING, "hand in"))
        times = {kind: max(1, len(waits)) for kind, waits in self.waits.items()}
        return sum(n * sum(by_kind.get(kind, 0) for kind in kinds) / times.get(end, 1) for n, kinds, end in shares)

    def noted(self, what: str) -> None:
        """Count something that did not go as it should."""
        self.odd[what] = self.odd.get(what, 0) + 1


@dataclass
class Browser:
    """One connection, one session."""

    port: int
    tally: Tally
    cookies: dict[str, str] = field(default_factory=dict)
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    token: str = ""
    head: int = 0
    """Bytes of the last answer's headers."""

    @property
    def cookie(self) -> str:
        """What a request's header says of the session."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def ask(
        self, kind: str, path: str, fields: dict[str, str] | bytes | None = None, *more: str
    ) -> tuple[int, dict[str, str], str]:
        """One request with a form's fields or with JSON; status, headers and text of the answer.  Raises Lost."""
        body = fields if isinstance(fields, bytes) else urlencode(fields or {}).encode()
        head = [f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1", "Host: localhost", "Accept-Language: en"]
        head += [f"Cookie: {self.cookie}", *more]
        if fields is not None:
            kind_of_body = "application/json" if isinstance(fields, bytes) else "application/x-www-form-urlencoded"
            head += [f"Content-Type: {kind_of_body}", f"Content-Length: {len(body)}"]
        request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        begun = time.perf_counter()
        try:
            status, headers, answer = await asyncio.wait_for(self._exchange(request), 60)
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError) as error:
            self.close()
            raise Lost from error
        self.tally.waits.setdefault(kind, []).append(time.perf_counter() - begun)
        sent, received = self.tally.sent, self.tally.received
        sent[kind] = sent.get(kind, 0) + len(request)
        received[kind] = received.get(kind, 0) + len(answer) + self.head
        return status, headers, answer.decode()

    async def _exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self.streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in filter(None, lines):
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        if "content-length" not in headers:  # the server's last word, when what it serves has broken down
            self.tally.noted(f"no length {first.split()[1]}")
            raise EOFError
        body = await reader.readexactly(int(headers["content-length"]))
        self.head = len(head)
        return int(first.split()[1]), headers, body

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None

    async def sign_in(self, login: str) -> None:
        page = (await self.ask("sign in", "/console/accounts/login/"))[2]
        fields = dict(HIDDEN.findall(page)) | {"login": login, "password": PASSWORD}
        status, _, answer = await self.ask("sign in", "/console/accounts/login/", fields)
        if status != 302:
            raise SystemExit(f"{login} cannot sign in: {status}\n{answer}")

    async def receive(self, station: str) -> None:
        """Mark a form as arrived."""
        path = "/console/desk/receive/"
        _, _, page = await self.ask("receive", f"{path}?station={station}&contest=president")
        fields = hidden(page) | {"station": station, "contest": "president"}
        status, headers, _ = await self.ask("receive, sent", path, fields)
        if status == 302:
            await self.ask("form", headers["location"])
        else:
            self.tally.noted(f"receive {status}")

    async def key(self, think: Callable[[], Awaitable[None]], drafts: int) -> bool:
        """Key the next form and hand it in; False where none waits."""
        path = getattr(self, "next_path", "/console/desk/next/")
        self.next_path = "/console/desk/next/"
        status, headers, page = await self.ask("key" if "/key/" in path else "next", path)
        if status == 302:
            status, headers, page = await self.ask("key", path := headers["location"])
        self._heard(page)
        if status == 200 and "fig_" not in page:
            return False
        if status != 200:
            self.tally.noted(f"key {status}")
            return True
        path = path.partition("?")[0]
        fields = hidden(page)
        typed = {f"fig_{name}": str(figure) for name, figure in FIGURES.items()}
        for n in range(drafts):
            await think()
            part = dict(list(typed.items())[: len(typed) * (n + 1) // drafts])
            status, _, answer = await self.ask("draft", path.replace("/key/", "/draft/"), fields | part)
            if status == 200:
                fields["revision"] = str(json.loads(answer)["revision"])
            else:
                self.tally.noted(f"draft {status}")
        await think()
        status, headers, page = await self.ask("hand in", path, fields | typed | {"do": "hand-in"})
        if status == 302:
            self.next_path = headers["location"]
        else:
            self.tally.noted(f"hand in {status}")
        return True

    async def send(self, station: str) -> str:
        """Key a form through the interface of the page without a network; the stage that it came to."""
        if not self.token:
            self.token = json.loads((await self.ask("desk", "/console/api/desk"))[2])["csrf"]
        entry = {"kind": "protocol", "contest": "president", "station": station, "round": 0, "figures": FIGURES}
        headers = (f"X-CSRFToken: {self.token}", f"Idempotency-Key: entry-of-{station}-once")
        status, _, text = await self.ask("hand in", "/console/api/entries", json.dumps(entry).encode(), *headers)
        answer = json.loads(text)
        if status != 200:
            self.tally.noted(f"entry {status}")
        elif answer["stage"] == "accepted":
            self.tally.accepted[station] = answer["act"]
        return str(answer.get("stage", ""))

    def _heard(self, page: str) -> None:
        if found := re.search(r">(S-\d{5})</a>: accepted, act (\d+)", page):
            self.tally.accepted[found[1]] = int(found[2])


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's own form, which comes after those of the masthead."""
    fields = {name: unescape(value) for name, value in HIDDEN.findall(page)}
    fields.pop("next", None)
    return fields


@dataclass
class Crowd:
    """Everybody, signed in."""

    tally: Tally
    keyers: list[Browser]
    receivers: list[Browser]
    stations: int = 0

    def next_station(self) -> str:
        self.stations += 1
        return f"S-{self.stations - 1:05d}"

    def fresh(self) -> Tally:
        """Begin to count anew."""
        self.tally = Tally()
        for one in (*self.keyers, *self.receivers):
            one.tally = self.tally
        return self.tally


async def signed_in(port: int) -> Crowd:
    tally = Tally()
    people = {login: Browser(port, tally) for login, _ in logins()}
    gate = asyncio.Semaphore(4)

    async def enter(login: str, browser: Browser) -> None:
        async with gate:
            await browser.sign_in(login)

    await asyncio.gather(*(enter(login, browser) for login, browser in people.items()))
    keyers = [browser for login, browser in people.items() if login.startswith("keyer")]
    return Crowd(tally, keyers, [browser for login, browser in people.items() if login.startswith("operator")])


async def no_thought() -> None:
    """Think of nothing, in no time."""


async def until(deadline: float, work: Callable[[], Awaitable[object]]) -> None:
    """Work until a moment; where the server is away, try again."""
    while time.monotonic() < deadline:
        try:
            if await work() is False:
                await asyncio.sleep(0.2)
        except Lost:
            await asyncio.sleep(0.1)


async def received_before(crowd: Crowd, number: int) -> None:
    """Mark forms as arrived, so that the first keyers find some."""

    async def some(browser: Browser) -> None:
        for _ in range(number // len(crowd.receivers)):
            await browser.receive(crowd.next_station())

    await asyncio.gather(*map(some, crowd.receivers))


async def paced(crowd: Crowd, seconds: float, keyers: int = KEYERS, every: float = ENTRY) -> None:
    """So many people key, one entry in `every` seconds each; as many forms arrive as they need."""
    begun = time.monotonic()
    deadline = begun + seconds
    rate = keyers / every / 2

    async def keyer(browser: Browser, number: int) -> None:
        due = begun + every * number / keyers
        await asyncio.sleep(due - time.monotonic())
        pause = every / (DRAFTS + 1) * 0.9

        async def one() -> bool:
            nonlocal due
            found = await browser.key(lambda: asyncio.sleep(pause), DRAFTS)
            due = max(due + every, time.monotonic() - every)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            return found

        await until(deadline, one)

    async def receiver(browser: Browser, number: int) -> None:
        each = len(crowd.receivers) / rate
        due = begun + each * number / len(crowd.receivers)

        async def one() -> None:
            nonlocal due
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += each
            await browser.receive(crowd.next_station())

        await until(deadline, one)

    people = [keyer(browser, n) for n, browser in enumerate(crowd.keyers[:keyers])]
    await asyncio.gather(*people, *(receiver(browser, n) for n, browser in enumerate(crowd.receivers)))


async def as_fast_as_it_goes(crowd: Crowd, seconds: float, sessions: int) -> None:
    """Nobody thinks: two keyers to one receiver, who never runs far ahead."""
    deadline = time.monotonic() + seconds
    begun = crowd.stations
    ahead = 3 * sessions

    async def receiver(browser: Browser) -> None:
        async def one() -> bool:
            if crowd.stations - begun - len(crowd.tally.accepted) > ahead:
                await asyncio.sleep(0.02)
                return True
            await browser.receive(crowd.next_station())
            return True

        await until(deadline, one)

    keyers = crowd.keyers[: sessions - sessions // 3]
    people = [until(deadline, lambda b=b: b.key(no_thought, 0)) for b in keyers]  # type: ignore[misc]
    await asyncio.gather(*people, *map(receiver, crowd.receivers[: max(1, sessions // 3)]))


async def through_the_interface(crowd: Crowd, seconds: float, sessions: int) -> None:
    """Nobody thinks, and nobody loads pages to key: three sessions to a form, received on a page, keyed as JSON."""
    deadline = time.monotonic() + seconds

    async def desk(number: int) -> None:
        first, second = crowd.keyers[2 * number : 2 * number + 2]

        async def one() -> None:
            station = crowd.next_station()
            await crowd.receivers[number].receive(station)
            await first.send(station)
            await second.send(station)

        await until(deadline, one)

    await asyncio.gather(*(desk(number) for number in range(min(RECEIVERS, max(1, sessions // 3)))))
