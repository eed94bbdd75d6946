"""Stations of stations.csv, and every fault of a row."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tallyroom.election.fault import Fault
from tallyroom.election.folder import load
from tallyroom.election.stations import is_station_id

Spoil = Callable[..., tuple[Fault, ...]]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("S-0002", "S-0001", "stations.csv:3: station_id: 'S-0001' stands on line 2 already"),
        ("S-0002", "", "stations.csv:3: station_id: the id is empty or holds a control character"),
        (
            "S-0002",
            "X-2",
            "stations.csv:3: station_id: 'X-2' could be a real station, but data_origin is synthetic",
        ),
        ("ordinary,950", "moon,950", "stations.csv:3: kind: 'moon' is not known"),
        ("S-0002,north", "S-0002,west", "stations.csv:3: area_id: 'west' is not known"),
        ("950", "-950", "stations.csv:3: registered: '-950' is negative"),
        ("950", "about 950", "stations.csv:3: registered: 'about 950' is not a number"),
        ("station_id,area_id", "station,area_id", "stations.csv:1: station_id: the column is missing"),
        (",registered", ",registered,colour", "stations.csv:2: the row has 5 cells where the header has 6"),
    ],
)
def test_a_fault_of_a_row_is_named_with_its_line(spoil: Spoil, old: str, new: str, fault: str) -> None:
    assert any(str(found).startswith(fault) for found in spoil("stations.csv", old, new))


def test_a_station_without_register_has_none_and_counts_as_nobody(election: Path) -> None:
    file = election / "stations.csv"
    file.write_text(file.read_text().replace("ordinary,950", "ordinary,"))
    stations = load(election).stations
    assert stations.registered.tolist()[:2] == [1200, -1]
    assert stations.register.tolist()[:2] == [1200, 0]
    assert stations.index["S-0006"] == 5


@pytest.mark.parametrize(("text", "good"), [("122/14", True), ("", False), ("a\x00b", False), ("a\nb", False)])
def test_what_can_be_a_stations_id(text: str, good: bool) -> None:
    assert is_station_id(text) is good
