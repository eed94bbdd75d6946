"""Serving a site from one machine: static files with the headers they need, for a laptop or a rehearsal.

A public site is carried by a web server or a bucket; this is enough for a newsroom's own network.  Only files
below the site are served, folders are not listed, and a page may load nothing from elsewhere.
"""

import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "public, max-age=5"


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves the files of one site, for reading only."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server_version = "tallyroom"
    sys_version = ""

    def end_headers(self) -> None:
        """Add what every answer carries."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        unchanging = self.path.startswith(("/v/", "/tile/"))
        self.send_header("Cache-Control", IMMUTABLE if unchanging else FRESH)
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """The file of a request; one that a link leads out of the site is not there."""
        found = Path(super().translate_path(path))
        inside = found.resolve().is_relative_to(Path(self.directory).resolve())
        return str(found) if inside else os.devnull + "/outside"

    def list_directory(self, path: object) -> None:
        """Folders are not listed."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Visitors are not logged."""


class SiteServer(ThreadingHTTPServer):
    """Answers each visitor in a thread of its own; one who goes away is no error."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Show what went wrong, unless it is only that a visitor went away."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def site_server(site: Path, host: str, port: int) -> SiteServer:
    """A server of the site on the first free port from `port` on.  Raises OSError if ten are busy."""
    handler = partial(SiteHandler, directory=str(site))
    for candidate in range(port, port + 10):
        try:
            return SiteServer((host, candidate), handler)
        except OSError as error:
            last = error
    raise last
