"""A long record is read by two more processes: what is found is the same, and they end with the first."""

import multiprocessing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import tallyverify.__main__
from tallyverify import acts
from tallyverify.__main__ import Check, main, verify
from tallyverify.record import Site, Unreadable
from tests.tallyverify.night import Night, edit, rebuild
from tests.tallyverify.test_web import Quiet, serving

MORE = 5000


@pytest.fixture
def long(night: Night, site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record of more jobs than are begun ahead; what was added is no act."""
    rebuild(night, site, [*night.entries, *[b"{}"] * MORE])
    monkeypatch.setattr(acts, "JOB", 256)
    monkeypatch.setattr(acts, "AHEAD", 16)
    assert len(night.entries) + MORE > 256 * (acts.AHEAD + 2)
    return site


def both(monkeypatch: pytest.MonkeyPatch, place: object, vkey: str, tree_only: bool = False) -> dict[str, Any]:
    """What is found, which must be the same in one process and in three."""
    found = []
    for longest in (10**6, 1):
        monkeypatch.setattr(acts, "LONG", longest)
        found.append(verify(str(place), vkey, None, tree_only))
    assert found[0] == found[1]
    return found[0]


def test_the_same_is_found(night: Night, long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = both(monkeypatch, long, night.vkey)
    first = len(night.entries)
    assert found["faults"][0] == f"act {first}: is no act: not of a known type, or a field is missing or unknown"
    assert (found["size"], found["snapshots"]) == (first + MORE, 3)
    assert both(monkeypatch, long, night.vkey, tree_only=True)["faults"] == []
    with serving(partial(Quiet, directory=long)) as url:
        assert both(monkeypatch, url, night.vkey)["faults"] == found["faults"]


def test_the_same_faults_are_found(night: Night, long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallyverify.__main__, "KEPT", MORE + 1)
    edit(long / "tile/entries/009", lambda data: data[:-1])
    (fault,) = both(monkeypatch, long, night.vkey, tree_only=True)["faults"]
    assert fault.startswith("tile/entries/009: does not hold so many whole acts")
    (long / "tile/entries/000").unlink()
    assert both(monkeypatch, long, night.vkey)["faults"] == [
        "tile/entries/000: is not there, or is not a plain file of this folder"
    ]
    assert multiprocessing.active_children() == []


def test_a_server_that_fails_in_another_process_cannot_be_read(
    night: Night, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Quiet):
        def do_GET(self) -> None:
            if "entries/005" in self.path:
                self.send_error(503)
            else:
                super().do_GET()

    said = pytest.raises(Unreadable, match="entries/005: HTTP Error 503")
    with serving(partial(Failing, directory=long)) as url:
        with said as raised:
            Site(url).read("tile/entries/005")
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)  # some picklers would follow them
        monkeypatch.setattr(acts, "LONG", 1)
        with said:
            verify(url, night.vkey, None, tree_only=False)
    assert multiprocessing.active_children() == []


def test_an_interruption_ends_all_processes(
    long: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: Check, *_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(acts, "LONG", 1)
    monkeypatch.setattr(Check, "_act", interrupted)
    assert main([str(long)]) == 2
    assert capsys.readouterr().err == "tallyverify: interrupted\n"
    assert multiprocessing.active_children() == []
