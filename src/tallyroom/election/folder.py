"""The election folder: a definition as text files, loaded with every fault at once, and written.

`load` never stops at the first fault: it raises BadInput with all of them, each with file and line.
`write` writes a new folder whole or not at all.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from tallyroom.election import stations
from tallyroom.election.areas import Areas, read_areas
from tallyroom.election.calendar import Calendar, StatutoryDate
from tallyroom.election.candidates import Candidate, Eligibility, read_candidates
from tallyroom.election.definition import Contest, DataOrigin, Definition, Name
from tallyroom.election.definitionfiles import RULE_KEYS, definition_files
from tallyroom.election.fault import Faults
from tallyroom.election.formfile import read_form
from tallyroom.election.rules import Rule, RuleKind
from tallyroom.election.secrecy import read_secrecy
from tallyroom.election.settings import Settings, clock, day, read_settings
from tallyroom.election.sheet import read_sheet, require_columns
from tallyroom.election.stations import read_stations

REQUIRED_FILES = ("election.toml", "calendar.toml", "areas.csv", "stations.csv", "candidates.csv")
OPTIONAL_FILES = ("names.csv", "previous.parquet", "areas.geojson")
ORIGINS = ("real", "synthetic", "mixed")
RULES = ("absolute_majority", "plurality", "threshold")
SETTINGS = (
    *(
        "id",
        "name",
        "office",
        "date",
        "called_on",
        "timezone",
        "opens",
        "closes",
        "turnout_hours",
        "languages",
    ),
    *("country", "data_origin", "authority", "origin", "contest", "eligibility", "form", "secrecy"),
)
HOUR = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
COUNTRY = re.compile(r"^[a-z]{2}$")
SYNTHETIC_ID = re.compile(r"^S-\d{4,}$")


def load(folder: Path) -> Definition:
    """The definition in `folder`.  Raises BadInput with every fault of every file."""
    faults = Faults()
    settings = read_settings("election.toml", (folder / "election.toml").read_bytes, faults)
    calendar = read_settings("calendar.toml", (folder / "calendar.toml").read_bytes, faults)
    sheets = {name: read_sheet(folder / name, faults) for name in REQUIRED_FILES if name.endswith(".csv")}
    if settings is None:
        faults.refuse()
        raise AssertionError("a file without faults was not read")
    found_areas = read_areas(sheet, faults) if (sheet := sheets["areas.csv"]) else Areas(())
    definition = _definition(settings, found_areas, faults)
    if sheet := sheets["stations.csv"]:
        definition = replace(definition, stations=read_stations(sheet, found_areas, faults))
    if sheet := sheets["candidates.csv"]:
        found = read_candidates(sheet, [contest.id for contest in definition.contests] or ["-"], faults)
        definition = _with_candidates(definition, found, faults)
    if calendar is not None:
        definition = replace(definition, calendar=_calendar(calendar))
    definition = replace(definition, names=_names(folder, faults))
    _check_whole(definition, faults)
    faults.refuse()
    return replace(definition, files=_hashes(folder))


def _definition(settings: Settings, found_areas: Areas, faults: Faults) -> Definition:
    """What election.toml says; stations, candidates and calendar are still empty."""
    settings.known(*SETTINGS)
    zone = settings.string("timezone", "Asia/Baku")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        settings.fault("timezone", f"{zone!r} is not a time zone", 'Write it as "Asia/Baku"')
    contests = tuple(_contest(entry) for entry in settings.tables("contest"))
    if not contests:
        settings.fault("contest", "there is no contest", "Write [[contest]] with id, name, office and [contest.rule]")
    election_id = settings.string("id", "azerbaijan-2024")
    return Definition(
        id=election_id,
        name=settings.string("name", "Presidential election"),
        office=settings.string("office", "President"),
        day=day(settings, "date"),
        called_on=day(settings, "called_on"),
        timezone=zone,
        opens=clock(settings, "opens"),
        closes=clock(settings, "closes"),
        turnout_hours=settings.strings("turnout_hours", '"10:00", "12:00"', default=()),
        languages=settings.strings("languages", '"en"', default=("en",)),
        data_origin=cast(DataOrigin, settings.choice("data_origin", ORIGINS)),
        authority=settings.string("authority", "the election commission"),
        origin=settings.string("origin", "results.example.org/election"),
        areas=found_areas,
        stations=stations.none(),
        contests=contests,
        form=read_form(settings.table("form")),
        calendar=Calendar(()),
        eligibility=_eligibility(settings.table("eligibility")),
        country=_country(settings),
        secrecy=read_secrecy(settings.table("secrecy")),
    )


def _country(settings: Settings) -> str:
    country = settings.string("country", "az", default="")
    if country and not COUNTRY.match(country):
        settings.fault("country", f"{country!r} is not a country", 'Write its ISO 3166 code: country = "az"')
    return country


def _contest(settings: Settings) -> Contest:
    settings.known("id", "name", "office", "rule")
    rule = settings.table("rule")
    rule.known(*RULE_KEYS)
    kind = rule.choice("kind", RULES)
    threshold = rule.share("threshold")
    if kind == "threshold" and threshold is None:
        rule.fault("threshold", "is missing", 'Write threshold = "25%"')
    return Contest(
        id=settings.string("id", "president"),
        name=settings.string("name", "Election of the president"),
        office=settings.string("office", "President"),
        rule=Rule(
            kind=cast(RuleKind, kind),
            threshold=threshold,
            minimum_turnout=rule.share("minimum_turnout"),
            void_share=rule.share("void_share"),
            additions_share=rule.share("additions_share") or Rule.additions_share,
            citation=rule.string("citation", "Article 1", default=""),
        ),
        candidates=(),
    )


def _eligibility(settings: Settings) -> Eligibility:
    settings.known("minimum_age", "maximum_terms", "citation")
    terms = settings.values.get("maximum_terms", "none")
    if terms != "none" and type(terms) is not int:
        settings.fault("maximum_terms", f"{terms!r} is not a limit", 'Write maximum_terms = 2 or "none"')
    return Eligibility(
        minimum_age=settings.value("minimum_age", int, "35", 0) or None,
        maximum_terms=terms if type(terms) is int else None,
        citation=settings.string("citation", "Article 100", default=""),
    )


def _with_candidates(definition: Definition, found: Sequence[Candidate], faults: Faults) -> Definition:
    """The definition with each contest's candidates; objections of the law are faults, gaps are notices."""
    for candidate in found:
        for fact, objection in definition.eligibility.objections(candidate, definition.day):
            mend = f"Check the fact; the rule is {definition.eligibility.citation or 'in election.toml'}"
            faults.add("candidates.csv", None, fact, objection, mend)
    contests = tuple(
        replace(contest, candidates=tuple(c for c in found if c.contest == contest.id))
        for contest in definition.contests
    )
    for contest in contests:
        if not contest.candidates:
            mend = "Add the candidates in ballot-paper order"
            faults.add("candidates.csv", None, "contest", f"{contest.id!r} has no candidates", mend)
    return replace(definition, contests=contests, notices=tuple(definition.eligibility.unknown(found)))


def _calendar(settings: Settings) -> Calendar:
    settings.known("date")
    dates = []
    for entry in settings.tables("date"):
        entry.known("id", "title", "days", "counted_from", "citation")
        dates.append(
            StatutoryDate(
                id=entry.string("id", "registration_ends"),
                title=entry.string("title", "Registration of candidates ends"),
                days=entry.value("days", int, "30"),
                counted_from=cast(Any, entry.choice("counted_from", ("called", "election_day"))),
                citation=entry.string("citation", "Article 1"),
            )
        )
    return Calendar(tuple(dates))


def _names(folder: Path, faults: Faults) -> tuple[Name, ...]:
    path = folder / "names.csv"
    sheet = read_sheet(path, faults) if path.exists() else None
    if sheet is None or not require_columns(sheet, ("id", "language", "text"), ("source",), faults):
        return ()
    cells = (sheet.text(column) for column in ("id", "language", "text", "source"))
    return tuple(Name(*row) for row in zip(*cells, strict=True))


def _check_whole(definition: Definition, faults: Faults) -> None:
    """What no file can tell alone."""
    taken = {*definition.form.line_ids}
    ids = [contest.id for contest in definition.contests]
    for contest_id in sorted({contest_id for contest_id in ids if ids.count(contest_id) > 1}):
        faults.add("election.toml", None, "contest", f"{contest_id!r} stands twice", "Give every contest its own id")
    for hour in definition.turnout_hours:
        if not HOUR.match(hour):
            faults.add("election.toml", None, "turnout_hours", f"{hour!r} is not an hour", 'Write it as "10:00"')
    for contest in definition.contests:
        for candidate in contest.candidates:
            if candidate.id in taken:
                mend = "Use another candidate_id"
                faults.add("candidates.csv", None, "candidate_id", f"{candidate.id!r} is a line of the form", mend)
    if definition.data_origin == "synthetic":
        for row, station_id in enumerate(definition.stations.ids):
            if not SYNTHETIC_ID.match(station_id):
                message = f"{station_id!r} could be a real station, but data_origin is synthetic"
                faults.add("stations.csv", row + 2, "station_id", message, "Number them S-0001, S-0002, ...")
    if definition.opens >= definition.closes:
        faults.add("election.toml", None, "closes", "the polls close before they open", "Check both hours")


def _hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in stored_files(folder).items()}


def write(folder: Path, definition: Definition) -> None:
    """Write a definition as a new folder, whole or not at all.  Raises FileExistsError if it is there."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} exists and is not empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in definition_files(definition).items():
            (staging / name).write_bytes(content)
        staging.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        os.rename(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def stored_files(folder: Path) -> dict[str, bytes]:
    """The files of the definition in a folder, as they are on the disk."""
    present = [name for name in (*REQUIRED_FILES, *OPTIONAL_FILES) if (folder / name).exists()]
    return {name: (folder / name).read_bytes() for name in sorted(present)}
