"""Killed at any moment: nothing acknowledged is lost, nothing is doubled, and finishing gives the same record.

A child process plays a night, or imports a table in small batches, and writes the size of the record to its
standard output after each batch that was acknowledged.  It is killed at random moments (seeded) again and
again, and each time goes on where it was stopped.
"""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tallyroom.announce.staging import Staging
from tallyroom.intake.opening import read_vkey, reader
from tallyroom.record.fsck import fsck
from tallyroom.record.note import Verifier
from tests.cli.conftest import Run

KILLS = 25

Start = Callable[[], subprocess.Popen[str]]

SAY_SIZES = """
import sys
from tallyroom.record.log import Log
append = Log.append
def said(self, entries):
    numbers = append(self, entries)
    print(self.size, flush=True)
    return numbers
Log.append = said
"""

NIGHT = """
from pathlib import Path
from tallyroom.rehearsal.nights import ruritania_night
from tallyroom.rehearsal.play import Night, Watch, play
night = ruritania_night()
play(Night(night.schedule, night.steps[:int(sys.argv[2])]), Path(sys.argv[1]), Watch())
"""

IMPORT = """
from tallyroom.cli.main import main
from tallyroom.intake import bulk
bulk.BATCH = 64
sys.argv = ["tallyroom", "import", *sys.argv[1:]]
main()
"""


def child(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SAY_SIZES + program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_again_and_again(start: Start, folder: Path, longest: float, seed: int) -> int:
    """Kill the child KILLS times and check the record after each; how many kills met one still at work."""
    rng = random.Random(seed)
    met = 0
    for _ in range(KILLS):
        running = start()
        time.sleep(rng.uniform(0.0, longest))
        running.kill()
        said, _ = running.communicate()
        met += running.returncode != 0
        acknowledged = [int(line) for line in said.split("\n")[:-1] if line.isdigit()]
        report = fsck(folder / "record", Verifier.parse(read_vkey(folder / "record")))
        assert report.faults == []
        assert report.size >= max(acknowledged, default=0)
    return met


def finished(start: Start, status: tuple[int, ...] = (0,)) -> None:
    running = start()
    _, err = running.communicate()
    assert running.returncode in status, err


def root(folder: Path) -> tuple[int, bytes]:
    log = reader(folder)
    return log.size, log.root


def test_a_killed_import_finishes_with_the_record_of_an_undisturbed_one(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "returns.csv"
    rows = [f"S-{n:04d},{200 + n % 7},{n % 90 + n % 50},{n % 90},{n % 50}" for n in range(1, 4001)]
    rows[17] = "S-0018,200,999,1,2"
    table.write_text("\n".join(["station_id,registered,valid,v_a,v_b", *rows]) + "\n")
    once, often = tmp_path / "once", tmp_path / "often"
    assert run("new", once, "--from", table).status == 0
    assert run("open", once).status == 0
    shutil.copytree(once, often)
    at = "2025-06-15T21:00:00+00:00"

    def start(folder: Path) -> Start:
        return lambda: child(IMPORT, folder, table, "--at", at)

    finished(start(once), (1,))
    assert killed_again_and_again(start(often), often, longest=1.6, seed=1) > 0
    finished(start(often), (1,))
    assert root(often) == root(once)


def test_a_killed_night_finishes_with_the_record_and_the_site_of_an_undisturbed_one(tmp_path: Path) -> None:
    once, often = tmp_path / "once", tmp_path / "often"

    def start(out: Path, steps: int = 260) -> Start:
        return lambda: child(NIGHT, out, steps)

    finished(start(once, 1))
    shutil.copytree(once, often)
    finished(start(once))
    assert killed_again_and_again(start(often), often / "election", longest=2.5, seed=2) > 0
    finished(start(often))
    assert root(often / "election") == root(once / "election")
    for file in sorted((once / "site" / "v").rglob("*")):
        again = often / file.relative_to(once)
        assert file.is_dir() or again.read_bytes() == file.read_bytes(), file
    assert (often / "site/latest.json").read_bytes() == (once / "site/latest.json").read_bytes()


@pytest.mark.parametrize("stopped_in", ["headline", "tables"])
def test_a_publication_that_stopped_between_record_and_files_is_made_whole(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped_in: str
) -> None:
    folder, site = tmp_path / "spring", tmp_path / "site"
    assert run("new", folder, "--template", "presidential").status == 0
    assert run("open", folder).status == 0
    reveal = Staging.reveal
    part = ["headline", "tables"].index(stopped_in)
    parts = [0]

    def failing(self: Staging) -> None:
        parts[0] += 1
        if parts[0] - 1 == part:
            raise OSError(28, "No space left on device")
        reveal(self)

    monkeypatch.setattr(Staging, "reveal", failing)
    assert run("publish", folder, site, "--at", "2025-06-15T21:00:00+00:00").status == 2
    monkeypatch.setattr(Staging, "reveal", reveal)
    assert run("publish", folder, site, "--at", "2025-06-15T22:00:00+00:00").status == 0
    assert run("fsck", folder).status == 0
    for number in (1, 2):
        names = {file.name for file in (site / f"v/{number}").iterdir()}
        assert {"results.json", "index.html", "stations.csv", "stations.parquet"} <= names
