"""The command examine: what it finds, refuses and writes."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import numpy as np
import pytest

from tallyroom.cli.printing import BROWSERS
from tallyroom.forensics.clean import clean_election
from tallyroom.forensics.examination import Examination
from tallyroom.forensics.examine import Question
from tallyroom.forensics.examine import examine as examined
from tallyroom.forensics.findings import Finding
from tallyroom.forensics.frauds import invented
from tallyroom.forensics.report import report_html
from tallyroom.forensics.returns import Returns
from tallyroom.forensics.words import LANGUAGES, catalogue, number, worded
from tests.cli.conftest import Run

INDICATORS = {
    *("integer_percentages", "spikes", "within_centre", "arrival", "flows", "repeated_vectors", "small_counts"),
    *("outliers", "clean_core", "fingerprint", "digits", "controls", "transfers", "outliers_previous", "histograms"),
}


def write(path: Path, returns: Returns, prefix: str = "P") -> Path:
    """The returns as a table; ids keep their number, with a prefix."""
    level = returns.areas[-1]
    lines = ["region,district,station_id,registered,ballots,valid,invalid,v_a,v_b,v_c"]
    for row in range(len(returns)):
        place = level.names[int(returns.areas[-1].codes[row])].replace(" / ", ",")
        counts = [returns.registered, returns.ballots, returns.valid, returns.invalid, *returns.votes.values()]
        figures = ",".join(str(int(count[row])) if count[row] >= 0 else "" for count in counts)
        lines.append(f"{place},{prefix}-{row + 1:04d},{figures}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def clean() -> Returns:
    return clean_election("overdispersed", 600, np.random.default_rng(1))


@pytest.fixture
def table(tmp_path: Path, clean: Returns) -> Path:
    return write(tmp_path / "returns.csv", clean)


@pytest.fixture
def made_up(tmp_path: Path, clean: Returns) -> Path:
    return write(tmp_path / "made_up.csv", invented(clean, "a", 0.3, np.random.default_rng(1)))


def test_a_sound_table_has_neither_contradiction_nor_irregularity(run: Run, table: Path) -> None:
    done = run("examine", table, "--quick", "--json")
    assert done.status == 0, done.err
    assert done.json["contradictions"] == []
    assert done.json["findings"] == []
    assert done.json["table"]["rows"] == 600
    assert set(done.json["indicators"]) == INDICATORS
    kinds = {each["class"] for each in done.json["indicators"].values()}
    assert kinds == {"irregularity", "description", "no_evidence"}
    whole = done.json["indicators"]["integer_percentages"]
    assert {"observed", "expected", "excess", "z", "z_calibrated", "result", "turnout", "reference"} <= set(whole)
    assert whole["reference"][0].keys() == {"election", "value"}
    assert len(whole["reference"]) >= 10


def test_percentages_that_were_made_up_are_found_and_said_with_care(run: Run, made_up: Path) -> None:
    done = run("examine", made_up, "--quick", "--json")
    codes = {finding["code"] for finding in done.json["findings"]}
    assert {"integers_result", "integers_turnout"} <= codes
    for finding in done.json["findings"]:
        assert finding["innocent_causes"] == finding["causes_tested"] + finding["causes_not_tested"]
        assert finding["causes_not_tested"]
        assert finding["effect"]
        assert finding["would_be_settled_by"]
        assert "fraud" not in json.dumps(finding).lower()


def test_a_finding_states_its_size_in_votes_or_why_it_cannot(clean: Returns) -> None:
    for code, words in catalogue("en")["finding"].items():
        states = re.search(r"{(votes|amount|excess|residual)}", words["effect"])
        assert states or re.search(r"No effect on the outcome can be stated|None", words["effect"]), code
    found = examined(invented(clean, "a", 0.3, np.random.default_rng(1)), Question(quick=True))
    (whole,) = (each for each in found.findings if each.code == "integers_turnout")
    average = found.table.valid / found.table.used
    assert whole.values["votes"] == pytest.approx(float(whole.values["excess"]) * average, abs=average)
    assert 0 < float(whole.values["votes_low"]) < float(whole.values["votes"]) < float(whole.values["votes_high"])
    assert whole.values["of_lead"] == pytest.approx(100 * float(whole.values["votes"]) / found.table.lead)
    assert "% of the lead of" in worded(whole).effect


def test_the_same_call_gives_the_same_bytes(run: Run, table: Path) -> None:
    assert run("examine", table, "--quick", "--json").out == run("examine", table, "--quick", "--json").out


def test_a_contradiction_is_exit_1(run: Run, tmp_path: Path, table: Path) -> None:
    lines = table.read_text().splitlines()
    cells = lines[5].split(",")
    cells[4] = str(int(cells[3]) + 7)
    lines[5] = ",".join(cells)
    table.write_text("\n".join(lines))
    done = run("examine", table, "--quick", "--json")
    assert done.status == 1
    (found,) = done.json["contradictions"]
    assert (found["code"], found["stations"], found["amount"]) == ("ballots_over_register", 1, 7)
    assert found["examples"] == ["P-0005"]


def test_with_everything_set_beside_it(run: Run, tmp_path: Path, clean: Returns, table: Path) -> None:
    stage = write(tmp_path / "stage.csv", clean.take(np.arange(400)))
    previous = write(tmp_path / "previous.csv", clean_election("overdispersed", 600, np.random.default_rng(2)))
    (tmp_path / "cameras.csv").write_text("station_id\n" + "\n".join(f"P-{n:04d}" for n in range(1, 600, 3)) + "\n")
    (tmp_path / "tally.csv").write_text("area,v_a,v_b\nD0,1,2\nD1,3,4\n")
    (tmp_path / "announced.csv").write_text("name,votes,percent\nx,5150092,51.20\ny,4445978,44.20\nz,462704,4.60\n")
    done = run(
        *("examine", table, "--quick", "--json", "--stage", stage, "--previous", previous, "--candidate", "b"),
        *("--instrument", tmp_path / "cameras.csv", "--tally", tmp_path / "tally.csv"),
        *("--announced", tmp_path / "announced.csv"),
    )
    assert done.status == 1, done.err
    assert done.json["candidate"] == "b"
    assert (done.json["stage"]["common"], done.json["stage"]["differing"]) == (400, 0)
    codes = {finding["code"] for finding in done.json["findings"]}
    assert {"column_short", "rounded_announced"} <= codes
    indicators = done.json["indicators"]
    assert indicators["arrival"]["late_stations"] == 200
    assert indicators["controls"]["with_instrument"] == 200
    assert len(indicators["transfers"]["share"]) == 4
    assert indicators["outliers_previous"]["class"] == "description"


def test_power_says_what_would_have_been_seen(run: Run, table: Path, tmp_path: Path) -> None:
    done = run("examine", table, "--json", "--power", "26", "--report", tmp_path / "report.html")
    kinds = {cell["fraud"] for cell in done.json["power"]}
    assert kinds == {"none", "stuffing", "switching", "invented", "rounded_turnout", "targeted"}
    assert all(0 <= cell["detected"] <= 1 and cell["elections"] == 1 for cell in done.json["power"])
    assert "What would have been seen" in (tmp_path / "report.html").read_text()


def test_the_report_is_one_file_in_three_languages(run: Run, made_up: Path, tmp_path: Path) -> None:
    for language in LANGUAGES:
        out = tmp_path / f"{language}.html"
        run("examine", made_up, "--quick", "--report", out, "--language", language)
        page = out.read_text()
        say = catalogue(language)["report"]
        assert f'<html lang="{language}">' in page
        places = [page.index(f"<h2>{say[part]}</h2>") for part in ("contradictions", "irregularities", "descriptions")]
        assert places == sorted(places)
        assert re.search(r"""(src|href)=|url\(|@import|<script|<link|http""", page) is None
        assert page.count("<svg") >= 4
        assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_names_in_the_table_are_text_and_never_markup(run: Run, table: Path, tmp_path: Path) -> None:
    hostile = table.read_text().replace("v_a", "v_<script>alert(1)</script>", 1)
    table.write_text(hostile)
    out = tmp_path / "report.html"
    run("examine", table, "--quick", "--report", out, "--name", "<img src=x onerror=alert(1)>")
    assert "<script" not in out.read_text()
    assert "<img" not in out.read_text()


def test_every_language_has_every_word_with_the_same_places() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(each) for key, each in value.items()}
        return sorted(re.findall(r"{\w+}", value)) if isinstance(value, str) else len(value)

    english = shape(catalogue("en"))
    for language in LANGUAGES:
        words = shape(catalogue(language))
        assert words == english, language


def test_no_finding_speaks_of_fraud() -> None:
    for language, word in (("en", "fraud"), ("az", "saxta"), ("ru", "фальсиф")):
        assert word not in json.dumps(catalogue(language)["finding"], ensure_ascii=False).lower()


def test_figures_are_written_as_readers_write_them() -> None:
    assert number(1234567) == "1,234,567"
    assert number(-3.456) == "−3.46"
    assert number(3.2e-8) == "3.2 · 10⁻⁸"
    assert number(1234.5, "ru") == "1\u00a0234"
    assert number(0.25, "az") == "0,25"
    values: dict[str, float | str] = {"stations": 3, "amount": 9, "law": "§ 8", "lead": 2}
    lawful = Finding("contradiction", "ballots_over_register_lawful", values)
    assert "§ 8" in worded(lawful, "ru").text


def test_synthetic_stations_say_so_everywhere(run: Run, tmp_path: Path, clean: Returns) -> None:
    table = write(tmp_path / "s.csv", clean, "S")
    out = tmp_path / "report.html"
    done = run("examine", table, "--quick", "--report", out)
    assert "SYNTHETIC STATIONS" in done.out
    page = out.read_text()
    assert '<meta name="data-origin" content="synthetic">' in page
    assert page.count("SYNTHETIC STATIONS") >= 2
    assert run("examine", table, "--quick", "--name", "Election in Ruritania, a fictional country").status == 0
    refused = run("examine", table, "--quick", "--name", "Presidential election 2024", "--report", tmp_path / "no.html")
    assert refused.status == 2
    assert "fictional country" in refused.err
    assert not (tmp_path / "no.html").exists()


def test_synthetic_and_real_stations_are_not_mixed(run: Run, tmp_path: Path, clean: Returns) -> None:
    table = write(tmp_path / "s.csv", clean, "S")
    table.write_text(table.read_text().replace("S-0001", "P-0001", 1))
    assert "599 of 600 stations are synthetic" in run("examine", table, "--quick").err


def test_a_rehearsal_of_a_real_election_is_refused(run: Run, azerbaijan: Path) -> None:
    for place in ("election", "site"):
        done = run("examine", azerbaijan / place, "--quick")
        assert done.status == 2
        assert "synthetic stations are not examined under the name" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--candidate", "zzz"], "Use one of: a, b, c"),
        (["--share-of", "all"], "Use valid, or found"),
        (["--language", "fr"], "Use one of: en, az, ru"),
        (["--report", "out.doc"], "Name it .html or .pdf"),
        (["--centre", "roof"], "no such column to tell centres apart"),
        (["--map", "nowhere"], "there is no such mapping"),
        (["--seed", "-1"], "Give 0 or more"),
        (["--processes", "0"], "Give 1 or more"),
        (["--instrument", "{here}/other.csv"], "none of the stations is in the table"),
        (["--tally", "{here}/other.csv"], "needs a column area"),
        (["--announced", "{here}/other.csv"], "needs columns name and votes or percent"),
        (["--stage", "{here}/absent.csv"], "cannot be read"),
        (["--cluster", "tcp://127.0.0.1:1", "--power", "26"], "--cluster"),
    ],
)
def test_wrong_calls_are_refused_with_the_mend(
    run: Run, table: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "other.csv").write_text("station_id\nX-1\n")
    quick = [] if "--cluster" in arguments else ["--quick"]
    done = run("examine", table, *quick, *(part.format(here=tmp_path) for part in arguments))
    assert done.status == 2
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "station_id\n",
        "station_id,v_a\n",
        "station_id,v_a\nx,0\n",
        "a,b\n1,2\n",
        "station_id,v_a\nx,-3\n",
        "\x00\x01",
    ],
)
def test_tables_that_are_none(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    done = run("examine", path, "--quick")
    assert done.status == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "content",
    ["station_id,v_a\nx,3\n", "station_id,valid,v_a,v_b\nx,3,3,0\ny,0,0,0\n", "station_id,registered,v_a\nx,1,1\n"],
)
def test_the_smallest_tables_are_examined(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    done = run("examine", path, "--json", "--power", "26", "--report", tmp_path / "r.html")
    assert done.status in (0, 1), done.err
    assert done.json["table"]["valid"] == 3 or done.json["table"]["valid"] == 1


def test_the_json_is_of_the_documented_types(clean: Returns) -> None:
    found = examined(clean, Question(quick=True), "synthetic")
    schema = json.dumps(msgspec.json.schema(Examination))
    jsonschema_rs.validator_for(schema).validate(json.loads(msgspec.json.encode(found)))
    assert report_html(found, "en").startswith("\n") or report_html(found, "en").lstrip().startswith("<!doctype html>")


def test_another_reading_names_the_stations_that_differ(run: Run, tmp_path: Path, table: Path) -> None:
    lines = table.read_text().splitlines()
    cells = lines[9].split(",")
    cells[7], cells[8] = str(int(cells[7]) - 1), str(int(cells[8]) + 1)
    other = tmp_path / "other.csv"
    other.write_text("\n".join([*lines[:9], ",".join(cells), *lines[10:]]))
    done = run("examine", table, "--quick", "--json", "--reading", other)
    assert done.status == 1
    assert done.json["reading"]["examples"] == ["P-0009"]
    assert [finding["code"] for finding in done.json["findings"]] == ["stations_changed"]
    assert done.json["indicators"]["arrival"] == {"class": "irregularity", "others": [], "reference": []}


def test_a_count_of_a_fictional_country_is_examined_from_its_folder_and_site(
    run: Run, tmp_path: Path, clean: Returns
) -> None:
    table, folder, site = write(tmp_path / "s.csv", clean.take(np.arange(200)), "S"), tmp_path / "e", tmp_path / "site"
    assert run("new", folder, "--from", table).status == 0
    settings = folder / "election.toml"
    settings.write_text(re.sub(r'(?m)^name = ".*"', 'name = "Election of a fictional country"', settings.read_text()))
    imported = ["import", folder, table, "--reason", "as published"]
    for arguments in (["open", folder], imported, ["publish", folder, site]):
        done = run(*arguments)
        assert done.status == 0, done.err + done.out
    for place in (folder, site):
        done = run("examine", place, "--quick", "--json", "--report", tmp_path / "report.html")
        assert done.status == 0, done.err
        assert done.json["table"]["data_origin"] == "synthetic"
        assert done.json["table"]["election"] == "Election of a fictional country"
        assert done.json["table"]["used"] == 200
        page = (tmp_path / "report.html").read_text()
        assert "SYNTHETIC STATIONS" in page
        assert "position: fixed" in page  # repeated on every printed page


def test_a_report_is_printed_where_there_is_a_browser(run: Run, table: Path, tmp_path: Path) -> None:
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("no browser that prints PDF is on this machine")
    assert run("examine", table, "--quick", "--report", tmp_path / "report.pdf").status == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
