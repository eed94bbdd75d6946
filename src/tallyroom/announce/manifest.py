"""Manifest: every file of a snapshot with its length and SHA-256, so that a mirror can be checked.

The manifest is itself bound by the second publication act of its snapshot, and through it every file that is too
many for an act: the files of areas.  An area that did not change keeps its files in the snapshot that made them;
`held` says which that is.
"""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from tallyroom.record.error import RecordError
from tallyroom.tally.results import Results, SnapshotId

MANIFEST = "manifest.json"

_encoder = msgspec.json.Encoder(order="sorted")


class Listed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file: SHA-256 (hex) and length in bytes.

    The length of a Parquet file is left out: under another release of its library it could not be made again
    from the record, and the manifest with it.
    """

    sha256: str
    bytes: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """The files of snapshot `number`, by path below v/<number>/.

    held: files that belong to this snapshot as they stand in an earlier one: its number, by path.  front: the
    pages at the top of the site as they are while this snapshot is the newest, by path there.
    """

    election: str
    data_origin: str
    number: int
    snapshot: SnapshotId
    files: dict[str, Listed]
    held: dict[str, int]
    front: dict[str, Listed]


def listed(path: str, content: bytes) -> Listed:
    """The entry of a file."""
    return Listed(sha256(content).hexdigest(), None if path.endswith(".parquet") else len(content))


def manifest_json(
    number: int,
    results: Results,
    files: Mapping[str, Listed],
    held: Mapping[str, int],
    front: Mapping[str, Listed],
) -> bytes:
    """The manifest: JSON, members sorted, one line."""
    shown = results.snapshot
    found = Manifest(results.election, results.data_origin, number, shown, dict(files), dict(held), dict(front))
    return _encoder.encode(found) + b"\n"


def read_manifest(name: str, content: bytes) -> Manifest:
    """A manifest; RecordError where it is none."""
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise RecordError(name, f"is no manifest: {error}", mend="Take it from another mirror.") from error
