"""Opening an election: its keys, its record and act 0; and coming back to it as a reader or a writer.

In the election folder, `record/` is public from the first day and holds `log.vkey`, the key that checks its
checkpoint.  `private/` holds the keys and the writer's lock; it is never published and never in a backup of
the record.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from tallyroom.election.definition import Definition
from tallyroom.intake.evidence import attach
from tallyroom.intake.keyholding import held_keys, key_path
from tallyroom.record.acts import Definition as DefinitionAct
from tallyroom.record.acts import Evidence, StationList
from tallyroom.record.canonical import encode_base64
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.record.keys import RoleKey, create_key, load_key
from tallyroom.record.log import CHECKPOINT, VKEY, Log
from tallyroom.record.note import Checkpoint, Signer, read_note
from tallyroom.record.store import Store

ROLES = ("commission", "desk-1", "desk-2")
"""Roles that act 0 gives a key: the commission enters and certifies; the two of the results desk publish and call."""


@dataclass(frozen=True)
class Predecessor:
    """The last checkpoint of a record whose log cannot go on: its text, kept as evidence, and what befell it."""

    evidence: Evidence
    reason: str


def predecessor(folder: Path, checkpoint: Path, reason: str) -> Predecessor:
    """The record that a new one is to follow, by the file of its last signed checkpoint; the file is kept.

    Raises RecordError where the file is no checkpoint.
    """
    last = Checkpoint.parse(read_note(checkpoint.read_bytes())[0])
    root = encode_base64(last.root)
    return Predecessor(attach(folder, checkpoint), f"succeeds {last.origin} at {last.size} acts, root {root}: {reason}")


def open_record(folder: Path, definition: Definition, at: str, succeeds: Predecessor | None = None) -> Clerk:
    """Create keys and record and write act 0; the clerk of the new record, which the caller closes.

    succeeds: the record that this one follows, where its log cannot go on.  A second call after a crash
    half-way goes on where the first stopped.  Raises RecordError where the record has acts already.
    """
    for name in ("log", *ROLES):
        if not key_path(folder, name).exists():
            create_key(key_path(folder, name))
    if not (folder / "record" / CHECKPOINT).exists():
        signer = _signer(folder, definition.origin)
        Store(folder / "record").write({VKEY: signer.verifier.vkey.encode() + b"\n"})
        Log.create(folder / "record", definition.origin, signer).close()
    log = _log(folder, definition)
    if log.size:
        log.close()
        raise RecordError(str(folder), "the record is open already", mend="Enter acts into it, or use a new folder.")
    keys = {role: RoleKey(role, load_key(key_path(folder, role))) for role in ROLES}
    clerk = Clerk(log, keys)
    act = _act_0(definition, [*keys.values()], at)
    if succeeds is not None:
        act = msgspec.structs.replace(act, reason=succeeds.reason, evidence=(succeeds.evidence,))
    clerk.enter([act])
    return clerk


def _act_0(definition: Definition, keys: Sequence[RoleKey], at: str) -> DefinitionAct:
    ids = "".join(f"{station_id}\n" for station_id in definition.stations.ids)
    return DefinitionAct(
        at=at,
        election=definition.id,
        origin=definition.origin,
        data_origin=definition.data_origin,
        files=dict(definition.files),
        stations=StationList(len(definition.stations), hashlib.sha256(ids.encode()).hexdigest()),
        keys=tuple(key.announced() for key in keys),
        software=f"tallyroom {version('tallyroom')}",
    )


def writer(folder: Path, definition: Definition) -> Clerk:
    """The clerk of an open record; one process at a time.  Raises RecordError where it is not open."""
    _require_record(folder)
    log = _log(folder, definition)
    try:
        return Clerk(log, held_keys(folder, Keyring.read(log.entries(), log.origin)))
    except BaseException:
        log.close()
        raise


def _log(folder: Path, definition: Definition) -> Log:
    signer = _signer(folder, definition.origin)
    return Log.open(folder / "record", signer.verifier, signer)


def reader(folder: Path) -> Log:
    """The log of an open record, for reading.  Raises RecordError where it is not open."""
    _require_record(folder)
    return Log.open(folder / "record", read_vkey(folder / "record"))


def read_vkey(record: Path) -> str:
    """The key that checks the checkpoint of a record folder or of a published site."""
    try:
        return (record / VKEY).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(str(record / VKEY), "cannot be read", mend="Take it from another copy.") from error


def _require_record(folder: Path) -> None:
    if not (folder / "record" / CHECKPOINT).exists():
        raise RecordError(str(folder), "has no record yet", mend=f"Run: tallyroom open {folder}")


def _signer(folder: Path, origin: str) -> Signer:
    return Signer(origin, load_key(key_path(folder, "log")))
