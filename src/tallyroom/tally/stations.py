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


def station_table(state: State, count: ContestCount) -> pa.Table:
    """All stations in the order of the definition; figures as standing, null where unread or not accepted.

    Columns: station_id, one column of area ids for each level (widest first), kind, registered (null where
    there is no register), voters, issued, ballots, valid, invalid, v_<candidate>..., status, act (number of
    the act in force), data_origin.  An annulled station keeps its figures and says so in its status.
    """
    definition, roles = state.definition, state.definition.form.roles
    stations = definition.stations
    rows = count.filed.copy()
    for station, row in count.changed.items():
        rows[station] = row
    hidden = count.status < Status.ACCEPTED
    columns: dict[str, Any] = {"station_id": pa.array(stations.ids)}
    columns |= _area_columns(state)
    columns["kind"] = pa.array(stations.kinds)
    columns["registered"] = pa.array(stations.registered, mask=stations.registered < 0)
    named = {"voters": roles.registered, "issued": roles.issued, "ballots": roles.ballots}
    for name, terms in {**named, "valid": roles.valid, "invalid": roles.invalid}.items():
        if terms:
            columns[name] = _sum(count, rows, hidden, terms)
    for candidate in count.contest.candidate_ids:
        columns[f"v_{candidate}"] = _sum(count, rows, hidden, (Term(1, candidate),))
    columns["status"] = STATUS_NAMES.take(pa.array(count.status))
    acts = count.act.copy()
    for station, act in count.in_force.items():
        acts[station] = act
    columns["act"] = pa.array(acts, mask=acts < 0)
    columns["data_origin"] = pa.array([definition.data_origin] * len(stations))
    return pa.table(columns)


def _sum(count: ContestCount, rows: Rows, hidden: npt.NDArray[np.bool_], terms: tuple[Term, ...]) -> Any:
    """A sum of lines; null where the station is not accepted or one of the lines could not be read."""
    used = count.weights(terms) != 0
    unread = (rows[:, used] == UNREAD).any(axis=1)
    return pa.array(rows @ count.weights(terms), mask=hidden | unread)


def _area_columns(state: State) -> dict[str, Any]:
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
        columns[level] = pa.array(of_area, pa.string()).take(pa.array(state.definition.stations.area))
    return columns
