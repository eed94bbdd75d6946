"""Mappings and the filings that they make of tables: wide, long, joined ids, rules, and every fault."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.fault import BadInput, Fault, Faults
from tallyroom.election.filing import Filing, read_filing
from tallyroom.election.formfile import shipped_form
from tallyroom.election.mapping import TableMapping, default_mapping
from tallyroom.election.mappingfile import read_mapping, shipped_mappings
from tallyroom.election.tablefile import read_table_file

WIDE = """
station_id = ["district", "precinct"]
areas = ["district"]
candidate_columns = "v_*"
[lines]
voters_listed = "registered"
ballots_issued = ["inside", "outside"]
"""
LONG = """
layout = "long"
station_id = "station"
areas = ["district"]
long = { candidate = "who", votes = "votes" }
[lines]
invalid = "spoilt"
"""


def filing(folder: Path, table: str, mapping: str = "") -> Filing:
    """The filing of a CSV text; by the default mapping, or by one given as text."""
    (folder / "t.csv").write_text(table)
    faults = Faults()
    sheet = read_table_file(folder / "t.csv", faults)
    assert sheet is not None
    found = read_filing(sheet, read(folder, mapping) if mapping else default(sheet), faults)
    faults.refuse()
    assert found is not None
    return found


def default(sheet: object) -> TableMapping:
    return default_mapping(sheet, shipped_form("generic"))  # type: ignore[arg-type]


def read(folder: Path, mapping: str) -> TableMapping:
    (folder / "map.toml").write_text(mapping)
    return read_mapping(str(folder / "map.toml"))


def faults(folder: Path, table: str, mapping: str = "") -> list[str]:
    with pytest.raises(BadInput) as caught:
        filing(folder, table, mapping)
    return [str(fault) for fault in caught.value.faults]


def votes(found: Filing) -> dict[str, list[int | None]]:
    return {
        c.id: [None if u else v for v, u in zip(*map(list, found.figures[c.id]), strict=True)] for c in found.candidates
    }


def test_a_wide_table(tmp_path: Path) -> None:
    table = "district,precinct,registered,inside,outside,note,v_a,v_b\nN,1,100,40,2,x,30,\nS,1,90,50,,y,1,2\n"
    found = filing(tmp_path, table, WIDE)
    assert found.station_ids == ("N/1", "S/1")
    assert votes(found) == {"a": [30, 1], "b": [None, 2]}
    assert found.figures["ballots_issued"].values.tolist() == [42, 50]
    assert found.figures["ballots_issued"].unread.tolist() == [False, True]
    assert found.unused == ("note",)


def test_a_long_table_gives_one_row_a_station(tmp_path: Path) -> None:
    table = "station,district,spoilt,who,votes\n1,N,3,Ann,10\n2,N,0,Ann,7\n1,N,3,Bo,5\n2,N,0,Bo,\n3,N,1,Bo,4\n"
    found = filing(tmp_path, table, LONG)
    assert found.station_ids == ("1", "2", "3")
    assert [candidate.name for candidate in found.candidates] == ["Ann", "Bo"]
    assert votes(found) == {"Ann": [10, 7, None], "Bo": [5, None, 4]}
    assert found.figures["invalid"].values.tolist() == [3, 0, 1]
    assert [found.sheet.line(row) for row in range(3)] == [2, 3, 6]


def test_faults_of_a_long_table_name_both_lines(tmp_path: Path) -> None:
    table = "station,district,spoilt,who,votes\n1,N,3,Ann,10\n1,S,4,Bo,x\n1,N,3,Ann,11\n"
    same = "is not what line 2 says of this station. Give every row of a station the same figures."
    assert faults(tmp_path, table, LONG) == [
        f"t.csv:3: district: 'S' {same}",
        f"t.csv:3: spoilt: '4' {same}",
        "t.csv:3: votes: 'x' is not a number. Write a whole number of 0 or more, or leave the cell empty if the "
        "figure cannot be read.",
        "t.csv:4: who: 'Ann' stands on line 2 for this station already. Keep one of the rows.",
    ]


@given(
    st.dictionaries(
        st.sampled_from(["1", "2", "3"]),
        st.fixed_dictionaries({"a": st.integers(0, 99), "b": st.integers(0, 99)}),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_a_long_table_in_any_order_says_what_the_wide_one_says(
    tmp_path_factory: pytest.TempPathFactory, results: dict[str, dict[str, int]], random: object
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    rows = [f"{station},N,0,{who},{n}" for station, row in results.items() for who, n in row.items()]
    random.shuffle(rows)  # type: ignore[attr-defined]
    long = filing(folder, "station,district,spoilt,who,votes\n" + "\n".join(rows) + "\n", LONG)
    found = {
        station: {who: cells[i] for who, cells in votes(long).items()} for i, station in enumerate(long.station_ids)
    }
    assert found == results


def test_stations_that_stand_twice_are_named_and_never_merged(tmp_path: Path) -> None:
    table = "district,precinct,registered,inside,outside,v_a\nN,1,9,1,1,2\nN,2,9,1,1,2\nN,1,9,1,1,2\n,,9,1,1,2\n"
    found = faults(tmp_path, table, WIDE)
    assert found[0].startswith("t.csv:4: district + precinct: station 'N/1' stands on line 2 already.")
    assert found[1].startswith("t.csv:5: district + precinct: the station's id '' is empty")


def test_rows_are_left_out_by_name_and_stations_without_protocol_stay(tmp_path: Path) -> None:
    rules = """
    [[leave_out]]
    column = "precinct"
    equals = ["TOTAL", "SUM"]
    why = "summary row"
    [[unreported]]
    column = "inside"
    equals = ""
    why = "not reported"
    """
    rows = "N,1,9,1,1,2\nN,TOTAL,9,1,1,2\nS,1,9,,1,0\nS,SUM,9,1,1,2\n"
    found = filing(tmp_path, "district,precinct,registered,inside,outside,v_a\n" + rows, WIDE + rules)
    assert found.station_ids == ("N/1", "S/1")
    assert found.left_out == {"summary row": 2, "not reported": 1}
    assert found.reported.tolist() == [True, False]
    assert found.sheet.line(1) == 4


def test_times_get_the_offset_of_their_zone(tmp_path: Path) -> None:
    clock = WIDE + '\n[reported_at]\ncolumn = "at"\ntimezone = "Asia/Baku"\n'
    head = "district,precinct,registered,inside,outside,v_a,at\n"
    rows = "N,1,9,1,1,2,2024-02-07 21:40:05\nN,2,9,1,1,2,2024-02-07T17:40:05Z\n"
    assert filing(tmp_path, head + rows, clock).reported_at == [
        "2024-02-07T21:40:05+04:00",
        "2024-02-07T17:40:05+00:00",
    ]
    (fault,) = faults(tmp_path, head + "N,1,9,1,1,2,late\n", clock)
    assert fault.startswith("t.csv:2: at: 'late' is not a time")


def test_columns_of_the_station_table_map_themselves(tmp_path: Path) -> None:
    table = "station_id,region,registered,ballots,valid,invalid,v_a,v_b\nS-0001,N,100,50,48,2,40,8\n"
    found = filing(tmp_path, table)
    assert dict(found.mapping.lines) == {
        **{"voters_listed": ("registered",), "ballots_found": ("ballots",), "valid": ("valid",)},
        "invalid": ("invalid",),
    }
    assert (found.mapping.areas, found.station_ids) == (("region",), ("S-0001",))


def test_a_published_table_with_two_registers_maps_itself(tmp_path: Path) -> None:
    header = "station_id,region,kind,registered,voters,issued,ballots,valid,invalid,v_a,status,act,data_origin"
    found = filing(tmp_path, f"{header}\nS-0001,N,abroad,100,104,60,58,50,8,50,accepted,7,synthetic\n")
    assert {line: columns[0] for line, columns in found.mapping.lines.items()} == {
        **{"voters_listed": "voters", "ballots_issued": "issued", "ballots_found": "ballots"},
        **{"valid": "valid", "invalid": "invalid"},
    }
    assert (found.mapping.areas, found.mapping.registered) == (("region",), ("registered",))


def test_a_number_that_repeats_from_area_to_area_is_told_apart_by_its_places(tmp_path: Path) -> None:
    found = filing(tmp_path, "region,station_id,valid,v_a\nN,1,4,4\nS,1,5,5\n")
    assert found.station_ids == ("N/1", "S/1")


def test_candidates_whose_names_are_no_ids_are_numbered(tmp_path: Path) -> None:
    found = filing(tmp_path, "station_id,v_Məmməd Əli,v_smith_j\n1,2,3\n")
    assert [(c.id, c.name) for c in found.candidates] == [("c1", "Məmməd Əli"), ("smith_j", "Smith J")]


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("station_id,valid\n1,2\n", "t.csv:1: there is no column of a candidate's votes"),
        ("v_a,valid\n1,2\n", "t.csv:1: station_id: no column says which station a row is of"),
        ("station_id,v_valid\n1,2\n", "t.csv:1: v_valid: the id 'valid' is a line of the form"),
        ("station_id,v_a\n1,-2\n", "t.csv:2: v_a: '-2' is negative"),
    ],
)
def test_a_table_that_cannot_be_mapped_is_refused(tmp_path: Path, table: str, fault: str) -> None:
    assert faults(tmp_path, table)[0].startswith(fault)


def test_columns_that_the_table_has_not_are_all_named(tmp_path: Path) -> None:
    found = faults(tmp_path, "district,registered,v_a\nN,1,2\n", WIDE)
    assert [line.split(". ")[0] for line in found] == [
        f"t.csv:1: {column}: the table has no such column" for column in ("precinct", "inside", "outside")
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("station_id = 7", "map.toml:1: station_id: 7 names no columns"),
        ("areas = 'x'", "map.toml:1: station_id: is missing"),
        ("station_id = 'x'\nstation = 'y'", "map.toml:2: station: is not known"),
        ("station_id = 'x'\nlayout = 'tall'", "map.toml:2: layout: 'tall' is not known"),
        ("station_id = 'x'\nform = 'french'", "map.toml:2: form: 'french' is not known"),
        ("station_id = 'x'\n[lines]\nvotes_cast = 'v'", "map.toml:3: votes_cast: is not known"),
        (
            "station_id = 'x'\n[reported_at]\ncolumn = 'a'\ntimezone = 'Moon'",
            "map.toml:4: timezone: 'Moon' is not",
        ),
        (
            "station_id = 'x'\n[[kind]]\ncolumn = 'a'\nequals = 'b'\nkind = 'moon'",
            "map.toml:5: kind: 'moon' is not",
        ),
        ("station_id = 'x'\n[[warning]]\ncode = 'E-99'\ncitation = 'c'", "map.toml:3: code: 'E-99' is not known"),
        ("station_id = 'x'\n[[candidate]]\nid = 'a'", "map.toml:2: column: is missing"),
        ("station_id = ", "map.toml:1: not TOML"),
    ],
)
def test_a_fault_of_a_mapping_is_named_with_its_line(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, line)
    assert str(caught.value.faults[0]).startswith(fault)


def test_a_mapping_that_is_not_there_is_a_fault_that_names_those_that_ship() -> None:
    with pytest.raises(BadInput) as caught:
        read_mapping("atlantis")
    assert caught.value.faults == (
        Fault(
            *("atlantis", None, "", "there is no such mapping"),
            f"Name a file, or one of the mappings that ship: {', '.join(shipped_mappings())}",
        ),
    )


@pytest.mark.parametrize("name", shipped_mappings())
def test_every_mapping_that_ships_is_sound(name: str) -> None:
    mapping = read_mapping(name)
    assert mapping.station_id
    assert {*mapping.lines} <= {*mapping.form.line_ids}


def test_the_table_of_a_constituency_of_azerbaijan(tmp_path: Path) -> None:
    header = ["Seçki dairəsi", "Məntəqə", *map(str, range(1, 17)), "Birinci Namizəd", "İkinci Namizəd"]
    lines = ["915", "10", "1000", "", "700", "30", "5", "290", "7", "", "", "28", "668", "680", "18", "3"]
    row = ["8", "1", *lines, "500", "180"]
    found = filing(tmp_path, f"{','.join(header)}\n{','.join(row)}\n", (MAPPINGS / "azerbaijan.toml").read_text())
    assert found.station_ids == ("8/1",)
    assert [(c.id, c.name) for c in found.candidates] == [("c1", "Birinci Namizəd"), ("c2", "İkinci Namizəd")]
    checked = found.mapping.form.check(found.figures, ("c1", "c2"))
    assert checked.failures(0) == ()


MAPPINGS = Path(__file__).parents[2] / "src" / "tallyroom" / "election" / "mappings"
