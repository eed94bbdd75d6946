"""Reports of polling day from tables and from telephones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.fault import BadInput
from tallyroom.intake.dayreport import DayReport, NoReport, read_message, read_turnout
from tallyroom.record.acts import Closed, Opened, Turnout
from tests.tally.village import village

AT = "2025-06-15T12:00:00+00:00"
NORTH_ONE = frozenset({"N1"})


def test_a_table_is_read_with_its_lines_and_reasons() -> None:
    content = b"station_id,hour,voted,reason\nS-0001,12:00,40,\nS-0002,20:00,0,asked twice\n"
    assert read_turnout(content, "t.csv", village(), NORTH_ONE) == [
        DayReport("S-0001", "turnout", "12:00", 40, "", 2),
        DayReport("S-0002", "turnout", "20:00", 0, "asked twice", 3),
    ]


def test_every_fault_of_a_table_comes_at_once_with_its_line() -> None:
    rows = ["S-0003,12:00,1", "S-0001,13:00,1", "S-0001,12:00,", "S-0001,12:00,x", "S-9,20:00,1000000"]
    content = "\n".join(["station_id,hour,voted", *rows]).encode() + b"\n"
    with pytest.raises(BadInput) as caught:
        read_turnout(content, "t.csv", village(), NORTH_ONE)
    assert {(fault.line, fault.field) for fault in caught.value.faults} == {
        (2, "station_id"),
        (3, "hour"),
        (4, "voted"),
        (5, "voted"),
        (5, "station_id"),
        (6, "station_id"),
        (6, "voted"),
    }


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"station_id,hour\n", b"station_id,hour,voted\n", b"a" * 70000])
def test_what_is_no_such_table_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        read_turnout(content, "t.csv", village(), NORTH_ONE)


def test_a_table_longer_than_the_election_is_given_up() -> None:
    rows = "".join(f"S-0001,12:00,{n}\n" for n in range(100_000))
    with pytest.raises(BadInput) as caught:
        read_turnout(f"station_id,hour,voted\n{rows}".encode(), "t.csv", village(), NORTH_ONE)
    assert len(caught.value.faults) < 1100


@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_reports_or_faults(content: bytes) -> None:
    try:
        found = read_turnout(b"station_id,hour,voted\n" + content, "t.csv", village(), NORTH_ONE)
    except BadInput:
        return
    assert all(report.station in ("S-0001", "S-0002") for report in found)


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("O 0001", DayReport("S-0001", "opened")),
        ("c s-0001", DayReport("S-0001", "closed")),
        (" t  0001 12 41 ", DayReport("S-0001", "turnout", "12:00", 41)),
        ("T 0001 20:00 0", DayReport("S-0001", "turnout", "20:00", 0)),
    ],
)
def test_messages(text: str, report: DayReport) -> None:
    assert read_message(text, village(), "S-0001") == report


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Not understood"),
        ("T 0001 12", "Not understood"),
        ("T 0001 12 -4", "Not understood"),
        ("T 0001 12 1234567", "Not understood"),
        ("O 0001\nO 0001", "Not understood"),
        ("O 0002", "enrolled for station S-0001"),
        ("O 1", "enrolled for station S-0001"),
        ("T 0001 13 4", "no fixed hour"),
    ],
)
def test_messages_that_are_no_report(text: str, why: str) -> None:
    with pytest.raises(NoReport, match=why):
        read_message(text, village(), "S-0001")


@given(st.text(max_size=200))
def test_no_text_ends_in_anything_but_a_report_of_the_station_or_a_refusal(text: str) -> None:
    try:
        found = read_message(text, village(), "S-0001")
    except NoReport:
        return
    assert found.station == "S-0001"


def test_acts() -> None:
    assert DayReport("S-0001", "opened").act(AT) == Opened(at=AT, station="S-0001")
    assert DayReport("S-0001", "closed").act(AT) == Closed(at=AT, station="S-0001")
    expected = Turnout(at=AT, station="S-0001", hour="12:00", voted=4, reason="asked")
    assert DayReport("S-0001", "turnout", "12:00", 4, "asked").act(AT) == expected
