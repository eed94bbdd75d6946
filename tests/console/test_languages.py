"""Every text of the console is in its catalogues of Azerbaijani and Russian, and what is compiled is current."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from tests.conftest import ROOT

CONSOLE = ROOT / "src" / "tallyroom" / "console"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (2,)),
}


def texts() -> Iterator[str]:
    """The texts in modules and templates, in English."""
    for path in sorted(CONSOLE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from extracted(path.read_text(encoding="utf-8"))
    for path in sorted(CONSOLE.rglob("*.html")):
        yield from extracted(templatize(path.read_text(encoding="utf-8")))


def extracted(source: str) -> Iterator[str]:
    for _, name, found, _ in extract_python(BytesIO(source.encode()), list(KEYWORDS), [], {"encoding": "utf-8"}):
        parts = found if isinstance(found, tuple) else (found,)
        yield from [part for part in parts if part][1 if name.startswith("pgettext") else 0 :][:1]


def catalogues(language: str) -> Iterator[tuple[Path, Catalog]]:
    for path in sorted(CONSOLE.rglob(f"locale/{language}/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=language)


def whole(message: str | tuple[str, ...] | list[str]) -> bool:
    return all([message] if isinstance(message, str) else message)


@pytest.mark.parametrize("language", ["az", "ru"])
def test_every_text_is_translated(language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for _, catalogue in catalogues(language)
        for message in catalogue
        if message.id and whole(message.string) and not message.fuzzy
    }
    assert sorted(set(texts()) - known) == []


@pytest.mark.parametrize("language", ["az", "ru"])
def test_translations_fit_their_texts(language: str) -> None:
    for _, catalogue in catalogues(language):
        assert [str(error) for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", ["az", "ru"])
def test_what_is_compiled_is_current(language: str) -> None:
    for path, catalogue in catalogues(language):
        again = BytesIO()
        write_mo(again, catalogue)
        with path.with_suffix(".mo").open("rb") as file:
            compiled = read_mo(file)
        again.seek(0)
        now = read_mo(again)
        again_by = f"pybabel compile -i {path.relative_to(ROOT)} -o {path.relative_to(ROOT).with_suffix('.mo')}"
        assert {str(m.id): m.string for m in compiled} == {str(m.id): m.string for m in now}, again_by


def test_the_extraction_finds_texts_of_both_kinds() -> None:
    found = set(texts())
    assert {"Role", "Sign in", "person added", "%(count)s person"} <= found
