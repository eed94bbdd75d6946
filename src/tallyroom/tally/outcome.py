"""The outcome of a contest by its rule, and the exact bounds on what can still change.

The bounds assume one thing: that the reported protocols stand.  Votes that can still come are at most the
registered voters of the stations yet to report with the additions that the rule allows ("register"), or, once
those stations have closed and reported the turnout of the closing hour, that turnout ("turnout").  They hold
for every order of reporting.

With leader a, runner-up b, third c, valid votes V and at most U votes to come:
the leader is settled if a - b > U; a majority of valid votes if 2a > V + U; that nobody reaches a majority
if 2 (a + U) <= V + U; the run-off pair if moreover b - c > U.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tallyroom.election.definition import Definition
from tallyroom.election.rules import Rule
from tallyroom.tally.contest import PROGRESS, ContestCount, Status
from tallyroom.tally.results import Outcome, Settled, percent
from tallyroom.tally.turnout import TurnoutCount

Ground = Literal["register", "turnout"]
Bound = tuple[int, Ground] | tuple[None, None]
"""The most votes that can still come and what that rests on; (None, None) where nothing bounds them."""


@dataclass(frozen=True)
class Standing:
    """The figures that an outcome depends on: votes in rank order, and what is complete or outstanding.

    outstanding: the most votes that can still come; None where no bound is known.
    """

    ranked: tuple[tuple[str, int], ...]
    valid: int
    voted: int
    registered: int
    complete: bool
    outstanding: int | None
    by: Ground | None
    annulled_register: int
    total_register: int

    @property
    def lead(self) -> int:
        """The leader's votes above the runner-up's."""
        return self.ranked[0][1] - self.votes(1)

    def votes(self, place: int) -> int:
        """Votes of the candidate at a place (0 is the leader), 0 where there is none."""
        return self.ranked[place][1] if place < len(self.ranked) else 0


def bounds(definition: Definition, count: ContestCount, turnout: TurnoutCount) -> list[Bound]:
    """Upper bounds on the votes that can still come, strongest ground first, each with what it rests on."""
    waiting = count.status < Status.ACCEPTED
    found: list[Bound] = []
    if not np.any(definition.stations.registered[waiting] < 0):
        place = PROGRESS.index("bound")
        found.append((int(count.expected.whole[place] - count.progress.whole[place]), "register"))
    closing = f"{definition.closes:%H:%M}"
    if closing in turnout.hours:
        last = turnout.voted[waiting, turnout.hours.index(closing)]
        if np.all(last >= 0):
            found.append((int(last.sum()), "turnout"))
    return found or [(None, None)]


def settled(definition: Definition, standing: Standing) -> Settled | None:
    """The arithmetic of what can still change; None before the first vote."""
    if not standing.valid or standing.outstanding is None:
        return None
    left = standing.outstanding
    leader, majority = standing.lead > left, 2 * standing.votes(0) > standing.valid + left
    needed = percent(standing.lead + left, 2 * left) if left else None
    return Settled(
        settled=leader or majority,
        by=standing.by,
        lead=standing.lead,
        outstanding=left,
        hurdle_percent=needed,
        leader_settled=leader,
        majority_settled=majority,
        text=_arithmetic(standing, left),
    )


def _arithmetic(standing: Standing, left: int) -> str:
    ground = {
        "register": "voters registered at the stations yet to report, with the additions that the rule allows",
        "turnout": "voters who had received a ballot paper by the closing hour at the stations yet to report",
        None: "votes that can still come",
    }[standing.by]
    if standing.complete:
        return f"a lead of {standing.lead:,} votes, with nothing outstanding, if the reported protocols stand"
    verb = "more than" if standing.lead > left else "not more than"
    return f"a lead of {standing.lead:,} votes is {verb} the {left:,} {ground}, if the reported protocols stand"


def outcome(rule: Rule, standing: Standing) -> Outcome:
    """What the figures mean by a contest's rule, without calls and certification."""
    leader = standing.ranked[0][0] if standing.valid and standing.lead else None
    status = "open"
    run_off: tuple[str, ...] = ()
    why = "polling stations have yet to report"
    if void := _void(rule, standing):
        status, why = "no_valid_election", void
    elif standing.valid and standing.outstanding is not None and _turnout_reached(rule, standing):
        status, run_off, why = _by_rule(rule, standing, standing.outstanding)
    elif not standing.valid:
        why = "no votes are counted yet"
    return Outcome(rule.kind, status, leader, None, run_off, why)  # type: ignore[arg-type]


def _by_rule(rule: Rule, standing: Standing, left: int) -> tuple[str, tuple[str, ...], str]:
    lead, first, valid = standing.lead, standing.votes(0), standing.valid
    if rule.kind == "plurality":
        if lead > left:
            return "settled", (), "the leader has more votes than any other candidate can reach"
        return "open", (), _tie(standing) or "the lead is not larger than what can still come"
    if rule.kind == "threshold":
        assert rule.threshold is not None
        enough = first >= rule.threshold * (standing.registered + left)
        short = first + left < rule.threshold * standing.registered
        name = f"{float(100 * rule.threshold):g}% of registered voters"
    else:
        enough, short = 2 * first > valid + left, 2 * (first + left) <= valid + left
        name = "half of the valid votes"
    if enough and lead > left:
        return "settled", (), f"the leader has more than {name}, whatever comes"
    if short:
        return _run_off(standing, left, name)
    return "open", (), f"whether anyone has more than {name} depends on what comes"


def _run_off(standing: Standing, left: int, name: str) -> tuple[str, tuple[str, ...], str]:
    has = "has" if standing.complete else "can have"
    if standing.votes(1) - standing.votes(2) > left:
        pair = tuple(candidate for candidate, _ in standing.ranked[:2])
        return "run_off", pair, f"nobody {has} more than {name}; the first two go to a run-off"
    return "open", (), f"nobody {has} more than {name}; who is second is not settled"


def _tie(standing: Standing) -> str:
    return "the first two have the same number of votes" if standing.complete and not standing.lead else ""


def _turnout_reached(rule: Rule, standing: Standing) -> bool:
    """Whether the minimum turnout, if the rule has one, is certain by now."""
    least = rule.minimum_turnout
    return least is None or standing.voted >= least * (standing.registered + (standing.outstanding or 0))


def _void(rule: Rule, standing: Standing) -> str:
    """Why there is no valid election, or nothing."""
    voids = rule.void_share is not None and standing.annulled_register >= rule.void_share * standing.total_register
    if voids and standing.annulled_register:
        return f"stations with {standing.annulled_register:,} registered voters are annulled, enough to void it"
    least = rule.minimum_turnout
    if standing.complete and least is not None and standing.voted < least * standing.registered:
        return "turnout is below the minimum that the rule asks for"
    return ""
