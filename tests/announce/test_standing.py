"""Which act stands for a station: a site's tables say it as the record does, snapshot by snapshot, and nothing else."""

import hashlib
from pathlib import Path

import pytest

from tallyroom.announce.standing import newest, publication, publication_acts, published_act, station_act
from tallyroom.election import folder as election_folder
from tallyroom.intake.acceptance import enter
from tallyroom.intake.opening import read_vkey, reader
from tallyroom.record.acts import Publication, Seen
from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.log import Log
from tallyroom.tally.replay import replay
from tests.announce.press import Press, at, three_snapshots

STATIONS = tuple(f"S-000{n}" for n in range(1, 7))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Press:
    return three_snapshots(tmp_path_factory.mktemp("standing"))


@pytest.fixture
def press(tmp_path: Path) -> Press:
    """A night of one's own, to spoil."""
    return three_snapshots(tmp_path)


def site_log(press: Press) -> Log:
    return Log.open(press.site, read_vkey(press.site))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_table_says_what_a_replay_of_its_prefix_says(night: Press, number: int) -> None:
    definition, log = election_folder.load(night.folder), site_log(night)
    contest = definition.contests[0]
    index, act = publication_acts(log)[number]
    state = replay(definition, log, act.snapshot.size)
    found = {station: published_act(definition, night.site, log, number, contest, station) for station in STATIONS}
    assert found == {station: station_act(state, log, contest, station) for station in STATIONS}
    assert sum(one is not None for one in found.values()) == (0, 3, 3)[number - 1]
    assert publication(night.site, log, number) == (index, act)
    assert publication(night.folder, reader(night.folder), number) == (index, act)


def test_the_newest_snapshot_has_the_correction(night: Press) -> None:
    definition, log = election_folder.load(night.folder), site_log(night)
    assert newest(night.site) == 3
    before, now = (published_act(definition, night.site, log, n, definition.contests[0], "S-0001") for n in (2, 3))
    assert before is not None
    assert now is not None
    assert [type(one.act).__name__ for one in (before, now)] == ["Protocol", "Correction"]


def test_there_is_no_other_snapshot(night: Press) -> None:
    log = site_log(night)
    assert publication(night.site, log, 4) is None
    assert publication(night.folder, log, 4) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [(b'"accepted"', b'"annulled"'), (b"S-0001", b"S-0009"), (b'"S-0002"', b'"S-000\xff"')],
)
def test_a_table_that_is_not_the_published_one_says_nothing(press: Press, before: bytes, after: bytes) -> None:
    table = press.site / "v/3/stations.csv"
    table.write_bytes(table.read_bytes().replace(before, after, 1))
    definition = election_folder.load(press.folder)
    with pytest.raises(Damaged, match="is not the file that was published"):
        published_act(definition, press.site, site_log(press), 3, definition.contests[0], "S-0001")


def test_a_table_that_is_not_there_is_asked_for_later(press: Press) -> None:
    (press.site / "v/3/stations.csv").unlink()
    definition, log = election_folder.load(press.folder), site_log(press)
    with pytest.raises(RecordError, match="is not published yet"):
        published_act(definition, press.site, log, 3, definition.contests[0], "S-0001")
    assert published_act(definition, press.site, log, 2, definition.contests[0], "S-0001") is not None


@pytest.mark.parametrize("size", ["0", "99999", "-1", '"3"'])
def test_results_of_no_snapshot_of_this_record_are_refused(press: Press, size: str) -> None:
    results = press.site / "v/3/results.json"
    results.write_text(f'{{"snapshot":{{"size":{size},"root":""}}}}')
    with pytest.raises(RecordError, match=r"results\.json"):
        publication(press.site, site_log(press), 3)


@pytest.mark.parametrize("other", ["act of another station", "no number", "no status"])
def test_a_published_table_that_lies_is_caught_by_the_act_that_it_names(press: Press, other: str) -> None:
    """Whoever publishes binds the table by its hash; what it names has to be an act of the station all the same."""
    rows = (press.site / "v/3/stations.csv").read_text().splitlines(keepends=True)
    own, stranger = (next(row for row in rows if row.startswith(f'"{station}"')) for station in ("S-0001", "S-0002"))
    number = own.split(",")[-2]
    changed = {
        "act of another station": own.replace(f",{number},", f",{stranger.split(',')[-2]},"),
        "no number": own.replace(f",{number},", ",1_0,"),
        "no status": own.replace('"accepted"', '"certain"'),
    }[other]
    table = "".join(rows).replace(own, changed).encode()
    with press.room() as (state, clerk):
        size = state.size
        seen = Seen(size, encode_base64(clerk.log.root))
        files = {"stations.csv": hashlib.sha256(table).hexdigest()}
        enter(state, clerk, [Publication(at=at(9), number=4, snapshot=seen, files=files)], "desk-1")
    folder = press.site / "v/4"
    folder.mkdir()
    (folder / "stations.csv").write_bytes(table)
    (folder / "results.json").write_text(f'{{"snapshot":{{"size":{size},"root":""}}}}')
    definition = election_folder.load(press.folder)
    with pytest.raises(RecordError, match="names an act for S-0001 that is not of it"):
        published_act(definition, press.site, reader(press.folder), 4, definition.contests[0], "S-0001")
