"""Definitions inferred from tables: areas as a tree, stations, candidates, the reduced form."""

from datetime import date
from pathlib import Path

import pytest

from tallyroom.election.definition import Definition
from tallyroom.election.fault import BadInput, Faults
from tallyroom.election.filing import read_filing
from tallyroom.election.folder import load, write
from tallyroom.election.formfile import shipped_form
from tallyroom.election.infer import infer
from tallyroom.election.mapping import default_mapping
from tallyroom.election.mappingfile import read_mapping
from tallyroom.election.tablefile import read_table_file


def inferred(folder: Path, table: str, mapping: str = "") -> Definition:
    (folder / "t.csv").write_text(table)
    (folder / "map.toml").write_text(mapping)
    faults = Faults()
    sheet = read_table_file(folder / "t.csv", faults)
    assert sheet is not None
    by = read_mapping(str(folder / "map.toml")) if mapping else default_mapping(sheet, shipped_form("generic"))
    filing = read_filing(sheet, by, faults)
    faults.refuse()
    assert filing is not None
    definition = infer(filing, "test", faults)
    faults.refuse()
    return definition


TABLE = """station_id,province,district,registered,ballots,valid,invalid,v_a,v_b
1,East,Centre,100,50,48,2,40,8
2,West,Centre,,50,48,2,40,8
3,West,,80,50,48,2,40,8
4,,,10,5,5,0,5,0
"""


def test_equal_names_under_different_parents_stay_apart(tmp_path: Path) -> None:
    definition = inferred(tmp_path, TABLE)
    areas = definition.areas.areas
    assert [(area.id, area.name, area.level, area.parent_id) for area in areas] == [
        ("East", "East", "province", ""),
        ("East/Centre", "Centre", "district", "East"),
        ("West", "West", "province", ""),
        ("West/Centre", "Centre", "district", "West"),
        ("elsewhere", "elsewhere", "province", ""),
    ]
    assert [areas[at].id for at in definition.stations.area] == ["East/Centre", "West/Centre", "West", "elsewhere"]


def test_names_that_hold_a_stroke_get_ids_of_their_own(tmp_path: Path) -> None:
    definition = inferred(tmp_path, "station_id,a,b,v_x\n1,N,C,1\n2,N/C,,1\n3,N,C,1\n")
    assert [area.id for area in definition.areas.areas] == ["N", "N/C", "N/C~2"]
    assert definition.stations.area.tolist() == [1, 2, 1]


def test_a_table_without_areas_has_one(tmp_path: Path) -> None:
    assert [a.name for a in inferred(tmp_path, "station_id,v_x\n1,1\n").areas.areas] == ["whole"]


def test_an_inferred_definition_loads_from_its_folder(tmp_path: Path) -> None:
    definition = inferred(tmp_path, TABLE)
    write(tmp_path / "election", definition)
    loaded = load(tmp_path / "election")
    assert (loaded.areas, loaded.form, loaded.contests) == (definition.areas, definition.form, definition.contests)
    assert loaded.stations.registered.tolist() == [100, -1, 80, 10]
    assert loaded.form.line_ids == ("voters_listed", "ballots_found", "valid", "invalid")


def test_what_the_table_cannot_tell_is_a_notice(tmp_path: Path) -> None:
    notices = " ".join(inferred(tmp_path, TABLE).notices)
    assert "date is a placeholder" in notices
    assert "the table has no voters_added, ballots_issued" in notices


def test_only_synthetic_numbers_make_a_synthetic_election(tmp_path: Path) -> None:
    assert inferred(tmp_path, TABLE).data_origin == "real"
    assert inferred(tmp_path, "station_id,v_x\nS-0001,1\nS-0002,1\n").data_origin == "synthetic"


MAPPING = """
station_id = "station_id"
station_name = ["district", "station_id"]
areas = ["province"]
elsewhere = "At sea"
candidate_columns = "v_*"
[lines]
voters_listed = "registered"
ballots_found = "ballots"
[details]
location_id = ["province", "district"]
[[kind]]
column = "province"
equals = ""
kind = "military"
register = false
[[warning]]
code = "E-04"
citation = "Article 7 of a law"
[election]
date = 2024-02-07
rule = "plurality"
turnout_hours = ["12:00"]
"""


def test_a_mapping_tells_kinds_registers_warnings_and_dates(tmp_path: Path) -> None:
    definition = inferred(tmp_path, TABLE, MAPPING)
    stations = definition.stations
    assert stations.names == ("Centre 1", "Centre 2", "3", "4")
    assert stations.kinds == ("ordinary", "ordinary", "ordinary", "military")
    assert stations.registered.tolist() == [100, -1, 80, -1]
    assert stations.details == {"location_id": ("East/Centre", "West/Centre", "West", "")}
    assert definition.areas.areas[-1].name == "At sea"
    (limit,) = [equation for equation in definition.form.equations if equation.code == "E-04"]
    assert (limit.severity, limit.citation) == ("warning", "Article 7 of a law")
    assert (definition.day, definition.contests[0].rule.kind) == (date(2024, 2, 7), "plurality")
    assert "date is" not in " ".join(definition.notices)


@pytest.mark.parametrize("line", ["rule = 'threshold'", "date = 'soon'", "colour = 'red'"])
def test_a_fault_of_the_election_table_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadInput) as caught:
        inferred(tmp_path, TABLE, MAPPING.split("[election]", maxsplit=1)[0] + "[election]\n" + line)
    assert caught.value.faults[0].file == "map.toml"
    assert caught.value.faults[0].field == line.split(" ", maxsplit=1)[0]
