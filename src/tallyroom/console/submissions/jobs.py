"""Jobs of the outbox: work whose acts depend on the record at the moment they are entered, as publishing does.

A job runs in the sequencer, alone in its batch, with the record's writer.  Its first act gets the number that was
planned for it; where a crash came after that, the record is longer than the plan, and the job is run again to
finish what follows its act.
"""

from collections.abc import Callable
from typing import Any

from tallyroom.intake.room import CountingRoom
from tallyroom.record.clerk import Clerk

Job = Callable[[CountingRoom, Clerk, int, dict[str, Any]], None]
"""Called with the room, the writer, the planned number of the first act, and the details that were handed in."""

JOBS: dict[str, Job] = {}
"""Jobs by name; an app adds its own when it is made ready."""


class JobRefused(Exception):
    """A job that cannot be done now, and why; it has entered nothing."""
