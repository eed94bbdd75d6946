"""The template is sound as it stands, and says that it is synthetic."""

from pathlib import Path

from tallyroom.election.folder import load, write
from tallyroom.election.template import presidential


def test_the_template_loads_without_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "election", presidential("my-election"))
    loaded = load(tmp_path / "election")
    assert loaded.id == "my-election"
    assert loaded.data_origin == "synthetic"
    assert loaded.stations.ids == tuple(f"S-{number:04d}" for number in range(1, 7))
    assert (len(loaded.areas), loaded.contests[0].candidate_ids) == (3, ("a", "b"))
    assert [entry.id for day, entry in loaded.calendar.days(loaded.called_on, loaded.day) if day == loaded.day] == [
        "election_day"
    ]
