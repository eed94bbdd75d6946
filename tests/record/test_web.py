"""Servers that are slow, endless, elsewhere or wrong do no harm to whoever asks them."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tallyroom.record.error import Damaged
from tallyroom.record.web import Unreachable, WebStore, ask

Handle = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def server() -> Iterator[Callable[[Handle], str]]:
    """Starts a server that answers every GET in one way; its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(handle: Handle) -> str:
        class Handler(BaseHTTPRequestHandler):
            do_GET = do_POST = handle

            def log_message(self, format: str, *args: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for one in servers:
        one.shutdown()
        one.server_close()


def answering(status: int, body: bytes = b"", **headers: str) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return handle


def test_status_and_body_are_given_as_they_come(server: Callable[[Handle], str]) -> None:
    for status in (200, 404, 409, 500):
        assert ask(server(answering(status, b"body"))) == (status, b"body")


@pytest.mark.parametrize("status", [301, 302, 307])
def test_no_answer_sends_the_reader_elsewhere(server: Callable[[Handle], str], status: int) -> None:
    asked = []
    elsewhere = server(lambda request: asked.append(request.path))
    url = server(answering(status, Location=f"{elsewhere}/secret"))
    assert ask(url)[0] == status
    assert ask(url, b"body")[0] == status
    assert asked == []


def test_an_answer_above_the_limit_is_not_read_to_its_end(server: Callable[[Handle], str]) -> None:
    with pytest.raises(Unreachable, match="too long"):
        ask(server(answering(200, b"x" * 1001)), limit=1000)
    assert ask(server(answering(200, b"x" * 1000)), limit=1000)[1] == b"x" * 1000
    assert ask(server(answering(500, b"x" * 1001)), limit=1000)[1] == b"x" * 1000


def test_an_answer_that_is_cut_off_is_none(server: Callable[[Handle], str]) -> None:
    with pytest.raises(Unreachable, match="cut off 4 bytes"):
        ask(server(answering(200, b"half", Content_Length="8")))


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://x.example", "http://", "http://x y/", "http://[/"])
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with pytest.raises(Unreachable):
        ask(url)


def test_a_missing_file_is_damage_and_a_server_that_fails_is_not(server: Callable[[Handle], str]) -> None:
    with pytest.raises(Damaged, match="tile/0/000"):
        WebStore(server(answering(404))).hashes(0, 0, 256)
    with pytest.raises(Unreachable, match="answers 503"):
        WebStore(server(answering(503))).read("checkpoint")


@pytest.mark.parametrize("body", [b"", b"x" * 31, b"x" * 33, b"x" * 64])
def test_a_tile_of_another_length_is_damage(server: Callable[[Handle], str], body: bytes) -> None:
    with pytest.raises(Damaged):
        WebStore(server(answering(200, body))).hashes(0, 0, 1)
