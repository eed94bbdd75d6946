"""Which database the console keeps its drafts in: PostgreSQL by its address, or a SQLite file in the folder."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tallyroom.election.fault import BadInput, Fault

FILE = "console.sqlite3"
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY"
SCHEMES = ("postgresql", "postgres")
WAIT = 20.0
"""Seconds that a writer waits for another one's transaction to end."""


def database_of(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings of the database.  Raises BadInput for an address that is none of PostgreSQL's."""
    return _postgresql(url) if url else _sqlite(folder / "private" / FILE)


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "tallyroom.console.sqlite",
        "NAME": str(path),
        # A transaction takes the write lock when it begins: one that reads first cannot lose it half-way.
        "OPTIONS": {"init_command": PRAGMAS, "transaction_mode": "IMMEDIATE", "timeout": WAIT},
        "CONN_MAX_AGE": None,
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    try:
        port = str(parts.port or "")
    except ValueError:
        name = ""
    if parts.scheme not in SCHEMES or not name:
        mend = "Write it as postgresql://user:password@host:5432/name"
        raise BadInput([Fault("DATABASE_URL", None, "", "is no address of a PostgreSQL database", mend)])
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": port,
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
