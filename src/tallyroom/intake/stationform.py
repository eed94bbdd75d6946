"""The form of one polling station on its way from paper to the record, as a value; `desk` takes it step by step."""

from typing import Literal, NamedTuple

import msgspec

from tallyroom.election.form import Failure
from tallyroom.intake.stages import Event, Stage
from tallyroom.record.acts import Act, Evidence, Figures, Present

Purpose = Literal["protocol", "correction", "recount", "annulment"]


class Entry(msgspec.Struct, frozen=True):
    """What one person (by number in the console) keyed."""

    by: int
    figures: Figures


class Round(msgspec.Struct, frozen=True, omit_defaults=True):
    """Entries that no longer count: what ended them, who, and why."""

    entries: tuple[Entry, ...]
    ended: Event
    by: int
    reason: str = ""
    resolver: int | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The form of one station in one contest, or a later document that changes its result or annuls the station.

    stage: where it is.  target: where it is once the acts of the last step are durable.  version: counts the
    steps.  entries: of this round.  figures: the settled ones.  failures: the rules that they break.  act: number
    of the protocol on file.  changes: number of the act that a later document replaces.  past: earlier rounds.
    """

    contest: str
    station: str
    purpose: Purpose = "protocol"
    stage: Stage = Stage.EXPECTED
    target: Stage | None = None
    version: int = 0
    entries: tuple[Entry, ...] = ()
    resolver: int | None = None
    figures: Figures | None = None
    failures: tuple[Failure, ...] = ()
    present: tuple[Present, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    act: int | None = None
    changes: int | None = None
    ordered_by: int | None = None
    reason: str = ""
    refused: str = ""
    past: tuple[Round, ...] = ()

    @property
    def hands(self) -> frozenset[int]:
        """Everybody who keyed or settled what now counts."""
        return frozenset(entry.by for entry in self.entries) | {self.resolver} - {None}  # type: ignore[operator]

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields in which the two entries differ, in the order of the paper."""
        if len(self.entries) < 2:
            return ()
        first, second = (entry.figures for entry in self.entries)
        return tuple(field for field in first if first[field] != second[field])


class Step(NamedTuple):
    """A form after a step, what happened, and the acts that it puts into the record."""

    form: Form
    event: Event
    acts: tuple[Act, ...] = ()
