"""The record's speed in entering acts: one by one from many desks, and in batches.

    ./run python benchmarks/record.py [--acts 200000]

Proofs, and other libraries beside the record, are in benchmarks/verify.py.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.intake.sequencer import Sequencer
from tallyroom.record.acts import Turnout
from tallyroom.record.clerk import Clerk
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.note import Signer

AT = "2025-06-15T21:00:00+00:00"
DESKS = 200
EACH = 20
BATCH = 4096


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def act(number: int) -> Turnout:
    return Turnout(at=AT, station=f"S-{number % 9000:04d}", hour="12:00", voted=number)


def clerk(folder: Path) -> Clerk:
    key = RoleKey("commission", Ed25519PrivateKey.generate())
    signer = Signer("example.org/benchmark", Ed25519PrivateKey.generate())
    return Clerk(Log.create(folder / "record", signer.name, signer), {"commission": key})


def single_acts(folder: Path) -> tuple[float, float, float]:
    """DESKS threads that each enter EACH acts, one after the other: median and p99 in ms, acts a second."""
    waits: list[float] = []
    with Sequencer(clerk(folder)) as sequencer, ThreadPoolExecutor(DESKS) as pool:

        def desk(number: int) -> list[float]:
            return [seconds(lambda n=n: sequencer.enter([act(number * EACH + n)])) for n in range(EACH)]  # type: ignore[misc]

        start = time.perf_counter()
        waits = [wait for one in pool.map(desk, range(DESKS)) for wait in one]
        taken = time.perf_counter() - start
    waits.sort()
    return 1000 * statistics.median(waits), 1000 * waits[int(0.99 * len(waits))], len(waits) / taken


def batches(made: Clerk, acts: int) -> float:
    """Durable batched appends, acts a second."""
    work = [[act(n) for n in range(start, min(start + BATCH, acts))] for start in range(0, acts, BATCH)]
    taken = seconds(lambda: [made.enter(batch) for batch in work])
    return acts / taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=200_000)
    acts = parser.parse_args().acts
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        median, p99, rate = single_acts(folder / "single")
        print(
            f"{DESKS} desks, single acts    median {median:.1f} ms, p99 {p99:.1f} ms (target < 100), {rate:,.0f} acts/s"
        )
        ours = batches(clerk(folder / "batches"), acts)
        print(f"durable batches of {BATCH}   {ours:,.0f} acts/s (target 10,000), {acts:,} acts, encoded and sealed")


if __name__ == "__main__":
    main()
