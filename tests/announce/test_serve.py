"""Serving a site from one machine: what is served, with which headers, and what is not."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from tallyroom.announce.serve import site_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    site = tmp_path / "site"
    (site / "v/1").mkdir(parents=True)
    (site / "index.html").write_text("<p>page</p>")
    (site / "v/1/results.json").write_text("{}")
    (tmp_path / "private.key").write_text("secret")
    (site / "link").symlink_to(tmp_path / "private.key")
    server = site_server(site, "127.0.0.1", 18_000)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(server: ThreadingHTTPServer, path: str, method: str = "GET") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def test_a_page_is_served_with_headers_that_let_it_load_nothing_from_elsewhere(server: ThreadingHTTPServer) -> None:
    answer = ask(server, "/")
    assert (answer.status, answer.body) == (200, b"<p>page</p>")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=5"


def test_a_snapshot_is_cached_for_good(server: ThreadingHTTPServer) -> None:
    assert "immutable" in ask(server, "/v/1/results.json").headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    ["/v/", "/v/1/", "/../private.key", "/%2e%2e/private.key", "/v/..%2f..%2f../private.key", "/nothing", "/link"],
)
def test_folders_and_files_outside_the_site_are_not_served(server: ThreadingHTTPServer, path: str) -> None:
    answer = ask(server, path)
    assert answer.status == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_site_is_read_and_never_written(server: ThreadingHTTPServer, method: str) -> None:
    assert ask(server, "/index.html", method).status == 501


def test_a_busy_port_is_stepped_over(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with site_server(tmp_path, "127.0.0.1", server.server_port) as second:
        assert second.server_port == server.server_port + 1
