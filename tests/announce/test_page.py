import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from jinja2 import UndefinedError

from tallyroom.announce import page
from tallyroom.announce.bulletin import bulletin
from tallyroom.announce.page import areas_page, bar_width, first_page, part_width
from tallyroom.announce.snapshot import headline_files
from tallyroom.tally.results import Results
from tests.announce import examples
from tests.announce.strategies import any_results
from tests.announce.test_bulletin import ALLOWED, known_numbers, numbers

CONTEXT = examples.CONTEXT
VOID = {"meta", "link", "rect"}
STATION_FILES = {"stations.csv", "stations.parquet"}
MOMENTS = pytest.mark.parametrize("make", examples.MOMENTS.values(), ids=examples.MOMENTS)


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


def first(results: Results, base: str = "") -> str:
    return first_page(results, bulletin(results, CONTEXT), CONTEXT, base)


def visible(html: str) -> str:
    return " ".join(Page(html).text)


@MOMENTS
def test_pages_are_well_formed_and_hold_no_script_style_or_handler(make: Callable[[], Results]) -> None:
    for html in (first(make()), areas_page(make(), CONTEXT)):
        parsed = Page(html)
        assert parsed.open == []
        assert not {tag for tag, _ in parsed.tags} & {"script", "style", "iframe", "object", "form", "base"}
        names = {name for _, attributes in parsed.tags for name in attributes}
        assert not [name for name in names if name == "style" or name.startswith("on")]
        assert len(parsed.attributes("id")) == len(set(parsed.attributes("id")))


@MOMENTS
def test_every_link_leads_somewhere(make: Callable[[], Results]) -> None:
    files = headline_files(make(), CONTEXT)
    for name in ("index.html", "areas.html"):
        parsed = Page(files[name].decode())
        anchors = {f"#{anchor}" for anchor in parsed.attributes("id")}
        assert set(parsed.attributes("href")) <= anchors | set(files) | STATION_FILES | {"data:,", "../../"}


def test_base_stands_before_every_file() -> None:
    for html in (first(examples.at_0313(), "v/12/"), areas_page(examples.at_0313(), CONTEXT, "v/12/")):
        links = [link for link in Page(html).attributes("href") if link[0] != "#" and link != "data:,"]
        assert all(link.startswith("v/12/") for link in links)


def test_hostile_text_is_shown_as_text() -> None:
    html = first(examples.hostile())
    assert "<script" not in html
    assert "&lt;/td&gt;&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; X won" in html
    assert not set("\x1b\u202e") & set(html)


@MOMENTS
def test_every_visible_number_is_in_the_snapshot(make: Callable[[], Results]) -> None:
    results = make()
    announced = [said for said in results.statements if said.kind == "announcement"]
    sizes = numbers(f"{len(results.areas)} {len(announced)}")
    for html in (first(results), areas_page(results, CONTEXT)):
        assert numbers(visible(html)) <= known_numbers(results, CONTEXT) | sizes


@given(any_results())
@settings(max_examples=50)
def test_no_word_stands_where_its_condition_does_not_hold(results: Results) -> None:
    text = visible(first(results))
    assert [word for word, allowed in ALLOWED.items() if re.search(word, text) and not allowed(results)] == []


def test_no_votes_are_shown_while_people_vote() -> None:
    results = examples.noon()
    assert "No votes are shown before voting is over" in visible(first(results))
    assert "of votes counted" not in visible(first(results))


@MOMENTS
def test_origin_size_and_root_are_in_the_page_as_fields_and_in_sight(make: Callable[[], Results]) -> None:
    results = make()
    for html in (first(results), areas_page(results, CONTEXT)):
        metas = {a["name"]: a["content"] for tag, a in Page(html).tags if tag == "meta" and "name" in a}
        assert metas["data-origin"] == "synthetic"
        assert metas["record-size"] == str(results.snapshot.size)
        assert metas["record-root"] == results.snapshot.root
        assert "SYNTHETIC STATIONS" in visible(html)
        assert results.snapshot.root in visible(html)


def test_a_settled_lead_says_that_nobody_has_called_only_where_that_is_so() -> None:
    assert "Settled by arithmetic, not called" in visible(first(examples.at_0313()))
    called = visible(first(examples.called()))
    assert "Settled by arithmetic" in called
    assert "not called" not in called


def test_what_the_record_cannot_show_is_on_the_first_page() -> None:
    assert "What this record can and cannot show" in visible(first(examples.certified()))


def test_an_undefined_name_stops_the_page() -> None:
    with pytest.raises(UndefinedError):
        page._environment.from_string("{{ nothing }}").render()


@pytest.mark.parametrize(
    ("percent", "width"),
    [(None, "0.00"), ("<0.01", "0.01"), ("92.05", "92.05"), (">99.99", "99.99"), ("101.20", "100.00")],
)
def test_bars_stay_within_their_track(percent: str | None, width: str) -> None:
    assert bar_width(percent) == width


def test_bars_of_two_amounts() -> None:
    assert (part_width(1, 3), part_width(3, 3), part_width(0, 0)) == ("33.33", "100.00", "0.00")
