"""Bad input: every fault at once, with file and line; exit 2; nothing written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def election(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "spring"
    assert run("new", folder, "--template", "presidential").status == 0
    return folder


def test_a_folder_with_a_fault_of_every_kind_lists_them_all(run: Run, election: Path) -> None:
    stations = (election / "stations.csv").read_text().splitlines()
    header, first, second, third, fourth, *_ = stations
    fields = first.split(",")
    orphan = ",".join(["S-0101", "NOWHERE", *fields[2:]])
    negative = ",".join([*second.split(",")[:4], "-5"])
    fraction = ",".join([*third.split(",")[:4], "7.5"])
    kind = ",".join([*fourth.split(",")[:3], "castle", fourth.split(",")[4]])
    (election / "stations.csv").write_text("\n".join([header, first, first, orphan, negative, fraction, kind]) + "\n")
    (election / "areas.csv").write_text((election / "areas.csv").read_text() + "X,Lost,district,NOWHERE\n")
    (election / "candidates.csv").write_bytes("candidate_id,name,party,ballot_order\na,Jos\xe9,,1\n".encode("latin-1"))
    (election / "calendar.toml").write_text("[[date]\n")
    toml = (election / "election.toml").read_text()
    (election / "election.toml").write_text(
        toml.replace('relation = "="', 'relation = "=="', 1).replace("office = ", "ofice = ", 1)
    )
    found = run("check", election)
    assert found.status == 2
    for expected in (
        "areas.csv:",
        "there is no area 'NOWHERE'",
        "stations.csv:3: station_id: 'S-0001' stands on line 2 already",
        "stations.csv:4: area_id: 'NOWHERE' is not known",
        "'-5' is negative",
        "'7.5' is not a whole number",
        "'castle' is not known",
        "candidates.csv: not a CSV table",
        "calendar.toml:1",
        "relation: '==' is not known",
        "ofice: is not known",
        "office: is missing",
    ):
        assert expected in found.err, f"{expected}\n{found.err}"
    assert run("open", election).status == 2
    assert not (election / "record").exists()
    assert not (election / "private").exists()


def test_the_faults_as_json_have_file_line_field_message_and_mend(run: Run, election: Path) -> None:
    (election / "areas.csv").write_text("area_id,name\n")
    found = run("check", election, "--json")
    assert found.status == 2
    assert not found.json["sound"]
    assert {"file", "line", "field", "message", "mend"} == set(found.json["faults"][0])


TABLES = {
    "duplicate station": "station_id,valid,v_a,v_b\nS-0001,3,1,2\nS-0001,3,1,2\n",
    "unknown station": "station_id,valid,v_a,v_b\nS-9999,3,1,2\n",
    "unknown candidate": "station_id,valid,v_a,v_z\nS-0001,3,1,2\n",
    "negative": "station_id,valid,v_a,v_b\nS-0001,3,-1,2\n",
    "float": "station_id,valid,v_a,v_b\nS-0001,3,1.5,2\n",
    "missing column": "valid,v_a,v_b\n3,1,2\n",
    "ragged": "station_id,valid,v_a,v_b\nS-0001,3\n",
    "empty": "",
    "binary": "\x00\x01\x02\x03",
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_with_a_fault_is_refused_whole(run: Run, election: Path, tmp_path: Path, kind: str) -> None:
    assert run("open", election).status == 0
    before = run("results", election, "--json").json["snapshot"]
    table = tmp_path / "table.csv"
    table.write_text(TABLES[kind])
    refused = run("import", election, table)
    assert refused.status == 2
    assert "table.csv" in refused.err
    assert "Traceback" not in refused.err
    assert run("results", election, "--json").json["snapshot"] == before


def test_gigabytes_of_nonsense_on_standard_input_are_given_up_early(run: Run, election: Path) -> None:
    assert run("open", election).status == 0
    nonsense = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfor _ in range(160_000): sys.stdout.buffer.write(b'\\x01nonsense' * 7000)",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    importing = subprocess.run(
        [sys.executable, "-m", "tallyroom.cli.main", "import", election, "-"],
        stdin=nonsense.stdout,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    nonsense.kill()
    nonsense.communicate()
    assert importing.returncode == 2
    assert "standard input" in importing.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["results", "no-such-folder"],
        ["rehearse", "atlantis", "--once"],
        ["rehearse", "azerbaijan-2024", "--once", "--tamper", "stuffing=0.1"],
        ["rehearse", "ruritania", "--once", "--tamper", "stuffing=2"],
        ["rehearse", "ruritania", "--once", "--tamper", "magic=0.1"],
        ["new", "x"],
        ["results", ".", "--at", "yesterday"],
        ["nonsense"],
        ["fsck", "."],
        ["import", ".", "no-such-table.csv"],
        ["bulletin", ".", "--language", "xx"],
    ],
)
def test_a_wrong_call_is_exit_2_with_a_mend_and_no_traceback(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(*arguments)
    assert refused.status == 2
    assert refused.err
    assert "Traceback" not in refused.err
    assert list(tmp_path.iterdir()) == []
