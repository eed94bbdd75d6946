"""The published site beside the console: static files for reading, with the headers of `announce.serve`.

Only files below the site are served, folders are not listed, and a link that leads out of it is not followed.
"""

import mimetypes
import os
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from tallyroom.announce.serve import FRESH, IMMUTABLE, site_headers

Headers = list[tuple[str, str]]

PIECE = 1 << 16
TYPES = {".md": "text/markdown", ".parquet": "application/vnd.apache.parquet", ".csv": "text/csv"}
TEXT = ("text/", "application/json")


def beside_site(site: Path, console: WSGIApplication) -> WSGIApplication:
    """The console below /console/, and the files of the site everywhere else."""

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/console" or path.startswith("/console/"):
            return console(environ, start)
        return _file(site, path, environ, start)

    return application


def _file(site: Path, path: str, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _short(start, HTTPStatus.METHOD_NOT_ALLOWED, [("Allow", "GET, HEAD")])
    found = _inside(site, path)
    if found is None:
        nothing_yet = path == "/" and not (site / "index.html").exists()
        if nothing_yet:  # before the first snapshot whoever comes is one of those who make it
            return _short(start, HTTPStatus.SEE_OTHER, [("Location", "/console/"), ("Cache-Control", FRESH)])
        return _short(start, HTTPStatus.NOT_FOUND, [])
    try:
        file = open(found, "rb")  # noqa: SIM115 - closed by whoever sends it
    except OSError:
        return _short(start, HTTPStatus.NOT_FOUND, [])
    status = os.fstat(file.fileno())
    headers = [
        ("Content-Type", _type(found)),
        ("Content-Length", str(status.st_size)),
        ("Last-Modified", formatdate(status.st_mtime, usegmt=True)),
        ("Cache-Control", IMMUTABLE if path.startswith(("/v/", "/tile/")) else FRESH),
        *site_headers(path).items(),
    ]
    start("200 OK", headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return []
    wrapper = environ.get("wsgi.file_wrapper")
    return wrapper(file, PIECE) if wrapper else _pieces(file)


def _inside(site: Path, path: str) -> Path | None:
    """The file that a path names, index.html for the site's top; None for anything else."""
    try:
        # WSGI hands the bytes of the path over as Latin letters.
        parts = path.encode("latin-1").decode().split("/")
        found = (site / "/".join(part for part in parts if part) if any(parts) else site / "index.html").resolve()
        inside = found.is_relative_to(site.resolve()) and found.is_file()
    except (ValueError, OSError):
        return None
    return found if inside and ".." not in parts else None


def _type(path: Path) -> str:
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(TEXT) else kind


def _pieces(file: Any) -> Iterable[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _short(start: StartResponse, status: HTTPStatus, headers: Headers) -> Iterable[bytes]:
    body = f"{status.phrase}\n".encode()
    plain = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start(f"{status.value} {status.phrase}", [*plain, *site_headers("").items(), *headers])
    return [body]
