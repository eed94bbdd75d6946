"""The summary of one contest: from the state of the count to the results that are shown.

A pure function of the state, which is itself a function of a prefix of the record, and of the snapshot's
root and time.  Shares are computed here, last, and rounded once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec.structs import replace

from tallyroom.election.candidates import Candidate
from tallyroom.election.form import Term
from tallyroom.tally.contest import PROGRESS, ContestCount, Status
from tallyroom.tally.happened import annulled, calls, certification, corrections, statements
from tallyroom.tally.outcome import Standing, bounds, outcome, settled
from tallyroom.tally.results import (
    AreaResults,
    BallotProgress,
    CandidateFigures,
    Contradiction,
    Counters,
    HourTurnout,
    Margin,
    Outcome,
    Progress,
    RegisterProgress,
    Results,
    SnapshotId,
    StationProgress,
    TurnoutFigures,
    percent,
)
from tallyroom.tally.results import State as Phase
from tallyroom.tally.state import State
from tallyroom.tally.sums import Rows

Basis = Literal["standing", "counted"]


@dataclass(frozen=True)
class Summary:
    """Builds the results of one contest; `root` (base64) and `time` are those of the snapshot.

    publishing: whether these are the results of a snapshot, which publishes all that is accepted; otherwise
    the counter of published protocols is that of the last snapshot before.
    """

    state: State
    count: ContestCount
    root: str
    time: str
    basis: Basis = "standing"
    publishing: bool = False

    def results(self, areas: Sequence[int] = ()) -> Results:
        """The results, with those of the areas at the given positions."""
        definition, contest = self.state.definition, self.count.contest
        standing = self._standing()
        ranked = self._candidates()
        return Results(
            election=definition.id,
            election_name=definition.name,
            contest=contest.id,
            contest_name=contest.name,
            data_origin=definition.data_origin,
            basis=self.basis,
            snapshot=SnapshotId(self.state.size, self.root, self.time),
            state=self._phase(),
            progress=self._progress(),
            counters=self._counters(),
            turnout=self._turnout(),
            valid=self._role("valid"),
            invalid=self._role("invalid"),
            candidates=ranked,
            margin=self._margin(ranked),
            outcome=self._outcome(standing),
            settled=settled(definition, standing),
            annulled=annulled(self.state, contest.id),
            corrections=corrections(self.state, contest.id),
            statements=statements(self.state),
            contradictions=self._contradictions(),
            unread={
                column: int(unread)
                for column, unread in zip(self.count.columns, self.count.unread, strict=True)
                if unread
            },
            areas=tuple(self._area(position) for position in areas),
            calls=calls(self.state, contest.id),
            certification=certification(self.state, contest.id),
        )

    @property
    def _totals(self) -> Rows:
        return self.count.standing.values if self.basis == "standing" else self.count.counted.values

    def _sum(self, terms: tuple[Term, ...], row: int = -1) -> int:
        return int(self._totals[row] @ self.count.weights(terms))

    def _role(self, role: str, row: int = -1) -> int:
        terms = getattr(self.state.definition.form.roles, role)
        if not terms and role == "valid":
            return int(self._totals[row, self.count.candidates].sum())
        return self._sum(terms, row)

    def _reported(self, column: str, row: int = -1) -> int:
        return int(self.count.progress.values[row, PROGRESS.index(column)])

    def _expected(self, column: str, row: int = -1) -> int:
        return int(self.count.expected.values[row, PROGRESS.index(column)])

    @property
    def _complete(self) -> bool:
        return 0 < self._expected("stations") == self._reported("stations")

    def _phase(self) -> Phase:
        certified = self.count.contest.id in {*self.state.certified, *self.state.said_certified}
        if self._complete:
            return "certified" if certified else "complete"
        if np.any(self.count.status) or np.any(self.state.closed):
            return "counting"
        return "voting" if np.any(self.state.opened) else "before"

    def _progress(self) -> Progress:
        reported, total = self._reported("stations"), self._expected("stations")
        covered, register = self._reported("register"), self._expected("register")
        counted, cast = self._ballots(), self._cast()
        return Progress(
            StationProgress(reported, total, percent(reported, total)),
            RegisterProgress(covered, register, percent(covered, register)),
            BallotProgress(counted, cast, None if cast is None else percent(counted, cast)),
        )

    def _ballots(self) -> int:
        roles = self.state.definition.form.roles
        return self._sum(roles.ballots) if roles.ballots else self._role("valid") + self._role("invalid")

    def _cast(self) -> int | None:
        """Ballots cast by turnout reports and, where accepted, protocols; None where nothing tells."""
        known = self._complete or bool(self.state.turnout.stations.any())
        return self._reported("cast") if known else None

    def _counters(self) -> Counters:
        status = np.bincount(self.count.status, minlength=len(Status))
        accepted = int(status[Status.ACCEPTED] + status[Status.ANNULLED])
        return Counters(
            received=int(status[1:].sum()),
            in_review=int(status[Status.IN_REVIEW]),
            accepted=accepted,
            published=accepted if self.publishing else self.state.published[self.count.contest.id],
        )

    def _turnout(self) -> TurnoutFigures:
        opening = self._expected("register")
        total = self._expected("stations")
        turnout = self.state.turnout
        by_time = tuple(
            HourTurnout(hour, voted, percent(voted, opening), stations, stations < total)
            for hour, voted, stations in zip(
                turnout.hours, turnout.sums.whole.tolist(), turnout.stations.tolist(), strict=True
            )
            if stations
        )
        if self._complete:
            registered, voted = self._final_register(), self._reported("cast")
            return TurnoutFigures(opening, registered, voted, percent(voted, registered), False, by_time)
        if by_time:
            last = by_time[-1]
            return TurnoutFigures(opening, opening, last.voted, last.percent, last.is_floor, by_time)
        voted = self._reported("cast")
        return TurnoutFigures(opening, opening, voted, percent(voted, opening), True, by_time)

    def _final_register(self) -> int:
        """Voters of the stations that stand, with the day's additions where the form has them."""
        if terms := self.state.definition.form.roles.registered:
            return self._sum(terms)
        return self._reported("register") - self._reported("annulled_register")

    def _votes(self, row: int = -1) -> list[int]:
        found: list[int] = self._totals[row, self.count.candidates].tolist()
        return found

    def _candidates(self) -> tuple[CandidateFigures, ...]:
        votes, valid = self._votes(), self._role("valid")
        pairs = sorted(
            zip(self.count.contest.candidates, votes, strict=True),
            key=lambda pair: (-pair[1], pair[0].ballot_order),
        )
        return tuple(self._candidate(candidate, own, valid, votes) for candidate, own in pairs)

    def _candidate(self, candidate: Candidate, own: int, valid: int, votes: list[int]) -> CandidateFigures:
        rank = 1 + sum(other > own for other in votes)
        status = self.count.candidate_status.get(candidate.id, "registered")
        return CandidateFigures(candidate.id, candidate.name, candidate.party, own, percent(own, valid), rank, status)

    def _margin(self, ranked: Sequence[CandidateFigures]) -> Margin | None:
        if len(ranked) < 2 or not ranked[0].votes:
            return None
        lead = ranked[0].votes - ranked[1].votes
        return Margin(lead, percent(lead, self._role("valid")))

    def _standing(self) -> Standing:
        ids = self.count.contest.candidate_ids
        known = bounds(self.state.definition, self.count, self.state.turnout)
        votes = sorted(zip(ids, self._votes(), strict=True), key=lambda pair: -pair[1])
        return _pick(
            [
                Standing(
                    ranked=tuple(votes),
                    valid=self._role("valid"),
                    voted=self._reported("cast") if self._complete else self._role("issued"),
                    registered=self._turnout().registered,
                    complete=self._complete,
                    outstanding=left,
                    by=by,
                    annulled_register=self._reported("annulled_register"),
                    total_register=self._expected("register"),
                )
                for left, by in known
            ]
        )

    def _outcome(self, standing: Standing) -> Outcome:
        found = outcome(self.count.contest.rule, standing)
        contest = self.count.contest.id
        if certified := self.state.certified.get(contest):
            winner = certified[1].winner or None
            return replace(found, status="certified", winner=winner, why="certified by the authority")
        if (said := self.state.said_certified.get(contest)) and found.status == "settled":
            why = f"{said.speaker} certified the result, {said.source} reported"
            return replace(found, status="certified", winner=found.leader, why=why)
        if winner := self.state.calls[contest].winner:
            return replace(found, status="called", winner=winner, why="called by two people")
        return found

    def _contradictions(self) -> tuple[Contradiction, ...]:
        """Announced figures that differ from ours, then what our own figures say against each other."""
        found = list(self.state.contradictions[self.count.contest.id])
        cast, counted = self._cast(), self._ballots()
        if cast is not None and counted > cast:
            found.append(
                Contradiction(
                    "counted-above-cast", "ballots counted, ballots cast", str(counted), str(cast), "record", None
                )
            )
        found += [
            Contradiction("turnout-fell", "a station's turnout is below an earlier hour's", "", "", "record", act)
            for act in self.state.turnout.fell
        ]
        return tuple(found)

    def _area(self, row: int) -> AreaResults:
        area = self.state.definition.areas.areas[row]
        votes = dict(zip(self.count.contest.candidate_ids, self._votes(row), strict=True))
        valid = self._role("valid", row)
        return AreaResults(
            area_id=area.id,
            name=area.name,
            level=area.level,
            parent_id=area.parent_id,
            stations_total=self._expected("stations", row),
            stations_reported=self._reported("stations", row),
            registered=self._expected("register", row),
            cast=self._reported("cast", row) if self._cast() is not None else None,
            valid=valid,
            invalid=self._role("invalid", row),
            votes=votes,
            percent={candidate: percent(own, valid) for candidate, own in votes.items()},
        )


def _pick(standings: Sequence[Standing]) -> Standing:
    """The standing by the first bound that settles the leader, else by the smallest bound."""
    settles: Callable[[Standing], bool] = lambda s: s.outstanding is not None and s.lead > s.outstanding  # noqa: E731
    return next(filter(settles, standings), min(standings, key=lambda s: s.outstanding or 0))
