"""Two servers on one PostgreSQL and one record, behind a proxy; the one that writes is killed."""

import socket
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from tests.console.conftest import Browsers, People
from tests.console.unkillable import Console, Desk, at_work, held_against_the_record, wait_for

STATIONS = ("S-0001", "S-0002", "S-0003", "S-0005")


class Proxy(ThreadingTCPServer):
    """Hands each connection to the next server in turn, or to the other where that one is away."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, ports: tuple[int, ...]) -> None:
        self.ports, self.turn = ports, count()
        self.used: set[int] = set()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseRequestHandler):
    """One connection."""

    server: Proxy

    def handle(self) -> None:
        first = next(self.server.turn)
        for n in range(len(self.server.ports)):
            port = self.server.ports[(first + n) % len(self.server.ports)]
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as behind:
                self.server.used.add(port)
                back = threading.Thread(target=pump, args=(behind, self.request), daemon=True)
                back.start()
                pump(self.request, behind)
                back.join()
                return


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_of_two_servers_is_killed_and_the_other_goes_on(
    database: str, person: People, browser: Browsers, folder: Path
) -> None:
    with Console(folder, database) as one, Console(folder, database) as other, Proxy((one.port, other.port)) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        port = proxy.server_address[1]
        desks = [Desk(browser(person(f"operator{n}", "operator")), name, port) for n, name in enumerate(STATIONS)]
        with at_work(desks):
            wait_for(desks, 3)
            assert proxy.used == set(proxy.ports)
            for killed in (one, other):  # the first holds the lock of the record, then the second does
                killed.kill()
                wait_for(desks, 3)
                killed.start()
                wait_for(desks, 2)
        proxy.shutdown()
    held_against_the_record(folder, desks)
