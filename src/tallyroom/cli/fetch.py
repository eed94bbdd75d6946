"""The command that makes a mirror: fetch."""

from pathlib import Path
from typing import Annotated

import typer

from tallyroom.announce.mirror import Mirror
from tallyroom.cli.progress import bar
from tallyroom.cli.say import Json, PolicyFile, policy_of, write_json
from tallyroom.record.canonical import encode_base64


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fetch", epilog="Example:  tallyroom fetch https://results.example mirror")(fetch)


def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of a published site, or of a mirror of one.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the mirror; what it has is not fetched again.")],
    policy: PolicyFile = None,
    newest: Annotated[bool, typer.Option("--newest", help="Only the newest snapshot and what belongs to it.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch a published site and check every file against the signed record; exit 1 if one is not what it binds.

    Without --policy the key is believed that OUT has, and the first time the one that the site shows.
    """
    with bar("Fetching snapshots") as progress:
        done = Mirror(url, out, policy_of(policy)).fetch(newest, progress)
    if as_json:
        write_json(
            {
                "size": done.size,
                "root": encode_base64(done.root),
                "snapshots": done.snapshots,
                "fetched": done.fetched,
                "kept": done.kept,
                "faults": done.faults,
            }
        )
    else:
        print(
            f"{done.size:,} acts, root {encode_base64(done.root)}; {len(done.snapshots)} snapshots are whole in {out}."
        )
        print(f"{done.fetched:,} files fetched, {done.kept:,} were there.")
        for fault in done.faults:
            print(fault)
    if done.faults:
        raise typer.Exit(1)
