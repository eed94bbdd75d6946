"""Real elections with two readings of the same sheets, or several states of one count.

The files are other people's collections; the tests skip where they are absent.  Every figure is found twice: by the
comparison, and by pandas from the files alone.  The constants are what both gave.
"""

from pathlib import Path

import pandas as pd
import pytest

from tallyroom.audit.copies import findings
from tallyroom.audit.findings import Comparison
from tallyroom.audit.pairing import pair
from tallyroom.audit.source import read_source
from tallyroom.election.mappingfile import read_mapping

# Venezuela, 28 July 2024: the opposition's table and a reading of the QR codes by others.  A sheet is known by its
# centre and its table; the QR table has both in the number of the sheet (010101001.02.1.0001).
COMMON_SHEETS, WITHOUT_QR, ONLY_QR, SHEETS_THAT_DIFFER = 21_924, 2_608, 28, 7
SHEETS_DIFFERING = {
    **{"eg": 1, "nm": 3, "lm": 1, "jabe": 2, "jobr": 2, "ae": 1, "cf": 2, "dc": 1, "em": 0, "bera": 0},
}
IN_QR = {
    **{"eg": "gonzalez", "nm": "maduro", "lm": "martinez", "jabe": "bertucci", "jobr": "brito", "ae": "ecarri"},
    **{"cf": "fermin", "dc": "ceballos", "em": "marquez", "bera": "rausseo"},
}

# Bolivia, 20 October 2019: the preliminary count at 19:40 and at 18:29 the next day, and the final computation.
EVENING, NEXT_DAY, FINAL = "bo_2019_trep_2019-10-20T1940", "bo_2019_trep_2019-10-21T1829", "bo_2019_computo"
PARTIES = ("cc", "fpv", "mts", "ucs", "mas", "21f", "pdc", "mnr", "panbol")
BOLIVIA = [
    # later and earlier state, tables in both, tables that changed, what each party gained from the earlier to the later
    (NEXT_DAY, EVENING, 28_975, 0, (0, 0, 0, 0, 0, 0, 0, 0, 0)),
    (FINAL, EVENING, 28_975, 540, (1903, -54, -445, -891, 2697, -861, 780, -91, -59)),
    (FINAL, NEXT_DAY, 32_806, 696, (2301, -49, -481, -1050, 3796, -1150, 1082, -162, -110)),
]


def compared(shared: Path, published: str, copies: str, layout: str, other: str) -> Comparison:
    return findings(
        pair(
            read_source(shared / "data" / f"{published}.parquet", read_mapping(layout)),
            read_source(shared / "data" / f"{copies}.parquet", read_mapping(other), repeats=True),
            {},
        )
    )


def gains(found: Comparison) -> dict[str, tuple[int, int]]:
    """Gain and number of stations that differ, by figure."""
    return {total.field.removeprefix("v_"): (total.gain, total.differing) for total in found.totals}


def test_two_readings_of_the_sheets_of_venezuela(shared: Path) -> None:
    layouts = ("ve_2024_actas_oposicion", "ve_2024_actas_qr")
    found = compared(shared, *layouts, *layouts)
    assert found.coverage.copied == COMMON_SHEETS
    assert (found.counts.no_copy, found.counts.unknown, found.counts.differ) == (
        WITHOUT_QR,
        ONLY_QR,
        SHEETS_THAT_DIFFER,
    )
    assert {candidate: gains(found)[candidate][1] for candidate in SHEETS_DIFFERING} == SHEETS_DIFFERING

    sheets, codes = (pd.read_parquet(shared / "data" / f"{name}.parquet") for name in layouts)
    codes["mesa"] = codes["acta"].str.split(".").str[1].astype(int)
    both = sheets.merge(codes, on=["centro", "mesa"], suffixes=("", "_qr"))
    assert len(both) == COMMON_SHEETS
    change = {ours: both[f"v_{ours}"] - both[f"v_{theirs}"] for ours, theirs in IN_QR.items()}
    change["valid"] = both["valid"] - both["valid_qr"]
    assert gains(found) == {figure: (int(own.sum()), int((own != 0).sum())) for figure, own in change.items()}


@pytest.mark.parametrize(("later", "earlier", "common", "changed", "gained"), BOLIVIA)
def test_the_states_of_the_count_of_bolivia(
    shared: Path, later: str, earlier: str, common: int, changed: int, gained: tuple[int, ...]
) -> None:
    found = compared(shared, later, earlier, "bo_2019_trep", "bo_2019_trep")
    assert (found.coverage.copied, found.counts.differ, found.counts.unknown) == (common, changed, 0)
    assert tuple(gains(found)[party][0] for party in PARTIES) == gained

    new, old = (pd.read_parquet(shared / "data" / f"{name}.parquet").set_index("mesa") for name in (later, earlier))
    figures = ["registered", "ballots", "valid", "invalid", *(f"v_{party}" for party in PARTIES)]
    tables = new.index.intersection(old.index)
    change = new.loc[tables, figures].astype("int64") - old.loc[tables, figures].astype("int64")
    assert len(tables) == common
    assert {each.station_id for each in found.differences} == {*map(str, tables[(change != 0).any(axis=1)])}
    assert gains(found) == {
        figure.removeprefix("v_"): (int(change[figure].sum()), int((change[figure] != 0).sum())) for figure in figures
    }
