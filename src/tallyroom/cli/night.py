"""The command rehearse: play a night into a folder, at once or in accelerated time."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from tallyroom.announce.bulletin import Context, bulletin
from tallyroom.announce.serve import site_server
from tallyroom.cli.progress import bar
from tallyroom.cli.public import Host, Port
from tallyroom.cli.say import Json, load, refuse, write_json
from tallyroom.rehearsal.nights import azerbaijan_night, ruritania_night
from tallyroom.rehearsal.own_night import own_night
from tallyroom.rehearsal.play import Night, Watch, play
from tallyroom.rehearsal.put_in import WORDS, PutIn
from tallyroom.tally.results import Results

NIGHTS = ("azerbaijan-2024", "ruritania")
LONGEST_WAIT = 5.0
"""Seconds that nobody waits longer than: in a quiet stretch of the night the clock moves on."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rehearse", epilog="Example:  tallyroom rehearse azerbaijan-2024 --once --out out")(rehearse)


def rehearse(
    name: Annotated[str, typer.Argument(metavar="NAME|DIR", help=f"{' or '.join(NIGHTS)}, or your election folder.")],
    out: Annotated[Path, typer.Option("--out", help="Where to play it: OUT/election and OUT/site.")] = Path("out"),
    once: Annotated[bool, typer.Option("--once", help="Play it without waiting, and end.")] = False,
    speed: Annotated[float, typer.Option("--speed", min=1.0, help="How much faster than the night.")] = 600.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For DIR: the seed of the votes drawn.")] = 1,
    put_in: Annotated[str, typer.Option("--put-in", help=f"For ruritania: a fault put in, {', '.join(WORDS)}.")] = "",
    size: Annotated[float, typer.Option("--size", help="Of --put-in: share of the stations, above 0 to 1.")] = 0.05,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the page, until stopped.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    as_json: Json = False,
) -> None:
    """Play a night with synthetic stations, through the same doors as a real count."""
    if name not in NIGHTS and not Path(name).is_dir():
        refuse(name, "there is no such night", f"Use one of: {', '.join(NIGHTS)}, or an election folder")
    fault = _fault(name, put_in, size) if put_in else None
    if once and serve:
        refuse("--serve", "cannot be given together with --once", "Give one of them")
    server = site_server(out / "site", host, port) if serve else None
    if server is not None:
        print(f"The page: http://{host}:{server.server_port}/  (Ctrl-C stops)", flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    wait = _Clock(speed).wait if not once else (lambda at: None)
    for folder, night in _nights(name, out, seed, fault):
        _play(folder, night, wait, as_json)
    if server is not None:
        print("The night is over; the page is served until you stop it (Ctrl-C).", flush=True)
        _rest()
        server.shutdown()


def _rest() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _fault(name: str, kind: str, size: float) -> PutIn:
    """The fault that is asked for.  Raises BadInput: it is for the fictional country only."""
    if name != "ruritania":
        refuse("--put-in", f"no fault is put into {name}, even for practice", "Use the fictional country, ruritania")
    if kind not in WORDS:
        refuse("--put-in", f"there is no fault {kind!r}", f"Use one of: {', '.join(WORDS)}")
    if not 0 < size <= 1:
        refuse("--size", f"{size:g} is no share of the stations", "Give a number above 0, at most 1")
    return PutIn(kind, size)


def _nights(name: str, out: Path, seed: int, fault: PutIn | None) -> list[tuple[Path, Night]]:
    if name not in NIGHTS:
        print(f"Synthetic votes drawn with seed {seed}.", file=sys.stderr)
        return [(out, own_night(load(Path(name)), seed))]
    if name == "azerbaijan-2024":
        return [(out, azerbaijan_night())]
    if fault is not None:
        return [(out, ruritania_night(fault=fault))]
    return [(out, ruritania_night()), (out / "run-off", ruritania_night(second=True))]


def _play(out: Path, night: Night, wait: Callable[[int], None], as_json: bool) -> None:
    number = 0
    definition = night.schedule.definition

    def published(results: Results) -> None:
        nonlocal number
        number += 1
        text = bulletin(results, Context(number, definition.day.isoformat()))
        if not as_json:
            print(f"{text}\n{'=' * 72}", flush=True)

    with bar(f"Playing {definition.id}") as progress:
        state = play(night, out, Watch(wait, progress, published))
    if as_json:
        write_json({"election": str(out / "election"), "site": str(out / "site"), "size": state.size})
    else:
        print(f"{state.size:,} acts are in {out / 'election'}; the site is in {out / 'site'}.")


class _Clock:
    """The clock of an accelerated night: it starts with the first step, and skips quiet stretches."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._last: int | None = None

    def wait(self, at: int) -> None:
        """Wait until a time of the night has come."""
        if self._last is not None:
            time.sleep(min((at - self._last) / self._speed, LONGEST_WAIT))
        self._last = at
