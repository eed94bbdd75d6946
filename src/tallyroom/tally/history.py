"""History: what the snapshots before showed of a contest, and since which of them each area is as it is.

Kept by the fold as it passes each publication, so that it is a function of the record like all else: what changed
since the last snapshot, and which files of earlier snapshots are still current, need no site to be read.
"""

from dataclasses import dataclass
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from tallyroom.election.areas import Areas
from tallyroom.tally.results import Results
from tallyroom.tally.sums import Rows

Flags = npt.NDArray[np.bool_]

_LISTS = ("annulled", "corrections", "statements", "contradictions", "calls", "areas")
"""Members of results that grow with the night; of snapshots before the last one they are not kept."""

_TOLD = ("state", "outcome", "calls", "certification")
"""Members of results that stand in files of any part of the country."""


@dataclass(frozen=True)
class Marks:
    """What the files of a station are made from; arrays over n stations, as the state holds them now.

    act: of the protocol on file.  status: of it.  opened, closed: bool.  voted: turnout, shape (n, hours).
    changes: stations of corrections, recounts and annulments so far, in order.  attached: of evidence that
    was attached to their acts.
    """

    act: Rows
    status: npt.NDArray[np.uint8]
    opened: Flags
    closed: Flags
    voted: Rows
    changes: tuple[int, ...]
    attached: tuple[int, ...]

    def kept(self) -> Self:
        """A copy that stays as it is."""
        return type(self)(
            self.act.copy(),
            self.status.copy(),
            self.opened.copy(),
            self.closed.copy(),
            self.voted.copy(),
            self.changes,
            self.attached,
        )

    def differ(self, before: Self) -> Flags:
        """Which stations are not as they were, shape (n,)."""
        found: Flags = (self.act != before.act) | (self.status != before.status)
        found |= (self.opened != before.opened) | (self.closed != before.closed)
        found |= (self.voted != before.voted).any(axis=1)
        found[list(self.changes[len(before.changes) :])] = True
        found[list(self.attached[len(before.attached) :])] = True
        return found


def _shows_votes(results: Results) -> bool:
    """Whether votes may be shown: voting is over and at least one station has reported."""
    return results.state not in ("before", "voting") and results.progress.stations.reported > 0


class History:
    """The snapshots of one contest that were published.

    results: of each, oldest first; only the last one whole.  since: for each area, and last the country, the
    number of the snapshot that changed it last, shape (areas + 1,), 0 before the first.  told_since: the
    number of the snapshot since which state, outcome and calls are as they are.  shown_since: that since which
    votes are shown, or since which they are not.
    """

    def __init__(self, areas: Areas, area: Rows) -> None:
        self.results: list[Results] = []
        self.since: Rows = np.zeros(len(areas) + 1, np.int64)
        self.told_since = 0
        self.shown_since = 0
        self._chains = areas.chains
        self._area = area
        self._marks: Marks | None = None

    def changed(self, now: Marks) -> Flags:
        """Which stations are not as the last snapshot showed them, shape (n,); all before the first."""
        return np.ones(len(self._area), np.bool_) if self._marks is None else now.differ(self._marks)

    def changed_areas(self, stations: Flags) -> Flags:
        """The areas that some of these stations lie in, and last the country, shape (areas + 1,)."""
        if not self.results:
            return np.ones_like(self.since, np.bool_)
        found = np.zeros_like(self.since, np.bool_)
        for area in np.unique(self._area[stations]).tolist():
            found[self._chains[area]] = True
        return found

    def tells_otherwise(self, results: Results) -> bool:
        """Whether state, outcome or calls are not as the last snapshot gave them."""
        return not self.results or any(getattr(results, name) != getattr(self.results[-1], name) for name in _TOLD)

    def shows_otherwise(self, results: Results) -> bool:
        """Whether votes are shown now and were not in the last snapshot, or the other way."""
        return not self.results or _shows_votes(results) != _shows_votes(self.results[-1])

    def take(self, number: int, results: Results, now: Marks) -> None:
        """Keep what snapshot `number` shows."""
        self.since[self.changed_areas(self.changed(now))] = number
        if self.tells_otherwise(results):
            self.told_since = number
        if self.shows_otherwise(results):
            self.shown_since = number
        if self.results:
            self.results[-1] = msgspec.structs.replace(self.results[-1], **dict.fromkeys(_LISTS, ()))
        self.results.append(results)
        self._marks = now.kept()
