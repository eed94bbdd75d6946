"""Sentences about stations, ballots and turnout cannot be given one another's figures: mypy says so."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HEAD = """\
from tallyroom.announce.language import language
from tallyroom.announce.words import Words
from tallyroom.tally.results import BallotProgress, HourTurnout, RegisterProgress, StationProgress

words = Words(language("en"))
stations = StationProgress(1, 2, "50.00")
voters = RegisterProgress(1, 2, "50.00")
ballots = BallotProgress(1, 2, "50.00")
hour = HourTurnout("12:00", 1, "50.00", 2, False)
"""
SOUND = """\
words.stations_reported(stations)
words.register_covered(voters)
words.ballots_counted(ballots)
words.turnout_at(hour, 2)
"""
MIXED = """\
words.stations_reported(ballots)
words.stations_reported(voters)
words.stations_reported(hour)
words.ballots_counted(stations)
words.ballots_counted(voters)
words.ballots_counted(hour)
words.register_covered(stations)
words.turnout_at(ballots, 2)
words.turnout_at(stations, 2)
"""


def lines_refused(path: Path) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert all(f"{path.name}:" in line and "[arg-type]" in line for line in errors), done.stdout + done.stderr
    assert (done.returncode == 0) == (not errors), done.stdout + done.stderr
    return [int(line.split(f"{path.name}:")[1].split(":")[0]) for line in errors]


def test_the_three_measures_cannot_be_mixed(tmp_path: Path) -> None:
    snippet = tmp_path / "mixed_measures.py"
    snippet.write_text(HEAD + SOUND + MIXED)
    first = len((HEAD + SOUND).splitlines()) + 1
    assert lines_refused(snippet) == list(range(first, first + len(MIXED.splitlines())))
