"""compare and export: an observer group checks a count from its own copies, and other programs add it up."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from actasum.statement import OfficialTotals, read_jsonl
from actasum.verify import compare as actasum_compare

from tallyroom.announce.comparison import ComparisonReport
from tests.cli.conftest import Run

DOCS = Path(__file__).resolve().parents[2] / "docs" / "observers.md"
HEADER = "station_id,voters_listed,voters_added,ballots_issued,ballots_found,valid,invalid,v_a,v_b"
PROTOCOLS = [
    "S-0001,1200,0,803,803,800,3,500,300",
    "S-0002,950,0,502,502,500,2,200,300",
    "S-0003,480,0,301,301,300,1,100,200",
    "S-0004,1400,0,904,904,900,4,450,450",
]
AT = "2030-03-10T22:00:00+00:00"
CORRECTED = "voters_listed=1200 voters_added=0 ballots_issued=803 ballots_found=803 valid=800 invalid=3 a=510 b=290"


class Count(NamedTuple):
    folder: Path
    site: Path


@pytest.fixture
def count(run: Run, tmp_path: Path) -> Count:
    """Six stations: one corrected, one annulled, two not reported; published."""
    folder, site, table = tmp_path / "spring", tmp_path / "site", tmp_path / "protocols.csv"
    table.write_text("\n".join([HEADER, *PROTOCOLS]) + "\n")
    for arguments in (
        ["new", folder, "--template", "presidential"],
        ["open", folder],
        ["import", folder, table, "--at", AT],
        ["act", folder, "correct", "S-0001", *CORRECTED.split(), "--reason", "a slip of the pen", "--at", AT],
        ["act", folder, "annul", "S-0003", "--reason", "the box was not sealed", "--at", AT],
        ["publish", folder, site, "--at", AT],
    ):
        done = run(*arguments)
        assert done.status == 0, done.err
    return Count(folder, site)


@pytest.fixture
def copies(tmp_path: Path) -> Callable[..., Path]:
    """Writes a table of copies: station_id, valid, invalid, v_a, v_b."""

    def write(*rows: str, header: str = "station_id,valid,invalid,v_a,v_b") -> Path:
        path = tmp_path / "copies.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


AGREEING = ("S-0001,800,3,510,290", "S-0002,500,2,200,300")


@pytest.mark.parametrize("published", ["folder", "site", "table"])
def test_copies_that_agree_are_exit_0(run: Run, count: Count, copies: Callable[..., Path], published: str) -> None:
    place = {"folder": count.folder, "site": count.site, "table": count.site / "v/1/stations.csv"}[published]
    found = run("compare", place, copies(*AGREEING), "--json")
    assert found.status == 0, found.out
    comparison = found.json["comparison"]
    assert [comparison["counts"][case] for case in ("agree", "no_copy", "neither")] == [2, 2, 2]
    assert comparison["coverage"] == {
        "stations": 6,
        "published": 4,
        "copied": 2,
        "registered": 5100,
        "registered_copied": 2150,
    }
    assert found.json["data_origin"] == "synthetic"


def test_a_difference_is_exit_1_with_act_gain_and_effect(run: Run, count: Count, copies: Callable[..., Path]) -> None:
    found = run("compare", count.site, copies("S-0001,800,3,390,410", AGREEING[1]), "--json")
    assert found.status == 1
    (difference,) = found.json["comparison"]["differences"]
    assert (difference["station_id"], difference["area"]) == ("S-0001", ["north"])
    corrected = json.loads(run("results", count.folder, "--json").out)["corrections"][0]["act"]
    assert difference["act"] == corrected
    assert [(f["field"], f["published"], f["copy"], f["gain"]) for f in difference["figures"]] == [
        ("v_a", 510, 390, 120),
        ("v_b", 290, 410, -120),
    ]
    effect = found.json["effect"]
    assert (effect["published"]["leader"], effect["with_copies"]["leader"]) == ("a", "b")
    assert effect["leader_changes"]
    assert effect["majority_changes"]


@pytest.mark.parametrize("published", ["folder", "site"])
def test_the_outcome_before_is_that_of_the_count(
    run: Run, count: Count, copies: Callable[..., Path], published: str
) -> None:
    own = run("results", count.folder, "--json").json
    found = run("compare", getattr(count, published), copies(*AGREEING), "--json").json
    before = found["outcomes"]["published"]
    assert before == own["outcome"]
    assert found["effect"]["published"]["valid"] == own["valid"]
    assert found["effect"]["published"]["votes"] == {c["id"]: c["votes"] for c in own["candidates"]}
    assert found["remaining"]["outstanding"] == own["settled"]["outstanding"]


def test_the_words_name_the_cases_and_never_a_cause(run: Run, count: Count, copies: Callable[..., Path]) -> None:
    said = run(
        "compare",
        count.site,
        copies("S-0001,800,3,500,300", "S-0002,500,2,,300", "S-0002,500,3,200,300", "S-0005,9,0,9,0", "S-0099,1,0,1,0"),
    )
    assert said.status == 1
    for words in (
        "SYNTHETIC STATIONS",
        "1 of 1 polling station compared differs.",
        "Differs: S-0001 (north, act ",
        "copy: line 2): votes of Candidate A: published 510, copy 500 (10 more published)",
        "Copies disagree: S-0002",
        "line 3: invalid ballots 2 (as published)",
        "line 4: invalid ballots 3 (not as published)",
        "No protocol published: S-0005 (line 5)",
        "Not in the published table: S-0099 (line 6)",
        "ballots: not compared, the copies do not give it.",
        "What would settle it is the paper",
    ):
        assert words in said.out
    assert "fraud" not in said.out


def test_a_record_of_the_observers_own_is_a_source_of_copies(run: Run, count: Count) -> None:
    same = run("compare", count.folder, count.site)
    assert same.status == 0
    assert "No difference at the 4 polling stations compared." in same.out


def test_the_report_is_one_page_that_stands_alone(
    run: Run, count: Count, copies: Callable[..., Path], tmp_path: Path
) -> None:
    report = tmp_path / "out" / "copies.html"
    assert run("compare", count.site, copies("S-0001,800,3,390,410"), "--report", report).status == 1
    html = report.read_text()
    assert "1 of 1 polling station compared differs" in html
    assert not re.search(r"<script|<link rel=\"stylesheet\"|src=", html)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["site", "nothing.csv"], "the file cannot be read"),
        (["site", "strangers.csv"], "no row is a copy of a published station"),
        (["site", "real.csv"], "the copies are real and the published count is synthetic"),
        (["site", "copies.csv", "--candidate-names", "a"], "'a' is no pair of ids"),
        (["site", "copies.csv", "--candidate-names", "a=zoe"], "there is no candidate 'zoe'"),
        (["site", "copies.csv", "--map", "ug_2016"], "a mapping is for a table"),
        (["site", "copies.csv", "--contest", "mayor"], "no contest 'mayor'"),
        (["empty", "copies.csv"], "election.toml"),
    ],
)
def test_wrong_input_is_exit_2_and_writes_nothing(
    run: Run,
    count: Count,
    copies: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    copies(*AGREEING)
    (tmp_path / "empty").mkdir()
    (tmp_path / "strangers.csv").write_text("station_id,v_a,v_b\n17,1,2\n")
    (tmp_path / "real.csv").write_text("station_id,v_a,v_b,data_origin\nS-0001,1,2,real\n")
    refused = run("compare", *arguments, "--report", "report.html")
    assert refused.status == 2
    assert message in refused.err
    assert "Traceback" not in refused.err
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("name", ["latest.json", "v/1/results.json"])
def test_a_site_with_a_broken_file_is_refused(run: Run, count: Count, copies: Callable[..., Path], name: str) -> None:
    (count.site / name).write_text("[" * 100_000)
    refused = run("compare", count.site, copies(*AGREEING))
    assert refused.status == 2
    assert "not what a published site has there" in refused.err


class Statements(NamedTuple):
    statements: Path
    totals: Path


@pytest.fixture(params=["folder", "site"])
def exported(run: Run, count: Count, tmp_path: Path, request: pytest.FixtureRequest) -> Statements:
    files = Statements(tmp_path / "statements.jsonl", tmp_path / "totals.json")
    done = run("export", getattr(count, request.param), files.statements, "--totals", files.totals, "--json")
    assert done.json == {"statements": 6, "election": "spring", "data_origin": "synthetic"}
    return files


def judged(files: Statements) -> Any:
    """What actasum finds: our published totals against its own sums of our statements."""
    with files.statements.open() as stream:
        statements = list(read_jsonl(stream))
    return actasum_compare(statements, OfficialTotals.from_dict(json.loads(files.totals.read_text())))


def test_another_program_adds_the_statements_up_to_our_totals(run: Run, count: Count, exported: Statements) -> None:
    found = judged(exported)
    assert found.ok
    assert found.official_matches == "as standing"
    assert {change.station: (change.stage, change.source) for change in found.resolution.changes} == {
        "S-0001": ("ruling", "correction"),
        "S-0003": ("ruling", "annulment"),
    }
    results = run("results", count.folder, "--json").json
    totals = {
        candidate["id"]: sum(statement.candidatures[candidate["id"]] for statement in found.resolution.standing)
        for candidate in results["candidates"]
    }
    assert totals == {candidate["id"]: candidate["votes"] for candidate in results["candidates"]}
    counted = run("results", count.folder, "--as", "counted", "--json").json
    assert sum(statement.ballots for statement in found.resolution.counted) == counted["valid"] + counted["invalid"]


def test_a_station_annulled_before_anything_of_it_was_accepted_adds_nothing_and_is_reported(
    run: Run, count: Count, tmp_path: Path
) -> None:
    assert run("act", count.folder, "annul", "S-0005", "--reason", "its ballots were burnt").status == 0
    files = Statements(tmp_path / "statements.jsonl", tmp_path / "totals.json")
    assert run("export", count.folder, files.statements, "--totals", files.totals).status == 0
    found = judged(files)
    assert (found.ok, found.official_matches) == (True, "as standing")
    (burnt,) = (one for one in found.resolution.standing if one.station == "S-0005")
    assert set(burnt.candidatures.values()) == {0}


def test_it_refuses_statements_that_were_tampered_with(exported: Statements) -> None:
    lines = exported.statements.read_text().replace('"a":200', '"a":210').splitlines(keepends=True)
    exported.statements.write_text("".join(lines))
    found = judged(exported)
    assert found.official_matches == "neither"
    assert [d.delta for d in found.standing.differences if d.item == "candidature:a"] == [10]
    exported.statements.write_text("".join(lines[1:]))
    assert not judged(exported).ok


def test_statements_are_copies_too(run: Run, count: Count, exported: Statements) -> None:
    same = run("compare", count.site, exported.statements, "--json")
    assert same.json["comparison"]["counts"]["agree"] == 3
    # The ruling that annuls a station leaves it no vote; its published protocol still has them.
    assert [each["station_id"] for each in same.json["comparison"]["differences"]] == ["S-0003"]
    assert same.json["comparison"]["differences"][0]["annulled"]
    assert same.json["effect"]["stations"] == 0


def test_an_unknown_format_is_refused(run: Run, count: Count, tmp_path: Path) -> None:
    assert run("export", count.site, tmp_path / "x", "--format", "eml").status == 2
    assert not (tmp_path / "x").exists()


def test_observers_open_a_record_of_their_own_as_the_document_says(run: Run, count: Count, tmp_path: Path) -> None:
    """docs/observers.md: the mapping there, on a list of all stations with figures where there is a photograph."""
    mapping = tmp_path / "observers.toml"
    mapping.write_text(re.search(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL).group(1))  # type: ignore[union-attr]
    with (count.site / "v/1/stations.csv").open() as stream:
        stations = list(csv.DictReader(stream))
    known = ("station_id", "region", "registered")
    figures = ("voters", "issued", "valid", "invalid", "v_a", "v_b")
    rows = [
        [*(station[column] for column in known), *(("x.jpg", *map(station.get, figures)) if copied else [""] * 7)]
        for copied, station in zip((True, True, *[False] * 4), stations, strict=True)
    ]
    table = tmp_path / "copies.csv"
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows([("station_id", "constituency", "registered", "photo", *figures), *rows])
    own = tmp_path / "own"
    for arguments in (
        ["new", own, "--from", table, "--map", mapping],
        ["open", own],
        ["import", own, table, "--map", mapping, "--at", AT],
    ):
        done = run(*arguments)
        assert done.status == 0, done.err + done.out
    progress = run("results", own, "--json").json["progress"]
    assert (progress["stations"]["reported"], progress["stations"]["total"]) == (2, 6)
    assert (progress["registered"]["covered"], progress["registered"]["total"]) == (2150, 5100)
    assert run("compare", count.site, own).status == 0


def members(kind: Any, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """The members of a type and of all types in it, by name."""
    schema = msgspec.json.schema(kind)
    for name, definition in schema["$defs"].items():
        found[name] = {*definition["properties"]}
    return found


def test_the_document_names_every_member_of_the_json() -> None:
    text = DOCS.read_text()
    for kind, names in members(ComparisonReport, {}).items():
        if kind in ("Outcome", "SnapshotId"):  # as in results --json
            continue
        said = re.search(rf"^    {kind} (.*?)(?=^ ? ? ? ?\S|\Z)", text, re.DOTALL | re.MULTILINE)
        assert said is not None, kind
        assert {*re.findall(r"[a-z_]+", said.group(1))} == names, kind


def test_the_json_is_of_the_documented_type(run: Run, count: Count, copies: Callable[..., Path]) -> None:
    found = run("compare", count.site, copies("S-0001,800,3,390,410", "S-0002,500,2,,300"), "--json")
    report = msgspec.json.decode(found.out, type=ComparisonReport, strict=True)
    assert json.loads(msgspec.json.encode(report)) == found.json
