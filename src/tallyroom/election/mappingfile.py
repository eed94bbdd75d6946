"""Mappings as TOML: a file of one's own, and the layouts that ship (see `mapping`)."""

from dataclasses import fields
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

import pyarrow as pa

from tallyroom.election.definition import DataOrigin
from tallyroom.election.fault import BadInput, Fault, Faults
from tallyroom.election.folder import ORIGINS
from tallyroom.election.form import Form
from tallyroom.election.formfile import SHIPPED as FORMS
from tallyroom.election.formfile import read_form, shipped_form
from tallyroom.election.mapping import CandidateColumn, Columns, ElectionFacts, Long, RowRule, TableMapping
from tallyroom.election.rules import RuleKind
from tallyroom.election.settings import Settings, clock, day, read_settings
from tallyroom.election.sheet import pc
from tallyroom.election.stations import KINDS, OPTIONAL, Kind

RULES = ("absolute_majority", "plurality")
KEYS = (
    *("title", "layout", "station_id", "separator", "station_id_pattern", "station_name", "areas", "elsewhere"),
    *("registered", "lines"),
    *("candidate_columns", "candidate", "long", "reported_at", "kind", "leave_out", "unreported", "details"),
    *("unused", "form", "warning", "reason", "election"),
)


def shipped_mappings() -> tuple[str, ...]:
    """Names of the mappings that ship."""
    files = (resources.files("tallyroom.election") / "mappings").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def read_mapping(source: str) -> TableMapping:
    """A mapping that ships, by its name, or one in a file.  Raises BadInput with every fault."""
    faults = Faults()
    if source in shipped_mappings():
        shipped = resources.files("tallyroom.election") / "mappings" / f"{source}.toml"
        settings = read_settings(shipped.name, shipped.read_bytes, faults)
    elif Path(source).exists():
        settings = read_settings(Path(source).name, Path(source).read_bytes, faults)
    else:
        mend = f"Name a file, or one of the mappings that ship: {', '.join(shipped_mappings())}"
        raise BadInput([Fault(source, None, "", "there is no such mapping", mend)])
    mapping = _mapping(settings) if settings else None
    faults.refuse()
    assert mapping is not None
    return mapping


def _mapping(settings: Settings) -> TableMapping:
    settings.known(*KEYS)
    form = _form(settings)
    columns = partial(_columns, settings)
    reported = settings.table("reported_at")
    reported.known("column", "timezone")
    return TableMapping(
        name=settings.name,
        station_id=columns("station_id") or _missing(settings, "station_id"),
        form=form,
        lines=_lines(settings.table("lines"), form),
        separator=settings.string("separator", "/", default="/"),
        station_id_pattern=_pattern(settings),
        station_name=columns("station_name"),
        areas=columns("areas"),
        elsewhere=settings.string("elsewhere", "abroad", default=TableMapping.elsewhere),
        registered=columns("registered"),
        details=_details(settings.table("details")),
        candidates=tuple(_candidate(entry) for entry in settings.tables("candidate")),
        candidate_columns=settings.string("candidate_columns", "v_*", default=""),
        unused=columns("unused"),
        long=_long(settings),
        reported_at=reported.string("column", "reported_at", default=""),
        timezone=_timezone(reported, TableMapping.timezone),
        kinds=_rules(settings, "kind"),
        leave_out=_rules(settings, "leave_out"),
        unreported=_rules(settings, "unreported"),
        warnings=_warnings(settings, form),
        reason=settings.string("reason", "Final returns as published", default=""),
        election=_election(settings.table("election")),
    )


def _columns(settings: Settings, key: str) -> Columns:
    """The names of one column or of several; none where the key is not set."""
    found = settings.values.get(key, [])
    found = [found] if isinstance(found, str) else found
    if isinstance(found, list) and all(isinstance(column, str) and column for column in found):
        return tuple(found)
    settings.fault(key, f"{found!r} names no columns", f'Write {key} = "column" or {key} = ["one", "two"]')
    return ()


def _missing(settings: Settings, key: str) -> Columns:
    settings.fault(key, "is missing", f'Write {key} = "column" or {key} = ["one", "two"]')
    return ()


def _pattern(settings: Settings) -> str:
    """A regular expression with named groups, or "" where none is set."""
    example = r"^(?P<district>\d+)-(?P<precinct>\d+)$"
    pattern = settings.string("station_id_pattern", example, default="")
    try:
        groups = pc.extract_regex("", pattern).type.num_fields
    except pa.ArrowInvalid:
        groups = 0
    if pattern and not groups:
        settings.fault("station_id_pattern", f"{pattern!r} has no named groups", f"Write it as '{example}'")
    return pattern


def _form(settings: Settings) -> Form:
    """The form that the table follows: one that ships, by its id, or the mapping's own as a table [form]."""
    if isinstance(settings.values.get("form"), dict):
        return read_form(settings.table("form"))
    name = settings.choice("form", FORMS, default="generic")
    return shipped_form(name if name in FORMS else "generic")


def _lines(settings: Settings, form: Form) -> dict[str, Columns]:
    settings.known(*form.line_ids)
    return {line: _columns(settings, line) for line in form.line_ids if line in settings.values}


def _details(settings: Settings) -> dict[str, Columns]:
    settings.known(*OPTIONAL)
    return {detail: _columns(settings, detail) for detail in OPTIONAL if detail in settings.values}


def _candidate(settings: Settings) -> CandidateColumn:
    settings.known("id", "name", "party", "column")
    candidate_id = settings.string("id", "smith")
    return CandidateColumn(
        id=candidate_id,
        name=settings.string("name", "A. Smith", default=candidate_id),
        party=settings.string("party", "Some Party", default=""),
        column=settings.string("column", "v_smith"),
    )


def _long(settings: Settings) -> Long | None:
    if settings.choice("layout", ("wide", "long"), default="wide") != "long":
        return None
    table = settings.table("long")
    table.known("candidate", "votes")
    return Long(table.string("candidate", "candidate"), table.string("votes", "votes"))


def _timezone(settings: Settings, default: str) -> str:
    """A time zone, or `default` where none is set."""
    zone = settings.string("timezone", "Asia/Baku", default=default)
    try:
        return ZoneInfo(zone).key if zone else ""
    except (KeyError, ValueError, OSError):
        settings.fault("timezone", f"{zone!r} is not a time zone", 'Write it as "Asia/Baku"')
        return default


def _election(settings: Settings) -> ElectionFacts:
    settings.known(*(field.name for field in fields(ElectionFacts)))
    has = settings.values.__contains__
    return ElectionFacts(
        name=settings.string("name", "Presidential election", default=""),
        office=settings.string("office", "President", default=""),
        contest=settings.string("contest", "president", default=""),
        date=day(settings, "date") if has("date") else None,
        called_on=day(settings, "called_on") if has("called_on") else None,
        timezone=_timezone(settings, ""),
        opens=clock(settings, "opens") if has("opens") else None,
        closes=clock(settings, "closes") if has("closes") else None,
        turnout_hours=settings.strings("turnout_hours", '"12:00"', default=()),
        languages=settings.strings("languages", '"en"', default=()),
        rule=cast(RuleKind, settings.choice("rule", RULES)) if has("rule") else None,
        data_origin=cast(DataOrigin, settings.choice("data_origin", ORIGINS)) if has("data_origin") else None,
        authority=settings.string("authority", "the election commission", default=""),
        origin=settings.string("origin", "results.example.org/x", default=""),
    )


def _rules(settings: Settings, key: Literal["kind", "leave_out", "unreported"]) -> tuple[RowRule, ...]:
    found = []
    for entry in settings.tables(key):
        entry.known("column", "equals", *(("kind", "register") if key == "kind" else ("why",)))
        found.append(
            RowRule(
                column=entry.string("column", "type"),
                equals=entry.strings("equals", '"TOTAL"') if _is_list(entry) else (entry.string("equals", "TOTAL"),),
                why=entry.string("why", "summary row") if key != "kind" else "",
                kind=cast(Kind, entry.choice("kind", KINDS) if key == "kind" else "ordinary"),
                register=entry.value("register", bool, "false", True),
            )
        )
    return tuple(found)


def _is_list(settings: Settings) -> bool:
    return isinstance(settings.values.get("equals"), list)


def _warnings(settings: Settings, form: Form) -> dict[str, str]:
    codes = [equation.code for equation in form.equations]
    found = {}
    for entry in settings.tables("warning"):
        entry.known("code", "citation")
        found[entry.choice("code", codes)] = entry.string("citation", "Law 298, article 94")
    return found
