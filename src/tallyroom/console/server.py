"""Starting the console: what has to be there first, and the server that runs it."""

import os
import secrets
import socket
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from tallyroom.record.store import flush_folder

KEY = "console.secret"
FIRST = "administrator"
"""Login of the first administrator."""
LOCK = 7023112024
"""Number of PostgreSQL's lock under which tables are made; any number that is ours."""
PATIENCE = 5
"""Seconds that requests under way have when the server is stopped; a browser that only keeps a line open is cut off."""
THREADS = 16
"""Requests under way at once: most of them wait for the disk, not for this process."""


def prepare(folder: Path, site: Path | None = None, url: str = "", policy: Path | None = None) -> None:
    """Load Django for an election folder, with a secret key and the newest tables; makes what is missing.

    Raises BadInput where DATABASE_URL is none, django.db.Error where the database cannot be reached.
    """
    create_secret(folder / "private" / KEY)
    os.environ["TALLYROOM_FOLDER"] = str(folder.absolute())
    os.environ["TALLYROOM_SITE"] = str((site or folder / "site").absolute())
    if url:
        os.environ["TALLYROOM_URL"] = url
    if policy:
        os.environ["TALLYROOM_POLICY"] = str(policy.absolute())
    os.environ["DJANGO_SETTINGS_MODULE"] = "tallyroom.console.settings"
    django.setup()
    create_tables()


def create_secret(path: Path) -> None:
    """Make the key that signs cookies and encrypts second factors, for the owner alone; keep one that is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with open(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.parent)


def create_tables() -> None:
    """Bring the database to the newest tables; what is there stays.  A second server that starts waits."""
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).touch(mode=0o600)
        _migrate()
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            _migrate()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def first_administrator() -> tuple[str, str] | None:
    """Login and a new one-time link's token of the first administrator; None once one has chosen a password.

    Links that an earlier start printed end, so that one that was left in a terminal's history is worth nothing.
    """
    from tallyroom.console.accounts import changes  # noqa: PLC0415 - models can be read once Django is loaded
    from tallyroom.console.accounts.duties import Role  # noqa: PLC0415
    from tallyroom.console.accounts.invitations import invite  # noqa: PLC0415
    from tallyroom.console.accounts.models import User  # noqa: PLC0415

    administrators = User.objects.filter(is_active=True, duties__role=Role.ADMINISTRATOR, duties__ended_at=None)
    if any(administrator.has_usable_password() for administrator in administrators):
        return None
    if first := administrators.first():
        return first.login, invite(first, None)
    if User.objects.filter(login=FIRST).exists():
        return None
    return FIRST, changes.add_person(None, FIRST, "", Role.ADMINISTRATOR, "")[1]


def free_port(host: str, port: int) -> int:
    """The first free port from `port` on.  Raises OSError if ten are busy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + 10):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError as error:
                last = error
            else:
                return candidate
    raise last


def workers() -> int:
    """Processes that answer: one a processor on PostgreSQL; one on SQLite, where one transaction writes at a time."""
    return 1 if connection.vendor == "sqlite" else len(os.sched_getaffinity(0))


def run(host: str, port: int) -> None:
    """Serve console and site until interrupted; `prepare` has run in this process."""
    server: Any = Granian(
        "tallyroom.console.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers(),
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=PATIENCE,
    )
    server.serve()
