"""Power: what size of fraud would have been seen in this table?

Clean elections like the table are drawn, frauds are put into them at rising size, and the scored tests are asked.  A
fraud counts as seen where a test's p-value is below 1 in 1,000.  Tests that would not have seen a fraud are no comfort;
this says how little a silent test proves.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.binomial import upper_p
from tallyroom.forensics.clean import redrawn, turnout_of
from tallyroom.forensics.frauds import FRAUDS, gained
from tallyroom.forensics.integers import Calibration, calibrated, excesses
from tallyroom.forensics.progress import Progress, silent
from tallyroom.forensics.references import RARE
from tallyroom.forensics.returns import Returns
from tallyroom.forensics.runner import Here, Runner
from tallyroom.forensics.shares import Shares

SIZES = (0.005, 0.01, 0.02, 0.05, 0.1)
TESTS = ("integers", "integer_result", "integer_turnout")


class Power(msgspec.Struct, frozen=True):
    """One kind of fraud at one size (share of the stations): how often it was seen, by any test and by each.

    lead_gained: by how many votes, on average, the fraud changes the candidate's lead over all others together.
    """

    fraud: str
    size: float
    elections: int
    detected: float
    by_test: dict[str, float]
    lead_gained: float


class Task(NamedTuple):
    """One simulated election; fraud "" is none."""

    fraud: str
    size: float
    replicate: int


class Outcome(NamedTuple):
    """The p-value of each test, and what the fraud brought."""

    p: tuple[float, ...]
    lead_gained: int


class Setting(NamedTuple):
    """What all simulated elections of one power curve have in common."""

    returns: Returns
    candidate: str
    seed: int
    null: tuple[Calibration, Calibration, Calibration]
    turnout: Shares


def setting(returns: Returns, candidate: str, seed: int = 42) -> Setting:
    """The table, with what its clean redraws show."""
    usable = returns.take(np.flatnonzero(returns.valid > 0))
    null = calibrated(usable, candidate, seed)
    return Setting(usable, candidate, seed, null, turnout_of(usable))


def simulate(setting: Setting, task: Task) -> Outcome:
    """One election: a clean redraw, the fraud, the tests.  The same for the same setting and task, wherever it runs."""
    key = (setting.seed, [*FRAUDS, ""].index(task.fraud), round(task.size * 1_000_000), task.replicate)
    rng = np.random.default_rng(key)
    clean = redrawn(setting.returns, rng, setting.turnout)
    after = FRAUDS[task.fraud](clean, setting.candidate, task.size, rng) if task.fraud else clean
    found = excesses(after, setting.candidate)
    p = tuple(
        upper_p((x - null.bias) / null.spread) if null.spread else 1.0
        for x, null in zip(found, setting.null, strict=True)
    )
    return Outcome(p, gained(clean, after, setting.candidate))


def power(
    returns: Returns,
    candidate: str,
    elections: int,
    seed: int = 42,
    runner: Runner | None = None,
    progress: Progress = silent,
    sizes: Sequence[float] = SIZES,
) -> list[Power]:
    """Power curves of every kind of fraud; elections: simulated in all, shared out among kinds and sizes."""
    cells = [("", 0.0), *product(FRAUDS, sizes)]
    each = max(1, elections // len(cells))
    tasks = [Task(fraud, size, replicate) for fraud, size in cells for replicate in range(each)]
    work = partial(simulate, setting(returns, candidate, seed))
    outcomes = (runner or Here()).run(work, tasks, progress)
    return [_cell(fraud, size, outcomes[n * each : (n + 1) * each]) for n, (fraud, size) in enumerate(cells)]


def _cell(fraud: str, size: float, outcomes: Sequence[Outcome]) -> Power:
    seen = np.array([outcome.p for outcome in outcomes]) < RARE
    by_test = dict(zip(TESTS, seen.mean(axis=0).tolist(), strict=True))
    lead = float(np.mean([outcome.lead_gained for outcome in outcomes]))
    return Power(fraud or "none", size, len(outcomes), float(seen.any(axis=1).mean()), by_test, lead)
