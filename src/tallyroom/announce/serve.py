"""Serving a site from one machine: static files with the headers they need, for a laptop or a rehearsal.

A public site is carried by a web server or a bucket; this is enough for a newsroom's own network.  Only files
below the site are served, folders are not listed, and a page may load nothing from elsewhere.  A text goes out
as its compressed twin where the visitor takes one (RFC 9110, 12.5.3), and not at all where the visitor has it
already (RFC 9110, 13.1.2).
"""

import os
import re
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from tallyroom.announce.compress import ENCODINGS, TEXTS

CARD = re.compile(r"/embed(\.[a-z]{2,3})?\.html")
"""The page that newsrooms put into pages of their own."""
IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "public, max-age=5"
NOT_SERVED = (".tmp", *ENCODINGS.values())
"""Endings of files that are nobody's to ask for by name."""


def site_headers(path: str) -> dict[str, str]:
    """The headers of every answer for a path of a site: nothing is loaded from elsewhere, the card alone is framed."""
    framed_by = "*" if CARD.fullmatch(path) else "'self'"
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; frame-ancestors {framed_by}; base-uri 'none'; form-action 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves the files of one site, for reading only."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server_version = "tallyroom"
    sys_version = ""
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".csv": "text/csv; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".parquet": "application/vnd.apache.parquet",
        ".txt": "text/plain; charset=utf-8",
        ".xml": "application/xml",
    }

    def send_head(self) -> BinaryIO | None:
        """Send the headers of the file that is asked for, and give the file that is to follow them, if any."""
        plain = Path(self.translate_path(self.path))
        if plain.is_dir():
            plain = plain / "index.html"
        if not plain.is_file() or plain.name.endswith(NOT_SERVED):
            self.send_error(404)
            return None
        encoding, shown = self._encoded(plain)
        file = shown.open("rb")
        status = os.fstat(file.fileno())
        tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{encoding and f"-{encoding}"}"'
        has_it = tag in self._listed("If-None-Match") or "*" in self._listed("If-None-Match")
        self.send_response(304 if has_it else 200)
        self.send_header("ETag", tag)
        if plain.name.endswith(TEXTS):
            self.send_header("Vary", "Accept-Encoding")
        if not has_it:
            self._describe(plain, encoding, status.st_size)
        self.end_headers()
        if has_it:
            file.close()
        return None if has_it else file

    def _describe(self, plain: Path, encoding: str, length: int) -> None:
        self.send_header("Content-Type", self.guess_type(str(plain)))
        self.send_header("Content-Length", str(length))
        if encoding:
            self.send_header("Content-Encoding", encoding)

    def _encoded(self, plain: Path) -> tuple[str, Path]:
        """The best encoding of a file that the visitor takes and that is there, and its file; "" for none."""
        taken = self._listed("Accept-Encoding")
        for encoding, ending in ENCODINGS.items():
            twin = plain.with_name(f"{plain.name}{ending}")
            if encoding in taken and twin.is_file():
                return encoding, twin
        return "", plain

    def _listed(self, header: str) -> set[str]:
        """The values of a header that is a list; those refused by q=0 are none, and W/ makes no difference."""
        found = set()
        for value in self.headers.get(header, "").split(","):
            name, *parameters = (part.strip() for part in value.split(";"))
            if not any(parameter.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for parameter in parameters):
                found.add(name.removeprefix("W/"))
        return found

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer.  What is not there may be there in a moment, so it is not remembered for long."""
        self._is_found = code < 400
        super().send_response(code, message)

    def end_headers(self) -> None:
        """Add what every answer carries."""
        for name, value in site_headers(self.path.partition("?")[0]).items():
            self.send_header(name, value)
        unchanging = self._is_found and self.path.startswith(("/v/", "/tile/"))
        self.send_header("Cache-Control", IMMUTABLE if unchanging else FRESH)
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """The file of a request; one that a link leads out of the site is not there."""
        found = Path(super().translate_path(path))
        inside = found.resolve().is_relative_to(Path(self.directory).resolve())
        return str(found) if inside else os.devnull + "/outside"

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
