"""A site on a web server: it is checked like a folder, and a hostile server gets nowhere."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tallyverify.__main__ import main
from tallyverify.record import Fault, Site, Unreadable
from tests.tallyverify.night import Night, edit


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


class Hostile(BaseHTTPRequestHandler):
    """Sends its readers elsewhere, or never ends, or fails, by the path asked for."""

    def do_GET(self) -> None:
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"0" * 10_000)
        elif self.path == "/broken":
            self.send_response(503)
            self.end_headers()
        elif self.path == "/absent":
            self.send_response(404)
            self.end_headers()
        else:
            self.send_response(302)
            self.send_header(
                "Location", {"/away": "http://other.example/checkpoint"}.get(self.path, "file:///etc/passwd")
            )
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@contextmanager
def serving(handler: object) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_a_site_on_the_web_is_checked(night: Night, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(partial(Quiet, directory=site)) as url:
        assert main([url, "--vkey", night.vkey]) == 0
        assert main([url.rstrip("/")]) == 0
        edit(site / "v/3/council/areas.csv", lambda data: data.replace(b"synthetic", b"real", 1))
        assert main([url]) == 1
    assert "v/3/council/areas.csv line 2: data_origin (expected synthetic, got real)" in capsys.readouterr().out


def test_a_hostile_server_gets_nowhere() -> None:
    with serving(Hostile) as url:
        site = Site(url)
        with pytest.raises(Fault, match="is longer than 50000 bytes"):
            site.read("endless", 50_000)
        with pytest.raises(Fault, match="404"):
            site.read("absent")
        for path in ("broken", "away", "local"):
            with pytest.raises(Unreadable, match=path):
                site.read(path)
        assert main([url]) == 2


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "a/../../b", "a//b", "./a", "a\\b", "c:d", "a?b", "a\nb", "a\0b", "a/"]
)
def test_only_plain_names_below_the_site_are_read(night: Night, name: str) -> None:
    with pytest.raises(Fault, match="is not the name of a file below the site"):
        Site(str(night.site)).read(name)


def test_a_server_that_is_not_there_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Hostile) as url:
        pass
    assert main([url]) == 2
    assert "tallyverify: " in capsys.readouterr().err
