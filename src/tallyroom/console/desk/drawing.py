"""Pictures of scans, drawn by a confined child process (`confined`) and kept for the next who looks.

The console's own process never decodes a scan.  Where the parts that draw (Pillow, pypdfium2) are not installed,
scans can be downloaded and are not shown.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.desk import confined, scans, work
from tallyroom.console.desk.models import Scan
from tallyroom.console.submissions.wiring import room

SECONDS = 30
"""Of the wall; the child's own limit is of computing."""
PAGES = 20
LARGEST = 20 * 2**20
PICTURES = "pictures"
"""Folder in `private/`; it can be emptied at any time."""

_one_each = threading.Semaphore(2)


@require_GET
@needs(Action.READ_FORMS)
def picture(request: HttpRequest, pk: int, sha256: str, page: int) -> HttpResponse:
    """A page of a scan as a picture; 404 where it has no such page or cannot be drawn."""
    row = work.visible(person_of(request), pk)
    scan = row.scans.filter(sha256=sha256).first()
    found = _picture(scan, page - 1) if scan and 1 <= page <= PAGES else None
    if found is None:
        raise Http404
    return HttpResponse(found, headers={"Content-Type": "image/png", "Content-Security-Policy": scans.NOTHING})


def _picture(scan: Scan, page: int) -> bytes | None:
    folder = room().folder / "private" / PICTURES
    kept = folder / f"{scan.sha256}-{page}.png"
    if kept.exists():
        return kept.read_bytes()
    with _one_each:
        drawn = draw(scans.stored(scan), scan.media, page)
    if drawn is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = folder / f".{os.getpid()}.{threading.get_ident()}.tmp"
        beside.write_bytes(drawn)
        beside.replace(kept)
    return drawn


def draw(data: bytes, media: str, page: int) -> bytes | None:
    """The picture of a file's page, drawn by a child that can do nothing else; None where there is none."""
    program = [sys.executable, "-I", str(Path(confined.__file__)), media, str(page)]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=SECONDS, check=False, cwd="/", env={})
    except subprocess.TimeoutExpired:
        return None
    whole = done.returncode == 0 and done.stdout.startswith(b"\x89PNG") and len(done.stdout) <= LARGEST
    return done.stdout if whole else None
