"""Other elections: the same figures of them, worked out by this program, to stand beside those of a table.

`references.json` ships with the program; benchmarks/scoreboard.py makes it from the collections that it names.  An
election in this list is not proved clean by being in it.
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

from tallyroom.forensics.binomial import binomial_tail, rate_interval, upper_p
from tallyroom.forensics.centres import centres
from tallyroom.forensics.clean_core import clean_core
from tallyroom.forensics.digits import digits
from tallyroom.forensics.flows import slopes
from tallyroom.forensics.integers import integer_tests
from tallyroom.forensics.outliers import outliers
from tallyroom.forensics.returns import Returns, level_of
from tallyroom.forensics.vectors import repeated_vectors

STATIONS_OF_AREA = 20
"""Areas within which stations are compared are the narrowest that mostly have so many."""


INTEGERS = ("integers_z_calibrated", "integers_result_z_calibrated", "integers_turnout_z_calibrated")
"""The figures of integer percentages that are scored."""

RARE = 1e-3
"""Chance, over all tests of a kind together, below which a statistic needs an explanation."""

ITSELF = 2e-6
"""Two tables whose exact z are this close are one; the figures that ship have six decimals."""


class Reference(msgspec.Struct, frozen=True):
    """Figures of one election by name; source: whose collection the returns are from."""

    id: str
    election: str
    source: str
    candidate: str
    stations: int
    figures: dict[str, float]


class Value(msgspec.Struct, frozen=True):
    """A figure in another election."""

    election: str
    value: float


@cache
def references() -> tuple[Reference, ...]:
    """The elections that ship."""
    content = (resources.files("tallyroom.forensics") / "references.json").read_bytes()
    return tuple(msgspec.json.decode(content, type=list[Reference]))


def others(result_z: Sequence[float]) -> tuple[Reference, ...]:
    """The elections that ship, without the one that is examined: it is known by the exact z of a candidate's result."""
    return tuple(
        each for each in references() if not any(abs(each.figures["integers_result_z"] - z) < ITSELF for z in result_z)
    )


def values(figure: str, elections: Sequence[Reference]) -> tuple[Value, ...]:
    """One figure in all the elections that have it, from the smallest to the largest."""
    found = [Value(r.election, r.figures[figure]) for r in elections if figure in r.figures]
    return tuple(sorted(found, key=lambda each: each.value))


class Rate(NamedTuple):
    """How many of some elections a test flags, the exact 95 % interval of its rate, and the chance of so many.

    nominal: whether the interval reaches down to the level of the test.
    """

    flags: int
    elections: int
    low: float
    high: float
    chance: float
    nominal: bool


def rate(p: Sequence[float], level: float) -> Rate:
    """How many of these p-values are below a level, beside how many should be."""
    flags = sum(each < level for each in p)
    low, high = rate_interval(flags, len(p))
    return Rate(flags, len(p), low, high, binomial_tail(flags, len(p), level), low <= level)


def control_rate(figure: str, level: float) -> Rate:
    """How many control elections (those that ship, Russia's apart, each once) a figure flags at a level.

    figure: a p-value, or a calibrated z, of which the upper tail is taken.
    """
    each = {r.id: r.figures[figure] for r in reversed(references()) if figure in r.figures and not suspected(r)}
    return rate([value if figure.endswith("_p") else upper_p(value) for value in each.values()], level)


def suspected(reference: Reference) -> bool:
    """Whether an election is none of the controls: Russia's, whose integer percentages were published as too many."""
    return reference.id.startswith("ru_")


def summary(returns: Returns, candidate: str, seed: int = 42) -> dict[str, float]:
    """The figures of one election that others are compared by."""
    test = integer_tests(returns, [candidate], seed)[0]
    found = {
        "integers_excess": test.either.excess,
        "integers_z": test.either.z,
        "integers_z_calibrated": test.either.z_calibrated,
        "integers_result_z": test.result.z,
        "integers_result_z_calibrated": test.result.z_calibrated,
    }
    if test.turnout:
        found["integers_turnout_z"] = test.turnout.z
        found["integers_turnout_z_calibrated"] = test.turnout.z_calibrated
    else:
        for name in ("integers_excess", "integers_z", "integers_z_calibrated"):
            del found[name]  # without turnout, "either" is the result again
    area = level_of(returns, STATIONS_OF_AREA)
    if (core := clean_core(returns, candidate)) and core.beyond is not None:
        found["clean_core_beyond_percent"] = 100 * core.beyond / max(returns.totals[candidate], 1)
    if boxes := centres(returns, candidate):
        found["centres_ratio"] = boxes.ratio
        found["centres_beyond_three_percent"] = boxes.beyond_three_percent
    if line := slopes(returns, candidate, area):
        found["slope"] = line.slope
        found["slopes_above_one_percent"] = 100 * line.above_one / line.areas
    if far := outliers(returns, candidate, area, seed):
        found["outliers_above_percent"] = 100 * far.above_three / far.stations
        found["outliers_below_percent"] = 100 * far.below_three / far.stations
    if repeats := repeated_vectors(returns, level_of(returns, 2)):
        found["vectors_p"] = repeats.p
        found["vectors_pairs"] = repeats.pairs
        found["vectors_same_invalid"] = repeats.same_invalid
        found["vectors_ratio"] = (repeats.pairs + 1) / (repeats.expected + 1)
    if figures := digits(returns, candidate):
        found["second_digit_p"] = figures.second_p
        found["last_digit_p"] = figures.last_p
    return found
