"""The command that shows a site's newest results in a terminal, with what has just changed: watch."""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tallyroom.announce.bulletin import Bulletin, Context
from tallyroom.announce.figures import clean
from tallyroom.announce.follow import Follower, Seen, waits
from tallyroom.announce.language import language
from tallyroom.cli.say import Json
from tallyroom.record.error import RecordError
from tallyroom.record.web import open_store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch", epilog="Example:  tallyroom watch https://results.example")(watch)


def watch(
    url: Annotated[str, typer.Argument(metavar="URL|OUT", help="A published site: its address or its folder.")],
    every: Annotated[int, typer.Option("--every", min=1, help="Seconds between two questions, about.")] = 15,
    once: Annotated[bool, typer.Option("--once", help="Show the newest results, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Show the newest results of a site, and what changed since the last ones, until stopped.

    The figures are the site's; whether they follow from its record is for `tallyverify`.
    """
    follower = Follower(open_store(url))
    console = Console()
    found = _looks(follower, None if once else every)
    with suppress(KeyboardInterrupt):
        if as_json:
            for seen in found:
                sys.stdout.buffer.write(msgspec.json.encode(_json(seen), order="sorted") + b"\n")
                sys.stdout.flush()
        elif console.is_terminal and not once:
            with Live(console=console, auto_refresh=False) as live:
                for seen in found:
                    live.update(screen(seen), refresh=True)
        else:
            for seen in found:
                console.print(screen(seen))


def _looks(follower: Follower, every: int | None) -> Iterator[Seen]:
    """Each new snapshot; a site that does not answer ends a single look, and is asked again, later, otherwise."""
    failed, draw = 0, random.Random()
    while True:
        try:
            seen = follower.look()
            failed = 0
        except RecordError as error:
            if every is None:
                raise
            seen, failed = None, failed + 1
            print(error, file=sys.stderr)
        if seen is not None:
            yield seen
        if every is None:
            return
        time.sleep(waits(every, failed, draw))


def screen(seen: Seen) -> RenderableType:
    """A snapshot as it is shown."""
    results = seen.results
    bulletin = Bulletin(results, Context(seen.number, ""), language("en"))
    lines: list[RenderableType] = []
    if origin := bulletin.remarks.origin(results.data_origin):
        lines.append(Text(origin, style="bold reverse"))
    lines.append(Text(clean(results.election_name), style="bold"))
    lines.append(Text(clean(bulletin.headline())))
    lines.append(_candidates(seen))
    lines += [Text(line) for line in _progress(seen)]
    shown = results.snapshot
    lines.append(
        Text(
            f"Snapshot {seen.number}, {language('en').moment(shown.time)}: {shown.size:,} acts, root {shown.root}",
            style="dim",
        )
    )
    return Group(*lines)


def _candidates(seen: Seen) -> Table:
    table = Table(box=None, pad_edge=False)
    for title, side in (("", "left"), ("Candidate", "left"), ("Votes", "right"), ("%", "right"), ("new", "right")):
        table.add_column(title, justify="right" if side == "right" else "left")
    more, moved = seen.more_votes, seen.moved
    for one in seen.results.candidates:
        mark = "▲" if moved[one.id] > 0 else "▼" if moved[one.id] < 0 else ""
        new = f"{more[one.id]:+,}" if more[one.id] else ""
        table.add_row(f"{one.rank} {mark}", Text(clean(one.name)), f"{one.votes:,}", one.percent or "-", new)
    return table


def _progress(seen: Seen) -> Iterator[str]:
    results = seen.results
    stations, margin, turnout = results.progress.stations, results.margin, results.turnout
    new = f", {seen.more_stations:+,} since the last snapshot" if seen.more_stations else ""
    yield f"Polling stations reported: {stations.reported:,} of {stations.total:,} ({stations.percent or '-'}%){new}"
    if margin is not None:
        yield f"Margin: {margin.votes:,} votes ({margin.percent_points or '-'} points)"
    if turnout.percent is not None:
        yield f"Turnout: {'at least ' if turnout.is_floor else ''}{language('en').share(turnout.percent)}"


def _json(seen: Seen) -> dict[str, Any]:
    new = {"stations": seen.more_stations, "votes": seen.more_votes}
    return {"number": seen.number, "results": seen.results, "new": new}
