"""Evidence: scans, photos and documents outside the record, known by their SHA-256.

A file is copied as it is into `evidence/` of the election folder, under its hash; it is never opened, re-encoded
or parsed here, and it is no part of a published site: a hostile file can do no harm where nobody looks into it.
An act lists hash, length and media type.  The media type is taken from the ending of the name, from a short
list, and is a label only.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tallyroom.record.acts import Evidence, decode
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.store import flush_folder

FOLDER = "evidence"
MEDIA = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
}
LARGEST = 256 * 2**20
"""Bytes; a scan of a form is seldom above ten million."""


class Finding(NamedTuple):
    """A file that an act lists: the act's number, its hash, and what is wrong with it here ("" if nothing)."""

    act: int
    sha256: str
    wrong: str


def attach(folder: Path, file: Path) -> Evidence:
    """Copy a file into the evidence of an election, durably, and describe it.

    Raises RecordError for a file above LARGEST, OSError where it cannot be read or written.
    """
    store = folder / FOLDER
    store.mkdir(mode=0o700, exist_ok=True)
    beside = store / f".{os.getpid()}.{threading.get_ident()}.tmp"
    hashed, size = hashlib.sha256(), 0
    try:
        with open(file, "rb") as source, open(beside, "xb") as copy:
            while piece := source.read(1 << 20):
                size += len(piece)
                if size > LARGEST:
                    raise RecordError(
                        str(file), "too large", f"{LARGEST} bytes", "more", "Scan it at a lower resolution."
                    )
                hashed.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        os.replace(beside, store / hashed.hexdigest())
    finally:
        beside.unlink(missing_ok=True)
    flush_folder(store)
    return Evidence(hashed.hexdigest(), size, MEDIA.get(file.suffix.lower(), "application/octet-stream"))


def verify(folder: Path, log: Log) -> Iterator[Finding]:
    """Every file that the acts of a record list, and whether the copy here is that file."""
    checked: dict[str, str] = {}
    for number, entry in enumerate(log.verified_entries()):
        if b'"evidence":[' not in entry:
            continue
        for listed in decode(entry).evidence:
            if listed.sha256 not in checked:
                checked[listed.sha256] = _wrong(folder / FOLDER / Path(listed.sha256).name, listed)
            yield Finding(number, listed.sha256, checked[listed.sha256])


def _wrong(path: Path, listed: Evidence) -> str:
    if not path.is_file():
        return "is not here"
    if path.stat().st_size != listed.bytes:
        return f"has {path.stat().st_size} bytes instead of {listed.bytes}"
    with open(path, "rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == listed.sha256
    return "" if same else "is another file than the act lists"
