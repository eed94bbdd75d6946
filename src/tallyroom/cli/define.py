"""Commands on a definition: check, calendar, open."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from tallyroom.cli.say import At, Folder, Json, load, now, refuse, write_json
from tallyroom.election.calendar import ics
from tallyroom.election.fault import BadInput
from tallyroom.intake.opening import open_record, predecessor


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check", epilog="Example:  tallyroom check spring --json")(check)
    app.command("calendar", epilog="Example:  tallyroom calendar spring --ics > spring.ics")(calendar)
    app.command("open", epilog="Example:  tallyroom open spring")(open_)


def check(folder: Folder, as_json: Json = False) -> None:
    """Is the definition sound?  Every error at once, with file and line."""
    try:
        definition = load(folder)
    except BadInput as error:
        if not as_json:
            raise
        write_json({"sound": False, "faults": [dataclasses.asdict(fault) for fault in error.faults]})
        raise typer.Exit(2) from None
    register = int(definition.stations.register.sum())
    sizes = {
        "stations": len(definition.stations),
        "areas": len(definition.areas),
        "registered": register,
        "contests": {contest.id: len(contest.candidates) for contest in definition.contests},
    }
    if as_json:
        write_json({"sound": True, "faults": [], "notices": definition.notices, **sizes})
        return
    print(f"{definition.name}: sound")
    print(f"{sizes['stations']:,} polling stations in {sizes['areas']:,} areas, {register:,} registered voters")
    for contest in definition.contests:
        print(f"{contest.name}: {len(contest.candidates)} candidates, rule {contest.rule.kind.replace('_', ' ')}")


def calendar(
    folder: Folder,
    as_ics: Annotated[bool, typer.Option("--ics", help="As an iCalendar file.")] = False,
    as_json: Json = False,
) -> None:
    """The statutory dates, from the day on which the election was called."""
    definition = load(folder)
    days = definition.calendar.days(definition.called_on, definition.day)
    if as_ics:
        sys.stdout.write(ics(definition.id, days))
    elif as_json:
        write_json([{"date": day.isoformat(), **dataclasses.asdict(entry)} for day, entry in days])
    else:
        for day, entry in days:
            print(f"{day:%Y-%m-%d %a}  {entry.title}  ({entry.citation})")


def open_(
    folder: Folder,
    succeeds: Annotated[
        Path | None,
        typer.Option(metavar="CHECKPOINT", help="The last checkpoint of a record that cannot go on; this one follows."),
    ] = None,
    reason: Annotated[str, typer.Option(help="With --succeeds: why the earlier record ended.")] = "",
    at: At = "",
    as_json: Json = False,
) -> None:
    """Create the record and its keys, and write act 0, which fixes the definition."""
    definition = load(folder)
    if (succeeds is None) != (not reason):
        refuse("--succeeds", "goes together with --reason", "Give both, or neither")
    earlier = None if succeeds is None else predecessor(folder, succeeds, reason)
    clerk = open_record(folder, definition, now(definition, at), earlier)
    key = clerk.log.verifier.vkey
    clerk.log.close()
    if as_json:
        write_json({"origin": definition.origin, "vkey": key, "size": clerk.log.size})
        return
    print(f"The record {definition.origin} is open.")
    print(f"Publish this key in every paper, so that anyone can check the record:\n{key}")
    print(f"Keep {folder / 'private'} secret and back it up apart from the record.")
