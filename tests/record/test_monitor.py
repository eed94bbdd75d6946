"""A monitor sees what a commission must not be able to do unseen, and keeps the evidence."""

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.clerk import Clerk
from tallyroom.record.copy import copy_record
from tallyroom.record.error import RecordError
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.monitor import Monitor, Report
from tallyroom.record.note import Checkpoint, Signer, sign
from tallyroom.record.policy import Policy, read_policy
from tallyroom.record.proof import TlogProof
from tallyroom.record.store import Store
from tallyroom.record.web import Unreachable, WebStore, open_store
from tallyroom.record.witness import Witness, create_witness, open_witness
from tallyroom.record.witness_http import WitnessServer, collect
from tests.record.conftest import ORIGIN, call, definition, opened

NOW = 1_770_480_000
HOUR = 3600


class Site:
    """A published copy of a clerk's record, and a monitor that looks at it."""

    def __init__(self, folder: Path, clerk: Clerk, store: Store | WebStore | None = None) -> None:
        self.out = folder / "site"
        self.state = folder / "watch" / "state.json"
        self.clerk = clerk
        self.store = store or Store(self.out)
        self.policy: Policy | None = None
        self.publish()
        (self.out / "log.vkey").write_text(clerk.log.verifier.vkey + "\n")

    def publish(self, checkpoint: bytes | None = None) -> None:
        copy_record(self.clerk.log, self.out, checkpoint)

    def look(self, now: int = NOW, counting: bool = False) -> Report:
        return Monitor(self.store, self.state, self.policy, HOUR).look(now, counting)


def kinds(report: Report) -> list[str]:
    return [alarm.kind for alarm in report.alarms]


@pytest.fixture
def site(tmp_path: Path, clerk: Clerk) -> Site:
    return Site(tmp_path, clerk)


def test_a_growing_record_gives_no_alarm(site: Site) -> None:
    first = site.look()
    assert (first.new_acts, first.alarms, first.notices) == (1, [], [])
    for count in (1, 300, 700):
        site.clerk.enter([opened(number) for number in range(count)])
        site.publish()
        report = site.look()
        assert (report.new_acts, report.alarms) == (count + 1, [])
        assert report.checkpoint is not None
        assert report.checkpoint.size == site.clerk.log.size
    assert (site.look().new_acts, site.look().alarms) == (0, [])


def other_record(tmp_path: Path, site: Site, signer: Signer, size: int, name: str = "other") -> Log:
    """Another record of the same commission, with so many acts."""
    log = Log.create(tmp_path / name / "record", ORIGIN, signer)
    clerk = Clerk(log, site.clerk._keys)
    clerk.enter([definition(*site.clerk._keys.values())])
    if size > 1:
        clerk.enter([call("b") for _ in range(size - 1)])
    log.close()
    return log


def show(site: Site, log: Log) -> None:
    """Puts another record in the place of the site's."""
    for name in ("checkpoint", "tile"):
        path = site.out / name
        if path.is_dir():
            shutil.rmtree(path)
    copy_record(log, site.out.with_name("fresh"))
    shutil.copytree(site.out.with_name("fresh"), site.out, dirs_exist_ok=True)


def read_all(report: Report) -> list[bytes]:
    return [Path(path).read_bytes() for alarm in report.alarms for path in alarm.evidence]


@pytest.mark.parametrize(("size", "kind"), [(1, "shrunk"), (4, "split_view"), (9, "rewritten")])
def test_another_record_of_the_same_log_is_an_alarm_with_both_checkpoints(
    site: Site, tmp_path: Path, signer: Signer, size: int, kind: str
) -> None:
    site.clerk.enter([call("a") for _ in range(3)])
    site.publish()
    assert kinds(site.look()) == []
    before = (site.out / "checkpoint").read_bytes()
    show(site, other_record(tmp_path, site, signer, size))
    report = site.look()
    assert kinds(report) == [kind]
    assert set(read_all(report)) == {before, (site.out / "checkpoint").read_bytes()}
    assert kinds(site.look()) == [kind]


def test_a_record_of_another_key_or_name_is_an_alarm(site: Site) -> None:
    site.look()
    stranger = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    text = Checkpoint(ORIGIN, site.clerk.log.size, site.clerk.log.root).text()
    (site.out / "checkpoint").write_bytes(sign(text, [stranger]))
    (site.out / "log.vkey").write_text(stranger.verifier.vkey)
    assert kinds(site.look()) == ["unsigned"]
    (site.out / "checkpoint").write_bytes(b"nonsense")
    assert kinds(site.look()) == ["unsigned"]
    elsewhere = Signer("elsewhere.example", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    (site.out / "checkpoint").write_bytes(sign(text.replace(ORIGIN, elsewhere.name), [elsewhere]))
    known = f"log {site.clerk.log.verifier.vkey}\nlog {elsewhere.verifier.vkey}\nquorum none\n"
    site.policy = read_policy(known.encode())
    assert kinds(site.look()) == ["other_record"]


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000", "tile/entries/000", "tile/entries/001.p/47"])
def test_damage_is_an_alarm_and_mended_it_is_none(site: Site, path: str) -> None:
    site.look()
    site.clerk.enter([opened(number) for number in range(301)])
    site.publish()
    whole = (site.out / path).read_bytes()
    if path == "checkpoint":
        (site.out / path).unlink()
    else:
        (site.out / path).write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    assert kinds(site.look()) == ["damaged"]
    (site.out / path).write_bytes(whole)
    report = site.look()
    assert (report.new_acts, report.alarms) == (302, [])


def test_an_act_that_breaks_the_rules_is_an_alarm_until_it_is_looked_into(site: Site, commission: RoleKey) -> None:
    """An act entered round the clerk, signed by nobody; the evidence proves that the log signed it."""
    site.look()
    entry = site.clerk.log.entry(0).replace(b'"type":"definition"', b'"type":"definitely"')
    site.clerk.log.append([entry])
    site.publish()
    for _ in range(2):
        report = site.look()
        assert kinds(report) == ["act"]
        proof = TlogProof.parse(read_all(report)[0])
        checkpoint = Checkpoint(ORIGIN, site.clerk.log.size, site.clerk.log.root)
        assert (proof.index, proof.extra) == (1, entry)
        assert proof.includes(entry, checkpoint)
    site.clerk.enter([call("a")])
    site.publish()
    report = site.look()
    assert (kinds(report), report.new_acts) == (["act"], 1)


def test_an_unsealed_end_is_an_alarm(site: Site, commission: RoleKey) -> None:
    site.look()
    site.clerk.enter([opened(1)])
    site.clerk.log.append([site.clerk.log.entry(1)])
    site.publish()
    report = site.look()
    assert [alarm.what for alarm in report.alarms] == ["acts 3 to 3: no seal covers them"]


def test_many_wrong_acts_are_not_listed_without_end(site: Site) -> None:
    site.clerk.log.append([b"nonsense %d" % number for number in range(300)])
    site.publish()
    assert kinds(site.look()) == ["act"] * 20


def test_silence_is_an_alarm_only_while_the_count_goes_on(site: Site) -> None:
    site.look(NOW)
    assert kinds(site.look(NOW + 2 * HOUR, counting=False)) == []
    assert kinds(site.look(NOW + HOUR, counting=True)) == []
    assert kinds(site.look(NOW + HOUR + 1, counting=True)) == ["stale"]
    site.clerk.enter([call("a")])
    site.publish()
    assert kinds(site.look(NOW + 2 * HOUR, counting=True)) == []


def test_a_state_that_is_none_is_refused(site: Site) -> None:
    site.state.parent.mkdir()
    site.state.write_bytes(b"{}")
    with pytest.raises(RecordError, match="not the state of a monitor"):
        site.look()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(server: ThreadingHTTPServer) -> str:
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_record_is_followed_over_the_web(tmp_path: Path, clerk: Clerk, serve: Callable[..., str]) -> None:
    url = serve(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site"))))
    site = Site(tmp_path, clerk, open_store(f"{url}/"))
    assert isinstance(site.store, WebStore)
    assert kinds(site.look()) == []
    clerk.enter([opened(number) for number in range(700)])
    site.publish()
    report = site.look()
    assert (report.new_acts, report.alarms) == (701, [])
    (site.out / "tile/0/002.p/190").unlink()
    clerk.enter([call("a")])
    site.publish()
    (site.out / "tile/0/002.p/191").unlink()
    assert kinds(site.look()) == ["damaged"]


def test_a_site_that_does_not_answer_changes_nothing(site: Site) -> None:
    site.look()
    kept = site.state.read_bytes()
    site.store = WebStore("http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        site.look()
    assert site.state.read_bytes() == kept


@pytest.mark.parametrize("place", ["", "ftp://results.example", "file:///etc", "/no/such/folder"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(RecordError, match="neither a folder nor an address"):
        open_store(place or "http:")


@pytest.fixture
def witness(tmp_path: Path, signer: Signer) -> Witness:
    create_witness(tmp_path / "witness", "blue.example/w", [signer.verifier])
    return open_witness(tmp_path / "witness", lambda: NOW)


@pytest.fixture
def watched(site: Site, witness: Witness, serve: Callable[..., str], signer: Signer) -> Site:
    """A site whose checkpoints a witness has cosigned, and a monitor that knows the witness."""
    url = serve(WitnessServer(witness, "127.0.0.1", 0))
    lines = f"log {signer.verifier.vkey}\nwitness blue {witness.vkeys[0]} {url}\nquorum blue\n"
    site.policy = read_policy(lines.encode())
    return site


def cosign(site: Site) -> bytes:
    assert site.policy is not None
    return collect(site.clerk.log.tree, site.clerk.log.checkpoint, site.policy)


def test_a_cosigned_record_gives_no_alarm(watched: Site) -> None:
    watched.publish(cosign(watched))
    report = watched.look()
    assert (report.cosigned_by, report.alarms, report.notices) == (("blue",), [], [])


def test_a_missing_quorum_is_an_alarm(watched: Site) -> None:
    report = watched.look()
    assert kinds(report) == ["not_cosigned"]
    assert "nothing of this record was signed" in report.notices[0]


def test_a_witness_that_signed_another_record_is_an_alarm(watched: Site, tmp_path: Path, signer: Signer) -> None:
    """The split view: the witness was shown one record, the public another, both signed by the log."""
    log = other_record(tmp_path, watched, signer, 3)
    assert watched.policy is not None
    theirs = collect(log.tree, log.checkpoint, watched.policy)
    watched.clerk.enter([call("a") for _ in range(4)])
    watched.publish()
    report = watched.look()
    assert kinds(report) == ["not_cosigned", "split_view"]
    assert set(read_all(report)) == {theirs, watched.clerk.log.checkpoint}


def test_a_site_that_stays_behind_its_witness_is_an_alarm(watched: Site) -> None:
    watched.publish(cosign(watched))
    watched.look(NOW)
    watched.clerk.enter([call("a")])
    cosign(watched)
    soon, late = watched.look(NOW + 60), watched.look(NOW + HOUR + 1)
    assert (kinds(soon), kinds(late)) == ([], ["stale"])
    assert soon.notices == ["blue signed 2 acts 60 seconds ago, 1 are shown"]


def test_the_time_of_a_cosignature_tells_an_old_view_at_the_first_look(watched: Site) -> None:
    watched.publish(cosign(watched))
    assert kinds(watched.look(NOW + HOUR + 1, counting=True)) == ["stale"]
