"""What the tests of polling day and of publishing share: a running sequencer, forms as pages give them, the record."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client

from tallyroom.console.submissions.models import OPEN, Submission
from tallyroom.console.submissions.outbox import wait
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.acts import AnyAct, Seal, decode

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what does not depend on which database it is."""

SCRIPT = '<script>alert("1")</script>&\'"'
"""Typed into every text field: no page may show it other than escaped."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    """The console over real HTTP, one request at a time; gives its address."""
    application = get_wsgi_application()

    def answering(environ: Any, start: Any) -> list[bytes]:
        answer = application(environ, start)
        try:
            return list(answer)
        finally:
            answer.close()
            connections.close_all()

    server = make_server("127.0.0.1", 0, answering, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/console"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_TOKEN = re.compile(r'name="token" value="([0-9a-f]{32})"')


@contextmanager
def sequencing() -> Iterator[Sequencer]:
    """A sequencer of this process, until all that was handed in is decided."""
    with Sequencer(room()) as running:
        yield running
        for submission in Submission.objects.filter(status__in=OPEN):
            assert wait(submission, 10).decided


def token(client: Client, url: str) -> str:
    """The token of the form on a page."""
    found = _TOKEN.search(client.get(url).content.decode())
    assert found is not None, url
    return found[1]


def send(client: Client, url: str, follow: bool = True, **typed: Any) -> Any:
    """Open a page, fill its form in, send it, and follow to the page that answers."""
    return client.post(url, {"token": token(client, url)} | typed, follow=follow)


def acts(folder: Path, *kinds: type) -> list[AnyAct]:
    """The acts of the record, of these types or all, without seals."""
    found = [decode(entry) for entry in reader(folder).verified_entries()]
    return [act for act in found if (isinstance(act, kinds) if kinds else not isinstance(act, Seal))]


def text(answer: Any) -> str:
    """The page of an answer."""
    return str(answer.content.decode())
