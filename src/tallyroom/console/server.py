"""Starting the console: what has to be there first, and the server that runs it."""

import os
import secrets
from pathlib import Path

import django
from django.core.management import call_command

from tallyroom.record.store import flush_folder

KEY = "console.secret"


def prepare(folder: Path, site: Path | None = None, url: str = "") -> None:
    """Load Django for an election folder, with a secret key and the newest tables; makes what is missing.

    Raises BadInput where DATABASE_URL is none, django.db.Error where the database cannot be reached.
    """
    create_secret(folder / "private" / KEY)
    os.environ["TALLYROOM_FOLDER"] = str(folder.absolute())
    os.environ["TALLYROOM_SITE"] = str((site or folder / "site").absolute())
    if url:
        os.environ["TALLYROOM_URL"] = url
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
    """Bring the database to the newest tables; what is there stays."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
