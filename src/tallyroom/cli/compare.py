"""Commands for those who count from their own copies: compare, export."""

import sys
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer

from tallyroom.announce.comparison import Published
from tallyroom.announce.comparison import compare as compared
from tallyroom.announce.comparison_page import comparison_page
from tallyroom.announce.comparison_words import text
from tallyroom.announce.publish import Pointer
from tallyroom.announce.statements import official_totals, statements
from tallyroom.audit.actasum import write_statements
from tallyroom.audit.source import Source, read_source, sheet_source
from tallyroom.cli.progress import bar
from tallyroom.cli.say import Contest, Json, contest_of, load, record_of, refuse, write_json
from tallyroom.election.definition import Contest as ContestDefinition
from tallyroom.election.definition import Definition
from tallyroom.election.fault import BadInput, Fault
from tallyroom.election.mappingfile import read_mapping
from tallyroom.election.rules import Rule
from tallyroom.election.sheet import Sheet
from tallyroom.record.store import Store
from tallyroom.tally.replay import replay, summarise
from tallyroom.tally.results import Results
from tallyroom.tally.stations import station_table

T = TypeVar("T")

POINTER = "latest.json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("compare", epilog="Example:  tallyroom compare site copies.csv --report copies.html")(compare)
    app.command("export", epilog="Example:  tallyroom export site out.jsonl --format actasum --totals out.json")(export)


def compare(
    published: Annotated[
        Path, typer.Argument(metavar="DIR|OUT|TABLE", help="An election folder, a published site, or a table.")
    ],
    copies: Annotated[
        Path, typer.Argument(metavar="COPIES", help="CSV, XLSX, Parquet, JSON lines, statements, or a DIR or OUT.")
    ],
    mapping: Annotated[str, typer.Option("--map", help="Mapping of TABLE: a file, or one that ships.")] = "",
    copies_mapping: Annotated[str, typer.Option("--copies-map", help="Mapping of COPIES.")] = "",
    candidate_names: Annotated[
        list[str],
        typer.Option("--candidate-names", help="PUBLISHED=COPIES, where ids of candidates differ; may be repeated."),
    ] = [],  # noqa: B006
    contest: Contest = "",
    report: Annotated[Path | None, typer.Option("--report", help="Write the comparison as one HTML file.")] = None,
    as_json: Json = False,
) -> None:
    """Copies beside a published count, station by station; exit 1 if any figure differs."""
    count = _published(published, mapping, contest)
    theirs = _published(copies, copies_mapping, contest, repeats=True).source
    found = compared(count, theirs, dict(map(_pair, candidate_names)))
    if report is not None:
        Store(report.parent).write({report.name: comparison_page(found).encode()})
    if as_json:
        write_json(found)
    else:
        sys.stdout.write(text(found))
    if not found.agrees:
        raise typer.Exit(1)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR|OUT", help="An election folder, or a published site.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the statements.")],
    form: Annotated[str, typer.Option("--format", help="The only one: actasum.")] = "actasum",
    totals: Annotated[Path | None, typer.Option("--totals", help="Also write the totals to hold them against.")] = None,
    contest: Contest = "",
    as_json: Json = False,
) -> None:
    """The acts of the count as statements that another program adds up."""
    if form != "actasum":
        refuse("--format", f"there is no format {form!r}", "Use actasum")
    definition, log = record_of(folder)
    found = contest_of(definition, contest)
    with bar("Replaying the record") as progress:
        state = replay(definition, log, progress=progress)
    lines = list(statements(state, found.id))
    files = {file: write_statements(lines)}
    if totals is not None:
        files[totals] = official_totals(state, log, found.id)
    for path, content in files.items():
        Store(path.parent).write({path.name: content})
    if as_json:
        write_json({"statements": len(lines), "election": definition.id, "data_origin": definition.data_origin})
    else:
        print(f"{len(lines):,} statements are in {file}.")


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not (ours and equals and theirs):
        refuse("--candidate-names", f"{text!r} is no pair of ids", "Write it as PUBLISHED=COPIES")
    return ours, theirs


def _published(path: Path, mapping: str, contest: str, repeats: bool = False) -> Published:
    """The count in an election folder, a published site or a table."""
    if not path.is_dir():
        chosen = read_mapping(mapping) if mapping else None
        facts = chosen.election if chosen else None
        return Published(
            source=read_source(path, chosen, repeats),
            election_name=facts.name if facts else "",
            rule=Rule(facts.rule) if facts and facts.rule else None,
        )
    if mapping:
        refuse(str(path), "a mapping is for a table", "Leave --map or --copies-map away")
    return _site(path, contest) if (path / POINTER).exists() else _folder(path, contest)


def _site(path: Path, contest: str) -> Published:
    """The newest snapshot of a published site."""
    definition = load(path / "definition")
    found = contest_of(definition, contest)
    number = _decode(path / POINTER, Pointer).number
    folder = path / f"v/{number}" / ("" if found is definition.contests[0] else found.id)
    results = _decode(folder / "results.json", Results)
    return _counted(definition, found, results, read_source(folder / "stations.parquet", None))


def _folder(path: Path, contest: str) -> Published:
    """The count of an election folder as its record stands."""
    definition, log = record_of(path)
    found = contest_of(definition, contest)
    with bar("Replaying the record") as progress:
        state = replay(definition, log, progress=progress)
    table = station_table(state, state.contests[found.id])
    sheet = Sheet(str(path), dict(zip(table.column_names, table.columns, strict=True)), table.num_rows, 1)
    return _counted(definition, found, summarise(state, log, found.id).results(), sheet_source(sheet, None))


def _counted(definition: Definition, contest: ContestDefinition, results: Results, source: Source) -> Published:
    return Published(
        source=source,
        election=definition.id,
        election_name=definition.name,
        contest=contest.id,
        contest_name=contest.name,
        rule=contest.rule,
        names={candidate.id: candidate.name for candidate in contest.candidates},
        snapshot=results.snapshot,
        settled=results.settled,
    )


def _decode(path: Path, kind: type[T]) -> T:
    """A JSON file of a site.  Raises BadInput for any other content."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        message = f"not what a published site has there ({str(error)[:120]})"
        raise BadInput([Fault(str(path), None, "", message, "Copy the site again")]) from None
