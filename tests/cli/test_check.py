"""Proofs, receipts, witnesses and monitors on the command line, from an election folder and from its site."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tallyroom.cli import watch
from tallyroom.cli.main import main
from tallyroom.record import witness_http
from tallyroom.record.proof import TlogProof
from tallyroom.record.witness import open_witness
from tests.cli.conftest import Ran, Run
from tests.record.witnesses import NOW, served

AT = "2025-06-15T21:00:00+00:00"
STATION = "S-0001"
WHICH = ("--station", STATION)


def vkey(folder: Path) -> str:
    return (folder / "log.vkey").read_text().strip()


@pytest.fixture
def site(azerbaijan: Path) -> Path:
    return azerbaijan / "site"


@pytest.fixture(scope="module")
def proved(azerbaijan: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The proof of a station, as `proof --out` writes it."""
    file = tmp_path_factory.mktemp("proof") / "s.tlog-proof"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["tallyroom", "proof", str(azerbaijan / "site"), *WHICH, "--out", str(file)])
        with pytest.raises(SystemExit, match="0"):
            main()
    return file.read_bytes()


@pytest.fixture
def file(proved: bytes, tmp_path: Path) -> Path:
    """A copy of it to work on."""
    copy = tmp_path / "s.tlog-proof"
    copy.write_bytes(proved)
    return copy


def test_a_proof_of_a_station_is_checked_without_the_record(run: Run, site: Path, file: Path) -> None:
    checked = run("proof", "verify", file, "--vkey", vkey(site))
    assert checked.status == 0
    assert f'"station":"{STATION}"' in checked.out


def test_a_receipt_is_a_page(run: Run, site: Path, tmp_path: Path) -> None:
    page = tmp_path / "s.html"
    made = run("proof", site, *WHICH, "--receipt", page)
    assert (made.status, made.out.splitlines()[1:]) == (0, [f"{page} is written."])
    assert "SYNTHETIC STATIONS" in page.read_text()


def test_the_election_folder_gives_the_proof_that_its_site_gives(run: Run, azerbaijan: Path, proved: bytes) -> None:
    folder = azerbaijan / "election"
    assert run("proof", folder, *WHICH).out.encode() == proved
    found = run("proof", folder, *WHICH, "--json").json
    assert found["proof"].encode() == proved
    assert found.keys() == {"station", "act", "status", "snapshot", "checkpoint", "proof", "files"}


@pytest.mark.parametrize("change", ["index", "hash", "entry", "size", "signature"])
def test_a_changed_proof_does_not_hold(run: Run, site: Path, file: Path, change: str) -> None:
    lines = file.read_text().split("\n")
    size, signature = lines.index("") + 2, len(lines) - 2
    place, line = {
        "entry": (1, "extra e30="),
        "index": (2, "index 1"),
        "hash": (3, lines[4]),
        "size": (size, f"{lines[size]}0"),
        "signature": (signature, f"{lines[signature][:-20]}{lines[signature][-20:].swapcase()}"),
    }[change]
    lines[place] = line
    file.write_text("\n".join(lines))
    refused = run("proof", "verify", file, "--vkey", vkey(site))
    assert (refused.status, refused.err) == (1, "")
    assert refused.out.startswith(str(file))


def test_a_proof_without_its_act_needs_it(run: Run, site: Path, file: Path, tmp_path: Path) -> None:
    act = tmp_path / "act.json"
    act.write_bytes(TlogProof.parse(file.read_bytes()).extra)
    file.write_text(re.sub("extra .*\n", "", file.read_text()))
    assert run("proof", "verify", file, "--vkey", vkey(site)).status == 2
    assert run("proof", "verify", file, "--vkey", vkey(site), "--entry", act).status == 0
    act.write_bytes(act.read_bytes() + b"\n")
    assert run("proof", "verify", file, "--vkey", vkey(site), "--entry", act).status == 1


def in_bulletin_7(site: Path, status: str) -> str:
    """A station that had this status in snapshot 7."""
    rows = pq.read_table(site / "v/7/stations.parquet", columns=["station_id", "status"]).to_pylist()
    return next(row["station_id"] for row in rows if row["status"] == status)


def test_a_station_is_proved_to_be_in_a_snapshot(run: Run, site: Path, tmp_path: Path) -> None:
    """My station is in bulletin 7: two proofs, of the act and of the publication, in one record."""
    file, publication = tmp_path / "s.tlog-proof", tmp_path / "s.snapshot-7.tlog-proof"
    station = in_bulletin_7(site, "accepted")
    assert run("proof", site, "--station", station, "--snapshot", "7", "--out", file).status == 0
    checked = run("proof", "verify", file, publication, "--vkey", vkey(site))
    assert checked.status == 0
    assert re.search(r"Act [0-9,]+ is among the [0-9,]+ acts of snapshot 7\.", checked.out)
    index = TlogProof.parse(file.read_bytes()).index
    act = json.loads(TlogProof.parse(publication.read_bytes()).extra)
    assert act["number"] == 7
    assert index < act["snapshot"]["size"]


def test_a_station_that_had_not_reported_is_not_in_a_snapshot(run: Run, site: Path) -> None:
    waiting = in_bulletin_7(site, "expected")
    refused = run("proof", site, "--station", waiting, "--snapshot", "7")
    assert (refused.status, refused.err) == (1, "")
    assert f"No protocol of {waiting} is in snapshot 7." in refused.out


def changed(site: Path, copy: Path, change: str) -> Path:
    """A copy of the site in which one table of its newest snapshot was changed, or is absent."""
    shutil.copytree(site, copy, copy_function=os.link)
    table = copy / json.loads((copy / "latest.json").read_bytes())["path"] / "stations.csv"
    content = table.read_text()
    table.unlink()  # the link, and not the file of the site
    if change == "another act":
        rows = content.splitlines(keepends=True)
        act = next(row for row in rows[2:] if '"accepted"' in row).split(",")[-2]
        own = next(row for row in rows if row.startswith(f'"{STATION}"'))
        table.write_text(content.replace(own, own.replace(own.split(",")[-2], act)))
    return copy


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [("another act", 2, "is not the file that was published"), ("no table", 2, "is not published yet")],
)
def test_a_table_that_was_changed_proves_nothing(
    run: Run, site: Path, tmp_path: Path, change: str, status: int, said: str
) -> None:
    refused = run("proof", changed(site, tmp_path / "copy", change), *WHICH)
    assert (refused.status, refused.out) == (status, "")
    assert said in refused.err


def test_a_site_whose_results_are_of_another_snapshot_is_refused(run: Run, site: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(site, tmp_path / "copy", copy_function=os.link)
    (copy / "v/7/results.json").unlink()
    os.link(site / "v/5/results.json", copy / "v/7/results.json")
    for asked in (("--extends", "5", "7"), (*WHICH, "--snapshot", "7")):
        refused = run("proof", copy, *asked)
        assert (refused.status, refused.out) == (2, "")
        assert "is of a snapshot that this record has not" in refused.err


def test_a_snapshot_extends_an_older_one(run: Run, site: Path) -> None:
    found = run("proof", site, "--extends", "5", "7", "--json")
    assert found.status == 0
    assert found.json["extends"] is True
    old, new = (json.loads((site / f"v/{n}/results.json").read_bytes())["snapshot"] for n in (5, 7))
    assert [found.json[side]["root"] for side in ("old", "new")] == [old["root"], new["root"]]
    said = run("proof", site, "--extends", "5", "7")
    assert said.out.splitlines()[1:] == found.json["proof"]
    backward = run("proof", site, "--extends", "7", "5")
    assert (backward.status, backward.err) == (1, "")


WRONG_CALLS = {
    "no station": ["proof", "SITE"],
    "an unknown station": ["proof", "SITE", "--station", "S-9999"],
    "an unknown snapshot": ["proof", "SITE", "--station", STATION, "--snapshot", "99"],
    "an unknown older snapshot": ["proof", "SITE", "--extends", "99", "7"],
    "an unknown contest": ["proof", "SITE", "--station", STATION, "--contest", "x"],
    "no record": ["proof", "NOWHERE", "--station", STATION],
    "no key": ["proof", "verify", "FILE"],
    "a key that is none": ["proof", "verify", "FILE", "--vkey", "x"],
    "no proof": ["proof", "verify", "NOWHERE", "--vkey", "KEY"],
    "what is no proof": ["proof", "verify", "PAGE", "--vkey", "KEY"],
    "a policy that is none": ["proof", "verify", "FILE", "--policy", "PAGE"],
    "one act for two proofs": ["proof", "verify", "FILE", "FILE", "--vkey", "KEY", "--entry", "PAGE"],
    "a monitor of nothing": ["monitor", "NOWHERE", "--state", "STATE", "--once"],
    "a monitor of nobody": ["monitor", "http://127.0.0.1:9", "--state", "STATE", "--once"],
    "a witness of nothing": ["witness", "new", "STATE", "--name", "w", "--log", "x"],
    "a witness that is none": ["witness", "keys", "NOWHERE"],
    "a console under no policy": ["serve", "ELECTION", "--policy", "PAGE"],
    "a site published under no policy": ["publish", "ELECTION", "STATE", "--policy", "PAGE"],
}


@pytest.mark.parametrize("call", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_wrong_calls_are_refused_with_a_mend(
    run: Run, azerbaijan: Path, file: Path, tmp_path: Path, call: list[str]
) -> None:
    site = azerbaijan / "site"
    stands_for = {
        "SITE": site,
        "ELECTION": azerbaijan / "election",
        "FILE": file,
        "PAGE": site / "index.html",
        "KEY": vkey(site),
        "NOWHERE": tmp_path / "nowhere",
        "STATE": tmp_path / "state",
    }
    refused = run(*(stands_for.get(word, word) for word in call))
    assert (refused.status, refused.out) == (2, "")
    assert refused.err
    assert "Traceback" not in refused.err
    assert not (tmp_path / "state").exists()


@pytest.fixture
def spring(run: Run, tmp_path: Path) -> Path:
    """An election folder with an open record."""
    folder = tmp_path / "spring"
    assert run("new", folder, "--template", "presidential").status == 0
    assert run("open", folder).status == 0
    return folder


@pytest.fixture
def blue(run: Run, spring: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a witness that follows the record."""
    made = run("witness", "new", tmp_path / "blue", "--name", "blue.example/w", "--log", vkey(spring / "record"))
    assert made.status == 0
    assert run("witness", "keys", tmp_path / "blue").out == made.out
    assert run("witness", "keys", tmp_path / "blue", "--json").json["vkeys"] == [made.out.strip()]
    with served(open_witness(tmp_path / "blue", lambda: NOW)) as address:
        yield address


def write_policy(tmp_path: Path, spring: Path, url: str) -> Path:
    policy = tmp_path / "trust.policy"
    blue = (tmp_path / "blue/witness.vkey").read_text().strip()
    policy.write_text(f"log {vkey(spring / 'record')}\nwitness blue {blue} {url}\nquorum blue\n")
    return policy


def test_what_is_published_is_cosigned(run: Run, spring: Path, blue: str, tmp_path: Path) -> None:
    policy, site, state = write_policy(tmp_path, spring, blue), tmp_path / "site", tmp_path / "watch.json"
    assert run("publish", spring, site, "--policy", policy, "--at", AT).status == 0
    assert b"blue.example/w" in (site / "checkpoint").read_bytes()
    assert run("fsck", site).status == 0
    watched = run("monitor", site, "--state", state, "--policy", policy, "--once", "--json")
    assert watched.status == 0
    assert watched.json["cosigned_by"] == ["blue"]
    assert watched.json.keys() == {"checkpoint", "cosigned_by", "new_acts", "alarms", "notices"}
    assert run("publish", spring, site, "--policy", policy, "--at", AT).status == 0
    assert "cosigned by blue" in run("monitor", site, "--state", state, "--policy", policy, "--once").out


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def test_without_a_quorum_nothing_changes(run: Run, spring: Path, blue: str, tmp_path: Path) -> None:
    policy, site = write_policy(tmp_path, spring, blue), tmp_path / "site"
    assert run("publish", spring, site, "--policy", policy, "--at", AT).status == 0
    shown, entered = files(site), files(spring / "record")
    write_policy(tmp_path, spring, "http://127.0.0.1:9")
    refused = run("publish", spring, site, "--policy", policy, "--at", AT)
    assert (refused.status, refused.out) == (1, "")
    assert "has no quorum of witnesses" in refused.err
    assert "blue: http://127.0.0.1:9/add-checkpoint: gives no answer" in refused.err
    assert files(site) == shown
    assert files(spring / "record") == entered


def test_a_quorum_that_goes_missing_half_way_leaves_the_site_whole(
    run: Run, spring: Path, blue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The witness stops answering between the first question and the second; later all is made whole."""
    policy, site = write_policy(tmp_path, spring, blue), tmp_path / "site"
    assert run("publish", spring, site, "--policy", policy, "--at", AT).status == 0
    shown = files(site)
    collect, asked = witness_http.collect, []

    def failing(*arguments: object) -> bytes:
        asked.append(arguments)
        if len(asked) > 2:
            raise witness_http.NotCosigned("checkpoint", "has no quorum of witnesses")
        return collect(*arguments)

    monkeypatch.setattr(witness_http, "collect", failing)
    assert run("publish", spring, site, "--policy", policy, "--at", AT).status == 1
    assert files(site) == shown
    monkeypatch.undo()
    assert run("publish", spring, site, "--policy", policy, "--at", AT).status == 0
    assert {"v/1/results.json", "v/2/results.json", "v/3/stations.csv"} <= files(site).keys()
    assert run("fsck", site).status == 0


def test_a_proof_is_checked_by_a_policy(run: Run, site: Path, file: Path, tmp_path: Path) -> None:
    policy = tmp_path / "trust.policy"
    run("witness", "new", tmp_path / "blue", "--name", "blue.example/w", "--log", vkey(site))
    blue = (tmp_path / "blue/witness.vkey").read_text().strip()
    policy.write_text(f"log {vkey(site)}\nwitness blue {blue}\nquorum none\n")
    found = run("proof", "verify", file, "--policy", policy, "--json")
    assert (found.status, found.json[0]["cosigned_by"]) == (0, [])
    policy.write_text(policy.read_text().replace("quorum none", "quorum blue"))
    refused = run("proof", "verify", file, "--policy", policy)
    assert refused.status == 1
    assert "the quorum blue has not cosigned; nobody has" in refused.out


def test_a_monitor_alarms_once_a_record_is_rewritten(run: Run, spring: Path, tmp_path: Path) -> None:
    """A commission that keeps its keys and makes another record under them."""
    site, state = tmp_path / "site", tmp_path / "watch.json"
    assert run("publish", spring, site, "--at", AT).status == 0
    assert run("monitor", site, "--state", state, "--once").status == 0
    before = (site / "checkpoint").read_bytes()
    shutil.rmtree(spring / "record")
    (spring / "private/lock").unlink()
    assert run("open", spring).status == 0
    shutil.rmtree(site)
    for _ in range(2):
        assert run("publish", spring, site, "--at", "2025-06-15T22:00:00+00:00").status == 0
    alarmed = run("monitor", site, "--state", state, "--once", "--json")
    assert alarmed.status == 1
    (alarm,) = alarmed.json["alarms"]
    assert alarm["kind"] == "rewritten"
    assert before in [Path(path).read_bytes() for path in alarm["evidence"]]
    said = run("monitor", site, "--state", state, "--once")
    assert (said.status, said.out.count("ALARM rewritten"), said.out.count("evidence: ")) == (1, 1, 2)


def test_a_monitor_goes_on_until_the_first_alarm(
    run: Run, spring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, state = tmp_path / "site", tmp_path / "watch.json"
    assert run("publish", spring, site, "--at", AT).status == 0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            (site / "checkpoint").write_bytes(b"nonsense")

    monkeypatch.setattr(watch.time, "sleep", sleep)
    ended: Ran = run("monitor", site, "--state", state, "--every", "7")
    assert (ended.status, slept) == (1, [7, 7])
    assert ended.out.splitlines()[-2].startswith("ALARM unsigned")
