"""The command that asks whether returns could be wrong: examine."""

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tallyroom.cli.printing import pdf
from tallyroom.cli.progress import bar
from tallyroom.cli.say import Contest, Json, contest_of, load, record_of, refuse, write_json
from tallyroom.election.mapping import TableMapping
from tallyroom.election.mappingfile import read_mapping
from tallyroom.election.sheet import Sheet
from tallyroom.forensics.examination import CLASSES, Examination
from tallyroom.forensics.examine import Question
from tallyroom.forensics.examine import examine as examined
from tallyroom.forensics.progress import Progress
from tallyroom.forensics.report import report_html, report_text
from tallyroom.forensics.returns import Base, Returns
from tallyroom.forensics.runner import Cluster, Here, Processes, Runner, WorkerDied
from tallyroom.forensics.source import (
    origin_of,
    read_announced,
    read_returns,
    read_stations,
    read_tally,
    sheet_returns,
)
from tallyroom.forensics.words import LANGUAGES, worded
from tallyroom.record.store import Store
from tallyroom.tally.replay import replay
from tallyroom.tally.stations import station_table

POINTER = "latest.json"
File = Path | None


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("examine", epilog="Example:  tallyroom examine stations.csv --report examination.html")(examine)


def examine(
    table: Annotated[Path, typer.Argument(metavar="TABLE|DIR|OUT", help="A table, an election folder, or a site.")],
    candidate: Annotated[str, typer.Option("--candidate", help="Whose figures come first; else the leader's.")] = "",
    mapping: Annotated[str, typer.Option("--map", help="Mapping of TABLE: a file, or one that ships.")] = "",
    share_of: Annotated[
        str, typer.Option("--share-of", help="What the law's percentages are of: valid, found.")
    ] = "valid",
    centre: Annotated[str, typer.Option("--centre", help="Columns that name the voting centre, with commas.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the election, for a table.")] = "",
    stage: Annotated[File, typer.Option("--stage", help="An earlier stage of the same count.")] = None,
    stage_map: Annotated[str, typer.Option("--stage-map", help="Mapping of it; that of TABLE if not given.")] = "",
    reading: Annotated[File, typer.Option("--reading", help="Another reading of the same sheets.")] = None,
    reading_map: Annotated[str, typer.Option("--reading-map", help="Mapping of it; that of TABLE if not given.")] = "",
    previous: Annotated[File, typer.Option("--previous", help="An earlier election at the same stations.")] = None,
    previous_map: Annotated[str, typer.Option("--previous-map", help="Mapping of it.")] = "",
    instrument: Annotated[File, typer.Option("--instrument", help="Stations with camera, scanner, observer.")] = None,
    tally: Annotated[File, typer.Option("--tally", help="A tally: area, v_<candidate>...")] = None,
    announced: Annotated[File, typer.Option("--announced", help="Announced totals: name, votes and percent.")] = None,
    report: Annotated[File, typer.Option("--report", help="Write the report as one HTML file, or PDF.")] = None,
    language: Annotated[str, typer.Option("--language", help="Of the report: en, az or ru.")] = "en",
    quick: Annotated[bool, typer.Option("--quick", help="Without spikes, fingerprint model and power.")] = False,
    elections: Annotated[int, typer.Option("--power", help="Elections simulated for the power; 0 for none.")] = 260,
    processes: Annotated[int, typer.Option("--processes", help="Processes of this machine that simulate.")] = 1,
    cluster: Annotated[str, typer.Option("--cluster", help="Dask scheduler that simulates, tcp://host:port.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="Of all random draws.")] = 42,
    contest: Contest = "",
    as_json: Json = False,
) -> None:
    """Could these returns be wrong? Contradictions, irregularities, descriptions; exit 1 if any contradict."""
    _check(share_of, language, seed, elections, report)
    base: Base = "found" if share_of == "found" else "valid"
    chosen = read_mapping(mapping) if mapping else None
    columns = tuple(filter(None, centre.split(",")))
    returns, election = _returns(table, chosen, base, columns, contest)
    election = name or election
    if not returns.votes or not len(returns) or not (returns.valid > 0).any():
        refuse(str(table), "no station has a protocol with valid votes", "Examine a table of returns")
    if candidate and candidate not in returns.votes:
        refuse("--candidate", f"there is no candidate {candidate!r}", f"Use one of: {', '.join(returns.votes)}")
    origin = origin_of(returns, election)
    totals, rounded, percentages = read_announced(announced) if announced else (None, [], None)
    question = Question(
        election=election,
        candidate=candidate,
        seed=seed,
        stage=read_returns(stage, _mapping(stage_map) or chosen, base) if stage else None,
        reading=read_returns(reading, _mapping(reading_map) or chosen, base) if reading else None,
        previous=read_returns(previous, _mapping(previous_map), base) if previous else None,
        instrument=read_stations(instrument, returns, chosen) if instrument else None,
        tally=read_tally(tally, returns) if tally else None,
        announced=totals,
        rounded=rounded,
        percentages=percentages,
        quick=quick,
        elections=elections,
        runner=_runner(processes, cluster),
    )
    found = _watched(returns, question, origin)
    if report is not None:
        _write(report, report_html(found, language))
    if as_json:
        write_json(document(found))
    else:
        sys.stdout.write(report_text(found, language))
    if any(finding.kind == "contradiction" for finding in found.findings):
        raise typer.Exit(1)


def document(found: Examination) -> dict[str, Any]:
    """What --json prints: every indicator with its class, the figures of the candidate examined, others, references."""
    whole: dict[str, Any] = msgspec.to_builtins(found)
    whole["findings"] = msgspec.to_builtins([worded(finding) for finding in found.findings])
    indicators = {}
    for name, figures in whole["indicators"].items():
        first, others = (
            (figures[0] if figures else {}, figures[1:]) if isinstance(figures, list) else (figures or {}, [])
        )
        reference = whole["references"].get(name, [])
        indicators[name] = {**_flat(first), "class": CLASSES[name], "others": others, "reference": reference}
    return {**{key: value for key, value in whole.items() if key != "references"}, "indicators": indicators}


def _flat(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures of one test; those of "either" stand beside its parts."""
    return {**figures.get("either", {}), **{key: value for key, value in figures.items() if key != "either"}}


def _check(share_of: str, language: str, seed: int, elections: int, report: Path | None) -> None:
    if share_of not in ("valid", "found"):
        refuse("--share-of", f"{share_of!r} is neither valid nor found", "Use valid, or found for all ballots found")
    if language not in LANGUAGES:
        refuse("--language", f"there is no report in {language!r}", f"Use one of: {', '.join(LANGUAGES)}")
    if seed < 0 or elections < 0:
        refuse("--seed, --power", "a number below 0", "Give 0 or more")
    if report is not None and report.suffix not in (".html", ".pdf"):
        refuse("--report", f"{report.name!r} is neither HTML nor PDF", "Name it .html or .pdf")


def _mapping(name: str) -> TableMapping | None:
    return read_mapping(name) if name else None


def _runner(processes: int, cluster: str) -> Runner:
    if processes < 1:
        refuse("--processes", "fewer than one process", "Give 1 or more")
    if cluster:
        try:
            Cluster(cluster).reach()
        except ImportError:
            refuse("--cluster", "the extra `cluster` is not installed", "Install tallyroom[cluster]")
        except (OSError, ValueError) as error:
            refuse("--cluster", f"no scheduler answers at {cluster} ({error})", "Give it as tcp://host:port")
        return Cluster(cluster)
    return Processes(processes) if processes > 1 else Here()


def _returns(
    path: Path, mapping: TableMapping | None, base: Base, centre: tuple[str, ...], contest: str
) -> tuple[Returns, str]:
    """The returns and the election's name, from a table, an election folder or a published site."""
    if not path.is_dir():
        return read_returns(path, mapping, base, centre), mapping.election.name if mapping else ""
    if mapping:
        refuse(str(path), "a mapping is for a table", "Leave --map away")
    if (path / POINTER).exists():
        definition = load(path / "definition")
        log = record_of(path)[1]
    else:
        definition, log = record_of(path)
    found = contest_of(definition, contest)
    with bar("Replaying the record") as progress:
        state = replay(definition, log, progress=progress)
    table = station_table(state, state.contests[found.id])
    sheet = Sheet(str(path), dict(zip(table.column_names, table.columns, strict=True)), table.num_rows, 1)
    returns = sheet_returns(sheet, None, base, centre)
    names = {candidate.id: candidate.name for candidate in found.candidates}
    return replace(returns, names=names), definition.name


def _watched(returns: Returns, question: Question, origin: str) -> Examination:
    """The examination, with a bar for each long part."""
    with ExitStack() as bars:

        def watch(part: str) -> Progress:
            return bars.enter_context(bar(part))

        try:
            return examined(returns, question, origin, watch)
        except WorkerDied as error:
            refuse("--processes", str(error), "Use fewer, or --power 0")
            raise


def _write(path: Path, html: str) -> None:
    if path.suffix == ".pdf":
        Store(path.parent).write({path.name: pdf(html)})
    else:
        Store(path.parent).write({path.name: html.encode()})
