"""A mirror: what it fetches, what it keeps, and that nothing is believed that the record does not bind."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from tallyroom.announce.mirror import Fetched, Mirror
from tallyroom.announce.serve import site_server
from tallyroom.cli.main import main
from tallyroom.record.error import RecordError
from tests.announce.press import Press, protocol, three_snapshots


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a site while it is served."""
    server = site_server(site, "127.0.0.1", 18_100)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def fetched(site: Path, out: Path, newest: bool = False) -> Fetched:
    with served(site) as url:
        return Mirror(url, out).fetch(newest)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Press:
    """Three snapshots; copy the site before changing anything."""
    return three_snapshots(tmp_path_factory.mktemp("house"))


@pytest.fixture
def site(played: Press, tmp_path: Path) -> Path:
    return Path(shutil.copytree(played.site, tmp_path / "site"))


def test_a_mirror_is_the_site_byte_for_byte(played: Press, site: Path, tmp_path: Path) -> None:
    done = fetched(site, tmp_path / "mirror")
    assert (done.faults, done.snapshots) == ([], [1, 2, 3])
    assert Press(played.folder.parent, tmp_path / "mirror").files() == played.files()


def test_a_second_fetch_asks_only_for_what_is_new(tmp_path: Path) -> None:
    press = three_snapshots(tmp_path)
    first = fetched(press.site, tmp_path / "mirror")
    again = fetched(press.site, tmp_path / "mirror")
    assert (again.fetched, again.faults) == (0, [])
    press.file(protocol(6, 1, 2, 3))
    press.publish(9)
    more = fetched(press.site, tmp_path / "mirror")
    assert (more.snapshots, more.faults) == ([1, 2, 3, 4], [])
    assert 0 < more.fetched < first.fetched / 2
    assert Press(tmp_path, tmp_path / "mirror").files() == press.files()


def test_a_fetch_that_was_stopped_goes_on(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror, whole = tmp_path / "mirror", Mirror._file

    def stopped(self: Mirror, folder: str, item: tuple[str, object]) -> str:
        if folder == "v/2/" and item[0] == "areas.csv":
            raise KeyboardInterrupt
        return whole(self, folder, item)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Mirror, "_file", stopped)
        with pytest.raises(KeyboardInterrupt):
            fetched(site, mirror)
    assert not (mirror / "latest.json").exists()
    done = fetched(site, mirror)
    assert (done.faults, done.snapshots) == ([], [1, 2, 3])
    assert done.kept > 10


def test_the_newest_snapshot_alone_with_what_it_holds_of_earlier_ones(site: Path, tmp_path: Path) -> None:
    done = fetched(site, tmp_path / "mirror", newest=True)
    assert (done.faults, done.snapshots) == ([], [3])
    found = {file.relative_to(tmp_path / "mirror/v").as_posix() for file in (tmp_path / "mirror/v").rglob("*.csv")}
    assert found == {"1/areas/N2.csv", "2/areas/S1.csv", "3/areas/N1.csv", "3/areas.csv", "3/stations.csv"}


@pytest.mark.parametrize(
    "path",
    [
        "v/2/results.json",
        "v/3/nist.json",
        "v/2/areas/N1.csv",
        "v/1/manifest.json",
        "definition/areas.csv",
        "index.html",
    ],
)
def test_a_file_that_is_not_what_the_record_binds_is_named_and_not_kept(site: Path, tmp_path: Path, path: str) -> None:
    content = (site / path).read_bytes()
    (site / path).write_bytes(content[:-2] + b"#\n")
    for twin in (".br", ".gz"):
        (site / f"{path}{twin}").unlink(missing_ok=True)
    done = fetched(site, tmp_path / "mirror")
    assert done.faults == [f"{path}: is not what the record binds"]
    assert not (tmp_path / "mirror" / path).exists()


def test_a_file_that_is_longer_than_it_may_be_is_given_up(site: Path, tmp_path: Path) -> None:
    file = site / "v/3/nist.json"
    file.write_bytes(file.read_bytes() + b" " * 1000)
    (fault,) = fetched(site, tmp_path / "mirror").faults
    assert fault == "v/3/nist.json: the answer is too long, or does not end"


def test_a_file_that_is_missing_is_named(site: Path, tmp_path: Path) -> None:
    (site / "v/3/civics.xml").unlink()
    done = fetched(site, tmp_path / "mirror")
    assert (done.faults, done.snapshots) == (["v/3/civics.xml: is not there"], [1, 2])
    assert not (tmp_path / "mirror/latest.json").exists()


def _tile(site: Path) -> Path:
    return max(
        (site / "tile/entries").rglob("*"), key=lambda file: (file.is_file(), int(file.name) if file.is_file() else 0)
    )


def test_a_record_that_is_not_what_was_signed_stops_the_fetch_and_the_next_one_asks_again(
    played: Press, site: Path, tmp_path: Path
) -> None:
    tile = _tile(site)
    content = tile.read_bytes()
    tile.write_bytes(content.replace(b"S-0001", b"S-0002", 1))
    with pytest.raises(RecordError):
        fetched(site, tmp_path / "mirror")
    assert not (tmp_path / "mirror/checkpoint").exists()
    assert fetched(played.site, tmp_path / "mirror").faults == []


def test_another_record_or_an_older_one_is_refused(site: Path, tmp_path: Path) -> None:
    older = Press(tmp_path / "older", definition=None)
    older.publish(2)
    mirror = tmp_path / "mirror"
    assert fetched(site, mirror).faults == []
    before = {file: file.read_bytes() for file in mirror.rglob("*") if file.is_file()}
    with pytest.raises(RecordError):
        fetched(older.site, mirror)
    assert {file: file.read_bytes() for file in mirror.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("name", ["../../outside", "/etc/outside", "areas/../../outside", "a\\b", "areas//x", ""])
def test_names_that_lead_out_of_the_mirror_are_not_followed(
    played: Press, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commission may be hostile too: it signs what it likes."""
    manifest = played.manifest(3)
    entry = manifest.files["areas/N1.csv"]
    hostile = msgspec.structs.replace(manifest, files={**manifest.files, name: entry}, held={name: 1})
    monkeypatch.setattr("tallyroom.announce.mirror.read_manifest", lambda path, content: hostile)
    done = fetched(played.site, tmp_path / "house/mirror", newest=True)
    assert f"v/3/{name}: is not a plain name of a file" in done.faults
    assert {path.name for path in tmp_path.iterdir()} == {"house"}
    assert {path.name for path in (tmp_path / "house").iterdir()} == {"mirror"}


def test_the_command_says_what_it_did(
    site: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["tallyroom", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return int(str(left.value.code)), capfd.readouterr().out

    with served(site) as url:
        status, out = run("fetch", url, tmp_path / "mirror", "--json")
        document = json.loads(out)
        assert (status, document["snapshots"], document["faults"]) == (0, [1, 2, 3], [])
        (site / "v/3/results.json").write_bytes(b"{}")
        status, out = run("fetch", url, tmp_path / "other")
        assert status == 1
        assert "v/3/results.json: is not what the record binds" in out


def test_a_digest_of_a_mirror_is_that_of_its_site(played: Press, tmp_path: Path) -> None:
    """Mirrors of mirrors stay true."""
    fetched(played.site, tmp_path / "first")
    fetched(tmp_path / "first", tmp_path / "second")
    digest: Callable[[Path], str] = lambda folder: sha256(  # noqa: E731
        b"".join(file.read_bytes() for file in sorted((folder / "v").rglob("*")) if file.is_file())
    ).hexdigest()
    assert digest(tmp_path / "second") == digest(played.site)
