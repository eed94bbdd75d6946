"""Commands for the public: publish, fsck."""

import dataclasses
import sys
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from tallyroom.announce.publish import go_on, publish
from tallyroom.cli.progress import bar
from tallyroom.cli.say import At, Folder, Json, PolicyFile, load, now, policy_of, refuse, write_json
from tallyroom.intake.opening import read_vkey, writer
from tallyroom.record.canonical import encode_base64
from tallyroom.record.fsck import fsck as check_record
from tallyroom.record.log import VKEY
from tallyroom.record.note import Verifier
from tallyroom.record.witness_http import NotCosigned, cosigning
from tallyroom.tally.replay import replay

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port; a busy one is stepped over.", min=1, max=65535)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("publish", epilog="Example:  tallyroom publish spring site")(publish_)
    app.command("fsck", epilog="Example:  tallyroom fsck site --json")(fsck)


def publish_(
    folder: Folder,
    out: Annotated[Path, typer.Argument(metavar="OUT")],
    policy: PolicyFile = None,
    at: At = "",
    as_json: Json = False,
) -> None:
    """Publish the count as it stands, as static files; older snapshots missing in OUT are made again.

    With --policy the witnesses that it names with an address cosign first; exit 1 without their quorum.
    """
    trusted = policy_of(policy)  # read before anything is opened
    definition = load(folder)
    clerk = writer(folder, definition)
    cosign = cosigning(clerk.log, trusted)
    try:
        with bar("Replaying the record") as progress:
            state = replay(definition, clerk.log, progress=progress)
        differing = go_on(state, clerk, folder, out, cosign=cosign)
        found = publish(state, clerk, folder, out, now(definition, at), cosign=cosign)
    except NotCosigned as error:
        print(error.diagnostics(), file=sys.stderr)
        raise typer.Exit(1) from None
    finally:
        clerk.log.close()
    number = len(state.publications)
    if as_json:
        write_json({"number": number, "path": f"v/{number}/", "snapshot": found.snapshot, "differing": differing})
    else:
        print(f"Snapshot {number} of {found.snapshot.size:,} acts is in {out / f'v/{number}'}.")
        for name in differing:
            print(f"{name} comes out other than it was published and was left out.")
    if differing:
        raise typer.Exit(1)


def run(server: ThreadingHTTPServer) -> None:
    """Serve until interrupted."""
    with server, suppress(KeyboardInterrupt):
        print(f"Serving http://{server.server_name}:{server.server_port}/  (Ctrl-C stops)", flush=True)
        server.serve_forever()


def fsck(folder: Folder, as_json: Json = False) -> None:
    """Rebuild the whole record from its entries and compare every file; exit 1 if one is damaged."""
    record = folder / "record" if (folder / "record").is_dir() else folder
    if not (record / VKEY).exists():
        refuse(str(folder), "is neither an election folder with a record nor a published site", "Check the path")
    with bar("Checking the record"):
        report = check_record(record, Verifier.parse(read_vkey(record)))
    if as_json:
        write_json({**dataclasses.asdict(report), "root": encode_base64(report.root)})
    else:
        print(f"{report.size:,} acts, root {encode_base64(report.root)}: {'damaged' if report.faults else 'whole'}")
        for line in (*report.faults, *report.notes):
            print(line)
    if report.faults:
        raise typer.Exit(1)
