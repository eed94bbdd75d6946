"""The counting room and the sequencer of this process."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tallyroom.console.election import definition
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.intake.room import CountingRoom


def room() -> CountingRoom:
    """The counting room of the election that this console serves."""
    return _room(Path(settings.FOLDER))


@lru_cache(maxsize=8)
def _room(folder: Path) -> CountingRoom:
    return CountingRoom(folder, definition())


@lru_cache(maxsize=1)
def start() -> Sequencer:
    """Start the sequencer of a server process, once."""
    sequencer = Sequencer(room())
    sequencer.start()
    return sequencer
