"""Real elections through the whole path: the file's sums come out, and the official totals where these are known.

The files are other people's collections of official returns; the tests skip where they are absent.
"""

from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tallyroom.election.fault import Faults
from tallyroom.election.filing import read_filing
from tallyroom.election.folder import load, write
from tallyroom.election.infer import infer
from tallyroom.election.mappingfile import read_mapping
from tallyroom.election.tablefile import read_table_file
from tallyroom.intake.bulk import import_protocols
from tallyroom.record.acts import decode
from tallyroom.record.clerk import Clerk
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State

# Totals as the catalogue of the collection gives them ("official_checks" in ../shared/data/catalog.json).
OFFICIAL = {
    "bo_2019_computo": {"mas": 2_889_359, "cc": 2_240_920},
    "ug_2016": {"museveni": 5_971_872, "besigye": 3_508_687},
    "ge_2013_pres": {"41": 1_012_569, "05": 354_103},
    "us_mn_2012_pres": {"dfl": 1_546_167, "r": 1_320_225},
    "tr_2023_pres_r1": {
        "recep_tayyip_erdogan": 27_133_849,
        "kemal_kilicdaroglu": 24_595_178,
        "sinan_ogan": 2_831_239,
    },
    # The official totals are 54 and 42 votes higher: the collection lacks a few stations.
    "pl_2025_r1": {"trzaskowski": 6_147_743, "nawrocki": 5_790_762},
}
IN_REVIEW = {"ge_2013_pres": 5, "pl_2025_r1": 1}
NOT_REPORTED = {"ug_2016": 235}


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_totals_of_a_real_election_come_out(
    name: str, shared: Path, tmp_path: Path, new_clerk: Callable[[str], Clerk]
) -> None:
    source = shared / "data" / f"{name}.parquet"
    faults = Faults()
    sheet, mapping = read_table_file(source, faults), read_mapping(name)
    assert sheet is not None
    filing = read_filing(sheet, mapping, faults)
    assert filing is not None
    write(tmp_path / "election", infer(filing, "test", faults))
    faults.refuse()
    definition = load(tmp_path / "election")
    clerk = new_clerk("log")
    report = import_protocols(
        filing, definition, "president", State(definition), clerk, "2030-01-01T00:00:00Z", mapping.reason
    )
    table = pq.read_table(source)
    in_file = {c.id: pc.sum(table[c.column]).as_py() for c in filing.candidates}
    imported = {c: sum(report.votes[outcome][c] for outcome in report.votes) for c in in_file}
    assert imported == in_file
    assert {c: imported[c] for c in OFFICIAL[name]} == OFFICIAL[name]
    assert report.in_review == IN_REVIEW.get(name, 0)
    assert report.accepted + report.accepted_with_reason + report.in_review + NOT_REPORTED.get(name, 0) == len(table)

    state = State(definition)
    fold(state, [decode(entry) for entry in clerk.log.entries()])
    assert state.breaches == []
    count = state.contests["president"]
    accepted = {c: report.votes["accepted"][c] + report.votes["accepted_with_reason"][c] for c in in_file}
    assert dict(zip(in_file, count.counted.whole[count.candidates].tolist(), strict=True)) == accepted
