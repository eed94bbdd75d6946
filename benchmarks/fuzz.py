"""A million hostile inputs to the parsers that read what others wrote: acts, bundles, notes, proofs, policies.

    ./run python benchmarks/fuzz.py --inputs 1000000 --seed 1
    ./run python benchmarks/fuzz.py --only note --inputs 50000       one parser
    ./run python benchmarks/fuzz.py --only note --first 4711 --inputs 1 --seed 1     one input again

Each parser gets an equal part.  An input is made from a valid one by a few changes, and is the same for the same
seed, parser and number.  What must hold of it is in tests/fuzz/parsers.py; the tests run some thousands of the same
inputs.  Exit code 1 where something does not hold, with the input.
"""

import argparse
import platform
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fuzz.parsers import DIFFERENCES, Finding, parsers, run

STEP = 20_000


def say_progress(name: str, number: int) -> None:
    if number % STEP == 0:
        print(f"{name}: input {number:,}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each parser")
    parser.add_argument("--only", help="act, bundle, note, proof or policy")
    asked = parser.parse_args()
    chosen = [one for one in parsers(Random(asked.seed)) if asked.only in (None, one.name)]
    if not chosen:
        parser.error(f"no parser {asked.only!r}")
    print(f"seed {asked.seed}, Python {platform.python_version()}")
    numbers = range(asked.first, asked.first + asked.inputs // len(chosen))
    findings = 0
    for one in chosen:
        start = time.perf_counter()
        try:
            tally = run(one, asked.seed, numbers, lambda number, name=one.name: say_progress(name, number))  # type: ignore[misc]
        except Finding as finding:
            findings += 1
            print(finding)
            continue
        taken = time.perf_counter() - start
        print(f"{one.name:<8}{tally.inputs:>9,} inputs {tally.accepted:>9,} accepted {taken:>8.1f} s")
        for name, count in sorted(tally.differences.items()):
            print(f"        {count:>9,} {name}: {DIFFERENCES[name]}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
