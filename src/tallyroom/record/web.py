"""The record over the web: a published site read as tiles, and one request to a server that is not trusted.

A server may be slow, silent, endless or hostile: each request has a time limit and each answer a length, and
no answer sends the reader on to another address.
"""

import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.store import Store
from tallyroom.record.tiles import MAX_ENTRY, WIDTH, decode_bundle, entries_path, split_hashes, tile_path

TIMEOUT = 10.0
"""Seconds to wait for each piece of an answer; the whole may take three times as long."""

MAX_FILE = WIDTH * (MAX_ENTRY + 2)
"""The longest file of a record, a bundle of the longest entries, in bytes."""


SLOWEST = 10_000
"""Bytes a second below which an answer is given up, beyond the time that any answer has."""


class Unreachable(RecordError):
    """A server gives no answer that can be used; the record may be whole."""


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **options: Any) -> None:
        return None


_open = build_opener(_StayHere()).open


def ask(url: str, body: bytes | None = None, limit: int = MAX_FILE) -> tuple[int, bytes]:
    """Status and body of the answer to a GET, or to a POST of `body`.

    url: http or https.  Unreachable when there is no answer, or one above `limit` bytes.
    """
    if not url.startswith(("http://", "https://")):
        raise Unreachable(url, "is no address that begins with http:// or https://")
    try:
        with _open(Request(url, data=body), timeout=TIMEOUT) as answer:
            return answer.status, _body(url, answer, limit)
    except HTTPError as error:
        with error:
            return error.code, error.read(limit)
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(url, f"gives no answer: {error}") from error


def save(url: str, file: BinaryIO, limit: int) -> None:
    """Writes the answer to a GET into a file, piece by piece.

    Damaged when the server does not have it; Unreachable when there is no answer, or one above `limit` bytes, or
    one that comes slower than `SLOWEST`.
    """
    try:
        with _open(Request(url), timeout=TIMEOUT) as answer:
            length, end = 0, time.monotonic() + 3 * TIMEOUT + limit / SLOWEST
            while piece := answer.read1(65_536):
                length += len(piece)
                if length > limit or time.monotonic() > end:
                    raise Unreachable(url, "the answer is too long, or does not end", f"at most {limit} bytes")
                file.write(piece)
            if answer.length:
                raise Unreachable(url, f"the answer was cut off {answer.length} bytes before its end")
    except HTTPError as error:
        with error:
            if error.code in (404, 410):
                raise Damaged(url, "is not there") from error
            raise Unreachable(url, f"the server answers {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(url, f"gives no answer: {error}") from error


def _body(url: str, answer: HTTPResponse, limit: int) -> bytes:
    data, end = bytearray(), time.monotonic() + 3 * TIMEOUT
    while piece := answer.read1(65_536):
        data += piece
        if len(data) > limit or time.monotonic() > end:
            raise Unreachable(url, "the answer is too long, or does not end", f"at most {limit} bytes")
    if answer.length:
        raise Unreachable(url, f"the answer was cut off {answer.length} bytes before its end")
    return bytes(data)


class WebStore:
    """The files of a published site at an address, for reading."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def read(self, path: str) -> bytes:
        """The bytes of a file; Damaged when the server does not have it, Unreachable when it does not answer."""
        status, data = ask(f"{self.url}/{path}")
        if status in (404, 410):
            raise Damaged(path, f"is not at {self.url}")
        if status != 200:
            raise Unreachable(f"{self.url}/{path}", f"the server answers {status}")
        return data

    def hashes(self, level: int, n: int, width: int) -> list[bytes]:
        """The hashes of a tile; a site keeps the partial tiles of every size it ever showed."""
        return self._items(tile_path(level, n, width), width, split_hashes)

    def bundle(self, n: int, width: int) -> list[bytes]:
        """The entries of a bundle."""
        return self._items(entries_path(n, width), width, decode_bundle)

    def _items(self, path: str, width: int, split: Callable[[bytes], list[bytes]]) -> list[bytes]:
        try:
            items = split(self.read(path))
        except ValueError as error:
            raise Damaged(path, str(error)) from error
        if len(items) != width:
            raise Damaged(path, "of the wrong length", str(width), str(len(items)))
        return items


def open_store(place: str) -> Store | WebStore:
    """The files of a published site, at an address or in a folder."""
    if place.startswith(("http://", "https://")):
        return WebStore(place)
    if not Path(place).is_dir():
        raise RecordError(place, "is neither a folder nor an address that begins with http:// or https://")
    return Store(Path(place))
