"""The count of one contest: every station's protocol on file, and the totals as counted and as standing.

As counted: the first accepted figures, whatever came later.  As standing: after corrections, recounts and
annulments.  An annulled station stays reported and leaves the totals as standing and both sums of turnout; one
that is annulled before anything of it was accepted counts as reported and is in no total.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from tallyroom.election.definition import Contest, Definition
from tallyroom.election.form import VOTES, Term
from tallyroom.record.acts import Protocol
from tallyroom.tally.sums import AreaSums, Rows

UNREAD = -1
"""Stands in arrays of figures for one that could not be read; no figure is negative."""

MAX_FIGURE = 2**53 - 1
"""The largest whole number that canonical JSON carries (RFC 8785)."""

PROGRESS = ("stations", "register", "bound", "cast", "annulled_register")
"""Columns of `progress`, sums over reported stations: how many, their opening registers, the most voters
that they could have had with additions; then ballots cast as known (over all stations), and the opening
registers of annulled stations.  `expected` has the first three over all stations."""


class Status(IntEnum):
    """Where the protocol of one station stands in the record."""

    EXPECTED = 0
    RECEIVED = 1
    IN_REVIEW = 2
    ACCEPTED = 3
    ANNULLED = 4


class ContestCount:
    """The count of one contest over n stations and k figures (the form's lines, then the candidates).

    filed: figures of the protocol on file, shape (n, k), UNREAD where a figure could not be read.
    act: number of the act that holds it, shape (n,), -1 for none.  status: `Status`, shape (n,).
    changed: figures as standing of the stations whose accepted figures were changed, all UNREAD for those in
    `unaccepted`: stations that were annulled before a protocol of theirs was accepted, or without any.
    in_force: number of the act that changed or annulled them last.  counted, standing: totals by area, k columns.
    unread: how many accepted figures could not be read, shape (k,).
    """

    def __init__(self, definition: Definition, contest: Contest) -> None:
        lines, candidates = definition.form.line_ids, contest.candidate_ids
        stations = len(definition.stations)
        self.contest = contest
        self.columns = (*lines, *candidates)
        self.position = {column: place for place, column in enumerate(self.columns)}
        self.candidates = slice(len(lines), len(self.columns))
        self.filed: Rows = np.full((stations, len(self.columns)), UNREAD, np.int64)
        self.act: Rows = np.full(stations, -1, np.int64)
        self.status: npt.NDArray[np.uint8] = np.zeros(stations, np.uint8)
        self.changed: dict[int, Rows] = {}
        self.in_force: dict[int, int] = {}
        self.unaccepted: set[int] = set()
        self.counted = AreaSums(definition.areas, len(self.columns))
        self.standing = AreaSums(definition.areas, len(self.columns))
        self.progress = AreaSums(definition.areas, len(PROGRESS))
        self.expected = AreaSums(definition.areas, len(PROGRESS))
        self.unread: Rows = np.zeros(len(self.columns), np.int64)
        self.candidate_status: dict[str, str] = {}
        roles = definition.form.roles
        self._issued = self.weights(roles.issued or roles.ballots or roles.valid or (Term(1, VOTES),))
        self._area = definition.stations.area
        self._cast: Rows = np.zeros(stations, np.int64)
        register = definition.stations.register
        self._share: Rows = np.zeros((stations, len(PROGRESS)), np.int64)
        self._share[:, :3] = np.stack([np.ones_like(register), register, contest.rule.most_voters(register)], 1)
        self.expected.add(self._area, self._share)
        self._lines = _getter(lines)
        self._votes = _getter(candidates)

    def weights(self, terms: tuple[Term, ...]) -> Rows:
        """A sum of lines as one coefficient a column, shape (k,): figures @ weights is the sum."""
        found: Rows = np.zeros(len(self.columns), np.int64)
        for term in terms:
            place = self.candidates if term.field == VOTES else self.position[term.field]
            found[place] += term.coefficient
        return found

    def row(self, lines: Mapping[str, int | None], votes: Mapping[str, int | None]) -> tuple[int, ...] | None:
        """Figures in the order of the columns; None where they are not those of the form and the contest."""
        if len(lines) + len(votes) != len(self.columns):
            return None
        try:
            figures = (*self._lines(lines), *self._votes(votes))
        except KeyError:
            return None
        read = [figure for figure in figures if figure is not None] if None in figures else figures
        if read and not 0 <= min(read) <= max(read) <= MAX_FIGURE:
            return None
        return figures if read is figures else tuple(UNREAD if figure is None else figure for figure in figures)

    def rows(self, protocols: Sequence[Protocol]) -> Rows | None:
        """The rows of m protocols, shape (m, k), if every figure of all of them is read and as `row` asks."""
        if any(len(act.lines) + len(act.votes) != len(self.columns) for act in protocols):
            return None
        try:
            rows = np.array([(*self._lines(act.lines), *self._votes(act.votes)) for act in protocols], np.int64)
        except (KeyError, TypeError, OverflowError):
            return None
        return rows if 0 <= rows.min() <= rows.max() <= MAX_FIGURE else None

    def file(self, stations: int | Sequence[int], rows: tuple[int, ...] | Rows, acts: int | Sequence[int]) -> None:
        """Put protocols on file as received: m different stations, rows of shape (m, k), m acts; or one of each."""
        self.filed[stations] = rows
        self.act[stations] = acts
        self.status[stations] = Status.RECEIVED

    def accept(self, stations: Rows) -> None:
        """Accept the protocols on file of m stations: they become reported and enter both totals."""
        rows = self.filed[stations]
        areas = self._area[stations]
        figures = np.maximum(rows, 0)
        self.counted.add(areas, figures)
        self.standing.add(areas, figures)
        self.unread += (rows == UNREAD).sum(axis=0)
        self.status[stations] = Status.ACCEPTED
        self._progress(stations, figures @ self._issued, self._share[stations])

    def set_cast(self, stations: Rows, cast: Rows) -> None:
        """Ballots cast at m stations as now known: a turnout report, then the protocol's own figure."""
        self._progress(stations, cast, np.zeros((len(stations), len(PROGRESS)), np.int64))

    def _progress(self, stations: Rows, cast: Rows, rows: Rows) -> None:
        """Add `rows` to the progress of m stations, and what their ballots cast have changed by."""
        rows[:, PROGRESS.index("cast")] = cast - self._cast[stations]
        self._cast[stations] = cast
        self.progress.add(self._area[stations], rows)

    def standing_row(self, station: int) -> Rows:
        """Figures of an accepted or annulled station as standing, shape (k,), UNREAD where one could not be read."""
        row: Rows = self.changed.get(station, self.filed[station])
        return row

    def change(self, station: int, row: Rows, act: int) -> None:
        """Replace the figures as standing of an accepted station."""
        figures, before = np.maximum(row, 0), np.maximum(self.standing_row(station), 0)
        self.standing.add_one(int(self._area[station]), figures - before)
        self.changed[station] = row
        self.in_force[station] = act
        self.set_cast(np.array([station]), (figures @ self._issued)[None])

    def annul(self, station: int, act: int) -> None:
        """Take a station out of the totals as standing; it stays reported, or counts as reported from now on."""
        row = np.zeros((1, len(PROGRESS)), np.int64)
        if self.status[station] == Status.ACCEPTED:
            self.standing.add_one(int(self._area[station]), -np.maximum(self.standing_row(station), 0))
        else:
            self.unaccepted.add(station)
            self.changed[station] = np.full(len(self.columns), UNREAD, np.int64)
            row[0] = self._share[station]
        self.status[station] = Status.ANNULLED
        self.in_force[station] = act
        row[0, PROGRESS.index("annulled_register")] = self._share[station, PROGRESS.index("register")]
        self._progress(np.array([station]), np.zeros(1, np.int64), row)

    def act_in_force(self, station: int) -> int:
        """Number of the act whose figures stand for a station, or that annulled it; -1 for none."""
        return self.in_force.get(station, int(self.act[station]))


def _getter(keys: tuple[str, ...]) -> "itemgetter[str]":
    """Values of a mapping in the order of `keys`, always as a tuple."""
    return itemgetter(*keys) if len(keys) > 1 else lambda mapping: tuple(mapping[key] for key in keys)  # type: ignore[return-value]
