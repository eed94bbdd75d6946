"""Commands of those who watch from outside: witness, monitor."""

import dataclasses
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tallyroom.announce.publish import Pointer
from tallyroom.cli.public import Host, run
from tallyroom.cli.say import Json, PolicyFile, policy_of, write_json
from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.monitor import Monitor, Report
from tallyroom.record.note import Verifier
from tallyroom.record.store import Store
from tallyroom.record.web import Unreachable, WebStore, open_store
from tallyroom.record.witness import create_witness, open_witness
from tallyroom.record.witness_http import WitnessServer

COUNTING = ("voting", "counting")
"""States of an election in which a record that says nothing new is news."""

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the witness.")]

witness = typer.Typer(help="Sign what a record shows, and only what extends it.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(witness, name="witness", epilog="Example:  tallyroom witness serve blue --port 7380")
    app.command("monitor", epilog="Example:  tallyroom monitor https://results.example --state watch.json")(monitor)


@witness.command("new", epilog="Example:  tallyroom witness new blue --name blue.example/w --log results.example+...")
def new(
    folder: Folder,
    name: Annotated[str, typer.Option("--name", help="Its name: an address without a scheme, blue.example/w.")],
    log: Annotated[list[str], typer.Option("--log", metavar="VKEY", help="Key of a record that it follows.")],
    as_json: Json = False,
) -> None:
    """Make a witness: its folder and its key."""
    key = create_witness(folder, name, [Verifier.parse(vkey) for vkey in log])
    _say_keys(folder, [key.vkey], as_json)


@witness.command("keys", epilog="Example:  tallyroom witness keys blue")
def keys(folder: Folder, as_json: Json = False) -> None:
    """The public key of a witness, for the policies of others."""
    _say_keys(folder, open_witness(folder, _now).vkeys, as_json)


def _say_keys(folder: Path, vkeys: Sequence[str], as_json: bool) -> None:
    if as_json:
        write_json({"folder": str(folder), "vkeys": vkeys})
    else:
        print("\n".join(vkeys))


@witness.command("serve", epilog="Example:  tallyroom witness serve blue --host 0.0.0.0 --port 7380")
def serve(
    folder: Folder,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 7380,
) -> None:
    """Serve a witness until stopped: POST /add-checkpoint, GET /<hash of the origin>/checkpoint."""
    run(WitnessServer(open_witness(folder, _now), host, port))


def monitor(
    place: Annotated[str, typer.Argument(metavar="URL|OUT", help="A published record: its address or its folder.")],
    state: Annotated[Path, typer.Option("--state", metavar="FILE", help="What the monitor remembers.")],
    policy: PolicyFile = None,
    max_age: Annotated[
        int, typer.Option("--max-age", min=1, help="Seconds without news that are an alarm while the count goes on.")
    ] = 1800,
    every: Annotated[int, typer.Option("--every", min=1, help="Seconds between two looks.")] = 30,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Follow a published record; exit 1 at the first look that finds something wrong."""
    store = open_store(place)
    watch = Monitor(store, state, policy_of(policy), max_age)
    with suppress(KeyboardInterrupt):
        for report in _looks(watch, store, None if once else every):
            write_json(_json(report)) if as_json else print("\n".join(_text(report)), flush=True)
            if report.alarms:
                raise typer.Exit(1)


def _looks(watch: Monitor, store: Store | WebStore, every: int | None) -> Iterator[Report]:
    """One look after the other; a site that does not answer ends a single look, and is asked again otherwise."""
    while True:
        try:
            yield watch.look(_now(), _is_counting(store))
        except Unreachable as error:
            if every is None:
                raise
            print(error, file=sys.stderr)
        if every is None:
            return
        time.sleep(every)


def _is_counting(store: Store | WebStore) -> bool:
    """Whether the site says that the election is going on; not known is no."""
    try:
        return msgspec.json.decode(store.read("latest.json"), type=Pointer).state in COUNTING
    except (msgspec.MsgspecError, RecordError):
        return False


def _text(report: Report) -> list[str]:
    lines = [f"notice: {notice}" for notice in report.notices]
    if report.checkpoint is not None:
        by = f", cosigned by {', '.join(report.cosigned_by)}" if report.cosigned_by else ""
        root = encode_base64(report.checkpoint.root)
        lines.append(f"{report.checkpoint.size:,} acts, {report.new_acts:,} of them new, root {root}{by}")
    for alarm in report.alarms:
        lines.append(f"ALARM {alarm.kind}: {alarm.what}")
        lines += [f"  evidence: {path}" for path in alarm.evidence]
    return lines


def _json(report: Report) -> dict[str, Any]:
    shown = report.checkpoint
    return {
        "checkpoint": shown and {"origin": shown.origin, "size": shown.size, "root": encode_base64(shown.root)},
        "cosigned_by": report.cosigned_by,
        "new_acts": report.new_acts,
        "alarms": [dataclasses.asdict(alarm) for alarm in report.alarms],
        "notices": report.notices,
    }


def _now() -> int:
    return int(time.time())
