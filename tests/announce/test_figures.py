import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.announce.figures import clean, one_line
from tallyroom.announce.language import language

ENGLISH = language("en")
number, share, moment, day, join_names = ENGLISH.number, ENGLISH.share, ENGLISH.moment, ENGLISH.day, ENGLISH.join


def test_thousands_have_commas() -> None:
    assert [number(n) for n in (0, 999, 1000, 4_281_625)] == ["0", "999", "1,000", "4,281,625"]


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        ("93.35", "93.35%"),
        ("0.00", "0.00%"),
        ("<0.01", "less than 0.01%"),
        (">99.99", "more than 99.99%"),
    ],
)
def test_a_share_never_reads_as_0_or_100_where_it_is_not(percent: str, text: str) -> None:
    assert share(percent) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2024-02-08T03:13:00+04:00", "03:13 (UTC+04:00) on 8 February 2024"),
        ("2024-05-05T22:15:30+02:00", "22:15:30 (UTC+02:00) on 5 May 2024"),
        ("2024-12-31T23:59:00Z", "23:59 (UTC) on 31 December 2024"),
        ("2024-11-05T21:00:00-05:00", "21:00 (UTC-05:00) on 5 November 2024"),
    ],
)
def test_a_moment_keeps_its_own_offset(time: str, text: str) -> None:
    assert moment(time) == text


def test_a_day() -> None:
    assert day("2024-02-07") == "7 February 2024"


def test_names_in_a_row() -> None:
    assert [join_names(list("ABC")[:n]) for n in (1, 2, 3)] == ["A", "A and B", "A, B and C"]


def test_text_that_would_forge_a_line_or_turn_figures_round_is_made_plain() -> None:
    assert clean("A\n\nB won\t\u202e99\u2066 \x1b[31m\x00") == "A B won 99 [31m"


@given(st.text())
def test_clean_text_is_one_line_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert len(once.splitlines()) <= 1
    assert clean(once) == once


@given(st.text())
def test_one_line_differs_from_clean_only_in_the_spaces_that_hold_a_number_together(text: str) -> None:
    assert clean(one_line(text)) == clean(text)
    assert one_line("4\xa0281 a\n b") == "4\xa0281 a b"
