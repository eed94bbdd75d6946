"""A receipt shows the figures that stand for a station, and its code is a proof that others can check."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tallyroom.announce.receipt import MAX_CODE, code_text, receipt_page
from tallyroom.announce.standing import StationAct, publication_acts, station_act
from tallyroom.election.definition import Definition
from tallyroom.intake.acceptance import enter, file_protocols
from tallyroom.intake.opening import open_record
from tallyroom.record.acts import Annulment, Correction, Protocol, Publication, Seen
from tallyroom.record.clerk import Clerk
from tallyroom.record.cosignature import MlDsaCosigningKey
from tallyroom.record.error import RecordError
from tallyroom.record.note import Checkpoint, open_checkpoint, sign
from tallyroom.record.proof import TlogProof, prove
from tallyroom.tally.contest import Status
from tallyroom.tally.replay import replay
from tallyroom.tally.state import State
from tests.tally.village import lines, village

AT = "2025-06-15T21:00:00+00:00"


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    """The village's record: protocols of S-0001 to S-0003, one of which is held in review."""
    definition = village()
    clerk = open_record(tmp_path, definition, AT)
    state = replay(definition, clerk.log)
    filed = [protocol("S-0001", 50, 30, 20), protocol("S-0002", 1, 2, 3), protocol("S-0003", 10, 20, 30, invalid=900)]
    file_protocols(state, clerk, filed, AT)
    yield clerk
    clerk.log.close()


def protocol(station: str, *votes: int, invalid: int = 0) -> Protocol:
    figures = dict(zip("abc", votes, strict=True))
    found = lines(sum(votes), invalid) if not invalid else {**lines(sum(votes)), "invalid": invalid}
    return Protocol(at=AT, contest="mayor", station=station, lines=found, votes=figures)


def standing(clerk: Clerk, station: str) -> StationAct | None:
    definition = village()
    return station_act(replay(definition, clerk.log), clerk.log, definition.contest("mayor"), station)


def page(clerk: Clerk, station: str, definition: Definition | None = None) -> tuple[str, TlogProof]:
    definition = definition or village()
    found = standing(clerk, station)
    assert found is not None
    proof = prove(clerk.log.tree, clerk.log.checkpoint, found.number, found.entry)
    checkpoint = Checkpoint(clerk.log.origin, clerk.log.size, clerk.log.root)
    return receipt_page(definition, definition.contest("mayor"), found, proof, checkpoint), proof


def scanned(html: str) -> bytes:
    """What a reader of QR codes makes of the SVG on a page: its one path, drawn four pixels a module."""
    size = int(re.search(r'<svg [^>]*viewBox="0 0 (\d+) \d+"', html)[1])
    path = re.findall(r'<path [^>]*d="([^"]*)"', html)[-1]
    modules = np.zeros((size, size), np.uint8)
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([MmhvH])([-0-9. ]*)", path):
        given = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if command == "M":
            x, y = given
        elif command == "m":
            x, y = x + given[0], y + given[1]
        else:
            assert command == "h"
            modules[int(y), int(x) : int(x + given[0])] = 1
            x += given[0]
    image = np.where(np.kron(modules, np.ones((4, 4), np.uint8)), 0, 255).astype(np.uint8)
    (code,) = zxingcpp.read_barcodes(image)
    return bytes(code.bytes)


def test_the_code_reads_back_as_the_proof_byte_for_byte(clerk: Clerk) -> None:
    html, proof = page(clerk, "S-0001")
    assert scanned(html) == proof.encode()
    read = TlogProof.parse(scanned(html))
    checkpoint = open_checkpoint(read.checkpoint, clerk.log.verifier)
    assert read.includes(read.extra, checkpoint)
    assert read.extra.decode() in html.replace("&#34;", '"')


def test_an_act_that_does_not_fit_is_left_out_of_the_code_and_printed(clerk: Clerk) -> None:
    definition = village()
    found = standing(clerk, "S-0001")
    assert found is not None
    proof = prove(clerk.log.tree, clerk.log.checkpoint, found.number, b"x" * 2000)
    checkpoint = Checkpoint(clerk.log.origin, clerk.log.size, clerk.log.root)
    html = receipt_page(definition, definition.contest("mayor"), found, proof, checkpoint)
    assert scanned(html) == replace(proof, extra=b"").encode()
    assert "--entry act.json" in html


def test_the_longest_proof_that_fits_is_read(clerk: Clerk) -> None:
    html, proof = page(clerk, "S-0001")
    found = standing(clerk, "S-0001")
    assert found is not None
    definition = village()
    room = MAX_CODE - len(replace(proof, extra=b"").encode()) - len("extra \n")
    longest = replace(proof, extra=b"\xff" * (room // 4 * 3))
    checkpoint = Checkpoint(clerk.log.origin, clerk.log.size, clerk.log.root)
    html = receipt_page(definition, definition.contest("mayor"), found, longest, checkpoint)
    assert MAX_CODE - 4 < len(scanned(html)) <= MAX_CODE
    assert scanned(html) == longest.encode()


def test_a_signature_that_fits_no_code_is_refused(clerk: Clerk) -> None:
    key = MlDsaCosigningKey("w", MLDSA44PrivateKey.from_seed_bytes(b"\x12" * 32), lambda: 1)
    text = Checkpoint(clerk.log.origin, clerk.log.size, clerk.log.root).text()
    with pytest.raises(RecordError, match="does not fit"):
        code_text(prove(clerk.log.tree, sign(text, [key]), 1))


def test_the_page_shows_the_figures_and_what_became_of_them(clerk: Clerk) -> None:
    html, _ = page(clerk, "S-0001")
    assert '<bdi>A</bdi></th>\n<td class="n">50</td>' in html
    assert '<td class="n">100</td>' in html
    assert "<b>accepted</b>" in html
    assert "held in review" in page(clerk, "S-0003")[0]


def test_a_synthetic_election_says_so_and_a_real_one_does_not(clerk: Clerk) -> None:
    html, _ = page(clerk, "S-0001")
    assert '<meta name="data-origin" content="synthetic">' in html
    assert "SYNTHETIC STATIONS" in html
    real, _ = page(clerk, "S-0001", replace(village(), data_origin="real"))
    assert "SYNTHETIC" not in real


def test_the_page_needs_no_other_file_and_runs_nothing(clerk: Clerk) -> None:
    html, _ = page(clerk, "S-0001")
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', html) == []
    assert "<script" not in html


def test_names_are_escaped_and_the_act_is_printed_byte_for_byte(clerk: Clerk) -> None:
    state = replay(village(), clerk.log)
    reason = "a  <script> & 'two'  spaces"
    correct(state, clerk, reason)
    html, _ = page(clerk, "S-0001")
    assert "<script" not in html
    assert "a  &lt;script&gt; &amp; &#39;two&#39;  spaces" in html


def correct(state: State, clerk: Clerk, reason: str) -> int:
    found = standing(clerk, "S-0001")
    assert found is not None
    content = Correction(
        at=AT,
        contest="mayor",
        station="S-0001",
        lines={**lines(99), "ballots_found": None},
        votes={"a": 49, "b": 30, "c": 20},
        supersedes=found.number,
        reason=reason,
    )
    return enter(state, clerk, [content])


def test_what_stands_changes_with_the_record(clerk: Clerk) -> None:
    """A correction, then an annulment; the receipt of an older size is that of what stood then."""
    definition = village()
    state = replay(definition, clerk.log)
    first = standing(clerk, "S-0001")
    assert first is not None
    corrected = correct(state, clerk, "a digit was misread")
    html, proof = page(clerk, "S-0001")
    assert proof.index == corrected
    assert "could not be read" in html
    assert "The correction entered" in html
    enter(
        state,
        clerk,
        [Annulment(at=AT, contest="mayor", station="S-0001", supersedes=corrected, reason="seals were broken")],
    )
    html, proof = page(clerk, "S-0001")
    assert "No figures stand" in html
    assert "seals were broken" in html
    before = replay(definition, clerk.log, corrected)
    assert station_act(before, clerk.log, definition.contest("mayor"), "S-0001") == first
    assert [standing(clerk, station).status for station in ("S-0001", "S-0002", "S-0003")] == [
        Status.ANNULLED,
        Status.ACCEPTED,
        Status.IN_REVIEW,
    ]


def test_a_station_without_a_protocol_has_no_receipt(clerk: Clerk) -> None:
    assert standing(clerk, "S-0006") is None
    with pytest.raises(KeyError):
        standing(clerk, "S-9999")


def test_the_acts_of_publications_are_found_once_each(clerk: Clerk) -> None:
    seen = Seen(1, "AA==")
    acts = [
        Publication(at=AT, number=1, snapshot=seen, files={"a": "00"}),
        Publication(at=AT, number=1, snapshot=seen, files={"b": "00"}),
        Publication(at=AT, number=2, snapshot=seen, files={}),
    ]
    first = clerk.log.size
    clerk.enter(acts)
    found = publication_acts(clerk.log)
    assert {number: index for number, (index, _) in found.items()} == {1: first, 2: first + 2}
    assert found[1][1].files == {"a": "00"}
