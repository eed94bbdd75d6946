"""The command rehearse: play a night into a folder, at once or in accelerated time."""

import re
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
from tallyroom.forensics.frauds import FRAUDS
from tallyroom.rehearsal.nights import azerbaijan_night, ruritania_night
from tallyroom.rehearsal.own_night import own_night
from tallyroom.rehearsal.play import Night, Watch, play
from tallyroom.rehearsal.ruritania import SEED
from tallyroom.rehearsal.tampering import Tampering
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
    tamper: Annotated[
        str, typer.Option("--tamper", metavar="FRAUD=SHARE", help=f"For ruritania: {', '.join(FRAUDS)}; stuffing=0.1")
    ] = "",
    serve: Annotated[bool, typer.Option("--serve", help="Serve the page, until stopped.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    as_json: Json = False,
) -> None:
    """Play a night with synthetic stations, through the same doors as a real count."""
    if name not in NIGHTS and not Path(name).is_dir():
        refuse(name, "there is no such night", f"Use one of: {', '.join(NIGHTS)}, or an election folder")
    if once and serve:
        refuse("--serve", "cannot be given together with --once", "Give one of them")
    tampering = _tampering(name, tamper) if tamper else None
    server = site_server(out / "site", host, port) if serve else None
    if server is not None:
        print(f"The page: http://{host}:{server.server_port}/  (Ctrl-C stops)", flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    wait = _Clock(speed).wait if not once else (lambda at: None)
    for folder, night in _nights(name, out, seed, tampering):
        _play(folder, night, wait, as_json)
    if server is not None:
        print("The night is over; the page is served until you stop it (Ctrl-C).", flush=True)
        _rest()
        server.shutdown()


def _rest() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _tampering(name: str, tamper: str) -> Tampering:
    if name != "ruritania":
        refuse("--tamper", "a fraud is put in for ruritania alone, a fictional country", "Rehearse ruritania")
    fraud, _, text = tamper.partition("=")
    share = float(text) if re.fullmatch(r"[01]?\.?[0-9]{1,6}", text) else 0.0
    if fraud not in FRAUDS or not 0 < share <= 1:
        refuse("--tamper", f"{tamper!r} is no fraud and share", f"Write one of {', '.join(FRAUDS)}, then =0.1 for 10 %")
    tampering = Tampering(fraud, share)
    print(f"{tampering}, drawn with seed {SEED}.", file=sys.stderr)
    return tampering


def _nights(name: str, out: Path, seed: int, tampering: Tampering | None) -> list[tuple[Path, Night]]:
    if name not in NIGHTS:
        print(f"Synthetic votes drawn with seed {seed}.", file=sys.stderr)
        return [(out, own_night(load(Path(name)), seed))]
    if name == "azerbaijan-2024":
        return [(out, azerbaijan_night())]
    return [(out, ruritania_night(False, tampering)), (out / "run-off", ruritania_night(True, tampering))]


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
