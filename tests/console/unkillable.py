"""`tallyroom serve` as a process that is killed and started again, and desks that go on sending until they are heard.

A desk sends an entry under the same key until it is told that it is in the record, whatever happens to the server
meanwhile; what it was told is kept, and held against the record at the end.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.test import Client

from tallyroom.election import folder as election_folder
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Turnout, decode
from tallyroom.tally.replay import replay
from tests.conftest import ROOT


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Console:
    """A server of an election folder, with the tests' own sessions; its port stays when it is started again."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.port = folder, unused_port()
        (folder / "private" / "console.secret").write_text(settings.SECRET_KEY)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("TALLYROOM", "DJANGO"))}
        self._environment = kept | {"PYTHONPATH": str(ROOT / "src"), "DATABASE_URL": database}
        self._log = folder.parent / f"server-{self.port}.log"
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process.poll() is None:
            self.kill()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "tallyroom.cli.main", "serve", str(self.folder), "--port", str(self.port)]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        while True:
            try:
                if ask(self.port, "GET", "/console/accounts/login/")[0] == 200:
                    return
            except (OSError, HTTPException):
                assert self._process.poll() is None, self._log.read_text()
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of everything that it has started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """One request on a connection of its own.  Raises OSError or HTTPException where nobody answers."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body, {"Host": "localhost", "Connection": "close"} | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()


class Ended(Exception):
    """A desk ends without an answer."""


class Desk(threading.Thread):
    """Sends turnouts of one station, each higher than the last; `told`: the act by the figure."""

    def __init__(self, client: Client, station: str, port: int) -> None:
        super().__init__(daemon=True)
        self.station, self.port = station, port
        self.told: dict[int, int] = {}
        self.odd: Counter[str] = Counter()
        self.fault: object = None
        self.ending, self.gone = threading.Event(), threading.Event()
        name = settings.SESSION_COOKIE_NAME
        token = client.get("/console/api/desk").json()["csrf"]
        cookies = {name: client.cookies[name].value, "tallyroom_csrf": client.cookies["tallyroom_csrf"].value}
        self._headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        self._headers |= {"X-CSRFToken": token, "Content-Type": "application/json"}

    def run(self) -> None:
        voted = 0
        while not self.ending.is_set():
            voted += 1
            with suppress(Ended):
                self.told[voted] = self.send(voted)

    def send(self, voted: int) -> int:
        """Send one entry until it is known to be in the record; the number of its act."""
        entry = {"kind": "turnout", "station": self.station, "hour": "12:00", "voted": voted, "reason": "counted again"}
        while True:
            status, answer = self.once(voted, entry)
            if status == 200 and answer["state"] == "done":
                return int(answer["act"])
            if self.gone.is_set():
                raise Ended  # the test has failed elsewhere
            self.odd[f"{status} {answer.get('error', answer.get('state'))}"] += 1
            if status not in (0, 200, 500, 503):
                self.fault = (status, answer)
                self.ending.set()
                raise Ended
            time.sleep(0.05)

    def once(self, voted: int, entry: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One sending: status and answer; 0 where nobody answers."""
        headers = self._headers | {"Idempotency-Key": f"{self.station}-turnout-{voted:08d}"}
        try:
            status, body = ask(self.port, "POST", "/console/api/entries", json.dumps(entry).encode(), headers)
        except (OSError, HTTPException):
            return 0, {}
        return status, json.loads(body) if body.startswith(b"{") else {}


@contextmanager
def at_work(desks: list[Desk]) -> Iterator[list[Desk]]:
    """Desks that send, until each has ended with the entry that it was at."""
    for desk in desks:
        desk.start()
    try:
        yield desks
        for desk in desks:
            desk.ending.set()
        for desk in desks:
            desk.join()
    except BaseException:
        for desk in desks:
            desk.ending.set()
            desk.gone.set()
        raise


def wait_for(desks: list[Desk], more: int) -> None:
    """Wait until each desk has been told of so many more entries."""
    goals = [len(desk.told) + more for desk in desks]
    while any(len(desk.told) < goal for desk, goal in zip(desks, goals, strict=True)):
        dead = [desk.fault for desk in desks if not desk.is_alive()]
        assert not dead, f"a desk was told what it must not be told: {dead}"
        time.sleep(0.02)


def held_against_the_record(folder: Path, desks: list[Desk]) -> None:
    """Everything that a desk was told is in the record, at its number, once; and no rule of the count is broken."""
    log = reader(folder)
    acts = list(map(decode, log.verified_entries()))
    found = Counter((act.station, act.voted) for act in acts if isinstance(act, Turnout))
    assert {number: count for number, count in found.items() if count > 1} == {}
    for desk in desks:
        assert desk.told
        for voted, number in desk.told.items():
            act = acts[number]
            assert isinstance(act, Turnout)
            assert (act.station, act.voted) == (desk.station, voted)
    assert sum(found.values()) == sum(len(desk.told) for desk in desks)
    assert replay(election_folder.load(folder), log).breaches == []
