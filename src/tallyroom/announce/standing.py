"""Standing: which act stands for a station, and which act made a snapshot known.

The count says it of a record that is replayed.  A published site says it in its tables, which spare the replay: a table
has to be the one whose hash an act of the record gives, and what it names is looked up in the signed tree, in O(log n)
hashes.  That the table follows from the acts is what `tallyverify` checks.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from tallyroom.announce.pointer import LATEST, Pointer, is_site
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.acts import Act, Publication, Seen, decode
from tallyroom.record.error import Damaged, RecordError
from tallyroom.record.log import Log
from tallyroom.record.signatures import read_act
from tallyroom.tally.contest import Status
from tallyroom.tally.replay import TYPE_OF_PUBLICATION
from tallyroom.tally.state import State

_MEND = "Take it from another copy."

STANDING = {
    Status.RECEIVED: "received, not yet accepted",
    Status.IN_REVIEW: "held in review, in no total",
    Status.ACCEPTED: "accepted",
    Status.ANNULLED: "annulled: its votes are in no total as standing",
}


@dataclass(frozen=True)
class StationAct:
    """The act that stands for a station in a contest: its number, its entry, and what became of it."""

    station: str
    number: int
    entry: bytes
    status: Status

    @property
    def act(self) -> Act:
        """The act itself."""
        return decode(self.entry)


Found = TypeVar("Found")


class _Prefix(msgspec.Struct):
    """What is read of results.json: the prefix of the record that the snapshot was computed from."""

    snapshot: Seen


def station_act(state: State, log: Log, contest: Contest, station: str) -> StationAct | None:
    """The act that stands for a station once `state.size` acts are known; None while there is no protocol.

    Raises KeyError where there is no such station, Damaged where the record is.
    """
    count, place = state.contests[contest.id], state.definition.stations.index[station]
    number = count.act_in_force(place)
    if number < 0:
        return None
    return StationAct(station, number, log.tree.entry(number), Status(int(count.status[place])))


def publication_acts(log: Log) -> dict[int, tuple[int, Publication]]:
    """The act of each snapshot by the snapshot's number: its number in the record, and the act."""
    found: dict[int, tuple[int, Publication]] = {}
    for number, act in _publications(log, 0):
        found.setdefault(act.number, (number, act))
    return found


def _publications(log: Log, start: int) -> Iterator[tuple[int, Publication]]:
    for number, entry in enumerate(log.verified_entries(start), start):
        if TYPE_OF_PUBLICATION in entry and isinstance(act := decode(entry), Publication):
            yield number, act


def newest(site: Path) -> int:
    """The number of a site's newest snapshot.  Raises RecordError where its pointer cannot be read."""
    return _read(site / LATEST, Pointer).number


def publication(place: Path, log: Log, number: int) -> tuple[int, Publication] | None:
    """The act of a snapshot with its number, of an election folder or a site; None where there is none.

    On a site it is the act that follows the prefix which results.json names: no other may.  Raises RecordError where
    it is another one.
    """
    results = place / f"v/{number}/results.json"
    if not is_site(place):
        return publication_acts(log).get(number)
    if not results.exists():
        return None
    size = _read(results, _Prefix).snapshot.size
    act = read_act(log.tree.entry(size)) if 0 <= size < log.size else None
    if not isinstance(act, Publication) or act.number != number:
        raise RecordError(str(results), "is of a snapshot that this record has not", mend=_MEND)
    return size, act


def published_act(
    definition: Definition, site: Path, log: Log, number: int, contest: Contest, station: str
) -> StationAct | None:
    """The act that stood for a station in a snapshot, by the snapshot's table; None where there was no protocol.

    Raises RecordError where the table is absent or not the one that was published, or names an act that is not of the
    station.
    """
    name = "stations.csv" if contest == definition.contests[0] else f"{contest.id}/stations.csv"
    names = (station, f"'{station}")  # as a table has what a spreadsheet would run
    rows = _rows(_published_file(site, log, number, name), name)
    row = next((row for row in rows if row.get("station_id") in names), {})
    if not (text := row.get("act", "")):
        return None
    index = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else log.size
    entry = log.tree.entry(index) if index < log.size else b""
    act, status = read_act(entry), _STATUS.get(row.get("status", ""))
    if status is None or getattr(act, "station", "") != station or getattr(act, "contest", "") != contest.id:
        mend = "Have tallyverify check the site, and take it from another copy."
        raise RecordError(name, f"names an act for {station} that is not of it", got=text[:20], mend=mend)
    return StationAct(station, index, entry, status)


def _published_file(site: Path, log: Log, number: int, name: str) -> bytes:
    """A file of a snapshot, held against the hash that an act from the snapshot's first on gives."""
    path = site / f"v/{number}" / name
    found = publication(site, log, number)
    first = log.size if found is None else found[0]
    acts = (act for _, act in _publications(log, first) if act.number == number and name in act.files)
    if not path.exists() or (act := next(acts, None)) is None:
        mend = "It is published a little later than the rest: ask again, or for an older snapshot."
        raise RecordError(f"v/{number}/{name}", "is not published yet", mend=mend)
    data = path.read_bytes()
    if (digest := hashlib.sha256(data).hexdigest()) != act.files[name]:
        raise Damaged(f"v/{number}/{name}", "is not the file that was published", act.files[name], digest, _MEND)
    return data


_STATUS = {status.name.lower(): status for status in STANDING}


def _rows(table: bytes, name: str) -> Iterator[dict[str, str]]:
    try:
        text = io.TextIOWrapper(io.BytesIO(table), encoding="utf-8", newline="")
        yield from csv.DictReader(text, restval="", restkey="more", strict=True)
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordError(name, f"cannot be read: {error}", mend=_MEND) from error


def _read(path: Path, kind: type[Found]) -> Found:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise RecordError(str(path), f"cannot be read: {error}", mend=_MEND) from error
