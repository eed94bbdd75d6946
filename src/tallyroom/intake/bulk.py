"""Protocols in bulk: a table of returns goes through the form's equations into the record.

Every row is checked as one protocol is.  Clean ones are accepted; those that only break warnings are accepted if
a reason is given; those that break an error, or have a figure that could not be read, are filed and held in
review.  A station whose protocol is on file already, or that is annulled, is left as it is, and named where the
figures differ.

Rows go in batches whose bounds are fixed by the order of the file, and a batch is entered whole or not at all:
an import that was stopped and is repeated with the same table and times leaves the same record as one that ran
through.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from tallyroom.election.definition import Contest, Definition
from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing
from tallyroom.election.form import Form
from tallyroom.election.mapping import TableMapping
from tallyroom.election.sheet import IntColumn
from tallyroom.intake.acceptance import decisions, part
from tallyroom.intake.report import LISTED, Difference, Held, ImportReport
from tallyroom.record.acts import Act, InReview, Protocol
from tallyroom.record.clerk import Clerk
from tallyroom.tally.contest import UNREAD, ContestCount, Status
from tallyroom.tally.state import State

BATCH = 16_384
Rows = npt.NDArray[np.int64]


def import_protocols(
    filing: Filing,
    definition: Definition,
    contest_id: str,
    state: State,
    clerk: Clerk,
    at: str,
    reason: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Enter the protocols of a table; `state` must be that of the whole record that `clerk` writes to.

    at: the claimed time of protocols for which the table gives none, RFC 3339 with offset.  progress: called
    with rows done and rows in all, after each batch.  Raises BadInput with every fault, before anything is
    written, for stations, candidates or lines that are not those of the election.
    """
    contest = definition.contest(contest_id)
    station = _stations(filing, definition, contest)
    rows = np.flatnonzero(filing.reported)
    _refuse_withheld(filing, definition, contest, rows[_awaited(state.contests[contest.id], station[rows])])
    desk = _Desk(filing, definition.form, contest, station, state.contests[contest.id], clerk, at, reason)
    report = ImportReport(rows=len(rows) + sum(filing.left_out.values()), left_out=dict(filing.left_out))
    for start in range(0, len(rows), BATCH):
        desk.enter(rows[start : start + BATCH], report)
        if progress is not None:
            progress(min(start + BATCH, len(rows)), len(rows))
    return report


def most_rows(definition: Definition, contest_id: str, mapping: TableMapping | None) -> int:
    """The most rows that a table of this contest can have, summaries of areas included: where an endless stream
    is given up."""
    places = len(definition.stations) + len(definition.areas) + 1
    return places * (len(definition.contest(contest_id).candidates) if mapping and mapping.long else 1)


def _stations(filing: Filing, definition: Definition, contest: Contest) -> Rows:
    """The position of each row's station in the definition.  Raises BadInput for what is not the election's."""
    faults, sheet = Faults(), filing.sheet
    index = definition.stations.index
    station = np.array([index.get(station_id, -1) for station_id in filing.station_ids], np.int64)
    for row in np.flatnonzero(station < 0).tolist():
        message = f"{filing.station_ids[row]!r} is no station of the election"
        faults.add(sheet.name, sheet.line(row), "station_id", message, "Mend the id, or leave the row out")
    needed = (*definition.form.line_ids, *contest.candidate_ids)
    for figure in needed:
        if figure not in filing.figures:
            message = "the table has no column for this line or candidate of the election"
            faults.add(sheet.name, 1, figure, message, "Add the column, or name it in a mapping (--map)")
    for candidate in filing.candidates:
        if candidate.id not in contest.candidate_ids:
            message = f"{candidate.id!r} is no candidate of contest {contest.id!r}"
            faults.add(sheet.name, 1, candidate.column, message, f"Use one of: {', '.join(contest.candidate_ids)}")
    faults.refuse()
    return station


def _refuse_withheld(filing: Filing, definition: Definition, contest: Contest, rows: Rows) -> None:
    """Refuse rows whose figures the election's rule of secrecy keeps out of the record.  Raises BadInput."""
    votes = np.stack([filing.figures[candidate].values[rows] for candidate in contest.candidate_ids], 1)
    invalid = np.zeros(len(rows), np.int64)
    for term in definition.form.roles.invalid:
        invalid += term.coefficient * filing.figures[term.field].values[rows]
    faults, mend = Faults(), "Put its ballots on the form of a neighbouring station"
    for row in rows[definition.secrecy.withholds(votes, invalid)].tolist():
        message = f"the figures of {filing.station_ids[row]} would show how people voted"
        faults.add(filing.sheet.name, filing.sheet.line(row), "votes", message, mend)
    faults.refuse()


class _Desk:
    """Enters one batch after the other."""

    def __init__(
        self,
        filing: Filing,
        form: Form,
        contest: Contest,
        station: Rows,
        count: ContestCount,
        clerk: Clerk,
        at: str,
        reason: str,
    ) -> None:
        self._filing, self._form, self._contest = filing, form, contest
        self._station, self._count = station, count
        self._clerk, self._at, self._reason = clerk, at, reason
        self._columns = [filing.figures[column] for column in (*form.line_ids, *contest.candidate_ids)]

    def enter(self, rows: Rows, report: ImportReport) -> None:
        """Enter the protocols of these rows that are not on file, in one piece, and note what became of each."""
        figures = np.stack([np.where(c.unread[rows], UNREAD, c.values[rows]) for c in self._columns], 1)
        fresh = _awaited(self._count, self._station[rows])
        self._note_filed(rows[~fresh], figures[~fresh], report)
        rows, figures = rows[fresh], figures[fresh]
        if not len(rows):
            return
        checked = self._form.check(
            {name: _rows_of(column, rows) for name, column in self._filing.figures.items()},
            self._contest.candidate_ids,
        )
        parted = part(checked, self._reason)
        order = parted.order
        decided = decisions(parted, checked, self._clerk.log.size, self._latest(rows), self._reason)
        numbers = self._clerk.enter([*self._protocols(rows[order], figures[order]), *decided])
        report.first = numbers.start if report.first is None else report.first
        report.last = numbers.stop - 1
        outcomes = {"accepted": parted.clean, "accepted_with_reason": parted.warned, "in_review": parted.held}
        self._note_entered(report, figures, outcomes)
        self._note_held(rows[parted.held], decided, report)

    def _protocols(self, rows: Rows, figures: Rows) -> list[Act]:
        """One act a row, with the figures in the order of the form and of the ballot paper."""
        lines, candidates = self._form.line_ids, self._contest.candidate_ids
        cut, contest = len(lines), self._contest.id
        ids, times = self._filing.station_ids, self._filing.reported_at
        values: list[list[Any]] = figures.tolist()
        for row, column in np.argwhere(figures == UNREAD).tolist():
            values[row][column] = None
        return [
            Protocol(
                at=times[row] if times else self._at,
                contest=contest,
                station=ids[row],
                lines=dict(zip(lines, cells[:cut], strict=True)),
                votes=dict(zip(candidates, cells[cut:], strict=True)),
            )
            for row, cells in zip(rows.tolist(), values, strict=True)
        ]

    def _latest(self, rows: Rows) -> str:
        """The claimed time of the decisions on a batch: when its last protocol was reported."""
        times = self._filing.reported_at
        return max((times[row] for row in rows.tolist()), key=datetime.fromisoformat) if times else self._at

    def _note_filed(self, rows: Rows, figures: Rows, report: ImportReport) -> None:
        """Note rows whose station has a protocol on file: unchanged, or different and named."""
        filed = self._count.filed[self._station[rows]]
        same = (filed == figures).all(axis=1)
        report.unchanged += int(same.sum())
        report.differs += int((~same).sum())
        report.still_in_review += int((self._count.status[self._station[rows[same]]] == Status.IN_REVIEW).sum())
        for number in np.flatnonzero(~same)[: LISTED - len(report.different)].tolist():
            row = int(rows[number])
            report.different.append(
                Difference(
                    self._filing.station_ids[row],
                    self._filing.sheet.line(row),
                    self._count.act_in_force(int(self._station[row])),
                    {
                        name: (_figure(ours), _figure(theirs))
                        for name, ours, theirs in zip(
                            self._count.columns, figures[number].tolist(), filed[number].tolist(), strict=True
                        )
                        if ours != theirs
                    },
                )
            )

    def _note_entered(self, report: ImportReport, figures: Rows, outcomes: dict[str, Rows]) -> None:
        votes = np.maximum(figures[:, len(self._form.line_ids) :], 0)
        for outcome, mine in outcomes.items():
            setattr(report, outcome, getattr(report, outcome) + len(mine))
            sums = dict(zip(self._contest.candidate_ids, votes[mine].sum(axis=0).tolist(), strict=True))
            before = report.votes.get(outcome, {})
            report.votes[outcome] = {name: before.get(name, 0) + total for name, total in sums.items()}

    def _note_held(self, rows: Rows, decided: Sequence[Act], report: ImportReport) -> None:
        reviews = (act for act in decided if isinstance(act, InReview))
        for row, review in zip(rows[: LISTED - len(report.held)].tolist(), reviews, strict=False):
            report.held.append(Held(self._filing.station_ids[row], self._filing.sheet.line(row), review.failures))


def _awaited(count: ContestCount, stations: Rows) -> npt.NDArray[np.bool_]:
    """Which of some stations have no protocol on file and may still get one."""
    found: npt.NDArray[np.bool_] = (count.act[stations] < 0) & (count.status[stations] < Status.ACCEPTED)
    return found


def _rows_of(column: IntColumn, rows: Rows) -> IntColumn:
    return IntColumn(column.values[rows], column.unread[rows])


def _figure(figure: int) -> int | None:
    return None if figure == UNREAD else figure
