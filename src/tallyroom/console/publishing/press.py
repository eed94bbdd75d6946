"""The job of publishing: a snapshot in the site folder, and its acts in the record, in the sequencer's turn.

The press keeps a count of its own, so that nobody who reads the room's waits while pages are made.  Only the writer
waits: the publication's first act has to follow the very prefix that the files were made of.
"""

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from tallyroom.announce.publish import go_on, publish
from tallyroom.console.publishing.weighing import basis
from tallyroom.console.submissions.jobs import JobRefused
from tallyroom.intake.room import CountingRoom
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.policy import Policy, read_policy
from tallyroom.record.witness_http import NotCosigned, cosigning
from tallyroom.tally.replay import catch_up
from tallyroom.tally.state import State

JOB = "publish"
ROLE = "desk-1"
"""The role that signs publications."""
SHOWN_NOW = gettext_noop("the snapshot before it had not been shown whole, and is only now: look again")
OTHER_ACTS = gettext_noop("something else than further protocols has come since it was confirmed: look again")

_lock = threading.Lock()


def run(room: CountingRoom, clerk: Clerk, first: int, details: dict[str, Any]) -> None:
    """Publish the count as it stands; or, where the record is longer than `first`, finish what a crash cut off.

    details: at, the time shown, and basis, what whoever confirmed had seen.  Raises JobRefused with nothing entered; or
    with acts of a snapshot in the record where its witnesses went missing half-way: the next job shows that first.
    """
    site = Path(settings.SITE_FOLDER)
    with _lock:
        state, cosign = _count(room.folder, room), cosigning(clerk.log, policy())
        catch_up(state, clerk.log)
        try:
            if (resumed := clerk.log.size > first) or _is_behind(state, site):
                go_on(state, clerk, room.folder, site, ROLE, cosign)
                if not resumed:
                    raise JobRefused(SHOWN_NOW)
                return
            if basis(state) != details["basis"]:
                raise JobRefused(OTHER_ACTS)
            publish(state, clerk, room.folder, site, details["at"], ROLE, cosign)
        except NotCosigned as error:
            raise JobRefused(str(error)) from None


def policy() -> Policy | None:
    """The policy that this console publishes under, as its file is now.  Raises RecordError where it is none."""
    name = settings.POLICY_FILE
    try:
        return read_policy(Path(name).read_bytes(), name) if name else None
    except OSError as error:
        mend = "Put the policy back, or start the console under another one."
        raise RecordError(name, f"cannot be read: {error.strerror}", mend=mend) from None


def _is_behind(state: State, site: Path) -> bool:
    """Whether the newest snapshot, whose acts are in the record, was never shown whole."""
    number = len(state.publications)
    return number > 0 and not (site / f"v/{number}/stations.csv").exists()


@lru_cache(maxsize=1)
def _count(folder: Path, room: CountingRoom) -> State:
    """The press's own count; begins anew with another room."""
    return State(room.definition)
