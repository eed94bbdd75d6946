"""Opening an election: its keys, its record and act 0; and coming back to it as a reader or a writer.

In the election folder, `record/` is public from the first day and holds `log.vkey`, the key that checks its
checkpoint.  `private/` holds the keys and the writer's lock; it is never published and never in a backup of
the record.
"""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tallyroom.election.definition import Definition
from tallyroom.record.acts import Definition as DefinitionAct
from tallyroom.record.acts import StationList
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.record.keys import RoleKey, create_key, load_key
from tallyroom.record.log import CHECKPOINT, VKEY, Log
from tallyroom.record.note import Signer
from tallyroom.record.store import Store

ROLES = ("commission", "desk-1", "desk-2")
"""Roles that sign: the commission enters and certifies; the two of the results desk publish and call."""


def open_record(folder: Path, definition: Definition, at: str) -> Clerk:
    """Create keys and record and write act 0; the clerk of the new record, which the caller closes.

    A second call after a crash half-way goes on where the first stopped.  Raises RecordError where the
    record has acts already.
    """
    for name in ("log", *ROLES):
        if not _key_path(folder, name).exists():
            create_key(_key_path(folder, name))
    if not (folder / "record" / CHECKPOINT).exists():
        signer = _signer(folder, definition.origin)
        Store(folder / "record").write({VKEY: signer.verifier.vkey.encode() + b"\n"})
        Log.create(folder / "record", definition.origin, signer).close()
    clerk = writer(folder, definition)
    if clerk.log.size:
        clerk.log.close()
        raise RecordError(str(folder), "the record is open already", mend="Enter acts into it, or use a new folder.")
    clerk.enter([_act_0(definition, [_role_key(folder, role) for role in ROLES], at)])
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
    signer = _signer(folder, definition.origin)
    keys = {role: _role_key(folder, role) for role in ROLES}
    return Clerk(Log.open(folder / "record", signer.verifier, signer), keys)


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


def _key_path(folder: Path, name: str) -> Path:
    return folder / "private" / f"{name}.key"


def _signer(folder: Path, origin: str) -> Signer:
    return Signer(origin, load_key(_key_path(folder, "log")))


def _role_key(folder: Path, role: str) -> RoleKey:
    return RoleKey(role, load_key(_key_path(folder, role)))
