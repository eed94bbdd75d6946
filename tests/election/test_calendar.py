"""The calendar: offsets that become dates, and the text that calendar programs read."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.calendar import Calendar, StatutoryDate, ics
from tallyroom.election.template import CALENDAR


def test_the_early_election_of_2024_in_azerbaijan_follows_from_the_day_it_was_called() -> None:
    days = {entry.id: day for day, entry in CALENDAR.days(date(2023, 12, 7), date(2024, 2, 7))}
    assert days["registration_ends"] == date(2024, 1, 9)
    assert days["campaign_begins"] == date(2024, 1, 15)
    assert days["election_day"] == date(2024, 2, 7)


@given(st.lists(st.tuples(st.integers(-90, 90), st.sampled_from(["called", "election_day"])), max_size=8))
def test_every_date_follows_when_the_election_is_called_a_week_later(
    offsets: list[tuple[int, str]],
) -> None:
    calendar = Calendar(
        tuple(StatutoryDate(f"d{i}", "", days, start, "") for i, (days, start) in enumerate(offsets))  # type: ignore[arg-type]
    )
    called, held, week = date(2023, 12, 7), date(2024, 2, 7), timedelta(days=7)
    before, after = calendar.days(called, held), calendar.days(called + week, held + week)
    assert [(day + week, entry) for day, entry in before] == after
    assert [day for day, _ in before] == sorted(day for day, _ in before)


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=200))
def test_lines_of_an_icalendar_text_are_short_and_unfold_to_the_title(title: str) -> None:
    entry = StatutoryDate("x", title, 0, "called", "Article 1; 2")
    text = ics("e", [(date(2024, 2, 7), entry)])
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = text.replace("\r\n ", "").split("\r\n")
    escaped = title.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert f"SUMMARY:{escaped}" in unfolded
    assert "DESCRIPTION:Article 1\\; 2" in unfolded
    assert [line for line in unfolded if line.startswith(("DTSTART", "DTEND"))] == [
        "DTSTART;VALUE=DATE:20240207",
        "DTEND;VALUE=DATE:20240208",
    ]
