"""The console under load: people who receive and key forms over real HTTP, on SQLite and on PostgreSQL.

    ./run python benchmarks/console.py                      both databases: paced, capacity; some minutes
    ./run python benchmarks/console.py --soak 30            and half an hour at two thirds of the capacity
    ./run python benchmarks/console.py --kill 60            server and database killed again and again under load
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
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console_people import (
    ENTRY,
    FIGURES,
    KEYERS,
    RECEIVERS,
    Crowd,
    Tally,
    as_fast_as_it_goes,
    hidden,
    paced,
    received_before,
    signed_in,
    through_the_interface,
)
from console_served import STATIONS, Database, Server, prepare, tree, used

TARGET_MS, TARGET_RATE = 300, 150


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


async def killed(crowd: Crowd, server: Server, database: Database, seconds: float) -> dict[str, Any]:
    """Under load: kill the server, and PostgreSQL, again and again; seconds from each start to the first answer."""
    load = asyncio.create_task(as_fast_as_it_goes(crowd, seconds, 32))
    again: dict[str, list[float]] = {"server": [], "database": []}
    deadline = time.monotonic() + seconds - 10
    turn, cookie = 0, crowd.keyers[-1].cookie
    while time.monotonic() < deadline:
        await asyncio.sleep(5)
        turn += 1
        if database.pid is not None and turn % 2 == 0:
            again["database"].append(await asyncio.to_thread(database.killed, server, cookie))
        else:
            server.kill()
            again["server"].append(await asyncio.to_thread(server.start, cookie))
    await load
    return {f"{name}_seconds_to_serving": taken for name, taken in again.items() if taken}


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
    if wanted.json:
        print(json.dumps(results, indent=1))
    whole = all(results[kind]["record"][name] == 0 for kind in kinds for name in ("lost", "doubled", "breaches"))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
