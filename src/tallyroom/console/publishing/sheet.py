"""Text on pages of A4 as a PDF file, in one embedded font: paragraphs and tables, read from top to bottom.

Lengths are in points (1/72 inch).  The same text gives the same bytes: the time that the file bears is the caller's,
and its identifier is a hash of its content.
"""

import ctypes
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

import pypdfium2
from pymupdf_fonts import myfont
from pypdfium2 import raw

FONT = "notos"
"""Noto Sans: it has the letters of Azerbaijani and Russian, and may be embedded (SIL Open Font Licence 1.1)."""
WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 50.0
TOP, BOTTOM = HEIGHT - MARGIN, MARGIN + 20
LEADING = 1.45
"""Height of a line, in sizes of its letters."""
GAP = 6.0
"""Between two columns."""
TIME = re.compile(rb"/CreationDate\(D:\d{14}")
IDENTIFIER = re.compile(rb"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\]")

_one_at_a_time = threading.Lock()
"""The library that writes the file serves one thread."""


class Column(NamedTuple):
    """A column of a table: its width, and whether it holds figures, which stand at its right edge."""

    width: float
    figures: bool = True


class Sheet:
    """The pages so far; `y` is where the next line goes."""

    def __init__(self, note: str) -> None:
        """note: stands at the foot of every page."""
        self._document = pypdfium2.PdfDocument.new()
        content = myfont(FONT)
        self._content = (ctypes.c_ubyte * len(content)).from_buffer_copy(content)
        kind = raw.FPDF_FONT_TRUETYPE
        self._font = raw.FPDFText_LoadFont(self._document.raw, self._content, len(content), kind, 1)
        self._pages: list[Any] = []
        self._note = note
        self._turn()

    def _turn(self) -> None:
        """A new page."""
        self._pages.append(self._document.new_page(WIDTH, HEIGHT))
        self.y = TOP

    def room(self, height: float) -> bool:
        """Make room for so much; whether that took a new page."""
        if self.y - height >= BOTTOM:
            return False
        self._turn()
        return True

    def space(self, height: float) -> None:
        """Leave some of the page empty."""
        self.y -= height

    def paragraph(self, text: str, size: float = 10) -> None:
        """Text over the whole width, as many lines as it takes."""
        for line in self._lines(text, size, WIDTH - 2 * MARGIN):
            self.room(size * LEADING)
            self.y -= size * LEADING
            self._put(line, size, MARGIN, self.y)
        self.y -= size * 0.4

    def table(self, columns: Sequence[Column], head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table with a rule below its head, which stands on each page that the table reaches."""
        self.room(60)
        self._row(columns, head)
        for row in rows:
            if self.room(self._height(columns, row)):
                self._row(columns, head)
            self._row(columns, row, ruled=False)
        self.y -= 8

    def signatures(self, names: Sequence[str]) -> None:
        """A line for each of those who sign."""
        each = (WIDTH - 2 * MARGIN) / len(names)
        self.room(60)
        self.y -= 45
        for place, name in enumerate(names):
            self._rule(MARGIN + place * each, each - 3 * GAP, self.y + 11)
            self._put(name, 9, MARGIN + place * each, self.y)

    def finish(self, at: datetime) -> bytes:
        """The file, made at a time."""
        for number, page in enumerate(self._pages, start=1):
            self._put(self._note, 7, MARGIN, MARGIN - 10, page)
            last = f"{number} / {len(self._pages)}"
            self._put(last, 7, WIDTH - MARGIN - self._width(last, 7), MARGIN - 10, page)
            page.gen_content()
        out = BytesIO()
        self._document.save(out)
        raw.FPDFFont_Close(self._font)
        self._document.close()
        content = TIME.sub(f"/CreationDate(D:{at.astimezone(UTC):%Y%m%d%H%M%S}".encode(), out.getvalue())
        name = hashlib.sha256(IDENTIFIER.sub(b"", content)).hexdigest()[:32].upper()
        return IDENTIFIER.sub(f"/ID[<{name}><{name}>]".encode(), content)

    def _cells(self, columns: Sequence[Column], row: Sequence[str], size: float) -> list[list[str]]:
        return [self._lines(text, size, column.width - GAP) for column, text in zip(columns, row, strict=True)]

    def _height(self, columns: Sequence[Column], row: Sequence[str], size: float = 8) -> float:
        return max(map(len, self._cells(columns, row, size))) * size * LEADING + 2

    def _row(self, columns: Sequence[Column], row: Sequence[str], size: float = 8, *, ruled: bool = True) -> None:
        left, top = MARGIN, self.y
        for column, lines in zip(columns, self._cells(columns, row, size), strict=True):
            for place, line in enumerate(lines, start=1):
                shift = column.width - GAP - self._width(line, size) if column.figures else 0.0
                self._put(line, size, left + shift, top - place * size * LEADING)
            left += column.width
        self.y = top - self._height(columns, row, size)
        if ruled:
            self._rule(MARGIN, left - MARGIN, self.y - 1)
            self.y -= 2

    def _lines(self, text: str, size: float, width: float) -> list[str]:
        """Text in lines of at most so wide: broken between words, and within one that is longer than a line."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self._width(longer, size) <= width:
                lines[-1] = longer
                continue
            lines += [""] if lines[-1] else []
            for sign in word:
                lines += [""] if lines[-1] and self._width(lines[-1] + sign, size) > width else []
                lines[-1] += sign
        return lines

    def _object(self, text: str, size: float) -> Any:
        signs = f"{text}\0".encode("utf-16-le")
        found = raw.FPDFPageObj_CreateTextObj(self._document.raw, self._font, size)
        raw.FPDFText_SetText(found, (ctypes.c_ushort * (len(signs) // 2)).from_buffer_copy(signs))
        return found

    def _width(self, text: str, size: float) -> float:
        edges = [ctypes.c_float() for _ in range(4)]
        measured = self._object(text, size)
        raw.FPDFPageObj_GetBounds(measured, *map(ctypes.byref, edges))
        raw.FPDFPageObj_Destroy(measured)
        return edges[2].value

    def _put(self, text: str, size: float, x: float, y: float, page: Any = None) -> None:
        written = self._object(text, size)
        raw.FPDFPageObj_Transform(written, 1, 0, 0, 1, x, y)
        raw.FPDFPage_InsertObject((page or self._pages[-1]).raw, written)

    def _rule(self, x: float, width: float, y: float) -> None:
        line = raw.FPDFPageObj_CreateNewRect(x, y, width, 0.5)
        raw.FPDFPath_SetDrawMode(line, raw.FPDF_FILLMODE_WINDING, 0)
        raw.FPDFPage_InsertObject(self._pages[-1].raw, line)


def pdf(note: str, at: datetime, write: Callable[[Sheet], None]) -> bytes:
    """What `write` puts on a sheet, as a file."""
    with _one_at_a_time:
        sheet = Sheet(note)
        write(sheet)
        return sheet.finish(at)
