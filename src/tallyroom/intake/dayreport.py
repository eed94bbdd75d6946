"""Reports of polling day, as they come from a table or from a telephone: opened, closed, turnout of a fixed hour."""

import io
import re
from collections.abc import Container
from typing import Literal, NamedTuple

from tallyroom.election.definition import Definition
from tallyroom.election.fault import Faults
from tallyroom.election.sheet import Sheet, read_sheet_stream, require_columns
from tallyroom.record.acts import Act, Closed, Opened, Turnout

ReportKind = Literal["opened", "closed", "turnout"]
COLUMNS = ("station_id", "hour", "voted")
REASON = "reason"
"""A fourth column that a table may have: the answer where a figure is doubtful."""

MOST_VOTERS = 999_999
"""Of one station; a longer number is a slip."""

_MESSAGE = re.compile(
    r"(?i)\s*(?:(?P<word>[oc])\s+(?P<place>\S+)|t\s+(?P<at>\S+)\s+(?P<hour>\S+)\s+(?P<voted>\d{1,6}))\s*"
)


class DayReport(NamedTuple):
    """What one station says of its day; hour and voted for a turnout.

    reason: the answer to a doubt.  line: of the table that it stands in, else 0.
    """

    station: str
    kind: ReportKind
    hour: str = ""
    voted: int = 0
    reason: str = ""
    line: int = 0

    def act(self, at: str) -> Act:
        """The act of this report."""
        if self.kind == "turnout":
            return Turnout(at=at, station=self.station, hour=self.hour, voted=self.voted, reason=self.reason)
        return Opened(at=at, station=self.station) if self.kind == "opened" else Closed(at=at, station=self.station)


class NoReport(ValueError):
    """A message that is no report; says what is wrong and how it is written."""


def read_turnout(content: bytes, name: str, definition: Definition, within: Container[str]) -> list[DayReport]:
    """The turnout reports of a CSV file with the columns station_id, hour, voted.

    within: ids of the areas whose stations may stand in it.  Raises BadInput with every fault and its line.
    """
    faults = Faults()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.add(name, line, "", f"not UTF-8 text (byte {error.start})", "Save the file as UTF-8")
        faults.refuse()
    most = len(definition.stations) * max(len(definition.turnout_hours), 1)
    sheet = read_sheet_stream(io.BufferedReader(io.BytesIO(content)), name, faults, most)
    found: list[DayReport] = []
    if sheet is not None and require_columns(sheet, COLUMNS, (REASON,), faults):
        found = _rows(sheet, definition, within, faults)
        if not sheet.rows:
            faults.add(name, None, "", "there is no report in the file", "Write one line a station and hour")
    faults.refuse()
    return found


def _rows(sheet: Sheet, definition: Definition, within: Container[str], faults: Faults) -> list[DayReport]:
    stations, hours, reasons = sheet.text("station_id"), sheet.text("hour"), sheet.text(REASON)
    voted, unread = sheet.integers("voted", faults)
    seen: dict[tuple[str, str], int] = {}
    found = []
    for row, (station, hour) in enumerate(zip(stations, hours, strict=True)):
        line = sheet.line(row)
        if not _inside(definition, station, within):
            faults.add(sheet.name, line, "station_id", f"{station!r} is no station of your areas", "Check the id")
        if hour not in definition.turnout_hours:
            known = ", ".join(definition.turnout_hours)
            faults.add(sheet.name, line, "hour", f"{hour!r} is no fixed hour", f"Use one of: {known}")
        if unread[row]:
            faults.add(sheet.name, line, "voted", "is empty", "Write the number, or leave the line out")
        elif voted[row] > MOST_VOTERS:
            faults.add(sheet.name, line, "voted", f"{voted[row]} is more than a station can have", "Check the number")
        if (first := seen.setdefault((station, hour), line)) != line:
            message = f"{station} at {hour} stands on line {first} already"
            faults.add(sheet.name, line, "station_id", message, "Keep one of them")
        found.append(DayReport(station, "turnout", hour, int(voted[row]), reasons[row], line))
    return found


def _inside(definition: Definition, station: str, within: Container[str]) -> bool:
    place = definition.stations.index.get(station)
    return place is not None and definition.areas.areas[int(definition.stations.area[place])].id in within


def read_message(text: str, definition: Definition, station: str) -> DayReport:
    """The report in a text message of the telephone that is enrolled for a station.

        O 0123            the station opened
        C 0123            the station closed
        T 0123 12 417     417 voters had come by 12:00

    Raises NoReport.
    """
    match = _MESSAGE.fullmatch(text)
    if match is None:
        raise NoReport("Not understood. Write: O STATION, C STATION or T STATION HOUR VOTERS")
    named = match["place"] or match["at"]
    if not _names(named, station):
        raise NoReport(f"This telephone is enrolled for station {station}")
    if match["word"]:
        return DayReport(station, "opened" if match["word"] in "oO" else "closed")
    return DayReport(station, "turnout", _hour(match["hour"], definition), int(match["voted"]))


def _names(named: str, station: str) -> bool:
    """Whether what was typed names the station: its whole id, or the number at its end."""
    number = re.search(r"\d+$", station)
    return named.casefold() == station.casefold() or (number is not None and named == number[0])


def _hour(typed: str, definition: Definition) -> str:
    for hour in definition.turnout_hours:
        if typed in (hour, hour.removesuffix(":00"), hour.removesuffix(":00").lstrip("0")):
            return hour
    raise NoReport(f"{typed[:8]} is no fixed hour. Use one of: {', '.join(definition.turnout_hours)}")
