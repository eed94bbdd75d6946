"""Commands that read tables: new (from a station table or a template), import."""

import io
import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from tallyroom.cli.progress import bar
from tallyroom.cli.say import At, Contest, Folder, Json, contest_of, load, now, refuse, write_json
from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Definition
from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing, read_filing
from tallyroom.election.form import Form
from tallyroom.election.formfile import shipped_form
from tallyroom.election.infer import infer
from tallyroom.election.mapping import TableMapping, default_mapping
from tallyroom.election.mappingfile import read_mapping, shipped_mappings
from tallyroom.election.sheet import read_sheet_stream
from tallyroom.election.tablefile import MAX_ROWS, read_table_file
from tallyroom.election.template import presidential
from tallyroom.intake.bulk import import_protocols, most_rows
from tallyroom.intake.opening import writer
from tallyroom.tally.replay import replay

Map = Annotated[
    str, typer.Option("--map", help=f"A mapping file (TOML), or one that ships: {', '.join(shipped_mappings())}.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("new", epilog="Example:  tallyroom new spring --template presidential")(new)
    app.command("import", epilog="Example:  tallyroom import spring returns.csv --reason 'as published'")(import_)


def new(
    folder: Folder,
    table: Annotated[str, typer.Option("--from", help="A station table to infer it from.")] = "",
    mapping: Map = "",
    template: Annotated[str, typer.Option("--template", help="The only one: presidential.")] = "",
) -> None:
    """Write an election folder, from a template or inferred from a station table."""
    if bool(table) == bool(template):
        refuse("new", "give either --from or --template", f"Run: tallyroom new {folder} --template presidential")
    if template not in ("", "presidential"):
        refuse("--template", f"there is no template {template!r}", "Use presidential")
    definition = presidential(folder.name) if template else _inferred(table, mapping, folder.name)
    try:
        election_folder.write(folder, definition)
    except FileExistsError:
        refuse(str(folder), "exists and is not empty", "Choose another folder")
    for notice in definition.notices:
        print(f"notice: {notice}", file=sys.stderr)
    print(f"{folder} is written: {len(definition.stations):,} stations.")
    print(f"Read its election.toml, then run: tallyroom check {folder}")


def _inferred(table: str, mapping: str, name: str) -> Definition:
    faults = Faults()
    chosen = read_mapping(mapping) if mapping else None
    filing = _filing(table, chosen, shipped_form("generic"), MAX_ROWS, faults)
    definition = infer(filing, name, faults)
    faults.refuse()
    return definition


def import_(
    folder: Folder,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="CSV, XLSX or Parquet; - is CSV on standard input.")],
    mapping: Map = "",
    reason: Annotated[str, typer.Option("--reason", help="Why protocols that only break warnings are accepted.")] = "",
    contest: Contest = "",
    at: At = "",
    as_json: Json = False,
) -> None:
    """Protocols in bulk, through the same checks as one; exit 1 if any is in review or differs."""
    definition = load(folder)
    found = contest_of(definition, contest)
    faults = Faults()
    chosen = read_mapping(mapping) if mapping else None
    filing = _filing(table, chosen, definition.form, most_rows(definition, found.id, chosen), faults)
    faults.refuse()
    clerk = writer(folder, definition)
    try:
        with bar("Replaying the record") as progress:
            state = replay(definition, clerk.log, progress=progress)
        why = reason or filing.mapping.reason
        with bar("Importing protocols") as progress:
            report = import_protocols(filing, definition, found.id, state, clerk, now(definition, at), why, progress)
    finally:
        clerk.log.close()
    if as_json:
        write_json(report)
    else:
        print(report.text())
    if not report.sound:
        raise typer.Exit(1)


def _filing(table: str, chosen: TableMapping | None, form: Form, most: int, faults: Faults) -> Filing:
    """The filing of a table.  Raises BadInput with every fault."""
    if table == "-":
        sheet = read_sheet_stream(cast(io.BufferedReader, sys.stdin.buffer), "standard input", faults, most)
    else:
        sheet = read_table_file(Path(table), faults, most)
    filing = None
    if sheet is not None:
        filing = read_filing(sheet, chosen or default_mapping(sheet, form), faults)
    faults.refuse()
    assert filing is not None
    return filing
