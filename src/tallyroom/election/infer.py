"""Inferring a definition from a table of returns: stations, areas, candidates and the form, as the table has them.

What the table cannot tell (dates, hours, the rule, the calendar) comes from the mapping's table [election], or is
a placeholder that a notice names, to be checked before the election is opened.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import numpy as np
import numpy.typing as npt

from tallyroom.election.areas import Area, Areas
from tallyroom.election.calendar import Calendar, StatutoryDate
from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.definition import Contest, DataOrigin, Definition
from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing, joined, opening_register
from tallyroom.election.folder import SYNTHETIC_ID
from tallyroom.election.form import Form
from tallyroom.election.reduction import reduced_form
from tallyroom.election.rules import Rule
from tallyroom.election.sheet import Sheet
from tallyroom.election.stations import Stations

PLACEHOLDER_DAY = date(2000, 1, 1)
NOTICED = ("date", "called_on", "timezone", "opens", "closes", "rule", "origin")
"""Settings of election.toml that a notice names where the mapping does not give them."""


def infer(filing: Filing, election_id: str, faults: Faults) -> Definition:
    """A definition with the stations of a filing; `notices` says what is a placeholder and must be checked."""
    facts = filing.mapping.election
    day = facts.date or PLACEHOLDER_DAY
    found_areas, area = _areas(filing.sheet, filing.mapping.areas, filing.mapping.elsewhere)
    return Definition(
        id=election_id,
        name=facts.name or election_id,
        office=facts.office or "President",
        day=day,
        called_on=facts.called_on or day - timedelta(days=60),
        timezone=facts.timezone or "UTC",
        opens=facts.opens or time(8),
        closes=facts.closes or time(20),
        turnout_hours=facts.turnout_hours,
        languages=facts.languages or ("en",),
        data_origin=facts.data_origin or _origin(filing),
        authority=facts.authority or "the election commission",
        origin=facts.origin or f"results.example.org/{election_id}",
        areas=found_areas,
        stations=_stations(filing, area, faults),
        contests=(_contest(filing),),
        form=_form(filing),
        calendar=Calendar((StatutoryDate("election_day", "Election day", 0, "election_day", "by definition"),)),
        eligibility=Eligibility(),
        notices=_notices(filing),
    )


def _notices(filing: Filing) -> tuple[str, ...]:
    """What the table cannot tell and the mapping does not say."""
    mapping = filing.mapping
    held = [setting for setting in NOTICED if not getattr(mapping.election, setting)]
    notices = [f"election.toml: {setting} is a placeholder; check it" for setting in held]
    notices.append(f"areas.csv: areas are {', in '.join(reversed(mapping.areas)) or 'not in the table'}")
    missing = [line.id for line in mapping.form.lines if line.id not in mapping.lines]
    if missing:
        notices.append(f"the table has no {', '.join(missing)}: the form is without these lines")
    if filing.unused:
        notices.append(f"columns of the table that are not used: {', '.join(filing.unused)}")
    return tuple(notices)


def _origin(filing: Filing) -> DataOrigin:
    """Stations numbered S-0001, S-0002, ... are synthetic ones; no others may be."""
    return "synthetic" if all(SYNTHETIC_ID.match(station_id) for station_id in filing.station_ids) else "real"


def _areas(sheet: Sheet, levels: Sequence[str], elsewhere: str) -> tuple[Areas, npt.NDArray[np.int64]]:
    """The tree of all areas, and the position of the lowest one of each row.

    An area is known by its whole path, so that equal names under different parents stay apart.  A row with an
    empty cell lies in the area above; one with none at all lies in `elsewhere`.
    """
    tree = _Tree(levels or ("country",))
    cells = [[" ".join(cell.split()) for cell in sheet.text(level)] for level in levels]
    paths = zip(*cells, strict=True) if cells else [()] * sheet.rows
    whole = () if levels else ((0, "whole"),)
    rows = [
        tree.position(tuple((i, n) for i, n in enumerate(path) if n) or whole or ((0, elsewhere),)) for path in paths
    ]
    return Areas(tuple(tree.areas)), np.array(rows, np.int64)


class _Tree:
    """Areas by path, each with the id of the area above."""

    def __init__(self, levels: Sequence[str]) -> None:
        self.areas: list[Area] = []
        self._levels = levels
        self._positions: dict[tuple[tuple[int, str], ...], int] = {}
        self._ids: set[str] = set()

    def position(self, path: tuple[tuple[int, str], ...]) -> int:
        """The position of the area with this path of (level, name); it and those above are added if new."""
        if path in self._positions:
            return self._positions[path]
        parent = self.areas[self.position(path[:-1])].id if len(path) > 1 else ""
        level, name = path[-1]
        self.areas.append(Area(self._free_id(path), name, self._levels[level], parent))
        self._positions[path] = len(self.areas) - 1
        return self._positions[path]

    def _free_id(self, path: tuple[tuple[int, str], ...]) -> str:
        """The names of the path joined by "/", numbered where another path has given the same."""
        plain = "/".join(name for _, name in path)
        area_id, number = plain, 1
        while area_id in self._ids:
            number += 1
            area_id = f"{plain}~{number}"
        self._ids.add(area_id)
        return area_id


def _stations(filing: Filing, area: npt.NDArray[np.int64], faults: Faults) -> Stations:
    sheet, mapping = filing.sheet, filing.mapping
    kinds = np.full(len(filing), "ordinary", np.object_)
    has_register = np.ones(len(filing), np.bool_)
    register = opening_register(filing, faults)
    for rule in mapping.kinds:
        mine = np.array([cell in rule.equals for cell in sheet.text(rule.column)], np.bool_)
        kinds[mine], has_register[mine] = rule.kind, rule.register
    names = joined(sheet, mapping.station_name, " ") if mapping.station_name else filing.station_ids
    return Stations(
        filing.station_ids,
        tuple(" ".join(name.split()) or station_id for name, station_id in zip(names, filing.station_ids, strict=True)),
        tuple(kinds.tolist()),
        area,
        np.where(has_register & ~register.unread, register.values, -1),
        {detail: tuple(joined(sheet, columns, "/")) for detail, columns in mapping.details.items()},
    )


def _form(filing: Filing) -> Form:
    """The mapping's form without the lines that the table has not, its lenient equations as warnings."""
    warnings = filing.mapping.warnings
    form = reduced_form(filing.mapping.form, filing.mapping.lines)
    equations = tuple(
        replace(equation, severity="warning", citation=warnings[equation.code])
        if equation.code in warnings
        else equation
        for equation in form.equations
    )
    return replace(form, equations=equations)


def _contest(filing: Filing) -> Contest:
    facts = filing.mapping.election
    contest_id, office = facts.contest or "president", facts.office or "President"
    candidates = tuple(
        Candidate(candidate.id, candidate.name, candidate.party, place, incumbent=False, contest=contest_id)
        for place, candidate in enumerate(filing.candidates, 1)
    )
    return Contest(contest_id, f"Election: {office}", office, Rule(facts.rule or "absolute_majority"), candidates)
