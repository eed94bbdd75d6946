"""Evidence and backups: what is listed is there and the same, and an old record never becomes a second one."""

import shutil
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def election(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "spring"
    assert run("new", folder, "--template", "presidential").status == 0
    assert run("open", folder).status == 0
    assert run("act", folder, "opened", "S-0001").status == 0
    return folder


def test_a_scan_is_kept_by_its_hash_and_listed_in_an_act(run: Run, election: Path, tmp_path: Path) -> None:
    scan = tmp_path / "front.jpg"
    scan.write_bytes(b"\xff\xd8not really a picture<script>")
    attached = run("attach", election, 1, scan, "--json").json
    evidence = attached["evidence"][0]
    assert (evidence["bytes"], evidence["media"]) == (30, "image/jpeg")
    assert (election / "evidence" / evidence["sha256"]).read_bytes() == scan.read_bytes()
    assert run("verify", election).status == 0


@pytest.mark.parametrize("damage", ["gone", "other", "longer"])
def test_a_file_that_is_missing_or_another_is_named(run: Run, election: Path, tmp_path: Path, damage: str) -> None:
    scan = tmp_path / "front.png"
    scan.write_bytes(b"scan")
    sha256 = run("attach", election, 1, scan, "--json").json["evidence"][0]["sha256"]
    copy = election / "evidence" / sha256
    if damage == "gone":
        copy.unlink()
    else:
        copy.write_bytes(b"scam" if damage == "other" else b"scans")
    found = run("verify", election, "--json")
    assert found.status == 1
    assert [one["sha256"] for one in found.json["wrong"]] == [sha256]


def test_evidence_of_an_act_that_is_not_there_is_refused(run: Run, election: Path, tmp_path: Path) -> None:
    scan = tmp_path / "front.png"
    scan.write_bytes(b"scan")
    refused = run("attach", election, 99, scan)
    assert refused.status == 2
    assert "there is no act 99" in refused.err


def test_evidence_is_no_part_of_a_published_site(run: Run, election: Path, tmp_path: Path) -> None:
    scan = tmp_path / "front.pdf"
    scan.write_bytes(b"%PDF-1.7 hostile")
    run("attach", election, 1, scan)
    assert run("publish", election, tmp_path / "site").status == 0
    files = [file for file in (tmp_path / "site").rglob("*") if file.is_file()]
    assert not any(b"hostile" in file.read_bytes() for file in files)


def test_a_backup_restores_the_record_whole_and_holds_no_secret(run: Run, election: Path, tmp_path: Path) -> None:
    before = run("results", election, "--json").out
    file = tmp_path / "spring.tar"
    assert run("backup", election, file).status == 0
    with tarfile.open(file) as archive:
        names = archive.getnames()
    assert not any("private" in name or name.endswith(".key") for name in names)
    assert run("restore", file, tmp_path / "again").status == 0
    assert run("results", tmp_path / "again", "--json").out == before


def test_an_older_backup_is_refused_for_writing_and_read_for_what_it_is(
    run: Run, election: Path, tmp_path: Path
) -> None:
    file = tmp_path / "old.tar"
    assert run("backup", election, file).status == 0
    assert run("act", election, "opened", "S-0002").status == 0
    shutil.rmtree(election / "record")
    assert run("restore", file, election).status == 0
    assert run("results", election).status == 0
    refused = run("act", election, "opened", "S-0003")
    assert refused.status == 2
    assert "not the record that was last signed" in refused.err
    assert "Restore the newest copy" in refused.err


def test_a_restore_over_a_record_or_of_something_else_is_refused(run: Run, election: Path, tmp_path: Path) -> None:
    file = tmp_path / "spring.tar"
    assert run("backup", election, file).status == 0
    assert "has a record already" in run("restore", file, election).err
    assert run("backup", election, file).status == 2, "a backup never overwrites a file"
    nonsense = tmp_path / "nonsense.tar"
    nonsense.write_bytes(b"nonsense" * 200)
    assert run("restore", nonsense, tmp_path / "x").status == 2
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w") as archive:
        archive.add(file, "../outside")
    assert run("restore", hostile, tmp_path / "y").status == 2
    assert not (tmp_path / "outside").exists()
    linked = tmp_path / "linked.tar"
    with tarfile.open(linked, "w") as archive:
        link = tarfile.TarInfo("record")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    assert run("restore", linked, tmp_path / "z").status == 2
