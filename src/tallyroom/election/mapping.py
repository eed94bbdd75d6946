r"""A mapping: how a published table becomes polling stations and protocols, as a few lines of TOML.

A wide table has one row a station and one column a candidate; a long one has a row for each station and
candidate.  Example:

    station_id = ["district", "precinct"]     # joined with separator, "/" unless set
    station_id_pattern = '^(?P<a>\d+)-(?P<b>\d+)$'   # its groups are the id, where a cell holds more (RE2)
    areas = ["district"]                      # widest first
    candidate_columns = "v_*"                 # or [[candidate]] id, name, party, column; "*": all other columns

    [lines]                                   # line of the form = its column, or columns to be added
    voters_listed = "registered"
    valid = "valid"

    [[leave_out]]                             # rows that are no station; they are counted under `why`
    column = "precinct"
    equals = "TOTAL"
    why = "summary row of a district"

A line that the table does not have is left out and never invented.  Without a mapping, columns named as in the
station table or as the lines of the form map themselves.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tallyroom.election.definition import DataOrigin
from tallyroom.election.form import Form
from tallyroom.election.rules import RuleKind
from tallyroom.election.sheet import Sheet
from tallyroom.election.stations import OPTIONAL, Kind

ALIASES = (
    ("voters", ("voters_total", "voters_listed")),
    ("registered", ("voters_total", "voters_listed")),
    ("issued", ("ballots_issued",)),
    ("ballots", ("ballots_found",)),
)
"""Columns of station tables that are not named as a line of the form, and the line they stand for: the first
that the form has, if no column stands for it yet."""

NOT_PLACES = ("station_id", "kind", "reported_at", "status", "data_origin")

Columns = tuple[str, ...]


@dataclass(frozen=True)
class RowRule:
    """Rows in which `column` holds one of `equals`; `why` names them, `kind` is that of such stations.

    register: whether such stations have an opening register of voters.
    """

    column: str
    equals: Columns
    why: str = ""
    kind: Kind = "ordinary"
    register: bool = True


@dataclass(frozen=True)
class CandidateColumn:
    """A candidate with the column (wide) or the cell of the candidate column (long) that is theirs."""

    id: str
    name: str
    party: str
    column: str


@dataclass(frozen=True)
class Long:
    """The two columns of a long table: whose votes a row gives, and how many."""

    candidate: str
    votes: str


@dataclass(frozen=True)
class ElectionFacts:
    """What a table cannot tell of its election; None or empty where it is not known."""

    name: str = ""
    office: str = ""
    contest: str = ""
    date: datetime.date | None = None
    called_on: datetime.date | None = None
    timezone: str = ""
    opens: datetime.time | None = None
    closes: datetime.time | None = None
    turnout_hours: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    rule: RuleKind | None = None
    data_origin: DataOrigin | None = None
    authority: str = ""
    origin: str = ""


@dataclass(frozen=True)
class TableMapping:
    """How a table is read (see the module).

    station_id_pattern: regular expression (RE2) whose named groups, joined, are the id; "" for the cells as they are.
    lines: columns of each line of the form, added where there are several.  registered: columns of the opening
    register; the line of voters where none is named.  unused: columns that are no candidate's for "*".
    elsewhere: name of the area of stations that have no area.  timezone: of times of `reported_at` that give
    none.  warnings: equations of the form (by code) that only warn in this election, with the law that says so.
    reason: why protocols that only break warnings are accepted, or "".
    election: what else is known of the election, for `infer`.
    """

    name: str
    station_id: Columns
    form: Form
    lines: Mapping[str, Columns]
    separator: str = "/"
    station_id_pattern: str = ""
    station_name: Columns = ()
    areas: Columns = ()
    elsewhere: str = "elsewhere"
    registered: Columns = ()
    details: Mapping[str, Columns] = field(default_factory=dict)
    candidates: tuple[CandidateColumn, ...] = ()
    candidate_columns: str = ""
    unused: Columns = ()
    long: Long | None = None
    reported_at: str = ""
    timezone: str = "UTC"
    kinds: tuple[RowRule, ...] = ()
    leave_out: tuple[RowRule, ...] = ()
    unreported: tuple[RowRule, ...] = ()
    warnings: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    election: ElectionFacts = ElectionFacts()

    @property
    def columns(self) -> Columns:
        """Every column that the mapping names, except those of candidates."""
        rules = (*self.kinds, *self.leave_out, *self.unreported)
        named = [*self.station_id, *self.station_name, *self.areas, *self.registered]
        named += [column for columns in (*self.lines.values(), *self.details.values()) for column in columns]
        named += [rule.column for rule in rules]
        named += [self.reported_at] if self.reported_at else []
        named += [self.long.candidate, self.long.votes] if self.long else []
        return tuple(dict.fromkeys(named))


def default_mapping(sheet: Sheet, form: Form) -> TableMapping:
    """The mapping of a table whose columns are named as in the station table or as the lines of the form.

    Columns before the first figure are places, widest first.  A station is known by its `station_id`; where this
    repeats from area to area, or is not there, by all of its places together.
    """
    lines = _own_lines(sheet, form)
    figures = {column for columns in lines.values() for column in columns} | {column for column, _ in ALIASES}
    columns = list(sheet.columns)
    first = next((i for i, c in enumerate(columns) if c in figures or c.startswith("v_")), len(columns))
    places = [column for column in columns[:first] if column not in (*NOT_PLACES, *OPTIONAL)]
    named = [column for column in ("station_name", "station") if column in places]
    own_id = ("station_id",) if sheet.has("station_id") else ()
    unique = own_id and len({*sheet.text("station_id")}) == sheet.rows
    return TableMapping(
        name="columns of the station table",
        station_id=own_id if unique else (*places, *own_id),
        form=form,
        lines=lines,
        station_name=tuple(named[:1]),
        areas=tuple(column for column in places if column not in named),
        registered=("registered",) if sheet.has("registered") else (),
        details={detail: (detail,) for detail in OPTIONAL if sheet.has(detail)},
        candidate_columns="v_*",
        reported_at="reported_at" if sheet.has("reported_at") else "",
    )


def _own_lines(sheet: Sheet, form: Form) -> dict[str, Columns]:
    """The columns that are named as lines of the form, or stand for one as in the station table."""
    lines = {line: (line,) for line in form.line_ids if sheet.has(line)}
    for column, names in ALIASES:
        line = next((name for name in names if name in form.line_ids), None)
        if line and line not in lines and sheet.has(column):
            lines[line] = (column,)
    return {line: lines[line] for line in form.line_ids if line in lines}


def candidate_columns(mapping: TableMapping, columns: Sequence[str]) -> tuple[CandidateColumn, ...]:
    """The candidates of a wide table that has these columns, in their order."""
    if mapping.candidates:
        return mapping.candidates
    start = (mapping.candidate_columns or "v_*").removesuffix("*")
    others = {*mapping.columns, *mapping.unused}
    mine = [column for column in columns if column.startswith(start) and column not in others]
    return named_candidates(mine, start)


def named_candidates(columns: Sequence[str], start: str = "") -> tuple[CandidateColumn, ...]:
    """Candidates known by columns alone: what follows `start` is the id where it can be one, else the place is."""
    found = []
    for place, column in enumerate(columns, 1):
        name = column.removeprefix(start)
        plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
        shown = name.replace("_", " ").title() if plain and name.islower() else name
        found.append(CandidateColumn(name if plain else f"c{place}", shown, "", column))
    return tuple(found)
