"""Two stages of one count, or two readings of the same sheets: which stations came, went and changed.

Every change is a fact.  A correction with its reason in the record explains it; nothing else here does.
"""

import msgspec
import numpy as np

from tallyroom.forensics.arithmetic import EXAMPLES
from tallyroom.forensics.returns import Ints, Returns


class Gain(msgspec.Struct, frozen=True):
    """What a figure gained from the other table to this one, at stations where both give it."""

    figure: str
    stations: int
    differing: int
    gain: int
    above: int
    below: int


class Stages(msgspec.Struct, frozen=True):
    """Stations in both tables, only in one, and those whose figures differ, with the gains of each figure."""

    other: str
    common: int
    only_here: int
    only_there: int
    differing: int
    examples: tuple[str, ...]
    gains: tuple[Gain, ...]


def pairing(here: Returns, there: Returns) -> tuple[Ints, Ints]:
    """Rows of the stations that both tables have, in the order of the first."""
    place = {station: row for row, station in enumerate(there.station_ids)}
    pairs = [(row, place[station]) for row, station in enumerate(here.station_ids) if station in place]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def compare_stages(here: Returns, there: Returns) -> Stages:
    """This table beside an earlier stage of it, or another reading."""
    mine, theirs = pairing(here, there)
    columns: list[tuple[str, Ints, Ints]] = [
        ("registered", here.registered, there.registered),
        ("ballots", here.ballots, there.ballots),
        ("valid", here.valid, there.valid),
        ("invalid", here.invalid, there.invalid),
    ]
    columns += [(c, here.votes[c], there.votes[c]) for c in here.votes if c in there.votes]
    changed = np.zeros(len(mine), np.bool_)
    gains = []
    for figure, ours, others in columns:
        a, b = ours[mine], others[theirs]
        both = (a >= 0) & (b >= 0)
        change = np.where(both, a - b, 0)
        changed |= change != 0
        above, below = int(change[change > 0].sum()), int(-change[change < 0].sum())
        gains.append(Gain(figure, int(both.sum()), int((change != 0).sum()), above - below, above, below))
    rows = mine[changed]
    return Stages(
        other=there.name,
        common=len(mine),
        only_here=len(here) - len(mine),
        only_there=len(there) - len(mine),
        differing=len(rows),
        examples=tuple(here.station_ids[row] for row in rows[:EXAMPLES].tolist()),
        gains=tuple(gains),
    )
