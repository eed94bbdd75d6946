"""A filing: the rows of a table as stations and their protocols, column by column, as a mapping says.

Nothing is merged and nothing is dropped unnamed: a station that stands twice is a fault with both lines, unless
the table is one of copies, where a station may have several; rows that are left out are counted by the rule that
leaves them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tallyroom.election.fault import Faults
from tallyroom.election.mapping import (
    CandidateColumn,
    Columns,
    Long,
    RowRule,
    TableMapping,
    candidate_columns,
    named_candidates,
)
from tallyroom.election.sheet import IntColumn, Sheet, pc
from tallyroom.election.stations import is_station_id


@dataclass(frozen=True)
class Filing:
    """n stations of a table with the figures of their protocols.

    figures: by line of the form and by candidate id, each of length n.  reported: shape (n,), whether the row
    is a protocol; where not, its figures mean nothing.  reported_at: RFC 3339 with offset, or None where the
    table gives no times.  left_out: rows that are no protocol, by the name of the rule.  unused: columns that
    the mapping does not name.
    """

    sheet: Sheet
    mapping: TableMapping
    station_ids: tuple[str, ...]
    candidates: tuple[CandidateColumn, ...]
    figures: dict[str, IntColumn]
    reported: npt.NDArray[np.bool_]
    reported_at: list[str] | None
    left_out: dict[str, int]
    unused: Columns

    def __len__(self) -> int:
        return len(self.station_ids)


def read_filing(sheet: Sheet, mapping: TableMapping, faults: Faults, repeats: bool = False) -> Filing | None:
    """The filing of a sheet; None, with every fault noted, where it cannot be made.

    repeats: whether a station may stand in several rows, as in a table of copies.
    """
    missing = [column for column in _needed(mapping) if not sheet.has(column)]
    for column in missing:
        mend = f"Name another column in {mapping.name}; the table has: {', '.join(list(sheet.columns)[:60])}"
        faults.add(sheet.name, 1, column, "the table has no such column", mend)
    if missing:
        return None
    if not mapping.station_id:
        mend = "Add a column station_id, or say in a mapping which columns make it (--map)"
        faults.add(sheet.name, 1, "station_id", "no column says which station a row is of", mend)
        return None
    sheet, left_out = _leave_out(sheet, mapping.leave_out)
    candidates = candidate_columns(mapping, list(sheet.columns))
    if mapping.long:
        sheet, candidates = _widened(sheet, mapping, mapping.long, faults)
    _check_candidates(sheet, mapping, candidates, faults)
    if not candidates:
        mend = "Name the candidates' columns v_<candidate>, or list them in a mapping (--map)"
        faults.add(sheet.name, 1, "", "there is no column of a candidate's votes", mend)
        return None
    reported, unreported = _reported(sheet, mapping.unreported)
    return Filing(
        sheet=sheet,
        mapping=mapping,
        station_ids=_station_ids(sheet, mapping, faults, repeats),
        candidates=candidates,
        figures=_figures(sheet, mapping, candidates, faults),
        reported=reported,
        reported_at=_times(sheet, mapping, faults) if mapping.reported_at else None,
        left_out=left_out | unreported,
        unused=_unused(sheet, mapping, candidates),
    )


def _check_candidates(
    sheet: Sheet, mapping: TableMapping, candidates: Sequence[CandidateColumn], faults: Faults
) -> None:
    taken = {*mapping.form.line_ids}
    for candidate in candidates:
        if candidate.id in taken:
            message = f"the id {candidate.id!r} is a line of the form or another candidate's"
            faults.add(sheet.name, 1, candidate.column, message, "Give every candidate an id in a mapping (--map)")
        taken.add(candidate.id)


def _needed(mapping: TableMapping) -> Columns:
    votes = () if mapping.long else tuple(candidate.column for candidate in mapping.candidates)
    return (*mapping.columns, *votes)


def _unused(sheet: Sheet, mapping: TableMapping, candidates: Sequence[CandidateColumn]) -> Columns:
    used = {*mapping.columns, *(candidate.column for candidate in candidates)}
    return tuple(column for column in sheet.columns if column not in used)


def _holds(sheet: Sheet, rule: RowRule) -> npt.NDArray[np.bool_]:
    """The rows that a rule is about."""
    return np.array([cell in rule.equals for cell in sheet.text(rule.column)], np.bool_)


def _leave_out(sheet: Sheet, rules: Sequence[RowRule]) -> tuple[Sheet, dict[str, int]]:
    out = np.zeros(sheet.rows, np.bool_)
    counts: dict[str, int] = {}
    for rule in rules:
        mine = _holds(sheet, rule) & ~out
        counts[rule.why] = counts.get(rule.why, 0) + int(mine.sum())
        out |= mine
    return (sheet.take(np.flatnonzero(~out)) if out.any() else sheet), counts


def _reported(sheet: Sheet, rules: Sequence[RowRule]) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    reported = np.ones(sheet.rows, np.bool_)
    counts: dict[str, int] = {}
    for rule in rules:
        mine = _holds(sheet, rule) & reported
        counts[rule.why] = counts.get(rule.why, 0) + int(mine.sum())
        reported &= ~mine
    return reported, counts


def joined(sheet: Sheet, columns: Columns, separator: str) -> list[str]:
    """The cells of several columns put together; an empty cell adds nothing."""
    cells = [sheet.text(column) for column in columns]
    if len(cells) == 1:
        return cells[0]
    return [separator.join(filter(None, row)) for row in zip(*cells, strict=True)]


def _station_ids(sheet: Sheet, mapping: TableMapping, faults: Faults, repeats: bool) -> tuple[str, ...]:
    ids = joined(sheet, mapping.station_id, mapping.separator)
    if mapping.station_id_pattern:
        ids = _extracted(ids, mapping.station_id_pattern, mapping.separator)
    field = " + ".join(mapping.station_id)
    rows: dict[str, int] = {}
    for row, station_id in enumerate(ids):
        if not is_station_id(station_id):
            message = f"the station's id {station_id[:40]!r} is empty or holds a control character"
            if mapping.station_id_pattern:
                message = "the station's id is not of the mapping's pattern"
            faults.add(sheet.name, sheet.line(row), field, message, "Write the id of the station")
        elif not repeats and rows.setdefault(station_id, row) != row:
            message = f"station {station_id!r} stands on line {sheet.line(rows[station_id])} already"
            mend = "Keep one of the rows, or tell the stations apart by one more column of station_id in a mapping"
            faults.add(sheet.name, sheet.line(row), field, message, mend)
    return tuple(ids)


def _extracted(cells: Sequence[str], pattern: str, separator: str) -> list[str]:
    """The named groups of a pattern in each cell, joined; "" where it does not fit."""
    found = pc.extract_regex(pa.array(cells, pa.string()), pattern)
    groups = [pc.struct_field(found, group) for group in range(found.type.num_fields)]
    return [cell or "" for cell in pc.binary_join_element_wise(*groups, separator).to_pylist()]


def _figures(
    sheet: Sheet, mapping: TableMapping, candidates: Sequence[CandidateColumn], faults: Faults
) -> dict[str, IntColumn]:
    figures = {line: added(sheet, columns, faults) for line, columns in mapping.lines.items()}
    return figures | {candidate.id: sheet.integers(candidate.column, faults) for candidate in candidates}


def added(sheet: Sheet, columns: Columns, faults: Faults) -> IntColumn:
    """The sum of one or several columns; unread where one of them is."""
    read = [sheet.integers(column, faults) for column in columns]
    return IntColumn(
        np.sum([column.values for column in read], axis=0, dtype=np.int64),
        np.any([column.unread for column in read], axis=0),
    )


def opening_register(filing: Filing, faults: Faults) -> IntColumn:
    """Voters on the opening register, by the mapping or its line of voters; unread where the table has none."""
    lines = filing.mapping.lines
    columns = filing.mapping.registered or lines.get("voters_total") or lines.get("voters_listed")
    if not columns:
        return IntColumn(np.zeros(len(filing), np.int64), np.ones(len(filing), np.bool_))
    return added(filing.sheet, columns, faults)


def _times(sheet: Sheet, mapping: TableMapping, faults: Faults) -> list[str]:
    """When each protocol was reported, RFC 3339 with offset."""
    zone = ZoneInfo(mapping.timezone)
    times = []
    for row, cell in enumerate(sheet.text(mapping.reported_at)):
        try:
            at = datetime.fromisoformat(cell)
        except ValueError:
            message = f"{cell[:40]!r} is not a time"
            faults.add(sheet.name, sheet.line(row), mapping.reported_at, message, "Write it as 2024-02-07T21:40:00")
            continue
        times.append((at if at.tzinfo else at.replace(tzinfo=zone)).isoformat(timespec="seconds"))
    return times


def _widened(
    sheet: Sheet, mapping: TableMapping, long: Long, faults: Faults
) -> tuple[Sheet, tuple[CandidateColumn, ...]]:
    """A long table with one row a station; a candidate without a row at a station is unread there."""
    names = sheet.text(long.candidate)
    candidates = mapping.candidates or named_candidates(list(dict.fromkeys(names)))
    place = {candidate.column: number for number, candidate in enumerate(candidates)}
    station, first = _stations_of_rows(joined(sheet, mapping.station_id, mapping.separator))
    _check_same(sheet, mapping, long, first[station], faults)
    votes = sheet.integers(long.votes, faults)
    cells = np.zeros((len(candidates), len(first)), np.int64)
    unread = np.ones((len(candidates), len(first)), np.bool_)
    lines: dict[tuple[int, int], int] = {}
    for row, (name, at) in enumerate(zip(names, station.tolist(), strict=True)):
        if name not in place:
            message, mend = (
                f"{name[:40]!r} is no candidate of the mapping",
                "Add a [[candidate]], or mend the name",
            )
            faults.add(sheet.name, sheet.line(row), long.candidate, message, mend)
        elif (other := lines.setdefault((place[name], at), row)) != row:
            message = f"{name!r} stands on line {sheet.line(other)} for this station already"
            faults.add(sheet.name, sheet.line(row), long.candidate, message, "Keep one of the rows")
        else:
            cells[place[name], at], unread[place[name], at] = votes.values[row], votes.unread[row]
    wide = sheet.take(first)
    columns = {
        f"{long.votes} of {c.column}": pa.chunked_array([pa.array(cells[i], mask=unread[i])])
        for i, c in enumerate(candidates)
    }
    found = tuple(replace(c, column=f"{long.votes} of {c.column}") for c in candidates)
    return replace(wide, columns=wide.columns | columns), found


def _stations_of_rows(ids: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which station each row is of, and the first row of each station, in order of appearance."""
    places: dict[str, int] = {}
    station = np.array([places.setdefault(station_id, len(places)) for station_id in ids], np.int64)
    first = np.unique(station, return_index=True)[1] if len(station) else station
    return station, first.astype(np.int64)


def _check_same(sheet: Sheet, mapping: TableMapping, long: Long, first: npt.NDArray[np.int64], faults: Faults) -> None:
    """A station's rows must agree in everything but candidate and votes."""
    for column in mapping.columns:
        if column in (long.candidate, long.votes):
            continue
        cells = np.array(sheet.text(column), np.object_)
        for row in np.flatnonzero(cells != cells[first])[: faults.limit + 1].tolist():
            message = f"{cells[row]!r} is not what line {sheet.line(int(first[row]))} says of this station"
            faults.add(sheet.name, sheet.line(row), column, message, "Give every row of a station the same figures")
