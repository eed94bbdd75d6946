"""Publishing: what stands in a snapshot, what it takes over from earlier ones, and that all of it is bound."""

import csv
import gzip
import io
import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import brotli
import pytest

from tallyroom.announce import units as units_module
from tallyroom.announce.edition import stands_in_act
from tallyroom.announce.feedcheck import Unsound
from tallyroom.announce.manifest import Listed
from tallyroom.announce.publish import go_on, publish, restore
from tallyroom.announce.staging import Staging
from tallyroom.announce.whole import is_whole
from tallyroom.election.folder import load
from tallyroom.intake.opening import reader
from tallyroom.record import acts
from tallyroom.record.error import RecordError
from tallyroom.tally.replay import publications
from tallyverify.__main__ import main
from tests.announce.press import Press, at, protocol, three_snapshots


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Press:
    """Three snapshots, to be looked at only."""
    return three_snapshots(tmp_path_factory.mktemp("house"))


def test_every_file_of_a_snapshot_is_bound_by_an_act_or_by_the_manifest_that_an_act_binds(played: Press) -> None:
    bound = {one.number: one.files for one in publications(reader(played.folder))}
    for number in (1, 2, 3):
        manifest = played.manifest(number)
        folder = played.site / f"v/{number}"
        names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
        plain = {name for name in names if not name.endswith((".br", ".gz"))}
        assert plain == {*manifest.files, "manifest.json"} == {*bound[number], *filter(is_of_area, plain)}
        for name in plain:
            content = (folder / name).read_bytes()
            digest = sha256(content).hexdigest()
            assert bound[number].get(name, digest) == digest
            length = None if name.endswith(".parquet") else len(content)
            assert name == "manifest.json" or manifest.files[name] == Listed(digest, length)


def is_of_area(path: str) -> bool:
    return not stands_in_act(path)


def test_twins_unfold_to_their_file_and_stand_beside_texts_that_are_not_small(played: Press) -> None:
    files = played.files()
    packed = {name: content for name, content in files.items() if name.endswith((".br", ".gz"))}
    for name, content in packed.items():
        unpack: Callable[[bytes], bytes] = brotli.decompress if name.endswith(".br") else gzip.decompress
        assert unpack(content) == files[name[:-3]]
    texts = [
        name for name, content in files.items() if name.endswith((".html", ".json", ".csv")) and len(content) > 500
    ]
    assert all(f"{name}.br" in packed and f"{name}.gz" in packed for name in texts if not name.startswith("definition"))
    assert "latest.json.br" not in packed


def test_files_of_an_area_are_made_again_only_when_something_in_it_changed(played: Press) -> None:
    first, second, third = (played.manifest(number) for number in (1, 2, 3))
    assert {*filter(is_of_area, first.files)} == files_of("N", "N1", "N2", "S", "S1")
    assert first.held == {}
    # Votes are shown from the second snapshot on: all pages are new, the tables only where something came in.
    assert {*filter(is_of_area, second.files)} == files_of("N", "N1", "N2", "S", "S1") - {"areas/N2.csv"}
    assert second.held == {"areas/N2.csv": 1}
    assert {*filter(is_of_area, third.files)} == files_of("N", "N1")
    assert third.held == {"areas/N2.csv": 1, **dict.fromkeys(files_of("N2", "S", "S1") - {"areas/N2.csv"}, 2)}


def files_of(*areas: str) -> set[str]:
    """A page each, and a table of the stations where some lie in the area itself."""
    return {f"areas/{area}.html" for area in areas} | {f"areas/{area}.csv" for area in areas if len(area) > 1}


def test_the_files_of_areas_are_the_station_table_in_pieces(played: Press) -> None:
    whole = list(csv.reader(io.StringIO(played.read("v/3/stations.csv").decode())))
    manifest = played.manifest(3)
    found = []
    for path, number in {**dict.fromkeys(filter(is_of_area, manifest.files), 3), **manifest.held}.items():
        if not path.endswith(".csv"):
            continue
        header, *rows = csv.reader(io.StringIO(played.read(f"v/{number}/{path}").decode()))
        assert header == whole[0]
        found += rows
    assert sorted(found) == sorted(whole[1:])


def test_an_update_leads_from_one_snapshot_to_the_next(played: Press) -> None:
    assert not (played.site / "v/1/update.json").exists()
    for number in (2, 3):
        before, after = (json.loads(played.read(f"v/{n}/results.json")) for n in (number - 1, number))
        update = json.loads(played.read(f"v/{number}/update.json"))
        assert update["before"] == before["snapshot"]
        assert {**before, **update["results"]} == after
        for table, key in (("areas", "area_id"), ("stations", "station_id")):
            old, new = (rows_of(played, n, table, key) for n in (number - 1, number))
            columns = update[table]["columns"]
            for row in update[table]["rows"]:
                old[str(row[0])] |= {c: "" if v is None else str(v) for c, v in zip(columns, row, strict=True)}
            assert {key: drop(row) for key, row in old.items()} == {key: drop(row) for key, row in new.items()}


def rows_of(press: Press, number: int, table: str, key: str) -> dict[str, dict[str, str]]:
    text = press.read(f"v/{number}/{table}.csv").decode()
    return {row[key]: dict(row) for row in csv.DictReader(io.StringIO(text))}


def drop(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != "snapshot_size"}


def test_an_update_leaves_out_rows_that_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallyroom.announce.edition.MOST_ROWS", 2)
    press = three_snapshots(tmp_path)
    stations = [json.loads(press.read(f"v/{number}/update.json"))["stations"] for number in (2, 3)]
    assert stations[0] is None
    assert [row[0] for row in stations[1]["rows"]] == ["S-0001"]


def test_the_same_record_gives_the_same_site_file_by_file(played: Press, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert restore(load(played.folder), reader(played.folder), played.folder, again) == []
    assert Press(played.folder.parent, again).files() == played.files()


@pytest.mark.parametrize(
    "path",
    ["v/1/results.json", "v/2/areas/N1.csv", "v/2/manifest.json", "v/3/nist.json.br", "index.html", "latest.json"],
)
def test_a_file_that_is_lost_or_changed_is_made_again(played: Press, tmp_path: Path, path: str) -> None:
    site = tmp_path / "site"
    for harm in (Path.unlink, lambda file: file.write_bytes(b"{}")):
        shutil.copytree(played.site, site)
        if path.endswith(".br") and harm is not Path.unlink:
            break
        harm(site / path)
        assert restore(load(played.folder), reader(played.folder), played.folder, site) == []
        assert (site / path).read_bytes() == played.read(path)
        shutil.rmtree(site)


def test_whole_snapshots_are_not_made_again(played: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Staging, path: str, content: bytes) -> None:
        raise AssertionError(path)

    monkeypatch.setattr(Staging, "add", never)
    assert restore(load(played.folder), reader(played.folder), played.folder, played.site) == []


def test_an_interrupted_snapshot_leaves_nothing_to_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its act is in the record no file of a snapshot has its name, and the next try makes the same."""
    press = three_snapshots(tmp_path)
    press.file(protocol(6, 1, 2, 3))

    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, press.room() as (state, clerk):
        patch.setattr(clerk, "enter", stopped)
        with pytest.raises(KeyboardInterrupt):
            publish(state, clerk, press.folder, press.site, at(7))
    assert [file for file in press.site.rglob("v/4/**/*") if file.is_file()] == []
    assert json.loads(press.read("latest.json"))["number"] == 3
    press.publish(8)
    assert is_whole(press.site / "v/4", publications(reader(press.folder))[-1].files)
    assert not list(press.site.rglob("*.tmp"))


@pytest.mark.parametrize("asked", [1, 2])
def test_a_snapshot_whose_quorum_was_lost_is_shown_once_there_is_one(tmp_path: Path, asked: int) -> None:
    """Its act is in the record by then; the site stays whole, and going on shows it without a further act of it."""
    press = three_snapshots(tmp_path)
    press.file(protocol(6, 1, 2, 3))
    before, answers = press.files(), iter([True] * asked)

    def cosign(checkpoint: bytes) -> bytes:
        if not next(answers, False):
            raise RecordError("checkpoint", "has no quorum")
        return checkpoint

    with press.room() as (state, clerk), pytest.raises(RecordError, match="no quorum"):
        publish(state, clerk, press.folder, press.site, at(7), cosign=cosign)
    assert len(press.state().publications) == 4
    assert (press.files() == before) is (asked == 1)
    assert main([str(press.site)]) == 0
    with press.room() as (state, clerk):
        assert go_on(state, clerk, press.folder, press.site) == []
    assert [published.number for published in publications(reader(press.folder))] == [1, 2, 3, 4]
    assert is_whole(press.site / "v/4", publications(reader(press.folder))[-1].files)
    assert sum(b'"number":4,' in entry for entry in reader(press.folder).entries()) == 2
    assert main([str(press.site)]) == 0


def test_a_feed_that_does_not_hold_together_stops_the_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    press = three_snapshots(tmp_path)
    size = press.state().size

    def unsound(*arguments: object) -> Any:
        return b"{}"

    monkeypatch.setattr("tallyroom.announce.edition.nist_json", unsound)
    with pytest.raises(Unsound, match=r"nist\.json: is not of the model"):
        press.publish(7)
    assert "nist.json" not in publications(reader(press.folder))[-1].files
    assert press.state().size == size + 1


def test_results_that_are_not_valid_are_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press(tmp_path)
    monkeypatch.setattr("tallyroom.announce.snapshot.results_json", lambda results: b'{"valid": "many"}')
    size = press.state().size
    with pytest.raises(RecordError, match="not valid by its schema"):
        press.publish(2)
    assert press.state().size == size


def test_a_country_told_in_parts_keeps_the_parts_that_did_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units_module, "MOST_STATIONS", 2)
    press = three_snapshots(tmp_path)
    second, third = press.manifest(2), press.manifest(3)
    assert {name for name in second.files if name.startswith("parts/")} == {
        f"parts/{area}/{name}" for area in ("N1", "N2", "S") for name in ("nist.json", "civics.xml", "sidecar.json")
    }
    assert {name for name in third.files if name.endswith("nist.json")} == {"nist.json", "parts/N1/nist.json"}
    assert third.held["parts/S/nist.json"] == 2
    calls = [acts.Call(at=at(8), contest="mayor", candidate="a") for _ in range(2)]
    press.enter(calls[0], role="desk-1")
    press.enter(calls[1], role="desk-2")
    press.publish(9)
    fourth = press.manifest(4)
    assert "parts/S/nist.json" in fourth.files, "a call is told in every part"
    assert restore(load(press.folder), reader(press.folder), press.folder, tmp_path / "again") == []
    assert (tmp_path / "again/v/4/parts/S/nist.json").read_bytes() == press.read("v/4/parts/S/nist.json")
