"""Real nights in the order in which they came in: at each time the published figures are plain sums of the file.

A part of each file is played, evenly over the country, so that the suite stays short.  What a snapshot says is
read from its files, and added up once more in the feeds; the sums are pyarrow's, from the file itself.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tallyroom.announce.publish import publish, restore
from tallyroom.election.fault import Faults
from tallyroom.election.filing import Filing, read_filing
from tallyroom.election.folder import load, write
from tallyroom.election.infer import infer
from tallyroom.election.mapping import TableMapping
from tallyroom.election.mappingfile import read_mapping
from tallyroom.election.tablefile import read_table_file
from tallyroom.intake.acceptance import enter
from tallyroom.intake.bulk import import_protocols
from tallyroom.intake.opening import open_record, reader
from tallyroom.record import acts
from tallyroom.tally.replay import replay


class Night:
    """An election inferred from a table, counted and published as its returns came in."""

    def __init__(self, house: Path, whole: pa.Table, mapping: str) -> None:
        self.house, self.folder, self.site = house, house / "election", house / "site"
        self.mapping = read_mapping(mapping)
        faults = Faults()
        write(self.folder, infer(self.filing(whole, self.mapping), "night", faults))
        faults.refuse()
        self.definition = load(self.folder)
        self.clerk = open_record(self.folder, self.definition, "2030-01-01T00:00:00Z")
        self.state = replay(self.definition, self.clerk.log)

    def filing(self, table: pa.Table, mapping: TableMapping) -> Filing:
        faults, file = Faults(), self.house / "rows.parquet"
        pq.write_table(table, file)
        sheet = read_table_file(file, faults)
        assert sheet is not None
        filing = read_filing(sheet, mapping, faults)
        faults.refuse()
        assert filing is not None
        return filing

    def arrives(self, table: pa.Table, mapping: TableMapping | None = None) -> None:
        """The returns that are in by now; those that were in before stay as they are."""
        chosen = mapping or self.mapping
        filing = self.filing(table, chosen)
        at = "2030-01-01T00:00:00Z"
        import_protocols(filing, self.definition, "", self.state, self.clerk, at, chosen.reason)
        self.state = replay(self.definition, self.clerk.log)

    def publish(self, at: str) -> Any:
        """What the new snapshot says, after its feeds were held against it."""
        publish(self.state, self.clerk, self.folder, self.site, at)
        folder = self.site / f"v/{len(self.state.publications)}"
        results = json.loads((folder / "results.json").read_bytes())
        assert feed_votes(folder) == {one["id"]: one["votes"] for one in results["candidates"]}
        return results

    def close(self) -> None:
        """At the end the whole site can be made again from the record."""
        self.clerk.log.close()
        again = self.house / "again"
        assert restore(self.definition, reader(self.folder), self.folder, again) == []
        newest = f"v/{len(self.state.publications)}/manifest.json"
        assert (again / newest).read_bytes() == (self.site / newest).read_bytes()


def feed_votes(folder: Path) -> dict[str, int]:
    """Votes of the country in the report to NIST's model, summed over its stations or its areas, by candidate."""
    report = json.loads((folder / "nist.json").read_bytes())
    (election,) = report["Election"]
    own = {one["@id"]: one["ExternalIdentifier"][0]["Value"] for one in election["Candidate"]}
    return {
        own[selection["CandidateIds"][0]]: sum(
            count["Count"] for count in selection["VoteCounts"] if count["GpUnitId"].startswith("station")
        )
        for selection in election["Contest"][0]["ContestSelection"]
    }


def votes(results: Any) -> dict[str, int]:
    return {one["id"]: one["votes"] for one in results["candidates"]}


def sums(table: pa.Table, columns: dict[str, str]) -> dict[str, int]:
    return {candidate: pc.sum(table[column]).as_py() or 0 for candidate, column in columns.items()}


def columns_of(night: Night) -> dict[str, str]:
    return {one.id: one.column for one in night.mapping.candidates}


@pytest.fixture
def data(shared: Path) -> Callable[[str, int], pa.Table]:
    """A file of the collection, one row of every so many."""

    def read(name: str, every: int) -> pa.Table:
        table = pq.read_table(shared / "data" / f"{name}.parquet")
        return table.take(list(range(0, len(table), every)))

    return read


def test_turkey_2023_by_the_time_of_each_box(data: Callable[[str, int], pa.Table], tmp_path: Path) -> None:
    table = data("tr_2023_pres_r1", 120)
    table = table.append_column("_order", pc.rank(table["last_update_utc"])).sort_by("_order").drop_columns("_order")
    night = Night(tmp_path, table, "tr_2023_pres_r1")
    for part in (0.1, 0.9, 1.0):
        now = table["last_update_utc"][int(part * len(table)) - 1].as_py()
        arrived = table.filter(pc.less_equal(table["last_update_utc"], pa.scalar(now, pa.timestamp("ms"))))
        night.arrives(arrived)
        results = night.publish(f"{now.isoformat(timespec='seconds')}Z")
        assert votes(results) == sums(arrived, columns_of(night))
        assert results["progress"]["stations"]["reported"] == len(arrived)
        assert results["valid"] == pc.sum(arrived["valid"]).as_py()
    assert results["state"] == "complete"
    filed = json.loads((tmp_path / "site/v/3/sidecar.json").read_bytes())["stations"].values()
    assert [len(one["filed_at"]) for one in filed] == [25] * len(table)
    night.close()


def test_bolivia_2019_two_states_of_the_transmission_and_the_final_count(
    data: Callable[[str, int], pa.Table], tmp_path: Path
) -> None:
    final = data("bo_2019_computo", 20)
    night = Night(tmp_path, final, "bo_2019_computo")
    known = set(final["mesa"].to_pylist())
    held: dict[int, dict[str, int]] = {}
    states = (
        ("bo_2019_trep_2019-10-20T1940", "bo_2019_trep", "2019-10-20T19:40:00-04:00"),
        ("bo_2019_trep_2019-10-21T1829", "bo_2019_trep", "2019-10-21T18:29:00-04:00"),
        ("bo_2019_computo", "bo_2019_computo", "2019-10-25T12:00:00-04:00"),
    )
    corrected = 0
    for name, mapping, at in states:
        table = data(name, 1)
        table = table.filter(pc.is_in(table["mesa"], pa.array(sorted(known))))
        night.arrives(table, read_mapping(mapping))
        corrections = list(corrected_since(night, held, table.to_pylist(), at))
        if corrections:
            enter(night.state, night.clerk, corrections)
        corrected += len(corrections)
        held |= {row["mesa"]: row for row in table.to_pylist()}
        results = night.publish(at)
        assert votes(results) == {
            candidate: sum(row[column] for row in held.values()) for candidate, column in columns_of(night).items()
        }
        assert results["progress"]["stations"]["reported"] == len(held)
        assert len(results["corrections"]) == corrected
    assert corrected > 0
    assert results["state"] == "complete"
    night.close()


def corrected_since(
    night: Night, held: dict[int, dict[str, int]], rows: Sequence[dict[str, int]], at: str
) -> Iterator[acts.Correction]:
    """The corrections of the tables whose figures are not what an earlier state had."""
    columns, count = columns_of(night), night.state.contests["president"]
    lines = {line: names[0] for line, names in night.mapping.lines.items()}
    for row in rows:
        before = held.get(row["mesa"])
        if before is None or all(before[name] == row[name] for name in (*columns.values(), *lines.values())):
            continue
        station = str(row["mesa"])
        yield acts.Correction(
            at=at,
            contest="president",
            station=station,
            lines={line: row[column] for line, column in lines.items()},
            votes={candidate: row[column] for candidate, column in columns.items()},
            supersedes=count.act_in_force(night.definition.stations.index[station]),
            reason="a later state has other figures",
        )


def test_georgia_2013_turnout_at_noon_and_at_five_then_the_count(
    data: Callable[[str, int], pa.Table], tmp_path: Path
) -> None:
    table = data("ge_2013_pres", 5)
    night = Night(tmp_path, table, "ge_2013_pres")
    stations = night.definition.stations.ids
    shown = []
    for hour, column in (("12:00", "voted_by_12"), ("17:00", "voted_by_17")):
        at = f"2013-10-27T{hour}:00+04:00"
        voted = table[column].to_pylist()
        reports = [
            acts.Turnout(at=at, station=station, hour=hour, voted=count)
            for station, count in zip(stations, voted, strict=True)
            if count is not None
        ]
        enter(night.state, night.clerk, [acts.Opened(at=at, station=stations[0]), *reports])
        results = night.publish(at)
        shown.append((hour, sum(count for count in voted if count is not None)))
        assert [(one["at"], one["voted"]) for one in results["turnout"]["by_time"]] == shown
        assert results["state"] == "voting"
        car = json.loads((night.site / f"v/{len(shown)}/sidecar.json").read_bytes())
        assert car["turnout"]["country"] == dict(shown)
    night.arrives(table)
    results = night.publish("2013-10-28T06:00:00+04:00")
    accepted = pq.read_table(night.site / "v/3/stations.parquet").filter(pc.field("status") == "accepted")
    in_file = table.filter(pc.is_in(pa.array(stations), accepted["station_id"]))
    assert votes(results) == sums(in_file, columns_of(night))
    assert len(accepted) == results["progress"]["stations"]["reported"] > 0.99 * len(table)
    night.close()
