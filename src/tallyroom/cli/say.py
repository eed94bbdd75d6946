"""What commands have in common: reading the clock, the election folder, and writing JSON."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from tallyroom.announce.pointer import is_site
from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Contest as ContestDefinition
from tallyroom.election.definition import Definition
from tallyroom.election.fault import BadInput, Fault
from tallyroom.intake.opening import read_vkey, reader
from tallyroom.record.log import Log
from tallyroom.record.policy import Policy, read_policy

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Contest = Annotated[str, typer.Option("--contest", help="Id of the contest; the first if not given.")]
Place = Annotated[Path, typer.Argument(metavar="DIR|OUT", help="An election folder, or a published site.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="Trust policy: which logs and witnesses (C2SP).")
]
At = Annotated[str, typer.Option("--at", help="Claimed time of the act, RFC 3339; now if not given.")]


def load(folder: Path) -> Definition:
    """The definition of a folder; its notices go to standard error."""
    if not folder.is_dir():
        refuse(str(folder), "there is no such election folder", f"Make one: tallyroom new {folder}")
    definition = election_folder.load(folder)
    for notice in definition.notices:
        print(f"notice: {notice}", file=sys.stderr)
    return definition


def record_of(path: Path) -> tuple[Definition, Log]:
    """Definition and record, for reading, of an election folder or of a published site."""
    if is_site(path):
        return load(path / "definition"), Log.open(path, read_vkey(path))
    return load(path), reader(path)


def policy_of(path: Path | None) -> Policy | None:
    """The trust policy of a file.  Raises BadPolicy with all that is wrong in it."""
    return None if path is None else read_policy(path.read_bytes(), str(path))


def contest_of(definition: Definition, contest: str) -> ContestDefinition:
    """The contest of an id, the first for none.  Raises BadInput with the ids that there are."""
    try:
        return definition.contest(contest)
    except KeyError as error:
        raise BadInput([Fault("--contest", None, "", str(error.args[0]), "Use one of these")]) from None


def now(definition: Definition, at: str = "") -> str:
    """The time of an act: as given, or the clock's in the election's zone, in seconds."""
    if not at:
        return datetime.now(definition.zone).isoformat(timespec="seconds")
    return moment(at).isoformat(timespec="seconds")


def moment(text: str) -> datetime:
    """A time with offset.  Raises BadInput for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        refuse("--at", f"{text!r} is no time with offset", "Write it as 2024-02-08T03:13+04:00")
    return found


def refuse(where: str, message: str, mend: str) -> NoReturn:
    """Refuse the call.  Raises BadInput."""
    raise BadInput([Fault(where, None, "", message, mend)])


def write_json(value: Any) -> None:
    """One JSON document on standard output, members sorted."""
    document = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)
    sys.stdout.buffer.write(document + b"\n")
    sys.stdout.flush()
