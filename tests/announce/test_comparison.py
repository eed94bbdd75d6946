"""A comparison as it is shown: outcomes by the rule, words without a cause, and a page that stands alone."""

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tallyroom.announce import comparison_page, comparison_words
from tallyroom.announce.comparison import ComparisonReport, Published, compare
from tallyroom.election.fault import BadInput
from tallyroom.election.rules import Rule
from tallyroom.tally.results import Settled
from tests.announce.test_page import Page
from tests.announce.test_page_browser import ARGUMENTS, CHROMIUM, RULES
from tests.audit.strategies import Row, row, source

MAJORITY = Rule("absolute_majority")
HOSTILE = "<script>alert(1)</script>\u202e"
UNPUBLISHED = dict.fromkeys(("ballots", "valid", "invalid", "v_a", "v_b", "v_c"))


def report(published: list[Row], copies: list[Row], **known: Any) -> ComparisonReport:
    return compare(Published(source(published), **known), source(copies, repeats=True, name="copies.csv"), {})


def everything() -> ComparisonReport:
    """A report with every kind of finding, and names that would like to be markup."""
    published = [row(number, 60 + number, 50, 10, data_origin="synthetic") for number in range(1, 9)]
    published.append(row(9, 1, 1, 1, data_origin="synthetic") | UNPUBLISHED)
    published[0]["station_id"] = HOSTILE.replace("\u202e", "")
    copies = [dict(one) for one in published[:4]] + [row(9, 4, 4, 4), row(77, 1, 1, 1), row(2, 1, 50, 10)]
    copies = [one | {"data_origin": "synthetic"} for one in copies]
    copies[0]["v_a"], copies[2]["v_b"], copies[3]["invalid"] = 1, None, 0
    names = {"a": HOSTILE, "b": "Ann & Bob", "c": "C"}
    return report(published, copies, rule=MAJORITY, names=names, election_name="Somewhere")


def test_the_outcome_changes_where_the_copies_make_another() -> None:
    published, copies = [row(1, 60, 30, 10), row(2, 55, 40, 5)], [row(1, 20, 70, 10)]
    found = report(published, copies, rule=MAJORITY).outcomes
    assert found is not None
    assert (found.published.status, found.published.leader) == ("settled", "a")
    assert (found.with_copies.status, found.with_copies.leader, found.changes) == ("settled", "b", True)
    said = " ".join(comparison_words.effect(report(published, copies, rule=MAJORITY)))
    assert "The outcome by the rule (absolute majority) would change: settled (A) → settled (B)." in said
    assert "The leader would change: A → B." in said
    assert "would change: A → B (the first has 57.50% → 55.00%)" in said


def test_another_run_off_pair_is_another_outcome_and_another_order_of_it_is_none() -> None:
    pair = report([row(1, 40, 35, 25)], [row(1, 40, 25, 35)], rule=MAJORITY).outcomes
    order = report([row(1, 40, 35, 25)], [row(1, 39, 36, 25)], rule=MAJORITY).outcomes
    assert pair is not None
    assert order is not None
    assert (pair.published.run_off, pair.with_copies.run_off, pair.changes) == (("a", "b"), ("a", "c"), True)
    assert not order.changes


@pytest.mark.parametrize(("additions", "status"), [(0, "settled"), (Fraction(1, 2), "open")])
def test_stations_that_wait_keep_an_outcome_open_as_the_rule_says(additions: Fraction, status: str) -> None:
    table = [row(1, 900, 50, 10), row(2, 1, 1, 1) | UNPUBLISHED | {"registered": 600}]
    found = report(table, table, rule=Rule("plurality", additions_share=Fraction(additions))).outcomes
    assert found is not None
    assert found.published.status == status


def test_a_tighter_bound_of_the_counts_own_results_is_used() -> None:
    table = [row(1, 60, 30, 10), row(2, 1, 1, 1) | UNPUBLISHED]
    own = Settled(True, "turnout", 30, 5, None, True, True, "")
    for settled, status in ((None, "open"), (own, "settled")):
        found = report(table, table, rule=Rule("plurality"), settled=settled).outcomes
        assert found is not None
        assert found.published.status == status


def test_without_a_rule_only_the_arithmetic_is_said() -> None:
    found = report([row(1, 60, 30, 10)], [row(1, 59, 30, 10)])
    assert (found.outcomes, found.remaining) == (None, None)
    assert not [sentence for sentence in comparison_words.effect(found) if "rule" in sentence]


@pytest.mark.parametrize(
    ("ours", "theirs", "origin"),
    [
        ("synthetic", "synthetic", "synthetic"),
        ("synthetic", None, "synthetic"),
        (None, "synthetic", "synthetic"),
        ("real", "real", "real"),
        ("mixed", "real", "mixed"),
        (None, None, ""),
    ],
)
def test_the_origin_of_the_data_is_that_of_both_sides(ours: str | None, theirs: str | None, origin: str) -> None:
    found = report([row(1, 60, 30, 10, data_origin=ours)], [row(1, 60, 30, 10, data_origin=theirs)])
    assert found.data_origin == origin
    assert ("SYNTHETIC" in comparison_words.text(found)) is (origin in ("synthetic", "mixed"))


def test_made_up_copies_are_never_set_beside_a_real_count() -> None:
    for ours, theirs in (("real", "synthetic"), ("synthetic", "real")):
        with pytest.raises(BadInput, match="are never set beside real ones"):
            report([row(1, 60, 30, 10, data_origin=ours)], [row(1, 60, 30, 10, data_origin=theirs)])


def test_the_page_stands_alone_is_well_formed_and_escapes_every_text() -> None:
    html = comparison_page.comparison_page(everything())
    parsed = Page(html)
    assert not parsed.open
    tags = [tag for tag, _ in parsed.tags]
    assert "script" not in tags
    assert tags.count("style") == 1
    assert parsed.attributes("href")[:1] == ["data:,"]
    assert all(link.startswith("#") for link in parsed.attributes("href")[1:])
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert "\u202e" not in html


def test_the_page_shows_every_kind_of_finding_and_no_cause() -> None:
    said = " ".join(" ".join(Page(comparison_page.comparison_page(everything())).text).split())
    for words in (
        "SYNTHETIC STATIONS",
        "2 of 3 polling stations compared differ",
        "Copies that disagree among themselves",
        "Copies with figures that cannot be read",
        "Copies without a published protocol",
        "Copies of unknown stations",
        "Published stations without a copy",
        "What this comparison can and cannot show",
        "which of the two is right, or why they differ",
        "Origin of the data synthetic",
    ):
        assert words in said, words
    assert "fraud" not in said.lower()


def test_a_long_list_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    published = [row(number, 60, 30, 10) for number in range(1, 7)]
    found = report(published, [one | {"v_a": 60 - place} for place, one in enumerate(published)])
    monkeypatch.setattr(comparison_page, "LISTED", 2)
    monkeypatch.setattr(comparison_words, "LISTED", 2)
    html, said = comparison_page.comparison_page(found), comparison_words.text(found)
    assert "3 more are in the output of --json." in html
    assert "Differs: 3 more (--json)" in said
    assert [line.split()[1] for line in said.splitlines() if line.startswith("Differs: S")] == ["S-0006", "S-0005"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not shutil.which("chromium"):
        pytest.skip("chromium is absent")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, tmp_path: Path, scheme: Any) -> None:
    (tmp_path / "page.html").write_text(comparison_page.comparison_page(everything()))
    context = browser.new_context(viewport={"width": 320, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    context.close()
