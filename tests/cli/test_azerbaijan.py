"""The night of 7 February 2024, played: every figure of the case, at its moment and at the end."""

import hashlib
import json
from pathlib import Path

import jsonschema_rs
import pyarrow.parquet as pq
import pytest

from tallyroom.announce.publish import restore
from tallyroom.announce.schema import stored_schema
from tallyroom.election.folder import load
from tallyroom.intake.opening import reader
from tests.cli.conftest import Run
from tests.judges import judge_go, judge_tlog_scales

AT_0313 = {
    "aliyev_i": (4281625, "92.05"),
    "oruj": (101851, "2.19"),
    "mustafa": (92980, "2.00"),
    "hasanguliyev": (81799, "1.76"),
    "nurullayev": (37386, "0.80"),
    "musayev": (31033, "0.67"),
    "aliyev_f": (24799, "0.53"),
}
FINAL = {
    "aliyev_i": (4567458, "92.12"),
    "oruj": (107632, "2.17"),
    "mustafa": (98421, "1.99"),
    "hasanguliyev": (85411, "1.72"),
    "nurullayev": (39643, "0.80"),
    "musayev": (32885, "0.66"),
    "aliyev_f": (26517, "0.53"),
}
NIGHT = "2024-02-08T03:13+04:00"


def candidates(results: dict) -> dict[str, tuple[int, str]]:
    return {one["id"]: (one["votes"], one["percent"]) for one in results["candidates"]}


def test_the_first_announcement_has_the_announced_shares_of_54_47_percent_of_stations(
    run: Run, azerbaijan: Path
) -> None:
    found = run("results", azerbaijan / "election", "--at", "2024-02-07T23:45+04:00", "--json").json
    assert found["progress"]["stations"] == {"reported": 3561, "total": 6537, "percent": "54.47"}
    assert [one["percent"] for one in found["candidates"]] == [
        "92.10",
        "2.20",
        "1.99",
        "1.78",
        "0.79",
        "0.66",
        "0.48",
    ]


def test_at_0313_every_figure_is_the_one_announced(run: Run, azerbaijan: Path) -> None:
    found = run("results", azerbaijan / "election", "--at", NIGHT, "--json").json
    assert found["progress"]["stations"] == {"reported": 6102, "total": 6537, "percent": "93.35"}
    assert found["valid"] == 4651473
    assert candidates(found) == AT_0313
    assert found["margin"] == {"votes": 4179774, "percent_points": "89.86"}
    assert found["state"] == "counting"
    assert found["data_origin"] == "synthetic"
    assert (found["outcome"]["status"], found["outcome"]["leader"], found["outcome"]["winner"]) == (
        "settled",
        "aliyev_i",
        None,
    )


def test_at_0313_the_lead_is_beyond_every_voter_of_the_stations_yet_to_report(run: Run, azerbaijan: Path) -> None:
    settled = run("results", azerbaijan / "election", "--at", NIGHT, "--json").json["settled"]
    table = pq.read_table(azerbaijan / "site/v/8/stations.parquet", columns=["registered", "status"]).to_pylist()
    waiting = [row["registered"] for row in table if row["status"] == "expected"]
    assert len(waiting) == 435
    assert settled["outstanding"] == sum(register + register * 5 // 100 for register in waiting)
    assert settled["outstanding"] < 1827150 < settled["lead"] == 4179774
    assert settled["by"] == "register"


def test_the_final_figures_without_the_annulled_stations(run: Run, azerbaijan: Path) -> None:
    found = run("results", azerbaijan / "election", "--json").json
    assert candidates(found) == FINAL
    assert found["valid"] == 4957967
    assert found["state"] == "certified"
    assert len(found["annulled"]) == 11
    assert found["progress"]["stations"]["reported"] == 6537
    assert found["turnout"]["percent"] == "76.43"
    assert not found["turnout"]["is_floor"]
    assert (found["outcome"]["status"], found["outcome"]["winner"]) == ("certified", "aliyev_i")
    assert "Constitutional Court" in found["outcome"]["why"]


def test_as_counted_the_annulled_stations_are_in(run: Run, azerbaijan: Path) -> None:
    standing = run("results", azerbaijan / "election", "--json").json["valid"]
    counted = run("results", azerbaijan / "election", "--as", "counted", "--json").json
    table = pq.read_table(azerbaijan / "site/v/11/stations.parquet", columns=["valid", "status"]).to_pylist()
    assert counted["valid"] - standing == sum(row["valid"] for row in table if row["status"] == "annulled") > 0


def test_turnout_at_the_fixed_hours_is_a_floor_while_stations_are_missing(run: Run, azerbaijan: Path) -> None:
    hours = run("results", azerbaijan / "election", "--json").json["turnout"]["by_time"]
    assert [(hour["at"], hour["voted"], hour["percent"], hour["stations"], hour["is_floor"]) for hour in hours] == [
        ("10:00", 1259371, "19.44", 6493, True),
        ("12:00", 2499033, "38.57", 6499, True),
        ("15:00", 3922290, "60.54", 6515, True),
        ("17:00", 4590075, "70.85", 6521, True),
        ("19:00", 4971032, "76.73", 6537, False),
    ]


def test_figures_that_do_not_agree_are_listed_and_not_fitted(run: Run, azerbaijan: Path) -> None:
    listed = run("results", azerbaijan / "election", "--json").json["contradictions"]
    found = {(one["what"], one["ours"], one["other"]) for one in listed}
    assert found == {("turnout.15:00.voted", "3922290", "3922187"), ("percent.aliyev_f", "0.53", "0.54")}


def test_statements_are_attributed_and_tied_to_the_snapshot_then_in_force(run: Run, azerbaijan: Path) -> None:
    found = run("results", azerbaijan / "election", "--json").json
    absent = {one["by"] for one in found["statements"] if one["kind"] == "absence"}
    assert absent == {"Musavat", "Popular Front of Azerbaijan"}
    assert all(one["source"] and one["at"] for one in found["statements"])
    night = run("results", azerbaijan / "election", "--at", NIGHT, "--json").json["snapshot"]["size"]
    three = next(one for one in found["statements"] if one["by"] == "three of the six other candidates")
    assert (three["kind"], three["snapshot_size"]) == ("concession", night)


def test_the_bulletin_of_0313_says_polling_stations_for_93_35_percent(run: Run, azerbaijan: Path) -> None:
    text = run("bulletin", azerbaijan / "election", "--at", NIGHT).out
    assert text == (azerbaijan / "site/v/8/bulletin.en.txt").read_text()
    for fact in (
        "SYNTHETIC STATIONS",
        "6,102 of 6,537 polling stations (93.35% of polling stations)",
        "92.05%",
        "4,281,625 votes to 101,851 (2.19%)",
        "4,179,774 votes",
        "92,980 (2.00%)",
        "4,651,473 valid votes",
        "if the reported protocols stand",
        "3,922,290",
        "Musavat",
    ):
        assert fact in text, fact
    assert all("93.35" not in line or "polling stations" in line for line in text.splitlines())
    for word in ("won", "winner", "projected", "fraud", "93.35% of ballots"):
        assert word not in text, word


def test_a_published_snapshot_is_what_the_record_gives_again(run: Run, azerbaijan: Path) -> None:
    shown = run("results", azerbaijan / "election", "--at", NIGHT, "--json").json
    published = json.loads((azerbaijan / "site/v/8/results.json").read_text())
    assert shown == published
    jsonschema_rs.validator_for(json.loads(stored_schema())).validate(published)
    pointer = json.loads((azerbaijan / "site/latest.json").read_text())
    assert pointer["number"] == 11
    assert pointer["data_origin"] == "synthetic"


def test_every_file_of_a_snapshot_has_its_hash_in_the_record(azerbaijan: Path) -> None:
    acts = b"".join(
        path.read_bytes() for path in sorted((azerbaijan / "site/tile/entries").rglob("*")) if path.is_file()
    )
    folder = azerbaijan / "site/v/8"
    manifest = (folder / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest().encode() in acts
    plain = [file for file in folder.rglob("*") if file.is_file() and file.suffix not in (".br", ".gz")]
    assert len(plain) > 100
    for file in plain:
        digest = hashlib.sha256(file.read_bytes()).hexdigest().encode()
        assert digest in (manifest if file.parent != folder else acts), file.name


@pytest.mark.parametrize("judge", [judge_go, judge_tlog_scales])
def test_an_independent_program_accepts_the_night(judge, azerbaijan: Path) -> None:  # type: ignore[no-untyped-def]
    site = azerbaijan / "site"
    accepted, said = judge(site, (site / "log.vkey").read_text().strip())
    assert accepted, said


def test_fsck_finds_the_record_and_its_public_copy_whole(run: Run, azerbaijan: Path) -> None:
    for folder in ("election", "site"):
        found = run("fsck", azerbaijan / folder, "--json")
        assert found.status == 0
        assert found.json["faults"] == []


def test_the_site_is_made_again_from_the_record_byte_for_byte(run: Run, azerbaijan: Path, tmp_path: Path) -> None:
    folder = azerbaijan / "election"
    assert restore(load(folder), reader(folder), folder, tmp_path) == []
    for file in sorted((azerbaijan / "site").rglob("*")):
        again = tmp_path / file.relative_to(azerbaijan / "site")
        if file.is_file() and "tile" not in file.parts:
            assert again.read_bytes() == file.read_bytes(), file
