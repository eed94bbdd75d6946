"""How long the sceptic's check of a whole night takes: `tallyverify` over a published site of a million acts.

    ./run python benchmarks/sceptic.py                       142,000 stations, a million acts; some minutes to make
    ./run python benchmarks/sceptic.py --stations 14300      a look
    ./run python benchmarks/sceptic.py --peer                and actasum's check of the same protocols

The night is a synthetic one: every station opens, reports turnout at four hours and closes, and all but the last
thousand send a protocol, which is accepted.  It is published before the first protocol and at the end, with ten
candidates.  The check is the command, with the two processes that read ahead.  Exit code 1 where a target is missed.

actasum, a program that is not ours, replays totals from statements.  It gets those that `tallyroom export` makes of the
site, and the published totals: no tree, no signature, no other figure.  What is compared is one part of the check.
"""

import argparse
import dataclasses
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from count import AT, STATIONS, draw_table, filing_of, import_returns, in_own_process

from tallyroom.announce.publish import publish
from tallyroom.election.fault import Faults
from tallyroom.election.folder import load, write
from tallyroom.election.formfile import shipped_form
from tallyroom.election.infer import infer
from tallyroom.intake.opening import open_record, writer
from tallyroom.record.acts import AnyAct, Closed, Opened, Turnout
from tallyroom.record.clerk import Clerk
from tallyroom.tally.replay import replay

HOURS = ("10:00", "12:00", "15:00", "20:00")
BATCH = 20_000
SECONDS, MEGABYTES = 15, 500
"""The targets at a million acts on two cores."""
HERE = Path(sys.executable).parent
"""Where the commands of this environment are."""


def day(clerk: Clerk, stations: tuple[str, ...], registered: list[int]) -> None:
    """Openings, turnout and closings of all stations, in sealed batches."""

    def enter(act: Callable[[int], AnyAct]) -> None:
        for first in range(0, len(stations), BATCH):
            clerk.enter([act(n) for n in range(first, min(first + BATCH, len(stations)))])

    enter(lambda n: Opened(at=AT, station=stations[n]))
    for eighths, hour in enumerate(HOURS, 1):
        enter(lambda n, h=hour, e=eighths: Turnout(at=AT, station=stations[n], hour=h, voted=registered[n] * e // 8))  # type: ignore[misc]
    enter(lambda n: Closed(at=AT, station=stations[n]))


def publish_now(election: Path, site: Path) -> int:
    """Publishes the record as it stands; its number of acts before."""
    definition = load(election)
    clerk = writer(election, definition)
    state = replay(definition, clerk.log)
    size = state.size
    publish(state, clerk, election, site, AT)
    clerk.log.close()
    return size


def night(folder: Path, stations: int) -> dict[str, Any]:
    """Makes the site of a night; runs in a process of its own, whose memory is not the verifier's."""
    election, site = folder / "election", folder / "site"
    draw_table(folder, stations, 10, 20_300_310)
    definition = infer(filing_of(folder / STATIONS, shipped_form("generic"), Faults()), "bench", Faults())
    write(election, dataclasses.replace(definition, turnout_hours=HOURS))
    definition = load(election)
    open_record(election, definition, AT).log.close()
    clerk = writer(election, definition)
    day(clerk, tuple(definition.stations.ids), definition.stations.registered.tolist())
    clerk.log.close()
    publish_now(election, site)
    import_returns(folder)
    return {"acts": publish_now(election, site), "stations": len(definition.stations.ids)}


def timed(*command: str | Path) -> tuple[float, float, float]:
    """Runs a command to its end, which has to be a good one: seconds, seconds of processors, megabytes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"{command[0]}: {status}"
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def check(site: Path) -> bool:
    """Runs the verifier and says what it took; whether it kept to the targets."""
    wall, processors, memory = timed(sys.executable, "-m", "tallyverify", site)
    print(f"tallyverify: {wall:.1f} s (target {SECONDS}), of processors {processors:.1f} s")
    print(f"{memory:.0f} MB in the largest of its processes (target {MEGABYTES})", flush=True)
    return wall <= SECONDS and memory < MEGABYTES


def beside(site: Path) -> None:
    """actasum over the statements of the same protocols."""
    with tempfile.TemporaryDirectory() as name:
        statements, totals = Path(name) / "statements.jsonl", Path(name) / "totals.json"
        timed(HERE / "tallyroom", "export", site, statements, "--totals", totals)
        count = statements.read_bytes().count(b"\n")
        wall, processors, memory = timed(HERE / "actasum", "verify", "--statements", statements, "--official", totals)
    print(f"actasum, totals of {count:,} statements: {wall:.1f} s, of processors {processors:.1f} s, {memory:.0f} MB")


def both(site: Path, peer: bool) -> int:
    """The check, and the peer's where it is asked for; the exit code."""
    kept = check(site)
    if peer:
        beside(site)
    return 0 if kept else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=142_000)
    parser.add_argument("--site", type=Path, help="a site that was made before, instead")
    parser.add_argument("--peer", action="store_true", help="actasum's check of the same protocols too")
    asked = parser.parse_args()
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    if asked.site:
        return both(asked.site, asked.peer)
    with tempfile.TemporaryDirectory() as name:
        made = in_own_process(night, Path(name), asked.stations)
        print(f"{made['acts']:,} acts of {made['stations']:,} stations, published twice", flush=True)
        return both(Path(name) / "site", asked.peer)


if __name__ == "__main__":
    sys.exit(main())
