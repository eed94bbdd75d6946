"""The counting room: what one process knows of an open election, kept at the end of its record.

Many threads ask it at once.  `reading` brings the count up to the newest checkpoint and holds it still while it
is read; the process that writes folds what it has just entered through `follow`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Definition
from tallyroom.intake.opening import reader
from tallyroom.intake.paper import Paper
from tallyroom.record.error import RecordError
from tallyroom.record.log import CHECKPOINT, Log
from tallyroom.tally.replay import catch_up
from tallyroom.tally.state import State


class CountingRoom:
    """An election folder, its definition, and the count as of the newest checkpoint seen."""

    def __init__(self, folder: Path, definition: Definition | None = None) -> None:
        self.folder = folder
        self.definition = definition or election_folder.load(folder)
        self._state = State(self.definition)
        self._lock = threading.RLock()
        self._checkpoint = b""

    @cached_property
    def papers(self) -> dict[str, Paper]:
        """The paper of each contest."""
        return {
            contest.id: Paper(self.definition.form, contest, self.definition.secrecy)
            for contest in self.definition.contests
        }

    @property
    def is_open(self) -> bool:
        """Whether the election has a record yet."""
        return (self.folder / "record" / CHECKPOINT).exists()

    @contextmanager
    def reading(self) -> Iterator[State]:
        """The count at the end of the record; nobody changes it while it is read.

        Raises RecordError where there is no record, where it is damaged, or not that of this definition.
        """
        with self._lock:
            if not self.is_open:
                raise RecordError(str(self.folder), "has no record yet", mend=f"Run: tallyroom open {self.folder}")
            if self._newest() != self._checkpoint:
                self.follow(reader(self.folder))
            yield self._state

    def follow(self, log: Log) -> None:
        """Fold what a log holds beyond the count."""
        with self._lock:
            catch_up(self._state, log)
            self._checkpoint = log.checkpoint

    def area_of(self, station: str) -> str | None:
        """The id of the area that a station lies in; None where there is no such station."""
        stations = self.definition.stations
        place = stations.index.get(station)
        return None if place is None else self.definition.areas.areas[int(stations.area[place])].id

    def _newest(self) -> bytes:
        return (self.folder / "record" / CHECKPOINT).read_bytes()
