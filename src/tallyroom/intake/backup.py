"""Backup and restore of a record: the definition, the record and the evidence, never the keys and the lock.

The last checkpoint that was signed is kept apart, in the lock of the machine that writes, and is never restored:
a record older than it is refused for writing, so that no second history can grow from an old copy.
"""

import io
import tarfile
from pathlib import Path

from tallyroom.election.folder import OPTIONAL_FILES, REQUIRED_FILES
from tallyroom.intake.evidence import FOLDER as EVIDENCE
from tallyroom.record.error import RecordError

KEPT = (*REQUIRED_FILES, *OPTIONAL_FILES, "record", EVIDENCE)


def backup(folder: Path, file: Path) -> int:
    """Write a backup as one tar file that is not there yet; its size in bytes.

    Take it while nobody writes, or at any time: files of a record never change, and the checkpoint is read
    first, so that a backup holds all that its checkpoint names.  Raises OSError.
    """
    checkpoint = (folder / "record" / "checkpoint").read_bytes()
    with open(file, "xb") as out, tarfile.open(fileobj=out, mode="w") as archive:
        described = tarfile.TarInfo("record/checkpoint")
        described.size = len(checkpoint)
        archive.addfile(described, io.BytesIO(checkpoint))
        for name in KEPT:
            if (folder / name).exists():
                archive.add(folder / name, name, filter=_kept)
    return file.stat().st_size


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Plain files and folders; not the checkpoint, which was read first, and nothing half-written."""
    wanted = (entry.isfile() or entry.isdir()) and not entry.name.endswith(".tmp")
    return entry if wanted and entry.name != "record/checkpoint" else None


def restore(file: Path, folder: Path) -> None:
    """Unpack a backup into a folder that holds no record.

    Raises RecordError for a file that is no backup, or a folder that has a record; OSError.
    """
    if (folder / "record").exists():
        mend = "Move the damaged record/ away first; keep private/ where it is."
        raise RecordError(str(folder), "has a record already", mend=mend)
    try:
        with tarfile.open(file, "r:") as archive:
            for entry in archive:
                if entry.name.split("/")[0] not in KEPT or not (entry.isfile() or entry.isdir()):
                    raise RecordError(str(file), f"{entry.name!r} belongs to no backup of a record")
            archive.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise RecordError(
            str(file), f"is no backup: {error}", mend="Use a file that `tallyroom backup` wrote."
        ) from error
