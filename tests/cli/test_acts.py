"""Acts by hand: a small election from its template to a certified result, and what is refused on the way."""

import csv
import json
from pathlib import Path

import pytest

from tallyverify.__main__ import main as tallyverify
from tests.cli.conftest import Run


def figures(a: int, b: int, invalid: int = 0, listed: int = 1000) -> list[str]:
    cast = a + b + invalid
    lines = {
        "voters_listed": listed,
        "voters_added": 0,
        "ballots_issued": cast,
        "ballots_found": cast,
        "valid": a + b,
        "invalid": invalid,
    }
    return [f"{name}={number}" for name, number in {**lines, "a": a, "b": b}.items()]


@pytest.fixture
def election(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "spring"
    assert run("new", folder, "--template", "presidential").status == 0
    assert run("open", folder, "--at", "2025-06-15T06:00:00+00:00").status == 0
    return folder


def everything_in(run: Run, election: Path) -> None:
    for number in range(1, 7):
        assert run("act", election, "protocol", f"S-{number:04d}", *figures(100, 50)).status == 0


def test_a_small_election_from_opening_to_certification(run: Run, election: Path, tmp_path: Path) -> None:
    assert run("results", election, "--json").json["state"] == "before"
    assert run("act", election, "opened", "S-0001").status == 0
    assert run("results", election, "--json").json["state"] == "voting"
    everything_in(run, election)
    complete = run("results", election, "--json").json
    assert complete["state"] == "complete"
    assert complete["outcome"]["status"] == "settled"
    assert complete["outcome"]["winner"] is None
    first = run("publish", election, tmp_path / "site", "--json").json
    assert first["number"] == 1
    assert run("act", election, "call", "a").status == 0
    assert run("results", election, "--json").json["outcome"]["winner"] is None, "one person has called"
    assert run("act", election, "call", "a", "--as", "desk-2").status == 0
    assert run("results", election, "--json").json["outcome"]["winner"] == "a"
    assert run("act", election, "uncall", "--reason", "recount asked for").status == 0
    assert run("results", election, "--json").json["outcome"]["winner"] is None
    assert run("act", election, "certify", "--winner", "a").status == 0
    assert run("results", election, "--json").json["state"] == "certified"
    assert run("fsck", election).status == 0


def test_a_correction_and_an_annulment_change_what_stands_and_not_what_was_counted(run: Run, election: Path) -> None:
    everything_in(run, election)
    assert run("act", election, "correct", "S-0001", *figures(50, 100), "--reason", "columns exchanged").status == 0
    assert run("act", election, "annul", "S-0002", "--reason", "ruling of the court").status == 0
    standing = run("results", election, "--json").json
    counted = run("results", election, "--as", "counted", "--json").json
    assert {one["id"]: one["votes"] for one in standing["candidates"]} == {"a": 450, "b": 300}
    assert {one["id"]: one["votes"] for one in counted["candidates"]} == {"a": 600, "b": 300}
    assert standing["annulled"][0]["station_id"] == "S-0002"
    assert standing["corrections"][0]["reason"] == "columns exchanged"


def test_stations_that_will_never_be_accepted_are_annulled_and_the_rest_is_certified(
    run: Run, election: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(3, 7):
        assert run("act", election, "protocol", f"S-{number:04d}", *figures(100, 50)).status == 0
    wrong = [figure if not figure.startswith("valid=") else "valid=151" for figure in figures(100, 50)]
    assert run("act", election, "protocol", "S-0001", *wrong).status == 1
    assert "2 stations are missing or in review" in run("act", election, "certify", "--winner", "a").err
    assert run("act", election, "annul", "S-0001", "--reason", "nobody can mend its protocol").status == 0
    assert run("act", election, "annul", "S-0002", "--reason", "its ballots were burnt").status == 0
    assert "is annulled" in run("act", election, "annul", "S-0002", "--reason", "again").err
    assert "is annulled" in run("act", election, "protocol", "S-0002", *figures(100, 50)).err
    for basis in ("standing", "counted"):
        found = run("results", election, "--as", basis, "--json").json
        assert {one["id"]: one["votes"] for one in found["candidates"]} == {"a": 400, "b": 200}
        assert found["progress"]["stations"] == {"reported": 6, "total": 6, "percent": "100.00"}
        assert (found["counters"]["in_review"], found["turnout"]["voted"]) == (0, 600)
        assert [one["station_id"] for one in found["annulled"]] == ["S-0001", "S-0002"]
    assert run("act", election, "certify", "--winner", "a").status == 0
    site = tmp_path / "site"
    assert run("publish", election, site).status == 0
    assert run("fsck", site).status == 0
    capfd.readouterr()
    assert tallyverify([str(site), "--json"]) == 0
    verified = json.loads(capfd.readouterr().out)
    assert (verified["holds"], verified["notes"]) == (True, [])
    lines = (site / "v/1/stations.csv").read_text(encoding="utf-8").splitlines()
    for cells in list(csv.DictReader(lines))[:2]:
        assert (cells["status"], cells["valid"], cells["v_a"]) == ("annulled", "", "")
    assert run("compare", site, site / "v/1/stations.csv").status == 0


def test_a_protocol_that_breaks_an_equation_goes_in_review_and_a_mended_one_replaces_it(
    run: Run, election: Path
) -> None:
    broken = [figure if not figure.startswith("valid=") else "valid=151" for figure in figures(100, 50)]
    held = run("act", election, "protocol", "S-0001", *broken, "--json")
    assert held.status == 1
    assert [failure["code"] for failure in held.json["failures"]] == ["E-01", "E-02"]
    assert run("results", election, "--json").json["counters"] == {
        "received": 1,
        "in_review": 1,
        "accepted": 0,
        "published": 0,
    }
    assert run("act", election, "protocol", "S-0001", *figures(100, 50)).status == 0
    assert run("results", election, "--json").json["counters"]["accepted"] == 1


def test_a_form_is_received_before_its_figures_are_entered(run: Run, election: Path) -> None:
    assert run("act", election, "received", "S-0001").status == 0
    assert run("results", election, "--json").json["counters"]["received"] == 1
    assert run("act", election, "received", "S-0001", "--returned", "--reason", "not signed").status == 0
    assert run("results", election, "--json").json["counters"]["received"] == 0


def test_a_key_that_was_replaced_does_not_count_as_a_second_person(run: Run, election: Path, tmp_path: Path) -> None:
    everything_in(run, election)
    assert run("act", election, "call", "a").status == 0
    replaced = run("act", election, "key", "desk-1", "--as", "desk-1")
    assert "desk-1 has the key" in replaced.out
    assert run("act", election, "call", "a").status == 0
    assert run("results", election, "--json").json["outcome"]["winner"] is None
    assert run("act", election, "key", "desk-2", "--revoke", "--reason", "laptop stolen").status == 0
    refused = run("act", election, "call", "a", "--as", "desk-2")
    assert (refused.status, "no key of a role 'desk-2' is in force" in refused.err) == (2, True)
    assert run("fsck", election).status == 0


def test_an_unread_figure_is_never_zero(run: Run, election: Path) -> None:
    unread = [figure if not figure.startswith("b=") else "b=?" for figure in figures(100, 50)]
    held = run("act", election, "protocol", "S-0001", *unread, "--json")
    assert held.status == 1
    assert "UNREAD" in [failure["code"] for failure in held.json["failures"]]


def test_a_warning_needs_a_written_reason(run: Run, election: Path) -> None:
    many_invalid = figures(50, 45, invalid=5)
    assert run("act", election, "protocol", "S-0001", *many_invalid).status == 1
    assert run("act", election, "protocol", "S-0001", *many_invalid, "--reason", "recounted at the station").status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["opened", "S-9999"], "there is no station 'S-9999'"),
        (["turnout", "S-0001", "03:00", "5"], "no turnout of a fixed hour"),
        (["annul", "S-0001", "--reason", ""], "a reason is missing"),
        (["call", "nobody"], "there is no candidate 'nobody'"),
        (["certify"], "6 stations are missing"),
        (["uncall", "--reason", "x"], "no call to take back"),
        (["protocol", "S-0001", "valid=-1", "other=3"], "valid: '-1' is no whole number"),
        (["status", "a", "gone"], "'gone' is not known"),
        (
            ["statement", "--kind", "joke", "--by", "x", "--said-at", "x", "--source", "x", "--text", "x"],
            "'joke' is not",
        ),
    ],
)
def test_an_act_that_breaks_a_rule_is_refused_and_nothing_is_written(
    run: Run, election: Path, arguments: list[str], message: str
) -> None:
    before = json.loads(run("results", election, "--json").out)["snapshot"]
    refused = run("act", election, *arguments)
    assert refused.status == 2
    assert message in refused.err
    assert json.loads(run("results", election, "--json").out)["snapshot"] == before


def test_a_definition_changed_after_opening_is_refused(run: Run, election: Path) -> None:
    stations = election / "stations.csv"
    stations.write_text(stations.read_text().replace("S-0006", "S-0016"))
    refused = run("results", election)
    assert refused.status == 2
    assert "stations.csv" in refused.err
    assert "changed after the record was opened" in refused.err


def test_a_record_is_opened_once(run: Run, election: Path) -> None:
    again = run("open", election)
    assert again.status == 2
    assert "open already" in again.err


def test_results_of_a_time_before_the_first_snapshot_are_a_no(run: Run, election: Path) -> None:
    answer = run("results", election, "--at", "2025-06-15T07:00:00+00:00")
    assert answer.status == 1
    assert "No snapshot was published" in answer.err
