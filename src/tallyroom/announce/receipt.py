"""Receipt: what a polling station's chair takes home, a page to print with a proof that needs nobody's help.

The page shows the figures as they stand in the record, so that they can be held against the protocol on paper.
Its QR code is the text of a tlog-proof (`record.proof`): with the key of the log, any program that knows the
format checks it without the network. A receipt is made from a signed checkpoint and never promises one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import segno
from markupsafe import Markup

from tallyroom.announce.language import language
from tallyroom.announce.page import render
from tallyroom.announce.remarks import Remarks
from tallyroom.announce.style import style_css
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.acts import Act, Publication, decode
from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint
from tallyroom.record.proof import TlogProof
from tallyroom.record.tree import leaf_hash
from tallyroom.tally.contest import Status
from tallyroom.tally.replay import TYPE_OF_PUBLICATION
from tallyroom.tally.state import State

MAX_CODE = 2300
"""Bytes in a QR code of 177 mm or less that a telephone still reads from paper: version 35, level L."""

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


class Figure(NamedTuple):
    """A figure of a protocol: number in the law (empty for a candidate), title, and the figure, None if unread."""

    number: str
    title: str
    value: int | None


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
    for number, entry in enumerate(log.verified_entries()):
        if TYPE_OF_PUBLICATION in entry and isinstance(act := decode(entry), Publication):
            found.setdefault(act.number, (number, act))
    return found


def code_text(proof: TlogProof) -> bytes:
    """What the QR code holds: the whole proof, or all of it but the entry where that would be too long.

    RecordError where even so it does not fit, as under signatures of ML-DSA-44.
    """
    for text in (proof.encode(), replace(proof, extra=b"").encode()):
        if len(text) <= MAX_CODE:
            return text
    mend = "Keep the proof as a file, or use witnesses that sign with Ed25519."
    raise RecordError("receipt", "the proof does not fit into a QR code", f"{MAX_CODE} bytes", f"{len(text)}", mend)


def receipt_page(
    definition: Definition, contest: Contest, standing: StationAct, proof: TlogProof, checkpoint: Checkpoint
) -> str:
    """The page: one HTML file, complete without any other, to be printed.

    proof: that of the standing act; checkpoint: the proof's own, opened.  RecordError where it does not fit.
    """
    stations = definition.stations
    code = code_text(proof)
    return render(
        "receipt.html",
        definition=definition,
        contest=contest,
        standing=standing,
        name=stations.names[stations.index[standing.station]],
        status=STANDING[standing.status],
        act=standing.act,
        kind=_kind(standing.act),
        lines=_lines(definition, standing.act),
        votes=_votes(contest, standing.act),
        checkpoint=checkpoint,
        code=Markup(_svg(code)),
        code_is_whole=code == proof.encode(),
        entry=Markup.escape(standing.entry.decode()),  # byte for byte, where other text is cleaned
        root=encode_base64(checkpoint.root),
        leaf=leaf_hash(standing.entry).hex(),
        css=Markup(style_css().decode()),
        origin=Remarks(language("en")).origin(definition.data_origin),
    )


def _svg(data: bytes) -> str:
    code = segno.make(data, error="l", mode="byte", boost_error=False, micro=False)
    return code.svg_inline(omitsize=True, border=4, light="white")


def _kind(act: Act) -> str:
    return str(type(act).__name__).lower()


def _lines(definition: Definition, act: Act) -> list[Figure]:
    figures: Mapping[str, int | None] = getattr(act, "lines", {})
    return [Figure(line.number, line.title, figures[line.id]) for line in definition.form.lines if line.id in figures]


def _votes(contest: Contest, act: Act) -> list[Figure]:
    votes: Mapping[str, int | None] = getattr(act, "votes", {})
    return [Figure("", one.name, votes[one.id]) for one in contest.candidates if one.id in votes]
