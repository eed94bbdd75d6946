"""The election folder: what is written loads equal, and every fault of every file comes at once."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.areas import Area, Areas
from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.definition import Contest, Definition, Name
from tallyroom.election.definitionfiles import definition_files
from tallyroom.election.fault import BadInput, Fault
from tallyroom.election.folder import load, write
from tallyroom.election.rules import Rule
from tallyroom.election.stations import KINDS, Stations
from tallyroom.election.template import presidential

Spoil = Callable[..., tuple[Fault, ...]]

texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=12)
shares = st.none() | st.fractions(0, 1, max_denominator=999)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Definitions with areas in areas, stations without register, several contests and odd names."""
    names = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    areas = [Area(name, draw(texts), "level", draw(st.sampled_from(["", *names[:i]]))) for i, name in enumerate(names)]
    ids = draw(st.lists(texts, min_size=1, max_size=6, unique=True))
    stations = Stations(
        tuple(ids),
        tuple(draw(texts) for _ in ids),
        tuple(draw(st.sampled_from(KINDS)) for _ in ids),
        np.array([draw(st.integers(0, len(areas) - 1)) for _ in ids], np.int64),
        np.array([draw(st.integers(-1, 3000)) for _ in ids], np.int64),
        draw(st.sampled_from([{}, {"address": tuple(f"{i}, street" for i in ids)}])),
    )
    rule = Rule(
        draw(st.sampled_from(["absolute_majority", "plurality"])),
        minimum_turnout=draw(shares),
        void_share=draw(shares),
        additions_share=draw(st.fractions(0, 1, max_denominator=99)),
        citation=draw(texts),
    )
    contests = tuple(
        Contest(
            contest,
            draw(texts),
            draw(texts),
            rule,
            tuple(
                Candidate(f"{contest}_{i}", draw(texts), draw(texts), i, draw(st.booleans()), contest, born, terms)
                for i, (born, terms) in enumerate([(date(1961, 12, 24), 1), (None, None)], 1)
            ),
        )
        for contest in ("president", "mayor")
    )
    return replace(
        presidential("test"),
        name=draw(texts),
        data_origin="real",
        country=draw(st.sampled_from(["", "az", "xx"])),
        areas=Areas(tuple(areas)),
        stations=stations,
        contests=contests,
        eligibility=Eligibility(35, draw(st.none() | st.integers(2, 5)), "Article 100"),
        names=tuple(Name(i, "az", draw(texts), draw(texts)) for i in ids[:1]),
        notices=(),
    )


def same_stations(ours: Stations, theirs: Stations) -> bool:
    arrays = np.array_equal(ours.area, theirs.area) and np.array_equal(ours.registered, theirs.registered)
    return arrays and (ours.ids, ours.names, ours.kinds, ours.details) == (
        *(theirs.ids, theirs.names, theirs.kinds, theirs.details),
    )


@given(definitions())
def test_a_written_folder_loads_equal(tmp_path_factory: pytest.TempPathFactory, definition: Definition) -> None:
    folder = tmp_path_factory.mktemp("elections") / "election"
    write(folder, definition)
    loaded = load(folder)
    assert same_stations(loaded.stations, definition.stations)
    plain = {"stations": definition.stations, "files": {}, "notices": ()}
    assert replace(loaded, **plain) == replace(definition, **plain)
    assert loaded.files == {
        name: hashlib.sha256(content).hexdigest() for name, content in definition_files(definition).items()
    }


def test_a_folder_that_is_there_is_left_alone(election: Path) -> None:
    before = {file.name: file.read_bytes() for file in election.iterdir()}
    with pytest.raises(FileExistsError):
        write(election, presidential("other"))
    assert {file.name: file.read_bytes() for file in election.iterdir()} == before


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    broken = replace(presidential("x"), turnout_hours=(object(),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        write(tmp_path / "election", broken)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["election.toml", "calendar.toml", "areas.csv", "stations.csv", "candidates.csv"])
def test_a_missing_file_is_a_fault(election: Path, name: str) -> None:
    (election / name).unlink()
    with pytest.raises(BadInput) as caught:
        load(election)
    assert any(fault.file == name and fault.message == "the file is missing" for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('id = "test-election"', "id = 7", "election.toml:1: id: 7 is not of the form expected"),
        ('office = "President"\n', "", "election.toml:1: office: is missing"),
        ("date = 2030-03-10", 'date = "soon"', "election.toml:4: date: 'soon' is not of the form expected"),
        ('timezone = "UTC"', 'timezone = "Mars"', "election.toml:6: timezone: 'Mars' is not a time zone"),
        ('timezone = "UTC"', 'timezone = "../etc"', "election.toml:6: timezone: '../etc' is not a time zone"),
        ("opens = 08:00:00", "opens = 20:00:00", "election.toml: closes: the polls close before they open"),
        ('"10:00"', '"10 pm"', "election.toml: turnout_hours: '10 pm' is not an hour"),
        ('data_origin = "synthetic"', 'data_origin = "true"', "data_origin: 'true' is not known"),
        ('office = "President"\n', 'office = "President"\ncountry = "AZE"\n', "country: 'AZE' is not a country"),
        ('authority = "the', 'autority = "the', "autority: is not known"),
        ('kind = "absolute_majority"', 'kind = "lots"', "kind: 'lots' is not known"),
        ('kind = "absolute_majority"', 'kind = "threshold"', "threshold: is missing"),
        ('additions_share = "0"', 'additions_share = "110%"', "additions_share: '110%' is not a share"),
        ('additions_share = "0"', 'additions_share = "1/0"', "additions_share: '1/0' is not a share"),
        ('additions_share = "0"', 'additions_share = "1e99999999"', "is not a share"),
        ('additions_share = "0"', "additions_share = 0.1", "additions_share: 0.1 is not a share"),
        ('maximum_terms = "none"', 'maximum_terms = "two"', "maximum_terms: 'two' is not a limit"),
        ("[[contest]]", "[[contests]]", "contest: there is no contest"),
        ('right = [\n    "votes",', 'right = [\n    "voices",', "right: 'voices' names no line of the form"),
        ('relation = "="', 'relation = "=="', "relation: '==' is not known"),
        ('id = "test-election"', "id = ", "election.toml:1: not TOML"),
        ('id = "test-election"', "id = " + "[" * 20_000, "election.toml: not a settings file"),
    ],
)
def test_a_fault_of_the_settings_is_named(spoil: Spoil, old: str, new: str, fault: str) -> None:
    assert any(fault in str(found) for found in spoil("election.toml", old, new))


def test_a_contest_that_stands_twice_is_a_fault(election: Path) -> None:
    file = election / "election.toml"
    contest = '[[contest]]\nid = "president"\nname = "n"\noffice = "o"\n[contest.rule]\nkind = "plurality"\n\n'
    file.write_text(file.read_text().replace("[[contest]]", contest + "[[contest]]"))
    with pytest.raises(BadInput, match="contest: 'president' stands twice"):
        load(election)


def test_a_fault_of_the_calendar_is_named_with_its_line(spoil: Spoil) -> None:
    (fault,) = spoil("calendar.toml", "days = 33", 'days = "33"')
    assert (fault.line, fault.field) == (4, "days")


def test_a_file_that_is_not_utf_8_is_a_fault(election: Path) -> None:
    (election / "election.toml").write_bytes(b'id = "\xff"\n')
    with pytest.raises(BadInput, match="not UTF-8 text"):
        load(election)


def test_all_faults_of_all_files_come_at_once(election: Path) -> None:
    for name, old, new in (
        ("election.toml", 'kind = "absolute_majority"', 'kind = "lots"'),
        ("areas.csv", "south,South", "north,South"),
        ("stations.csv", "480", "many"),
        ("candidates.csv", "B,,2,no", "B,,2,maybe"),
        ("calendar.toml", "election_day", "eve"),
    ):
        text = (election / name).read_text()
        assert old in text
        (election / name).write_text(text.replace(old, new))
    with pytest.raises(BadInput) as caught:
        load(election)
    assert {fault.file for fault in caught.value.faults} == {file.name for file in election.iterdir()}


def test_shares_are_exact(election: Path) -> None:
    file = election / "election.toml"
    file.write_text(file.read_text().replace('additions_share = "0"', 'additions_share = "0.1%"\nvoid_share = "1/3"'))
    rule = load(election).contests[0].rule
    assert (rule.additions_share, rule.void_share) == (Fraction(1, 1000), Fraction(1, 3))
