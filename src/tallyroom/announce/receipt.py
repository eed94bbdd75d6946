"""Receipt: what a polling station's chair takes home, a page to print with a proof that needs nobody's help.

The page shows the figures as they stand in the record, so that they can be held against the protocol on paper.
Its QR code is the text of a tlog-proof (`record.proof`): with the key of the log, any program that knows the
format checks it without the network. A receipt is made from a signed checkpoint and never promises one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import segno
from markupsafe import Markup

from tallyroom.announce.language import language
from tallyroom.announce.page import render
from tallyroom.announce.remarks import Remarks
from tallyroom.announce.standing import STANDING, StationAct
from tallyroom.announce.style import style_css
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.acts import Act
from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.note import Checkpoint
from tallyroom.record.proof import TlogProof
from tallyroom.record.tree import leaf_hash

MAX_CODE = 2300
"""Bytes in a QR code of 177 mm or less that a telephone still reads from paper: version 35, level L."""


class Figure(NamedTuple):
    """A figure of a protocol: number in the law (empty for a candidate), title, and the figure, None if unread."""

    number: str
    title: str
    value: int | None


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
