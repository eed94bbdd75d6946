"""Commands that keep what belongs to a record: attach, verify, backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from tallyroom.cli.say import At, Folder, Json, load, now, write_json
from tallyroom.intake import backup as kept
from tallyroom.intake.acceptance import enter
from tallyroom.intake.evidence import attach as attach_file
from tallyroom.intake.evidence import verify as verify_files
from tallyroom.intake.opening import read_vkey, reader, writer
from tallyroom.record.acts import Attachment
from tallyroom.record.fsck import fsck
from tallyroom.record.note import Verifier
from tallyroom.tally.replay import replay

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, one tar file.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("attach", epilog="Example:  tallyroom attach spring 1204 S-0001-front.jpg S-0001-back.jpg")(attach)
    app.command("verify", epilog="Example:  tallyroom verify spring")(verify)
    app.command("backup", epilog="Example:  tallyroom backup spring spring-2025-05-04.tar")(backup)
    app.command("restore", epilog="Example:  tallyroom restore spring-2025-05-04.tar spring")(restore)


def attach(
    folder: Folder,
    act: Annotated[int, typer.Argument(metavar="ACT", help="Number of the act that the files belong to.", min=0)],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scans, photos or documents.")],
    at: At = "",
    as_json: Json = False,
) -> None:
    """Keep files as evidence of an act: copied under their SHA-256, which a new act lists."""
    definition = load(folder)
    clerk = writer(folder, definition)
    try:
        state = replay(definition, clerk.log)
        evidence = tuple(attach_file(folder, file) for file in files)
        number = enter(state, clerk, [Attachment(at=now(definition, at), act=act, evidence=evidence)])
    finally:
        clerk.log.close()
    if as_json:
        write_json({"act": number, "evidence": evidence})
        return
    print(f"Act {number}: {len(evidence)} files attached to act {act}.")
    for file, one in zip(files, evidence, strict=True):
        print(f"{one.sha256}  {file.name}")


def verify(folder: Folder, as_json: Json = False) -> None:
    """Are the files that acts list here, and the same?  Exit 1 if one is missing or another."""
    load(folder)
    findings = list(verify_files(folder, reader(folder)))
    wrong = [finding for finding in findings if finding.wrong]
    if as_json:
        write_json({"listed": len(findings), "wrong": [finding._asdict() for finding in wrong]})
    else:
        print(f"{len(findings)} files are listed, {len(findings) - len(wrong)} are here and the same.")
        for finding in wrong:
            print(f"act {finding.act}: {finding.sha256} {finding.wrong}")
    if wrong:
        raise typer.Exit(1)


def backup(folder: Folder, file: Backup) -> None:
    """Write definition, record and evidence into one file; keys and lock are never in it."""
    load(folder)
    reader(folder)
    print(f"{file}: {kept.backup(folder, file):,} bytes. The keys in {folder / 'private'} are not in it.")


def restore(file: Backup, folder: Folder) -> None:
    """Unpack a backup and check it whole.  The lock of this machine is never restored."""
    kept.restore(file, folder)
    report = fsck(folder / "record", Verifier.parse(read_vkey(folder / "record")))
    for fault in report.faults:
        print(fault)
    print(f"{report.size:,} acts are restored to {folder}.")
    if report.faults:
        raise typer.Exit(1)
