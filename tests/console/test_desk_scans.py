"""Scans: the child that draws them can do nothing else, and what it gives is a picture and no more."""

import io
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tallyroom.console.desk import confined
from tallyroom.console.desk.drawing import draw
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tests.console.conftest import Browsers, People
from tests.console.desk_people import Person

FOLDER = str(Path(confined.__file__).parent)
ATTEMPTS = {
    "nothing": "pass",
    "a file": "open('/etc/hostname')",
    "a new file": "open('/tmp/tallyroom-should-not-be', 'w')",
    "another program": "os.execv('/bin/true', ['true'])",
    "a child": "os.fork()",
    "a connection": "socket.socket()",
    "a signal": "os.kill(os.getppid(), 0)",
    "a folder": "os.listdir('/')",
    "the environment of others": "os.open('/proc/self/environ', os.O_RDONLY)",
}
PROGRAM = """
import os, socket, sys
sys.path.insert(0, FOLDER)
import confined
confined.confine()
try:
    ATTEMPT
except PermissionError:
    os._exit(13)
except OSError as error:
    os._exit(24 if error.errno == 24 else 1)
os._exit(0)
"""


@pytest.mark.parametrize("what", ATTEMPTS)
def test_a_confined_process_can_do_nothing_but_compute(what: str) -> None:
    program = PROGRAM.replace("FOLDER", repr(FOLDER)).replace("ATTEMPT", ATTEMPTS[what])
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=False)
    assert done.returncode == (0 if what == "nothing" else 13), done.stderr


def test_memory_and_time_are_limited() -> None:
    program = PROGRAM.replace("FOLDER", repr(FOLDER))
    hungry = program.replace("ATTEMPT", "bytearray(2 << 30)").replace("PermissionError", "MemoryError")
    assert subprocess.run([sys.executable, "-I", "-c", hungry], check=False).returncode == 13
    busy = program.replace("confined.confine()", "confined.SECONDS = 1; confined.confine()")
    spun = subprocess.run([sys.executable, "-I", "-c", busy.replace("ATTEMPT", "while True: pass")], check=False)
    assert spun.returncode < 0


def image(kind: str, size: tuple[int, int] = (600, 800), **more: object) -> bytes:
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is not installed: scans are downloaded and not shown")
    pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed: scans are downloaded and not shown")
    out = io.BytesIO()
    pillow.new("RGB", size, (10, 200, 30)).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "media"), [("PDF", "application/pdf"), ("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_scan_is_drawn_anew(kind: str, media: str) -> None:
    picture = draw(image(kind, comment=b"<script>") if kind == "JPEG" else image(kind), media, 0)
    assert picture is not None
    assert b"<script>" not in picture
    pillow = pytest.importorskip("PIL.Image")
    found = pillow.open(io.BytesIO(picture))
    assert found.format == "PNG"
    red, green, blue = found.getpixel((20, 20))
    assert abs(red - 10) + abs(green - 200) + abs(blue - 30) < 12
    assert draw(image("PDF"), "application/pdf", 1) is None


def test_what_is_no_scan_or_too_large_is_not_drawn() -> None:
    image("PNG")
    header = b"\x89PNG\r\n\x1a\n"

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    large = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    bomb = header + chunk(b"IHDR", large) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    for data, media in (
        (bomb, "image/png"),
        (header + b"rest", "image/png"),
        (b"%PDF-1.7\n% nothing\n", "application/pdf"),
        (b"<svg/>", "image/png"),
        (image("GIF"), "image/png"),
    ):
        assert draw(data, media, 0) is None


def test_the_pages_show_the_picture_and_never_the_file(folder: Path, person: People, browser: Browsers) -> None:
    scan = image("JPEG")
    with Sequencer(room()):
        oscar = Person(browser(person("oscar", "operator")))
        row = oscar.receive("S-0001", scans=SimpleUploadedFile("form.jpg", scan))
        path = f"forms/{row.pk}/scans/{row.scans.get().sha256}/1/"
        page = oscar.get(f"forms/{row.pk}/").content.decode()
        assert f'<img src="/console/desk/{path}"' in page
        answers = [oscar.get(path) for _ in range(2)]
        assert oscar.get(path.removesuffix("1/") + "2/").status_code == 404
        stranger = Person(browser(person("stranger", "operator", area="S")))
        assert stranger.get(path).status_code == 403
    for answer in answers:
        assert answer.content.startswith(b"\x89PNG")
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert len(list((folder / "private/pictures").iterdir())) == 1
