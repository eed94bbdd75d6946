"""How fast the count is: a synthetic election of a million polling stations from a table to a snapshot.

    ./run python benchmarks/count.py                        a million stations; some minutes
    ./run python benchmarks/count.py --stations 100000      a look
    ./run python benchmarks/count.py --json > count.json

Everything goes through the functions that the commands of `tallyroom` call.  Each phase runs in a process of its
own, so that the memory of one does not hide that of another.  Beside the count, pandas and DuckDB add up the bare
columns of the same Parquet file by area, and all three must come to the same sums.

Every figure is one of this machine at this moment: where the seconds of a part are well above those of the processor
(cpu), others were using the machine.  Exit code 1 where a target is missed or sums differ.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet as pq

from tallyroom.announce.publish import Snapshot
from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing, read_filing
from tallyroom.election.folder import load, write
from tallyroom.election.form import Form
from tallyroom.election.formfile import shipped_form
from tallyroom.election.infer import infer
from tallyroom.election.mapping import default_mapping
from tallyroom.election.tablefile import read_table_file
from tallyroom.intake.bulk import import_protocols
from tallyroom.intake.opening import open_record, reader, writer
from tallyroom.record import acts
from tallyroom.record.store import Store
from tallyroom.tally.fold import fold
from tallyroom.tally.replay import replay
from tallyroom.tally.state import State

REGIONS, DISTRICTS = 12, 125
LATE = 1_000
"""Stations of the election that are not in the table of returns: each is folded alone, as the last to report."""

AT = "2030-03-10T23:00:00+00:00"
STATIONS, RETURNS = "stations.parquet", "returns.parquet"
Sums = dict[str, list[int]]
"""By district: sums of the lines of the form and of the candidates' votes, in the order of the table."""


class Target(NamedTuple):
    """What a figure is measured in, and the bound that it has to keep."""

    what: str
    unit: str
    bound: float
    at_least: bool


TARGETS = {
    "import": Target("import: equations, record, signature", "protocols/s", 20_000, True),
    "replay": Target("replay with every hash verified", "acts/s", 100_000, True),
    "one_more": Target("one more protocol, all totals current", "us", 50, False),
    "snapshot": Target("snapshot of the country and every area", "ms", 100, False),
    "memory": Target("peak memory of any phase", "GB", 2, False),
}


def draw_table(folder: Path, stations: int, candidates: int, seed: int) -> dict[str, Any]:
    """Write the table of all stations, and that of the returns, which lacks the late ones."""
    random = np.random.default_rng(seed)
    table = pa.table(_columns(random, stations + LATE, candidates))
    pq.write_table(table, folder / STATIONS)
    pq.write_table(table.slice(0, stations), folder / RETURNS)
    return {}


def _columns(random: np.random.Generator, stations: int, candidates: int) -> dict[str, Any]:
    """Protocols that every equation of the generic form holds for, without a warning."""
    district = random.integers(1, DISTRICTS + 1, stations)
    listed = 50 + random.binomial(2_900, 0.33, stations)
    issued = random.binomial(listed, 0.65)
    found = issued - random.integers(0, 3, stations)
    invalid = np.minimum(random.binomial(found, 0.01), found // 50)
    weights = 1 / np.arange(1, candidates + 1)
    votes = random.multinomial(found - invalid, weights / weights.sum())
    return {
        "station_id": [f"S-{number:07d}" for number in range(1, stations + 1)],
        "region": [f"Region {number:02d}" for number in (district - 1) * REGIONS // DISTRICTS + 1],
        "district": [f"District {number:03d}" for number in district],
        "voters_listed": listed,
        "voters_added": random.integers(0, 5, stations),
        "ballots_issued": issued,
        "ballots_found": found,
        "valid": found - invalid,
        "invalid": invalid,
        **{f"v_c{number:02d}": votes[:, number - 1] for number in range(1, candidates + 1)},
    }


def define(folder: Path) -> dict[str, Any]:
    """As `tallyroom new --from`, `check` and `open` do: the election folder and its record with act 0."""
    start = time.perf_counter()
    faults = Faults()
    write(_election(folder), infer(filing_of(folder / STATIONS, shipped_form("generic"), faults), "bench", faults))
    written = time.perf_counter()
    definition = load(_election(folder))
    loaded = time.perf_counter()
    open_record(_election(folder), definition, AT).log.close()
    return {"new_s": written - start, "load_s": loaded - written, "open_s": time.perf_counter() - loaded}


def import_returns(folder: Path) -> dict[str, Any]:
    """As `tallyroom import` does, from the file to the signed record."""
    definition = load(_election(folder))
    start, busy = time.perf_counter(), time.process_time()
    faults = Faults()
    filing = filing_of(folder / RETURNS, definition.form, faults)
    faults.refuse()
    read = time.perf_counter()
    clerk = writer(_election(folder), definition)
    report = import_protocols(filing, definition, "", replay(definition, clerk.log), clerk, AT)
    clerk.log.close()
    seconds = time.perf_counter() - start
    assert report.accepted == report.rows
    return {
        "import": report.rows / seconds,
        "read_s": read - start,
        "import_s": seconds,
        "import_cpu_s": time.process_time() - busy,
    }


def count(folder: Path) -> dict[str, Any]:
    """Replay the whole record, publish a snapshot of it, and fold the late stations one by one."""
    definition, log = load(_election(folder)), reader(_election(folder))
    busy = time.process_time()
    seconds = _median(lambda: replay(definition, log), 3)
    busy = (time.process_time() - busy) / 3
    state = replay(definition, log)
    assert not state.breaches
    site = Store(folder / "site")

    def snapshot() -> None:
        site.write(Snapshot(state, log, 1, AT).headline())

    def tables() -> None:
        site.write(Snapshot(state, log, 1, AT).tables())

    return {
        "replay": state.size / seconds,
        "replay_s": seconds,
        "replay_cpu_s": busy,
        "first_snapshot_s": _median(snapshot, 1),
        "snapshot": 1e3 * _median(snapshot, 9),
        "tables_s": _median(tables, 3),
        "sums": _sums(state),
        "one_more": 1e6 * statistics.median(_one_by_one(folder, state)),
    }


def _one_by_one(folder: Path, state: State) -> Iterator[float]:
    """Seconds that each late station takes: its protocol and its acceptance, from stored bytes to all totals."""
    for entries in list(_late_entries(folder, state)):
        start = time.perf_counter()
        fold(state, [acts.decode(entry) for entry in entries])
        yield time.perf_counter() - start
    count = next(iter(state.contests.values()))
    assert not state.breaches
    assert count.progress.whole[0] == len(state.definition.stations)


def _late_entries(folder: Path, state: State) -> Iterator[list[bytes]]:
    """What the record would hold of each late station."""
    form, contest = state.definition.form, state.definition.contests[0]
    late = pq.read_table(folder / STATIONS).slice(len(state.definition.stations) - LATE)
    for place, row in enumerate(late.to_pylist()):
        lines = {line: row[line] for line in form.line_ids}
        votes = {candidate: row[f"v_{candidate}"] for candidate in contest.candidate_ids}
        protocol = acts.Protocol(at=AT, contest=contest.id, station=row["station_id"], lines=lines, votes=votes)
        accepted = acts.Accepted(at=AT, contest=contest.id, first=state.size + 2 * place)
        yield [acts.encode(protocol), acts.encode(accepted)]


def _sums(state: State) -> Sums:
    """What the count has for each district."""
    totals = next(iter(state.contests.values())).standing.values
    areas = state.definition.areas.areas
    return {area.name: totals[place].tolist() for place, area in enumerate(areas) if area.level == "district"}


def group_with_pandas(folder: Path) -> dict[str, Any]:
    """The bare sums by district with pandas."""
    figures = _figures(folder)

    def sums() -> Sums:
        table = pandas.read_parquet(folder / RETURNS, columns=["district", *figures])
        found = table.groupby("district")[figures].sum()
        return dict(zip(found.index, found.to_numpy().tolist(), strict=True))

    return {"seconds": _median(sums, 5), "sums": sums()}


def group_with_duckdb(folder: Path) -> dict[str, Any]:
    """The bare sums by district with DuckDB."""
    totals = ", ".join(f"sum({figure})::BIGINT" for figure in _figures(folder))
    query = f"SELECT district, {totals} FROM read_parquet(?) GROUP BY district"

    def sums() -> Sums:
        rows = duckdb.execute(query, [str(folder / RETURNS)]).fetchall()
        return {district: figures for district, *figures in rows}

    return {"seconds": _median(sums, 5), "sums": sums()}


def _figures(folder: Path) -> list[str]:
    names: list[str] = pq.read_schema(folder / RETURNS).names
    return names[names.index("voters_listed") :]


def _election(folder: Path) -> Path:
    return folder / "election"


def filing_of(table: Path, form: Form, faults: Faults) -> Filing:
    """What a table of stations or returns says."""
    sheet = read_table_file(table, faults)
    filing = read_filing(sheet, default_mapping(sheet, form), faults) if sheet else None
    faults.refuse()
    assert filing is not None
    return filing


def _median(work: Callable[[], object], times: int) -> float:
    """Median of the seconds that a piece of work takes."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def in_own_process(phase: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What a phase finds, with the most memory that its process ever had."""
    print(f"{phase.__name__} ...", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_with_memory, phase, arguments).result()


def _with_memory(phase: Callable[..., dict[str, Any]], arguments: tuple[Any, ...]) -> dict[str, Any]:
    found = phase(*arguments)
    return found | {"memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}  # Linux: in KiB


def measure(stations: int, candidates: int, seed: int) -> dict[str, Any]:
    """What every phase finds, by its name, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tallyroom-benchmark-") as name:
        folder = Path(name)
        in_own_process(draw_table, folder, stations, candidates, seed)
        phases = (define, import_returns, count, group_with_pandas, group_with_duckdb)
        return {phase.__name__: in_own_process(phase, folder) for phase in phases}


def report(found: dict[str, Any]) -> dict[str, Any]:
    """Figures beside their targets, seconds and memory of the phases, and how the bare sums compare."""
    ours = {name: found[name] for name in ("define", "import_returns", "count")}
    memory = {name: phase["memory_gb"] for name, phase in ours.items()}
    figures = {**found["import_returns"], **found["count"], "memory": max(memory.values())}
    return {
        "targets": [_beside(target, figures[name]) for name, target in TARGETS.items()],
        "seconds": {key: value for phase in ours.values() for key, value in phase.items() if key.endswith("_s")},
        "memory_gb": memory,
        "bare_sums": {name: _compared(found[f"group_with_{name}"], found["count"]) for name in ("pandas", "duckdb")},
    }


def _beside(target: Target, figure: float) -> dict[str, Any]:
    better = figure / target.bound if target.at_least else target.bound / figure
    return {**target._asdict(), "figure": figure, "ratio": better, "met": better >= 1}


def _compared(bare: dict[str, Any], counted: dict[str, Any]) -> dict[str, Any]:
    """Bare sums beside the count: a replay takes how many times as long, and they how many times one more."""
    return {
        "seconds": bare["seconds"],
        "replay_ratio": counted["replay_s"] / bare["seconds"],
        "one_more_ratio": bare["seconds"] / (1e-6 * counted["one_more"]),
        "same_sums": bare["sums"] == counted["sums"],
    }


def machine() -> dict[str, Any]:
    """What the figures depend on beside the program."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "pyarrow", "msgspec", "pandas", "duckdb")},
    }


def text(document: dict[str, Any]) -> Iterator[str]:
    """The report as lines for a person."""
    on, packages = document["machine"], document["machine"]["packages"]
    yield f"{on['cores']} cores (load {on['load']:.1f} at the start), {on['system']}, Python {on['python']}"
    yield ", ".join(f"{name} {release}" for name, release in packages.items())
    yield "{stations:,} synthetic stations, {candidates} candidates, seed {seed}".format(**document)
    yield ""
    yield f"{'':<42}{'figure':>12}  {'target':>12}  {'ratio':>6}"
    for row in document["targets"]:
        sign = ">=" if row["at_least"] else "<"
        met = "" if row["met"] else "  MISSED"
        figure, bound = _shown(row["figure"]), f"{sign} {_shown(row['bound'])}"
        yield f"{row['what']:<42}{figure:>12}  {bound:>12}  {row['ratio']:>6.2f}  {row['unit']}{met}"
    yield ""
    yield "seconds: " + ", ".join(f"{name[:-2]} {value:.2f}" for name, value in document["seconds"].items())
    yield "GB:      " + ", ".join(f"{name} {value:.2f}" for name, value in document["memory_gb"].items())
    for name, bare in document["bare_sums"].items():
        same = "the same sums" if bare["same_sums"] else "OTHER SUMS"
        yield (
            f"{name}: {same} in {bare['seconds']:.3f} s; the replay takes {bare['replay_ratio']:,.0f} times as long, "
            f"one more protocol 1/{bare['one_more_ratio']:,.0f} of it"
        )


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.3g}"


def main() -> int:
    parser = argparse.ArgumentParser(description="How fast the count is, beside its targets.")
    parser.add_argument("--stations", type=int, default=1_000_000)
    parser.add_argument("--candidates", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20_300_310)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    drawn = {"stations": asked.stations, "candidates": asked.candidates, "seed": asked.seed}
    document = {"machine": machine(), "data_origin": "synthetic", **drawn, **report(measure(**drawn))}
    print(json.dumps(document, indent=2) if asked.json else "\n".join(text(document)))
    met = all(row["met"] for row in document["targets"])
    return 0 if met and all(bare["same_sums"] for bare in document["bare_sums"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
