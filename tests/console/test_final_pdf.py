"""The final protocol as a PDF file: what it says, in which letters, and that it is the same again."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.utils import translation
from msgspec.structs import replace

from tallyroom.console.election import definition
from tallyroom.console.publishing.finalpdf import final_pdf, pdf
from tallyroom.console.publishing.words import turnout_in_words
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Certification, Seen
from tallyroom.record.log import Log
from tallyroom.tally.replay import replay, summarise

AT = datetime(2030, 3, 12, 9, tzinfo=UTC)


def pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    finally:
        document.close()


@pytest.fixture
def protocol(folder: Path) -> bytes:
    return made(folder)


def made(folder: Path, words: str = "Decision 14") -> bytes:
    log = reader(folder)
    results = summarise(replay(definition(), log), log, "mayor", AT.isoformat()).results(range(len(definition().areas)))
    return final_pdf(results, 7, certification(log, words))


def certification(log: Log, words: str = "Decision 14") -> Certification:
    seen = Seen(log.size, "root+of/it=")
    return Certification(at=AT.isoformat(), contest="mayor", snapshot=seen, winner="a", text=words)


def test_it_says_what_was_certified_and_where_the_figures_come_from(protocol: bytes, folder: Path) -> None:
    text = "\n".join(pages(protocol))
    assert "Final protocol" in text
    assert "Elected: A" in text
    assert "Decision 14" in text
    assert "Certified by act 7 of the public record" in text
    assert "root+of/it=" in text
    assert text.count("the figures here are synthetic") == 1 + len(pages(protocol))
    assert made(folder) == protocol
    assert made(folder, "Decision 15") != protocol


@pytest.mark.parametrize(
    ("language", "of_valid", "of_registered"),
    [
        ("en", "% of valid votes", "160 · 33.33 % of registered voters"),
        ("az", "etibarlı səslərin %-i", "160 · siyahıdakı seçicilərin 33.33 %-i"),
        ("ru", "% действительных голосов", "160 · 33.33 % избирателей в списках"),
    ],
)
def test_every_share_names_what_it_is_of(folder: Path, language: str, of_valid: str, of_registered: str) -> None:
    log = reader(folder)
    whole = summarise(replay(definition(), log), log, "mayor", AT.isoformat()).results()
    turnout = replace(whole.turnout, voted=160, registered=480, percent="33.33")
    with translation.override(language):
        text = pages(final_pdf(replace(whole, turnout=turnout), 7, certification(log)))[0]
        assert of_valid in " ".join(text.split())
        assert of_registered in text
        assert turnout_in_words(replace(turnout, percent=None)) == "160", "a register of nobody has no share"


@pytest.mark.parametrize(("language", "title"), [("az", "Yekun protokol"), ("ru", "Итоговый протокол")])
def test_it_speaks_the_language_of_its_reader(folder: Path, language: str, title: str) -> None:
    with translation.override(language):
        assert title in pages(made(folder))[0]


PLAIN: dict[str, Any] = {
    **{"language": "en", "title": "Title", "authority": "nobody", "note": "note", "origin": "", "lines": []},
    **{"elected": "", "facts": [], "certified": "", "changes": [], "signatures": ["Chair"]},
    "votes": {"title": "Votes", "widths": [0], "head": ["Name"], "rows": []},
    "areas": {"title": "Areas", "tables": []},
}


def test_every_line_is_on_some_page_and_the_head_on_each() -> None:
    rows = [[f"Şəki-{n:03} Ёлкино", f"{n * 1009}"] for n in range(150)]
    votes = {"title": "Votes", "widths": [0, 90], "head": ["Ərazi", "Голоса"], "rows": rows}
    found = pages(pdf(PLAIN | {"votes": votes}, AT))
    assert len(found) > 2
    assert all("Ərazi" in page and "Голоса" in page and "note" in page for page in found)
    for name, figure in rows:
        assert sum(f"{name} {figure}" in " ".join(page.split()) for page in found) == 1
    assert f"2 / {len(found)}" in found[1]


@pytest.mark.parametrize("words", ["#strong[x] $1+1$ *b*", '#read("font.ttf")', "// gone", "= none", "<label> @ref"])
def test_text_is_never_read_as_markup(words: str) -> None:
    (page,) = pages(pdf(PLAIN | {"lines": [words]}, AT))
    assert words in " ".join(page.split())


def test_the_file_is_tagged_for_screen_readers(protocol: bytes) -> None:
    assert b"pdfuaid" in protocol
    assert b"/StructTreeRoot" in protocol
    assert b"/Lang" in protocol


def test_a_letter_that_the_font_has_not_does_not_keep_the_file_from_being_made(folder: Path) -> None:
    content = made(folder, "Decision 14 of \u10db\u10d0\u10d8\u10d0")
    assert b"pdfuaid" not in content
    assert b"/StructTreeRoot" in content
    assert "Decision 14 of" in pages(content)[0]


def test_its_bytes_are_of_its_text_and_time_alone() -> None:
    first = pdf(PLAIN, AT)
    assert pdf(PLAIN, AT.astimezone(timezone(timedelta(hours=4)))) == first
    assert pdf(PLAIN, AT + timedelta(seconds=1)) != first
    assert b"D:20300312090000" in first
