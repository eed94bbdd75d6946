import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from jinja2 import UndefinedError

from tallyroom.announce.language import LANGUAGES, language
from tallyroom.announce.page import bar_width, environment, part_width
from tallyroom.announce.view import View
from tests.announce.harbour import SNAPSHOTS
from tests.announce.test_bulletin import WORDS

VOID = {"meta", "link", "rect", "line", "polyline", "circle", "path", "input"}


class Page(HTMLParser):
    """Tags with their attributes, visible text, and tags that were not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


def visible(html: str) -> str:
    return " ".join(Page(html).text)


def all_pages(site: Path) -> Iterator[tuple[Path, Page]]:
    for path in sorted(site.rglob("*.html")):
        yield path, Page(path.read_text())


def code_of(path: Path) -> str:
    middle = path.name.split(".")[-2] if path.name.count(".") == 2 else ""
    return middle if middle in LANGUAGES else "en"


def test_every_page_is_well_formed_and_holds_no_inline_script_style_or_handler(harbour_site: Path) -> None:
    seen = set()
    for path, page in all_pages(harbour_site):
        seen.add(path.parent.name if path.parent.name == "areas" else path.name)
        assert page.open == [], path
        assert not {tag for tag, _ in page.tags} & {"style", "iframe", "object", "form", "base"}, path
        scripts = [attributes for tag, attributes in page.tags if tag == "script"]
        assert all(set(one) == {"type", "src"} and one["type"] == "module" for one in scripts), path
        names = {name for _, attributes in page.tags for name in attributes}
        assert not [name for name in names if name == "style" or name.startswith("on")], path
        assert len(page.attributes("id")) == len(set(page.attributes("id"))), path
        assert page.attributes("lang")[0] == code_of(path)
        assert page.attributes("dir")[0] == "ltr"
    assert {"index.html", "index.az.html", "areas.ru.html", "areas"} <= seen
    assert {"archive.html", "method.az.html", "embed.ru.html"} <= seen


def test_every_link_of_every_page_leads_to_a_file_of_the_site(harbour_site: Path) -> None:
    for path, page in all_pages(harbour_site):
        for address in {*page.attributes("href"), *page.attributes("src")} - {"data:,"}:
            target, _, anchor = address.partition("#")
            file = (path.parent / unquote(target)).resolve() if target else path
            file = file / "index.html" if file.is_dir() else file
            assert file.is_file(), f"{path.relative_to(harbour_site)} -> {address}"
            assert file.is_relative_to(harbour_site.resolve())
            if anchor:
                assert anchor in Page(file.read_text()).attributes("id"), f"{path} -> {address}"


def test_hostile_text_is_shown_as_text(harbour_site: Path) -> None:
    for path, page in all_pages(harbour_site):
        html = path.read_text()
        assert "<b>&" not in html
        assert not set("\x02\x03\u202e") & set(html), path
        if path.name == "index.html" and path.parent.name == "8":
            assert 'B "the Bee" <b>&' in " ".join(page.text)


def test_origin_size_and_root_are_in_every_page_as_fields_and_in_sight(
    harbour_site: Path, harbour_views: list[View]
) -> None:
    for path, page in all_pages(harbour_site):
        top, *below = path.relative_to(harbour_site).parts
        snapshot = harbour_views[int(below[0]) - 1 if top == "v" else -1].results.snapshot
        metas = {a["name"]: a["content"] for tag, a in page.tags if tag == "meta" and "name" in a}
        assert metas["data-origin"] == "synthetic"
        assert metas["record-size"] == str(snapshot.size)
        assert metas["record-root"] == snapshot.root
        text = " ".join(page.text)
        assert language(code_of(path)).say("origin_synthetic") in text
        assert snapshot.root in text


@pytest.mark.parametrize("number", range(1, SNAPSHOTS + 1))
@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_stands_on_the_page_where_its_condition_does_not_hold(
    harbour_site: Path, harbour_views: list[View], number: int, code: str
) -> None:
    name = "index.html" if code == "en" else f"index.{code}.html"
    html = (harbour_site / f"v/{number}/{name}").read_text()
    # What others said, and the words of the record about itself, are not sentences about this snapshot.
    html = re.sub(r'<section id="(statements|record|data)".*?</section>', "", html, flags=re.DOTALL)
    html = re.sub(r"<(caption|p)[^>]*>[^<]*</\1>", keep_sentences, html)
    results = harbour_views[number - 1].results
    text = visible(html)
    assert [word for word, allowed in WORDS[code].items() if re.search(word, text) and not allowed(results)] == []


def keep_sentences(found: re.Match[str]) -> str:
    """Notes that define a word may use it; sentences and headlines stay."""
    return "" if 'class="note"' in found.group(0) or found.group(1) == "caption" else found.group(0)


def test_no_votes_are_shown_while_people_vote(harbour_site: Path) -> None:
    for path in (harbour_site / "v/2/index.html", harbour_site / "v/2/areas.html", harbour_site / "v/2/areas/N1.html"):
        text = visible(path.read_text())
        assert "Share" not in text
        assert "of votes counted" not in text


def test_what_the_record_cannot_show_is_on_the_first_page(harbour_site: Path) -> None:
    text = visible((harbour_site / "index.html").read_text())
    assert "What this record can and cannot show" in text
    assert "that people were free to stand, to campaign and to vote" in text


def test_a_statement_names_the_snapshot_that_was_in_force(harbour_site: Path) -> None:
    html = (harbour_site / "v/8/index.html").read_text()
    assert '<a href="../../v/6/index.html">snapshot 6</a>' in html


def test_the_log_of_calls_is_shown_with_the_keys_and_the_acts(harbour_site: Path) -> None:
    text = re.sub(r"\s+", " ", visible((harbour_site / "index.html").read_text()))
    assert "Call: Ada Quay every station is in By desk-1, act" in text
    assert "By desk-2, act" in text
    assert "No call has been made in this count." in visible((harbour_site / "v/7/index.html").read_text())


def test_an_undefined_name_stops_the_page() -> None:
    with pytest.raises(UndefinedError):
        environment("en").from_string("{{ nothing }}").render()


@pytest.mark.parametrize(
    ("percent", "width"),
    [(None, "0.00"), ("<0.01", "0.01"), ("92.05", "92.05"), (">99.99", "99.99"), ("101.20", "100.00")],
)
def test_bars_stay_within_their_track(percent: str | None, width: str) -> None:
    assert bar_width(percent) == width


def test_bars_of_two_amounts() -> None:
    assert (part_width(1, 3), part_width(3, 3), part_width(0, 0)) == ("33.33", "100.00", "0.00")
