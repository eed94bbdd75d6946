"""Following a site: what is new, by the small update or whole, and how often it is asked."""

import json
import random
import shutil
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from tallyroom.announce.follow import LONGEST, Follower, waits
from tallyroom.cli.live import screen
from tallyroom.cli.main import main
from tallyroom.record.error import RecordError
from tallyroom.record.store import Store
from tallyroom.tally.results import Results
from tests.announce.press import Press, three_snapshots


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return three_snapshots(tmp_path_factory.mktemp("house"))


@pytest.fixture
def site(played: Press, tmp_path: Path) -> Path:
    return Path(shutil.copytree(played.site, tmp_path / "site"))


def point(site: Path, number: int) -> None:
    pointer = json.loads((site / "latest.json").read_text())
    (site / "latest.json").write_text(json.dumps({**pointer, "number": number, "path": f"v/{number}/"}))


def results(site: Path, number: int) -> Results:
    return msgspec.json.decode((site / f"v/{number}/results.json").read_bytes(), type=Results)


def test_a_follower_takes_the_update_where_it_leads_on(site: Path) -> None:
    point(site, 2)
    follower = Follower(Store(site))
    seen = follower.look()
    assert seen is not None
    assert (seen.number, seen.results, seen.before) == (2, results(site, 2), None)
    assert follower.look() is None
    expected = results(site, 3)
    (site / "v/3/results.json").unlink()
    point(site, 3)
    seen = follower.look()
    assert seen is not None
    assert (seen.number, seen.results) == (3, expected)
    assert seen.more_votes == {"a": 2, "b": 4, "c": 4}
    assert (seen.more_stations, seen.moved) == (0, {"a": 0, "b": 0, "c": 0})


def test_a_follower_that_missed_a_snapshot_takes_the_whole(site: Path) -> None:
    point(site, 1)
    follower = Follower(Store(site))
    assert follower.look() is not None
    point(site, 3)
    seen = follower.look()
    assert seen is not None
    assert seen.results == results(site, 3)
    assert seen.more_stations == 3


def test_an_update_that_does_not_lead_on_is_not_taken(site: Path) -> None:
    point(site, 2)
    follower = Follower(Store(site))
    follower.look()
    update = json.loads((site / "v/3/update.json").read_text())
    update["before"]["size"] += 1
    (site / "v/3/update.json").write_text(json.dumps(update))
    point(site, 3)
    seen = follower.look()
    assert seen is not None
    assert seen.results == results(site, 3)


@pytest.mark.parametrize("content", [b"{}", b"<html>", b'{"number": "7"}'])
def test_something_else_than_a_pointer_is_named(site: Path, content: bytes) -> None:
    (site / "latest.json").write_bytes(content)
    with pytest.raises(RecordError, match=r"latest\.json: is not what a site has there"):
        Follower(Store(site)).look()


def test_questions_are_spread_and_grow_rarer_after_failures() -> None:
    draw = random.Random(1)
    spread = [waits(15, 0, draw) for _ in range(200)]
    assert 12 <= min(spread) < 13
    assert 17 < max(spread) <= 18
    assert 48 <= waits(15, 2, draw) <= 72
    assert waits(15, 50, draw) <= LONGEST * 1.2


def test_the_screen_marks_what_changed(
    site: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    point(site, 2)
    follower = Follower(Store(site))
    follower.look()
    point(site, 3)
    seen = follower.look()
    assert seen is not None
    Console(width=100).print(screen(seen))
    text = capfd.readouterr().out
    assert "SYNTHETIC STATIONS" in text
    assert "+4" in text
    assert "Polling stations reported: 3 of 6 (50.00%)" in text
    monkeypatch.setattr("sys.argv", ["tallyroom", "watch", str(site), "--once", "--json"])
    with pytest.raises(SystemExit) as left:
        main()
    document = json.loads(capfd.readouterr().out)
    assert (left.value.code, document["number"], document["results"]["valid"]) == (0, 3, seen.results.valid)
