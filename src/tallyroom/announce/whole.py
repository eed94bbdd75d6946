"""Whether a snapshot's folder holds every file that the record says was published, each with its compressed twins."""

from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path

from tallyroom.announce.compress import has_twins
from tallyroom.announce.manifest import MANIFEST, read_manifest
from tallyroom.record.error import RecordError


def is_whole(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether all is there, byte for byte.  files: SHA-256 by path, as the acts of the snapshot give them."""
    if not all(_is_there(folder / path, sha256) for path, sha256 in files.items()):
        return False
    if MANIFEST not in files:
        return True
    try:
        manifest = read_manifest(MANIFEST, (folder / MANIFEST).read_bytes())
    except RecordError:
        return False
    return all(_is_there(folder / path, one.sha256) for path, one in manifest.files.items() if path not in files)


def _is_there(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
            packed = not has_twins(path.name, file.tell()) or all(
                path.with_name(f"{path.name}{ending}").exists() for ending in (".br", ".gz")
            )
    except OSError:
        return False
    return found == sha256 and packed
