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
    (site / "v/1/nist.json").write_text("plain")
    (site / "v/1/nist.json.br").write_text("packed by Brotli")
    (site / "v/1/nist.json.gz").write_text("packed by gzip")
    (site / "v/1/areas.csv.tmp").write_text("not yet")
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


def ask(server: ThreadingHTTPServer, path: str, method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path, headers={"Connection": "close", **named})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def test_a_page_is_served_with_headers_that_let_it_load_nothing_from_elsewhere(server: ThreadingHTTPServer) -> None:
    answer = ask(server, "/")
    assert (answer.status, answer.body) == (200, b"<p>page</p>")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=5"


def test_the_card_alone_stands_in_pages_of_others(server: ThreadingHTTPServer) -> None:
    for path in ("/embed.html", "/embed.az.html?from=a-newsroom"):
        assert "frame-ancestors *;" in ask(server, path).headers["Content-Security-Policy"]
    for path in ("/", "/v/1/embed.html", "/embed.html/", "/embedded.html"):
        assert "frame-ancestors 'self';" in ask(server, path).headers["Content-Security-Policy"]


def test_a_snapshot_is_cached_for_good(server: ThreadingHTTPServer) -> None:
    assert "immutable" in ask(server, "/v/1/results.json").headers["Cache-Control"]


def test_what_is_not_there_yet_is_asked_for_again(server: ThreadingHTTPServer) -> None:
    answer = ask(server, "/v/1/manifest.json")
    assert (answer.status, answer.headers["Cache-Control"]) == (404, "public, max-age=5")


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


@pytest.mark.parametrize(
    ("accepts", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"packed by Brotli"),
        ("gzip;q=1.0, br;q=0", "gzip", b"packed by gzip"),
        ("identity", None, b"plain"),
        ("gzip; q=0, br; q=0.0", None, b"plain"),
        ("", None, b"plain"),
    ],
)
def test_a_text_goes_out_as_the_best_twin_that_the_visitor_takes(
    server: ThreadingHTTPServer, accepts: str, encoding: str | None, body: bytes
) -> None:
    answer = ask(server, "/v/1/nist.json", Accept_Encoding=accepts)
    assert (answer.headers["Content-Encoding"], answer.body) == (encoding, body)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert ask(server, "/v/1/results.json", Accept_Encoding=accepts).body == b"{}"


def test_what_a_visitor_has_is_not_sent_again(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    tag = ask(server, "/").headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask(server, "/", If_None_Match=known)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == "public, max-age=5"
    assert ask(server, "/", If_None_Match='"other"').status == 200
    (tmp_path / "site/index.html").write_text("<p>a newer page</p>")
    assert ask(server, "/", If_None_Match=tag).body == b"<p>a newer page</p>"


def test_twins_have_tags_of_their_own(server: ThreadingHTTPServer) -> None:
    tags = {ask(server, "/v/1/nist.json", Accept_Encoding=one).headers["ETag"] for one in ("br", "gzip", "identity")}
    assert len(tags) == 3


@pytest.mark.parametrize("path", ["/v/1/nist.json.br", "/v/1/nist.json.gz", "/v/1/areas.csv.tmp", "/v/1/areas.csv"])
def test_twins_and_files_that_are_not_ready_are_not_there_by_name(server: ThreadingHTTPServer, path: str) -> None:
    assert ask(server, path).status == 404


def test_the_head_of_a_file_is_that_of_the_file(server: ThreadingHTTPServer) -> None:
    answer = ask(server, "/v/1/nist.json", "HEAD", Accept_Encoding="br")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "16", b"")
