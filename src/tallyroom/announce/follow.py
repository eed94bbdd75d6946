"""Following a site: its newest results, asked for politely, and what changed since they were last seen."""

import random
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from tallyroom.announce.pointer import LATEST, Pointer
from tallyroom.announce.update import UPDATE, Update
from tallyroom.record.error import RecordError
from tallyroom.record.store import Store
from tallyroom.record.web import WebStore
from tallyroom.tally.results import Results

T = TypeVar("T")

LONGEST = 300
"""Seconds between two questions to a site that does not answer, at the most."""


@dataclass(frozen=True)
class Seen:
    """The results of a snapshot by its number, and those that were seen before it, if any."""

    number: int
    results: Results
    before: Results | None = None

    @property
    def more_stations(self) -> int:
        """Polling stations that have reported since."""
        return 0 if self.before is None else self._reported(self.results) - self._reported(self.before)

    @property
    def more_votes(self) -> dict[str, int]:
        """Votes that have come (or gone) since, by candidate."""
        before = {} if self.before is None else {one.id: one.votes for one in self.before.candidates}
        return {one.id: one.votes - before.get(one.id, one.votes) for one in self.results.candidates}

    @property
    def moved(self) -> dict[str, int]:
        """Ranks that a candidate went up (or, below 0, down) since."""
        before = {} if self.before is None else {one.id: one.rank for one in self.before.candidates}
        return {one.id: before.get(one.id, one.rank) - one.rank for one in self.results.candidates}

    @staticmethod
    def _reported(results: Results) -> int:
        return results.progress.stations.reported


class Follower:
    """Looks at a site again and again; takes the small update where it leads from what was seen to what is new."""

    def __init__(self, store: Store | WebStore) -> None:
        self._store = store
        self._seen: Seen | None = None

    def look(self) -> Seen | None:
        """What is new, or None.  RecordError where the site does not answer, or with something else."""
        pointer = self._decoded(LATEST, Pointer)
        last = self._seen
        if last is not None and pointer.number == last.number:
            return None
        before = None if last is None else last.results
        if before is not None and last is not None and pointer.number == last.number + 1:
            results = self._updated(pointer, before)
        else:
            results = self._decoded(f"{_folder(pointer)}results.json", Results)
        self._seen = Seen(pointer.number, results, before)
        return self._seen

    def _updated(self, pointer: Pointer, before: Results) -> Results:
        """The results by the update, or whole where it does not lead on from what was seen."""
        update = self._decoded(f"{_folder(pointer)}{UPDATE}", Update)
        if update.before != before.snapshot:
            return self._decoded(f"{_folder(pointer)}results.json", Results)
        return msgspec.convert(msgspec.to_builtins(before) | update.results, Results)

    def _decoded(self, path: str, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self._store.read(path), type=kind)
        except msgspec.MsgspecError as error:
            raise RecordError(path, f"is not what a site has there: {error}") from error


def _folder(pointer: Pointer) -> str:
    """From the number alone: the path in the pointer is the site's to choose."""
    return f"v/{pointer.number}/"


def waits(every: int, failed: int, draw: random.Random) -> float:
    """Seconds until the next question: about `every`, as visitors should not come all at once; more after failures."""
    return min(every * 2.0**failed, LONGEST) * draw.uniform(0.8, 1.2)
