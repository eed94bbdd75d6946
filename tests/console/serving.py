"""`tallyroom serve` as a process of its own, for tests that need the real server."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

LINE = re.compile(r"http://localhost:(\d+)(/console/accounts/link/[\w-]+/)")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Serving:
    """`tallyroom serve` as a process: what it printed, and its port."""

    def __init__(self, folder: Path, database: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("TALLYROOM", "DJANGO"))}
        environment |= {"PYTHONPATH": str(ROOT / "src")} | ({"DATABASE_URL": database} if database else {})
        command = [sys.executable, "-m", "tallyroom.cli.main", "serve", str(folder), "--port", str(unused_port())]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "/link/" in line:
                break
        self.port = int(re.search(r"localhost:(\d+)/", "".join(self.lines)).group(1))  # type: ignore[union-attr]
        self.ask("/latest.json")

    def ask(self, path: str) -> Answer:
        """Ask until it answers: it prints its address before it listens."""
        while self.process.poll() is None:
            with closing(HTTPConnection("localhost", self.port, timeout=60)) as connection:
                try:
                    connection.request("GET", path)
                except ConnectionRefusedError:
                    time.sleep(0.05)
                else:
                    answer = connection.getresponse()
                    return Answer(answer.status, dict(answer.headers), answer.read())
        raise AssertionError(f"the server ended: {self.process.communicate()[1]}")

    def stop(self) -> str:
        """End it; what it said on standard error."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=60)[1]


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
