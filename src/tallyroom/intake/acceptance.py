"""Acceptance: acts and protocols from the desk into the record, by the rules of the count.

Nothing enters that would break a rule: the same rules that every replay applies are asked first.  A protocol
is checked by every equation of the form at once: an error, or a figure unread, puts it in review; warnings
alone are accepted with a written reason, else it goes in review too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tallyroom.election.form import Checked, Failure
from tallyroom.election.sheet import IntColumn
from tallyroom.intake.secrecy import withheld
from tallyroom.record.acts import Accepted, Act, AnyAct, InReview, Protocol
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.tally.fold import objection
from tallyroom.tally.replay import catch_up
from tallyroom.tally.state import State

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decision:
    """What became of a protocol: its act's number, whether it is accepted, and every equation it breaks."""

    act: int
    accepted: bool
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class Parted:
    """Places of n checked protocols by what becomes of them; together they are every place once."""

    clean: Places
    warned: Places
    held: Places

    @property
    def order(self) -> Places:
        """The order in which they enter the record: those accepted stand together."""
        return np.concatenate([self.clean, self.warned, self.held])


def part(checked: Checked, reason: str) -> Parted:
    """Which protocols are accepted as they are, accepted with the reason given, or held in review."""
    held = checked.errors | (checked.warnings if not reason else np.zeros_like(checked.errors))
    return Parted(
        np.flatnonzero(~held & ~checked.warnings), np.flatnonzero(~held & checked.warnings), np.flatnonzero(held)
    )


def decisions(parted: Parted, checked: Checked, first: int, at: str, reason: str) -> list[Act]:
    """The acts that decide on protocols entered in the order of `parted`, the first of them as act `first`."""
    clean, warned = len(parted.clean), len(parted.warned)
    decided: list[Act] = []
    if clean:
        decided.append(Accepted(at=at, first=first, count=clean))
    if warned:
        decided.append(Accepted(at=at, first=first + clean, count=warned, reason=reason))
    numbers = range(first + clean + warned, first + len(parted.order))
    codes = checked.codes(parted.held)
    decided += [InReview(at=at, protocol=n, failures=c) for n, c in zip(numbers, codes, strict=True)]
    return decided


def enter(state: State, clerk: Clerk, acts: Sequence[AnyAct], role: str = "commission") -> int:
    """Enter acts that do not depend on each other; the first one's number.

    `state` stands at the end of the record, and is brought there again.  Raises RecordError, with nothing
    written, where an act would break a rule of the count.
    """
    for act in acts:
        if why := objection(state, act):
            raise RecordError(type(act).__name__.lower(), why, mend="Nothing was written; check the call.")
    number = clerk.enter(acts, role).start
    catch_up(state, clerk.log)
    return number


def file_protocols(
    state: State, clerk: Clerk, protocols: Sequence[Protocol], at: str, reason: str = ""
) -> list[Decision]:
    """File the protocols of different stations of one contest, and accept each or put it in review.

    at: time of the decisions.  reason: why warnings are set aside.  Raises RecordError, with nothing
    written, where a protocol does not fit the election or its station.
    """
    for protocol in protocols:
        if why := objection(state, protocol):
            raise RecordError(f"protocol of {protocol.station}", why, mend="Nothing was written; check the form.")
        contest, figures = state.contests[protocol.contest].contest, protocol.lines | protocol.votes
        if withheld(state.definition.secrecy, state.definition.form, contest, figures):
            mend = "Nothing was written; put its ballots on the form of a neighbouring station."
            raise RecordError(f"protocol of {protocol.station}", "would show how people voted", mend=mend)
    checked = check(state, protocols)
    parted = part(checked, reason)
    first = clerk.log.size
    ordered: list[Act] = [protocols[place] for place in parted.order.tolist()]
    clerk.enter([*ordered, *decisions(parted, checked, first, at, reason)])
    catch_up(state, clerk.log)
    held = set(parted.held.tolist())
    acts = dict(zip(parted.order.tolist(), range(first, first + len(protocols)), strict=True))
    return [Decision(acts[p], p not in held, checked.failures(p)) for p in range(len(protocols))]


def check(state: State, protocols: Sequence[Protocol]) -> Checked:
    """Every equation of the form over protocols of one contest."""
    candidates = state.contests[protocols[0].contest].contest.candidate_ids
    rows = [protocol.lines | protocol.votes for protocol in protocols]
    figures = {
        name: IntColumn(
            np.array([row[name] or 0 for row in rows], np.int64), np.array([row[name] is None for row in rows])
        )
        for name in (*state.definition.form.line_ids, *candidates)
    }
    return state.definition.form.check(figures, candidates)
