"""The final protocol as a PDF file: what it says, in which letters, and that it is the same again."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pypdfium2
import pytest
from django.utils import translation

from tallyroom.console.election import definition
from tallyroom.console.publishing.finalpdf import final_pdf
from tallyroom.console.publishing.sheet import Column, Sheet, pdf
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Certification, Seen
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
    seen = Seen(log.size, "root+of/it=")
    act = Certification(at=AT.isoformat(), contest="mayor", snapshot=seen, winner="a", text=words)
    return final_pdf(results, 7, act)


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


@pytest.mark.parametrize(("language", "title"), [("az", "Yekun protokol"), ("ru", "Итоговый протокол")])
def test_it_speaks_the_language_of_its_reader(folder: Path, language: str, title: str) -> None:
    with translation.override(language):
        assert title in pages(made(folder))[0]


def test_every_line_is_on_some_page_and_the_head_on_each() -> None:
    def write(sheet: Sheet) -> None:
        sheet.table([Column(300, figures=False), Column(90)], ["Ərazi", "Голоса"], rows)

    rows = [[f"Şəki-{n:03} Ёлкино", f"{n * 1009}"] for n in range(150)]
    found = pages(pdf("note", AT, write))
    assert len(found) > 2
    assert all("Ərazi" in page and "Голоса" in page and "note" in page for page in found)
    for name, figure in rows:
        assert sum(name in page and figure in page for page in found) == 1
    assert f"2 / {len(found)}" in found[1]


def test_a_long_word_is_broken_and_nothing_of_it_lost() -> None:
    word = "Ə" + "x" * 300
    (page,) = pages(pdf("", AT, lambda sheet: sheet.paragraph(f"a {word} b")))
    assert word in page.replace("\n", "").replace("\ufffe", "").replace("\u0002", "")


def test_its_bytes_are_of_its_text_and_time_alone() -> None:
    def write(sheet: Sheet) -> None:
        sheet.paragraph("the same")

    first = pdf("", AT, write)
    assert pdf("", AT.astimezone(timezone(timedelta(hours=4))), write) == first
    assert pdf("", AT + timedelta(seconds=1), write) != first
    assert b"D:20300312090000" in first
