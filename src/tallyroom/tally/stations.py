"""The station table of the count: one row a station, as analyses read it and snapshots publish it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tallyroom.election.form import Term
from tallyroom.tally.contest import UNREAD, ContestCount, Status
from tallyroom.tally.state import State
from tallyroom.tally.sums import Rows

STATUS_NAMES = pa.array([status.name.lower() for status in Status])
"""By the number of a `Status`."""


def station_table(state: State, count: ContestCount, places: Rows | None = None) -> pa.Table:
    """All stations in the order of the definition, or those at some places; figures as standing.

    Figures are null where unread or not accepted.

    Columns: station_id, one column of area ids for each level (widest first), kind, registered (null where
    there is no register), voters, issued, ballots, valid, invalid, v_<candidate>..., status, act (number of
    the act in force), data_origin.  An annulled station keeps the figures that were accepted and says so in its
    status; it has none where none were.
    """
    definition, roles = state.definition, state.definition.form.roles
    stations = definition.stations
    where = np.arange(len(stations)) if places is None else places
    rows, acts = count.filed[where], count.act[where]
    _put_changes(count, where, rows, acts)
    hidden = count.status[where] < Status.ACCEPTED
    columns: dict[str, Any] = {"station_id": _texts(stations.ids, places)}
    columns |= _area_columns(state, where)
    columns["kind"] = _texts(stations.kinds, places)
    columns["registered"] = pa.array(stations.registered[where], mask=stations.registered[where] < 0)
    named = {"voters": roles.registered, "issued": roles.issued, "ballots": roles.ballots}
    for name, terms in {**named, "valid": roles.valid, "invalid": roles.invalid}.items():
        if terms:
            columns[name] = _sum(count, rows, hidden, terms)
    for candidate in count.contest.candidate_ids:
        columns[f"v_{candidate}"] = _sum(count, rows, hidden, (Term(1, candidate),))
    columns["status"] = STATUS_NAMES.take(pa.array(count.status[where]))
    columns["act"] = pa.array(acts, mask=acts < 0)
    columns["data_origin"] = pa.array([definition.data_origin] * len(where))
    return pa.table(columns)


def _texts(texts: tuple[str, ...], places: Rows | None) -> Any:
    return pa.array(texts if places is None else [texts[place] for place in places.tolist()], pa.string())


def _put_changes(count: ContestCount, where: Rows, rows: Rows, acts: Rows) -> None:
    """Put the figures as standing, and the acts in force, into the rows of stations that were changed."""
    if not count.changed and not count.in_force:
        return
    at = {station: row for row, station in enumerate(where.tolist())}
    for station, figures in count.changed.items():
        if station in at:
            rows[at[station]] = figures
    for station, act in count.in_force.items():
        if station in at:
            acts[at[station]] = act


def _sum(count: ContestCount, rows: Rows, hidden: npt.NDArray[np.bool_], terms: tuple[Term, ...]) -> Any:
    """A sum of lines; null where the station is not accepted or one of the lines could not be read."""
    used = count.weights(terms) != 0
    unread = (rows[:, used] == UNREAD).any(axis=1)
    return pa.array(rows @ count.weights(terms), mask=hidden | unread)


def _area_columns(state: State, where: Rows) -> dict[str, Any]:
    """For each level, widest first, the id of the area of that level that a station lies in."""
    areas = state.definition.areas
    depth: dict[str, int] = {}
    for position, area in enumerate(areas.areas):
        depth.setdefault(area.level, len(areas.chains[position]))
    columns = {}
    for level in sorted(depth, key=depth.__getitem__):
        of_area = [
            next((areas.areas[a].id for a in chain[:-1].tolist() if areas.areas[a].level == level), None)
            for chain in areas.chains
        ]
        columns[level] = pa.array(of_area, pa.string()).take(pa.array(state.definition.stations.area[where]))
    return columns
