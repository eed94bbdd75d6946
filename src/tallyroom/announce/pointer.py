"""Pointer: which snapshot is the newest, in about 300 bytes that a page can ask for every few seconds."""

from pathlib import Path

import msgspec

LATEST = "latest.json"


class Pointer(msgspec.Struct, frozen=True):
    """latest.json: the newest snapshot, its folder, the prefix of the record that it was computed from."""

    election: str
    data_origin: str
    number: int
    path: str
    size: int
    root: str
    time: str
    state: str


def is_site(place: Path) -> bool:
    """Whether a folder is a published site, and not an election folder or anything else."""
    return (place / LATEST).exists()
