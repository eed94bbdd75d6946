"""tally-ho beside the console, in one run: whole pipelines over real HTTP, both on PostgreSQL, a server process a core.

    ./run python benchmarks/peer_tally_ho.py --source FOLDER                four minutes
    ./run python benchmarks/peer_tally_ho.py --source FOLDER --forms 16     a look

FOLDER is a checkout of tally-ho (onaio/tally-ho).  It is read and never written: its requirements go into a new
environment, settings with our database into a file, both in a temporary folder.  Its election is as large as that of
`console.py`, and its forms have the same figures.  As many teams as there are sessions take a form each from its intake
to the archive; first as it is shipped, with a connection to PostgreSQL for each request, then with connections kept, as
the console keeps them.  Then the console works for as long.  What is in one pipeline only: benchmarks/README.md.
"""

import argparse
import asyncio
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import console
import console_people
import console_served
from peer_clerks import LOGIN, Clerk, Seen, Team, pipelines
from peer_inside import ROLES

SETTINGS = """from tally_ho.settings.common import *
DATABASES = {{"default": {database!r}}}
MIDDLEWARE = ("peer_inside.counting", *MIDDLEWARE)
LOG_FILE_PATH, MEDIA_ROOT = {log!r}, {media!r}
"""
INSIDE = str(Path(__file__).with_name("peer_inside.py"))
AS_SHIPPED, KEPT, OURS = "tally-ho", "tally-ho, connections kept", "tallyroom"
ROWS = {
    "forms": ("forms to the end", "{:.0f}"),
    "seconds": ("seconds", "{:.1f}"),
    "forms_per_second": ("forms a second", "{:.2f}"),
    "requests": ("requests a form", "{:.1f}"),
    "statements": ("SQL statements a form", "{:.0f}"),
    "kb_received": ("KB received a form", "{:.1f}"),
    "kb_sent": ("KB sent a form", "{:.1f}"),
    "server_ms": ("ms of the server's processor a form", "{:.0f}"),
    "database_ms": ("ms of the database's processor a form", "{:.0f}"),
    "p50": ("ms a request, p50", "{:.0f}"),
    "p95": ("ms a request, p95", "{:.0f}"),
    "server": ("processors: server", "{:.2f}"),
    "database": ("processors: database", "{:.2f}"),
    "client": ("processors: client", "{:.2f}"),
    "others": ("processors: others on the machine", "{:.2f}"),
    "server_mb": ("MB, server", "{:.0f}"),
    "lost": ("lost, or not as it was entered", "{}"),
}


def told(*command: str, environment: dict[str, str] | None = None) -> str:
    """What a command says; where it fails, the run ends with exit code 2 and its last words."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        stop(f"{command[0]} cannot be run: {error.strerror}")
    if done.returncode:
        stop(f"this failed: {' '.join(command[:6])}\n" + "\n".join((done.stdout + done.stderr).splitlines()[-15:]))
    return done.stdout.strip()


def stop(text: str) -> NoReturn:
    """End with exit code 2."""
    print(f"peer_tally_ho: {text}", file=sys.stderr)
    raise SystemExit(2)


def requirements(source: Path) -> list[str]:
    """What the checkout asks for, as it stands in its pyproject.toml."""
    try:
        project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        name, needed = project["name"], list(project["dependencies"])
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, KeyError) as error:
        stop(f"{source} is no checkout of tally-ho with a pyproject.toml: {error}")
    if name != "tally-ho":
        stop(f"{source} is a checkout of {name}; give one of tally-ho")
    return needed


@dataclass
class Peer(console_served.Server):
    """tally-ho under gunicorn: `folder` has its environment and settings, `database` the address of PostgreSQL."""

    source: Path = Path()
    kept: bool = False
    """Whether connections to PostgreSQL outlive a request."""
    login: ClassVar[str] = LOGIN

    def install(self, python: str) -> None:
        told(python, "-m", "venv", str(self.folder / "venv"))
        told(self.python, "-m", "pip", "install", "-q", *requirements(self.source))

    def set_up(self) -> None:
        """Write its settings, and bring its database up to them."""
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - comes with the console

        found = conninfo_to_dict(self.database)
        database = {"ENGINE": "django.db.backends.postgresql", "NAME": found["dbname"], "USER": found["user"]}
        database |= {"HOST": found["host"], "PORT": found.get("port", ""), "CONN_MAX_AGE": None if self.kept else 0}
        text = SETTINGS.format(database=database, log=str(self.folder / "app.log"), media=str(self.folder / "media"))
        (self.folder / "peer_settings.py").write_text(text, encoding="utf-8")
        told(self.python, "-m", "django", "migrate", environment=self.environment())

    @property
    def python(self) -> str:
        return str(self.folder / "venv" / "bin" / "python")

    def command(self) -> list[str]:
        workers = ("--workers", str(len(os.sched_getaffinity(0))), "--bind", f"127.0.0.1:{self.port}")
        return [self.python, "-m", "gunicorn", "tally_ho.wsgi:application", *workers]

    def environment(self) -> dict[str, str]:
        paths = os.pathsep.join(map(str, (self.source, self.folder, Path(__file__).resolve().parent)))
        ours = {"PYTHONPATH": paths, "DJANGO_SETTINGS_MODULE": "peer_settings", "PYTHONDONTWRITEBYTECODE": "1"}
        return os.environ | ours

    def asked(self, *arguments: str) -> Any:
        """What `peer_inside.py` answers in the peer's environment."""
        return json.loads(told(self.python, INSIDE, *arguments, environment=self.environment()))


# What is measured --------------------------------------------------------------------------------------------------


class Machine(console.Watched):
    """`Watched`, and what others used of the processors meanwhile."""

    def __enter__(self) -> "Machine":
        super().__enter__()
        self.busy = self._busy()
        return self

    def __exit__(self, *exception: object) -> None:
        busy = self._busy() - self.busy
        super().__exit__(*exception)
        self.others = max(0.0, busy / self.seconds - sum(self.processors.values()))

    @staticmethod
    def _busy() -> float:
        user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
        return (user + nice + system + sum(interrupts[:2])) / os.sysconf("SC_CLK_TCK")

    def figures(self, forms: int, tally: console_people.Tally) -> dict[str, float]:
        """The figures that both have."""
        waits = [wait for waits in tally.waits.values() for wait in waits]
        spent = {f"{name}_ms": 1000 * self.processors[name] * self.seconds / forms for name in ("server", "database")}
        rate = {"forms": forms, "seconds": self.seconds, "forms_per_second": forms / self.seconds}
        return rate | spent | console.quantiles(waits) | self.processors | {
            "others": self.others, "server_mb": self.memory["server"],
        }  # fmt: skip


async def theirs(source: Path, python: str, forms: int, sessions: int) -> dict[str, dict[str, Any]]:
    """The peer's figures, as it is shipped and with connections kept."""
    with tempfile.TemporaryDirectory(prefix="tally-ho-") as name:
        peer = Peer(Path(name), "", source=source)
        peer.install(python)
        database = console_served.Database(peer.folder / "pg", "postgresql")
        try:
            peer.database = database.url
            peer.set_up()
            teams = await signed_in(peer, sessions)
            each = sessions + forms
            shipped = await measured(peer, database, teams, range(each))
            peer.kept = True
            peer.set_up()
            return {AS_SHIPPED: shipped, KEPT: await measured(peer, database, teams, range(each, 2 * each))}
        except console_people.Lost:
            stop("the server broke off or did not answer: " + (peer.folder / "server.log").read_text()[-2000:])
        finally:
            database.stop()


async def signed_in(peer: Peer, sessions: int) -> list[Team]:
    election = peer.asked("people", str(sessions))
    peer.start()
    try:
        seen = Seen()
        teams = [Team([Clerk(peer.port, seen) for _ in ROLES], election) for _ in range(sessions)]
        for n, team in enumerate(teams):
            for role, clerk in enumerate(team.people):
                await clerk.enter(f"person{n}-{role}")
    finally:
        peer.stop()
    return teams


async def measured(peer: Peer, database: console_served.Database, teams: list[Team], stations: range) -> dict[str, Any]:
    """A form for each team to warm up, the other forms, and the archive read again."""
    forms = len(stations) - len(teams)
    peer.start()
    try:
        await pipelines(teams, stations[: len(teams)])
        with Machine(peer, database.pid) as watched:
            seen = await pipelines(teams, stations[len(teams) :])
    finally:
        peer.stop()
    votes = sum(console_people.FIGURES[f"c{n}"] for n in range(1, console_people.CANDIDATES + 1))
    found = peer.asked("archive")
    return watched.figures(forms, seen) | {
        "requests": sum(map(len, seen.waits.values())) / forms,
        "statements": seen.statements / forms,
        "kb_received": sum(seen.received.values()) / forms / 1000,
        "kb_sent": sum(seen.sent.values()) / forms / 1000,
        "lost": forms - sum(found.get(barcode) == votes for barcode in set(seen.archived)),
        "odd": seen.odd,
    }


async def ours(seconds: float, sessions: int) -> dict[str, Any]:
    """The console's figures, and its record read again."""
    async with console.serving("postgresql") as (server, database, statements):
        crowd = await console_people.signed_in(server.port)
        await console_people.received_before(crowd, 4 * console_people.RECEIVERS)
        await console_people.as_fast_as_it_goes(crowd, 3, sessions)
        tally = crowd.fresh()
        with Machine(server, database.pid) as watched:
            await console_people.as_fast_as_it_goes(crowd, seconds, sessions)
        found = console.figures(tally, watched)
        record = console.checked(server.folder, tally.accepted)
        return watched.figures(len(tally.accepted), tally) | {
            "requests": found["requests_per_protocol"],
            "statements": statements,
            "kb_received": found["bytes_received_per_protocol"] / 1000,
            "kb_sent": found["bytes_sent_per_protocol"] / 1000,
            "lost": record["lost"] + record["doubled"] + record["breaches"],
            "odd": tally.odd,
        }


def table(columns: dict[str, dict[str, Any]]) -> str:
    """Row by row, one column a system."""
    lines = [" " * 38 + "".join(f"{name:>28}" for name in columns)]
    for key, (what, form) in ROWS.items():
        lines.append(f"{what:38}" + "".join(f"{form.format(one[key]):>28}" for one in columns.values()))
    return "\n".join(lines + [f"odd in {name}: {one['odd']}" for name, one in columns.items() if one["odd"]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, metavar="FOLDER", required=True, help="a checkout of tally-ho")
    parser.add_argument("--python", default="python3.12", help="a Python of the version that it asks for")
    parser.add_argument("--forms", type=int, default=64)
    parser.add_argument("--sessions", type=int, default=8, help="at once, without think time")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not (1 <= wanted.sessions <= console_people.RECEIVERS and 1 <= wanted.forms <= 5_000):
        parser.error(f"--sessions is 1 to {console_people.RECEIVERS}, --forms 1 to 5000")
    source = wanted.source.resolve()
    requirements(source)
    result: dict[str, Any] = {
        "commit": told("git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"),
        "peer_python": told(wanted.python, "-c", "import platform; print(platform.python_version())"),
        "machine": f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "sessions": wanted.sessions,
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    columns = asyncio.run(theirs(source, wanted.python, wanted.forms, wanted.sessions))
    columns[OURS] = asyncio.run(ours(columns[AS_SHIPPED]["seconds"], wanted.sessions))
    if wanted.json:
        print(json.dumps(result | columns, indent=1))
    else:
        print(f"{result['machine']}; tally-ho {result['commit']}, Python {result['peer_python']}")
        print(f"{wanted.sessions} sessions at once\n{table(columns)}")
    return 1 if any(one["lost"] for one in columns.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
