"""The job of publishing: a snapshot in the site folder, and its acts in the record, in the sequencer's turn.

The press keeps a count of its own, so that nobody who reads the room's waits while pages are made.  Only the writer
waits: the publication's first act has to follow the very prefix that the files were made of.
"""

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from tallyroom.announce.publish import go_on, publish
from tallyroom.console.publishing.weighing import basis
from tallyroom.console.submissions.jobs import JobRefused
from tallyroom.intake.room import CountingRoom
from tallyroom.record.clerk import Clerk
from tallyroom.tally.replay import catch_up
from tallyroom.tally.state import State

JOB = "publish"
ROLE = "desk-1"
"""The role that signs publications."""

_lock = threading.Lock()


def run(room: CountingRoom, clerk: Clerk, first: int, details: dict[str, Any]) -> None:
    """Publish the count as it stands; or, where the record is longer than `first`, finish what a crash cut off.

    details: at, the time shown, and basis, what whoever confirmed had seen.  Raises JobRefused with nothing entered.
    """
    site = Path(settings.SITE_FOLDER)
    with _lock:
        state = _count(room.folder, room)
        catch_up(state, clerk.log)
        if clerk.log.size > first:
            go_on(state, clerk, room.folder, site, ROLE)
            return
        if basis(state) != details["basis"]:
            raise JobRefused("something else than further protocols has come since it was confirmed: look again")
        publish(state, clerk, room.folder, site, details["at"], ROLE)


@lru_cache(maxsize=1)
def _count(folder: Path, room: CountingRoom) -> State:
    """The press's own count; begins anew with another room."""
    return State(room.definition)
