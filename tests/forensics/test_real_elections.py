"""Figures of real elections, found by others or by hand, and found again by this program.

The returns are other people's collections; the tests skip where they are absent.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow.parquet as pq
import pytest

from tallyroom.election.mappingfile import read_mapping
from tallyroom.forensics.arithmetic import contradictions
from tallyroom.forensics.arrival import arrival
from tallyroom.forensics.binomial import hit_chance, is_integer
from tallyroom.forensics.centres import centres
from tallyroom.forensics.clean_core import clean_core
from tallyroom.forensics.fingerprint import fingerprint, parameters, turnout_and_share
from tallyroom.forensics.integers import excesses, integers, kept
from tallyroom.forensics.outliers import outliers
from tallyroom.forensics.references import references
from tallyroom.forensics.returns import Returns, grouping
from tallyroom.forensics.source import read_returns
from tallyroom.forensics.spikes import spikes
from tallyroom.forensics.stages import compare_stages
from tallyroom.forensics.tallies import compare_tally
from tests.conftest import ROOT

Read = Callable[[str, str], Returns]

# Kobak, Shpilkin and Pshenichnikov: simulated excess as published, within 3 Monte Carlo standard errors; and exact.
EXCESS = {
    "ru_2004": (933.748, 934.36),
    "ru_2007": (722.725, 722.26),
    "ru_2008": (1722.779, 1717.54),
    "ru_2011": (1003.477, 1002.57),
    "ru_2012": (1159.585, 1160.96),
    "ru_2016": (1502.391, 1498.41),
    "ru_2018": (1708.839, 1708.60),
}
# Published and recomputed z (either, result, turnout) of other elections.
SCOREBOARD = {
    "ug_2006": (-1.67, -1.41, -0.74),
    "ug_2011": (-0.40, -0.70, 0.63),
    "ge_2012_parl_list": (0.45, -0.36, 1.32),
    "ge_2013_pres": (-0.87, -1.43, 0.07),
    "ge_2016_parl_list": (-0.41, -0.65, 0.36),
    "al_2013": (-1.48, -1.29, -0.49),
    "bg_20210711_parl": (-1.84, -3.21, 0.60),
    "bg_20211114_parl": (-2.59, -4.55, 0.71),
    "bo_2019_computo": (-0.27, 0.86, -1.15),
    "pl_2025_r1": (0.24, 0.48, -0.18),
}
CLEAN_CORE = {
    **{"ru_2018": 10.49e6, "ru_2011": 14.9e6, "ru_2012": 11.3e6, "ru_2008": 13.9e6},
    **{"ru_2007": 12.8e6, "ru_2004": 8.4e6, "ru_2016": 12.4e6},
}
FINGERPRINT = {
    "ru_2011": (0.529, 0.324, 0.0697, 0.0814, 0.559),
    "ru_2012": (0.605, 0.600, 0.0920, 0.0694, 0.419),
    "ru_2007": (0.561, 0.610, 0.0989, 0.0699, 0.426),
}


@pytest.fixture(scope="module")
def scoreboard() -> ModuleType:
    """The command that makes the scoreboard, which knows how to read the files."""
    spec = importlib.util.spec_from_file_location("scoreboard", ROOT / "benchmarks/scoreboard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def read(shared: Path, scoreboard: ModuleType) -> Read:
    """The returns of a file, with the columns of its areas left away unless it is asked for by candidate."""

    def one(file: str, candidate: str = "") -> Returns:
        entry = next(e for e in scoreboard.ENTRIES if e.file == file and candidate in ("", e.candidate))
        found: Returns = scoreboard.read(shared / "data", entry if candidate else entry._replace(areas=(), centre=()))
        return found

    return one


@pytest.fixture(scope="module")
def leader(scoreboard: ModuleType) -> dict[str, str]:
    return {entry.file: entry.candidate for entry in reversed(scoreboard.ENTRIES)}


@pytest.mark.parametrize("file", [file for file in EXCESS if file != "ru_2016"])
def test_the_exact_excess_of_integer_percentages(read: Read, leader: dict[str, str], file: str) -> None:
    published, exact = EXCESS[file]
    found = excesses(read(file, ""), leader[file])[0]
    assert found == pytest.approx(exact, abs=0.01)
    assert found == pytest.approx(published, abs=12)


def test_the_excess_that_floating_point_moved(read: Read, leader: dict[str, str]) -> None:
    """In 2016 the figure found before, 1498.41, rests on 41.95 % being further than 0.05 from 42 in floating point.

    By exact fractions, stations with 2,000 voters and 839 ballots are integer percentages (839 / 2000 = 41.95 %).
    """
    returns = read("ru_2016", "")
    found = excesses(returns, leader["ru_2016"])[0]
    assert found == pytest.approx(1502.391, abs=12)
    rows = kept(returns, leader["ru_2016"])
    n, k = returns.registered[rows], returns.ballots[rows]
    votes, whole = returns.votes[leader["ru_2016"]][rows], returns.whole[rows]
    ties = np.flatnonzero((n % 2000 == 0) | (whole % 2000 == 0))
    difference = 0.0
    for row in ties.tolist():
        a, b = _by_floats(int(votes[row]), int(whole[row])), _by_floats(int(k[row]), int(n[row]))
        exact_a, exact_b = _exactly(int(votes[row]), int(whole[row])), _exactly(int(k[row]), int(n[row]))
        for sign, (one, other) in ((1, (a, b)), (-1, (exact_a, exact_b))):
            hit, chance = one[0] or other[0], 1 - (1 - one[1]) * (1 - other[1])
            difference += sign * (hit - chance)
    assert found + difference == pytest.approx(1498.41, abs=0.01)


def _exactly(k: int, n: int) -> tuple[bool, float]:
    one, whole = np.array([k]), np.array([n])
    return bool(is_integer(one, whole)[0]), float(hit_chance(one, whole)[0])


def _by_floats(k: int, n: int) -> tuple[bool, float]:
    """The test and its chance where percentages are floating-point numbers."""
    j = np.arange(n + 1)
    share = 100 * j / n
    hits = np.abs(share - np.round(share)) <= 0.05
    p = k / n
    logs = np.concatenate([[0], np.cumsum(np.log(np.arange(1, n + 1)))])
    terms = np.exp(logs[n] - logs[j] - logs[n - j] + j * np.log(p) + (n - j) * np.log1p(-p))
    return bool(hits[k]), float(terms[hits].sum())


def test_result_and_turnout_alone(read: Read) -> None:
    assert excesses(read("ru_2018", ""), "04")[1:] == pytest.approx([859.0, 1296.2], abs=10)
    assert excesses(read("ru_2011", ""), "06")[1:] == pytest.approx([767.1, 449.3], abs=10)


@pytest.mark.parametrize("file", SCOREBOARD)
def test_the_scoreboard(read: Read, leader: dict[str, str], file: str) -> None:
    found = integers(read(file, ""), leader[file], draws=2)
    assert found.turnout is not None
    z = (found.either.z, found.result.z, found.turnout.z)
    assert z == pytest.approx(SCOREBOARD[file], abs=0.0101)
    shipped = next(each for each in references() if (each.id, each.candidate) == (file, leader[file])).figures
    assert shipped["integers_z"] == pytest.approx(found.either.z, abs=1e-6)


def test_the_calibrated_test_is_quiet_where_the_published_one_is_biased(read: Read) -> None:
    """Small stations and small shares: z is -4.6 and -8.9 as published, and nothing once calibrated."""
    bulgaria = integers(read("bg_20211114_parl", ""), "25").result
    assert bulgaria.z == pytest.approx(-4.55, abs=0.01)
    assert abs(bulgaria.z_calibrated) < 2.6
    peru = integers(read("pe_2021_r1", ""), "perulibre", draws=2).result
    assert peru.z == pytest.approx(-8.89, abs=0.01)
    assert abs(peru.z_calibrated) < 2.6


@pytest.mark.parametrize("file", CLEAN_CORE)
def test_clean_cores(read: Read, leader: dict[str, str], file: str) -> None:
    found = clean_core(read(file, ""), leader[file])
    assert found is not None
    assert found.beyond == pytest.approx(CLEAN_CORE[file], rel=0.03)
    if file == "ru_2016":
        assert found.corrected_percent == pytest.approx(40.0, rel=0.03)


@pytest.mark.parametrize("file", FINGERPRINT)
def test_parameters_of_the_fingerprint_model(read: Read, leader: dict[str, str], file: str) -> None:
    found = parameters(turnout_and_share(read(file, ""), leader[file]))
    assert found is not None
    values = (found.tau, found.nu, found.s_nu, found.s_tau, found.theta)
    assert values == pytest.approx(FINGERPRINT[file], abs=0.01)


def test_the_fingerprint_model_is_a_band(read: Read) -> None:
    found = fingerprint(read("ru_2012", ""), "05", replicates=2)
    assert found is not None
    assert found.incremental.low < 0.377 < found.incremental.high
    assert found.incremental.low < 0.39 < found.incremental.high
    assert found.extreme.low < 0.022
    assert found.alpha.low <= 1.4
    assert found.alpha.high >= 1.5


def test_heaps_in_canada(read: Read) -> None:
    """The published figure, 0.03888 % at 1,000 resamples, is one heap, at 28.0 %; more of them stand out of fewer."""
    found = spikes(read("spikes_pkg_canada2011", ""), "v", resamples=20)
    assert found is not None
    assert dict(found.heaps)[28.0] == pytest.approx(0.03888, abs=0.01)
    assert found.percent == pytest.approx(1.38, abs=0.4)


def test_outliers_in_poland_are_on_both_sides(read: Read, shared: Path) -> None:
    """By postcode, of the votes of two candidates alone; the published counts are of the run-off (docs/examine.md)."""
    returns = read("pl_2025_r1", "")
    codes = pq.read_table(shared / "data/pl_2025_r1.parquet")["postal_code"].to_pylist()
    both = returns.votes["nawrocki"] + returns.votes["trzaskowski"]
    postcodes = replace(returns, valid=both, areas=(grouping("postcode", [(code or "")[:4] for code in codes]),))
    large = postcodes.take(np.flatnonzero((returns.valid > 0) & (returns.registered >= 100)))
    found = outliers(large, "nawrocki", large.areas[0])
    assert found is not None
    assert (found.above_two, found.below_two) == (844, 900)
    assert (found.above_three, found.below_three) == (218, 210)


def test_centres(read: Read) -> None:
    for file, candidate, ratio, beyond in [
        ("ve_2024_actas_oposicion", "eg", 1.24, 1.0),
        ("bo_2019_computo", "mas", 2.37, 4.8),
    ]:
        found = centres(read(file, candidate), candidate)
        assert found is not None
        assert found.ratio == pytest.approx(ratio, abs=0.02)
        assert found.beyond_three_percent == pytest.approx(beyond, abs=0.1)


def test_the_shift_of_late_stations_in_bolivia(read: Read, shared: Path) -> None:
    final = read("bo_2019_computo", "mas")
    data = shared / "data"
    numbers = pq.read_table(data / "bo_2019_computo.parquet")["mesa"].to_pylist()
    evening = pq.read_table(data / "bo_2019_trep_2019-10-20T1940.parquet")
    early = np.isin(numbers, evening["mesa"].to_numpy())
    valid = evening["valid"].to_numpy().sum()
    shares_ = [round(100 * float(evening[f"v_{c}"].to_numpy().sum() / valid), 2) for c in ("mas", "cc")]
    assert (shares_, evening.num_rows) == ([45.71, 37.84], 28_975)
    last = [round(100 * final.totals[c] / int(final.valid.sum()), 2) for c in ("mas", "cc")]
    assert (last, len(final)) == ([47.08, 36.51], 34_555)
    found = arrival(final, "mas", "cc", early)
    assert found is not None
    assert (found.early, found.late) == pytest.approx((7.88, 24.65), abs=0.01)
    assert found.predicted == pytest.approx(21.75, abs=0.02)
    assert (found.projected, found.final) == pytest.approx((10.10, 10.57), abs=0.01)
    assert found.residual == pytest.approx(0.464, abs=0.01)
    assert (found.matched_observed, found.matched_predicted) == pytest.approx((19.54, 18.99), abs=0.01)
    assert found.low < 0.41
    assert found.high > 0.51


def test_two_readings_of_the_sheets_of_venezuela(shared: Path) -> None:
    names = ("ve_2024_actas_oposicion", "ve_2024_actas_qr")
    sheets, codes = (read_returns(shared / "data" / f"{name}.parquet", read_mapping(name)) for name in names)
    found = compare_stages(sheets, codes)
    assert found.common == 21_924
    differing = {gain.figure: gain.differing for gain in found.gains}
    assert (differing["eg"], differing["nm"]) == (1, 3)


def test_uganda_tells_late_stations_from_a_column_that_was_cut_off(read: Read) -> None:
    """The official tally by district, rebuilt from what is known of it, beside the sums of the stations."""
    returns = read("ug_2011", "museveni")
    assert returns.totals["museveni"] == 5_436_639
    assert int(returns.valid.sum()) == 7_928_276
    level = returns.areas[0]
    more = {
        "OYAM": 3219,
        "KAMPALA": 1887,
        "IGANGA": 1686,
        "KAMULI": 857,
        "RUKUNGIRI": 316,
        "SERERE": 178,
        "BUDUDA": 127,
    }
    tally: dict[str, dict[str, int]] = {}
    for code, name in enumerate(level.names):
        inside = level.codes == code
        sums = {c: int(votes[inside].sum()) for c, votes in returns.votes.items()}
        sums["museveni"] -= more.get(name, 0)
        sums["ssali"] += 257 if code < 99 else 0
        tally[name] = sums
    found = compare_tally(returns, level, tally)
    assert {each.area: each.difference for each in found.differences} == more
    assert {each.candidate for each in found.differences} == {"museveni"}
    assert [(column.candidate, column.areas) for column in found.columns] == [("ssali", 99)]


def test_traps_of_real_files_are_named(read: Read) -> None:
    def named(file: str) -> dict[str, int]:
        return {each.code: each.stations for each in contradictions(read(file, ""))}

    assert named("ug_2011") == {"zeros_for_missing": 141}
    assert named("tr_2023_pres_r1")["ballots_without_register"] == 46
    assert named("tr_2023_pres_r1")["ballots_over_register"] > 3000
    bulgaria = named("bg_20211114_parl")
    assert bulgaria["votes_sum_over_valid"] + bulgaria["votes_sum_under_valid"] == 101
    assert "votes_sum_over_valid" not in named("ge_2016_parl_list")


def test_reported_valid_votes_that_are_not_the_sum(shared: Path, read: Read) -> None:
    """Georgia 2016: valid votes as reported, beside the sum of the parties; and more ballots than signatures."""
    table = pq.read_table(shared / "data/ge_2016_parl_list.parquet")
    returns = replace(read("ge_2016_parl_list", ""), valid=table["valid_reported"].to_numpy().astype(np.int64))
    found = {each.code: each.stations for each in contradictions(returns)}
    assert found["votes_sum_over_valid"] + found["votes_sum_under_valid"] == 1033
    signed = replace(read("ge_2016_parl_list", ""), ballots=table["signed"].to_numpy().astype(np.int64))
    assert {each.code: each.stations for each in contradictions(signed)}["counted_over_issued"] == 125


def test_a_column_of_sums_and_a_row_of_sums_in_a_real_table(read: Read) -> None:
    """Bulgarian files carry summary columns under party codes; a total put at the end of a table is a row of sums."""
    returns = read("bg_20211114_parl", "")
    total = np.sum(list(returns.votes.values()), axis=0)
    wrong = replace(returns, votes={**returns.votes, "99": total})
    assert [each.subject for each in contradictions(wrong) if each.code == "column_of_sums"] == ["99"]
