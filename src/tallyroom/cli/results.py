"""Commands that read the count: results, bulletin."""

import sys
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.table import Table

from tallyroom.announce.bulletin import Context
from tallyroom.announce.bulletin import bulletin as bulletin_text
from tallyroom.announce.language import LANGUAGES
from tallyroom.announce.naming import named, names_in
from tallyroom.cli.progress import bar
from tallyroom.cli.say import Contest, Folder, Json, contest_of, load, moment, refuse, write_json
from tallyroom.election.definition import Definition
from tallyroom.intake.opening import reader
from tallyroom.record.log import Log
from tallyroom.tally.replay import publications, replay, summarise
from tallyroom.tally.results import Results
from tallyroom.tally.summary import Basis

Size = Annotated[int | None, typer.Option("--size", min=1, help="The count after so many acts of the record.")]
Time = Annotated[str, typer.Option("--at", help="The last snapshot published at or before this time, RFC 3339.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("results", epilog="Example:  tallyroom results spring --at 2024-02-08T03:13+04:00 --json")(results)
    app.command("bulletin", epilog="Example:  tallyroom bulletin spring --language en")(bulletin)


def results(
    folder: Folder,
    contest: Contest = "",
    area: Annotated[
        list[str], typer.Option("--area", help="Also this area, by id; may be repeated; ALL for all.")
    ] = [],  # noqa: B006
    size: Size = None,
    at: Time = "",
    basis: Annotated[
        str, typer.Option("--as", help="standing (after corrections) or counted (first figures).")
    ] = "standing",
    as_json: Json = False,
) -> None:
    """The count: now, after so many acts, or as last published by a time."""
    if basis not in ("standing", "counted"):
        refuse("--as", f"{basis!r} is not known", "Use standing or counted")
    definition = load(folder)
    found = _results(folder, definition, contest, area, size, at, cast(Basis, basis))[0]
    if as_json:
        write_json(found)
    else:
        _print(found)


def bulletin(
    folder: Folder,
    contest: Contest = "",
    language: Annotated[str, typer.Option("--language", help=f"One of: {', '.join(LANGUAGES)}.")] = "en",
    size: Size = None,
    at: Time = "",
    as_json: Json = False,
) -> None:
    """The count in words, each sentence only where the figures allow it."""
    if language not in LANGUAGES:
        refuse("--language", f"there is no bulletin in {language!r}", f"Use one of: {', '.join(LANGUAGES)}")
    definition = load(folder)
    found, number = _results(folder, definition, contest, [], size, at, "standing")
    known = named(found, names_in(definition.names, language))
    text = bulletin_text(known, Context(number, definition.day.isoformat()), language)
    if as_json:
        write_json({"language": language, "number": number, "data_origin": found.data_origin, "text": text})
    else:
        sys.stdout.write(text)


def _results(
    folder: Path, definition: Definition, contest: str, areas: list[str], size: int | None, at: str, basis: Basis
) -> tuple[Results, int]:
    """Results, and the number of the snapshot they are of (of the last one before, if of none)."""
    contest_of(definition, contest)
    places = _areas(definition, areas)
    log = reader(folder)
    size, time, number, published = _prefix(log, size, at)
    with bar("Replaying the record") as progress:
        state = replay(definition, log, size, progress)
    return summarise(state, log, contest, time, basis, published).results(places), number


def _areas(definition: Definition, areas: list[str]) -> list[int]:
    if areas == ["ALL"]:
        return list(range(len(definition.areas)))
    for area in areas:
        if area not in definition.areas.index:
            refuse("--area", f"there is no area {area!r}", "Use an area_id of areas.csv")
    return [definition.areas.index[area] for area in areas]


def _prefix(log: Log, size: int | None, at: str) -> tuple[int, str, int, bool]:
    """Size, time and number of the snapshot asked for, and whether it is one that was published."""
    if size is not None and at:
        refuse("--at", "cannot be given together with --size", "Give one of them")
    if size is not None and size > log.size:
        refuse("--size", f"the record has {log.size} acts", f"Use a number up to {log.size}")
    if size is None and not at:
        return log.size, "", len(publications(log)), False
    until = moment(at) if at else None
    known = [p for p in publications(log) if (moment(p.at) <= until if until else p.size <= (size or 0))]
    last = known[-1] if known else None
    if size is None and last is None:
        print(f"No snapshot was published by {at}.", file=sys.stderr)
        raise typer.Exit(1)
    if last is not None and size in (None, last.size):
        return last.size, last.at, last.number, True
    assert size is not None
    return size, "", last.number if last else 0, False


def _print(found: Results) -> None:
    console = Console()
    stations, ballots = found.progress.stations, found.progress.ballots
    if found.data_origin != "real":
        console.print(f"[{found.data_origin.upper()} DATA] These figures are not those of a real count.", markup=False)
    console.print(f"{found.election_name}, {found.contest_name}: {found.state}, as {found.basis}", markup=False)
    console.print(f"{stations.reported:,} of {stations.total:,} polling stations reported ({stations.percent}%)")
    if ballots.cast is not None:
        console.print(f"{ballots.counted:,} ballots counted of {ballots.cast:,} cast ({ballots.percent}%)")
    table = Table("", "Candidate", "Votes", "% of valid votes", box=None)
    for candidate in found.candidates:
        table.add_row(str(candidate.rank), candidate.name, f"{candidate.votes:,}", candidate.percent or "")
    console.print(table)
    console.print(f"Valid {found.valid:,}, invalid {found.invalid:,}")
    console.print(f"Outcome: {found.outcome.status.replace('_', ' ')}: {found.outcome.why}", markup=False)
    if found.settled:
        console.print(f"Arithmetic: {found.settled.text}", markup=False)
    for contradiction in found.contradictions:
        said = f"{contradiction.ours} here, {contradiction.other} by {contradiction.source}"
        console.print(f"Contradiction: {contradiction.what}: {said}", markup=False)
    console.print(f"Computed from the first {found.snapshot.size:,} acts, root {found.snapshot.root}", markup=False)
