"""Statements in the format of actasum, a verifier of totals that is not ours: written from a count, read as copies.

One JSON object a line says what one act gave for one station.  A figure that cannot be read is named in `unread`
and has no value; one that the sheet has no line for is named in `not_on_sheet`.  A later act names the statement
that it supersedes by the SHA-256 of its canonical form.  The format is "actasum/statement/v0.1"; the totals that the
statements are held against are "actasum/official-totals/v0.1".
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa

from tallyroom.election.fault import Faults
from tallyroom.election.sheet import MAX_WHOLE, Sheet
from tallyroom.election.table import PREFIX

STATEMENT = "actasum/statement/v0.1"
OFFICIAL = "actasum/official-totals/v0.1"
PROFILE = "tallyroom"

_CODE = "candidature:"
_LONGEST = 1 << 20
"""Bytes of a first line that are looked at; a statement of one station is far shorter."""

Stage = Literal["count", "canvass", "ruling", "rerun"]
Votes = Mapping[str, int | None]


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The figures of a statement; null and blank are ballots that are no vote for a candidature."""

    candidatures: dict[str, int]
    blank: int | None = None
    null: int | None = None
    unread: dict[str, str] = {}
    not_on_sheet: dict[str, str] = {}
    registered: int | None = None
    candidature_total: int | None = None
    other: dict[str, int] = {}


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one act gave for one station; constituency: the area that its votes are added up in."""

    spec: str
    profile: str
    election: str
    station: str
    constituency: str
    counts: Counts
    unit: str = "station"
    stage: Stage = "count"
    supersedes: str | None = None
    evidence: dict[str, Any] = {}
    extra: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """The identifier: SHA-256 of the canonical form."""
        return f"sha256:{hashlib.sha256(canonical(self)).hexdigest()}"


def canonical(value: Any) -> bytes:
    """Canonical JSON: members sorted, no white space, UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def statement(
    election: str,
    station: str,
    constituency: str,
    votes: Votes,
    lines: Mapping[str, int | None],
    act: int,
    kind: str,
    supersedes: str | None = None,
) -> Statement:
    """The statement of one act; kind: of act, such as protocol or correction.

    votes: by candidate.  lines: `registered`, `valid` and `invalid`, as far as the form has them.  None is unread.
    An act that supersedes another is a ruling, whatever its kind: the format knows no other chain of several.
    """
    figures = {f"candidature:{candidate}": figure for candidate, figure in votes.items()}
    on_sheet = {"null": lines["invalid"]} if "invalid" in lines else {}
    absent = ("blank",) if on_sheet else ("blank", "null")
    return Statement(
        spec=STATEMENT,
        profile=PROFILE,
        election=election,
        station=station,
        constituency=constituency,
        counts=Counts(
            candidatures={candidate: figure for candidate, figure in votes.items() if figure is not None},
            null=lines.get("invalid"),
            unread={item: "illegible" for item, figure in {**figures, **on_sheet}.items() if figure is None},
            not_on_sheet=dict.fromkeys(absent, "no-field"),
            registered=lines.get("registered"),
            candidature_total=lines.get("valid"),
        ),
        stage="ruling" if supersedes else "count",
        supersedes=supersedes,
        evidence={"kind": kind},
        extra={"act": act},
    )


def write_statements(statements: Iterable[Statement]) -> bytes:
    """One canonical statement a line."""
    return b"".join(canonical(statement) + b"\n" for statement in statements)


def is_statements(path: Path) -> bool:
    """Whether a file begins with a statement."""
    try:
        with path.open("rb") as stream:
            first = msgspec.json.decode(stream.readline(_LONGEST))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("spec") == STATEMENT


def read_statements(path: Path, faults: Faults) -> Sheet:
    """The statements of a file that no other one of it supersedes, as rows of a table; faults with their lines."""
    rows: list[tuple[int, Statement]] = []
    with path.open("rb") as stream:
        for line, text in enumerate(stream, 1):
            try:
                rows.append((line, _read(text)))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
                mend = f"Send lines of {STATEMENT}, or the table as CSV"
                faults.add(path.name, line, "", f"not a statement ({str(error)[:160]})", mend)
            if faults.count > faults.limit:
                break
    superseded = {statement.supersedes for _, statement in rows}
    return _sheet(path.name, [(line, row) for line, row in rows if row.id not in superseded])


def _read(text: bytes) -> Statement:
    """A statement.  Raises ValueError for one with figures that cannot be."""
    found = msgspec.json.decode(text, type=Statement)
    counts = found.counts
    figures = [*counts.candidatures.values(), *counts.other.values()]
    figures += [n for n in (counts.blank, counts.null, counts.registered, counts.candidature_total) if n is not None]
    if found.spec != STATEMENT:
        raise ValueError(f"spec is {found.spec!r}")
    if not all(0 <= figure <= MAX_WHOLE for figure in figures):
        raise ValueError("a figure is negative or too large")
    return found


def _sheet(name: str, rows: list[tuple[int, Statement]]) -> Sheet:
    codes = dict.fromkeys(code for _, row in rows for code in (*row.counts.candidatures, *_unread_codes(row.counts)))
    figures = {
        "voters": [row.counts.registered for _, row in rows],
        "valid": [row.counts.candidature_total for _, row in rows],
        "invalid": [_invalid(row.counts) for _, row in rows],
        **{PREFIX + code: [_votes(row.counts, code) for _, row in rows] for code in codes},
    }
    columns = {
        "station_id": pa.chunked_array([pa.array([row.station for _, row in rows], pa.string())]),
        "constituency": pa.chunked_array([pa.array([row.constituency for _, row in rows], pa.string())]),
        **{column: pa.chunked_array([pa.array(cells, pa.int64())]) for column, cells in figures.items()},
    }
    return Sheet(name, columns, len(rows), lines=np.array([line for line, _ in rows], np.int64))


def _unread_codes(counts: Counts) -> list[str]:
    return [item.removeprefix(_CODE) for item in counts.unread if item.startswith(_CODE)]


def _votes(counts: Counts, code: str) -> int | None:
    """Votes of a candidature; one that a statement does not list has none (so the format says)."""
    item = _CODE + code
    return None if item in counts.unread or item in counts.not_on_sheet else counts.candidatures.get(code, 0)


def _invalid(counts: Counts) -> int | None:
    """Ballots for no candidature, of all kinds on the sheet; None where one of them is unread or there is none."""
    kinds = {"blank": counts.blank, "null": counts.null} | {f"other:{kind}": n for kind, n in counts.other.items()}
    on_sheet = [figure for kind, figure in kinds.items() if kind not in counts.not_on_sheet]
    unread = any(not item.startswith(_CODE) for item in counts.unread)
    return None if unread or not on_sheet else sum(figure or 0 for figure in on_sheet)
