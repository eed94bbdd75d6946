"""A night of one's own: the election's shape, nobody's names, and a count that adds up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tallyroom.election.fault import BadInput
from tallyroom.rehearsal.own_night import own_night
from tallyroom.rehearsal.play import Watch, play
from tests.tally.village import village


def test_a_defined_election_is_played_to_its_last_protocol(tmp_path: Path) -> None:
    shown = []
    state = play(own_night(village(), 7), tmp_path, Watch(published=shown.append))
    last = shown[-1]
    assert last.progress.stations.reported == last.progress.stations.total == 6
    assert last.counters.in_review == 0
    assert last.valid == sum(candidate.votes for candidate in last.candidates)
    assert (last.data_origin, state.breaches) == ("synthetic", [])
    assert [one.percent for one in last.turnout.by_time] != []


def test_no_name_or_id_of_the_real_election_is_played(tmp_path: Path) -> None:
    real = village()
    played = own_night(real, 7).schedule.definition
    assert not {*real.stations.names} & {*played.stations.names}
    assert not {area.name for area in real.areas.areas} & {area.name for area in played.areas.areas}
    assert not {c.name for c in real.contests[0].candidates} & {c.name for c in played.contests[0].candidates}
    assert (played.stations.registered == real.stations.registered).all()
    assert "synthetic" in played.name


def test_the_seed_decides(tmp_path: Path) -> None:
    first, again, other = (own_night(village(), seed).schedule.night.votes for seed in (1, 1, 2))
    assert (first == again).all()
    assert not np.array_equal(first, other)


def test_an_election_without_hours_of_turnout_is_refused_with_the_mend() -> None:
    with pytest.raises(BadInput, match="turnout_hours"):
        own_night(replace(village(), turnout_hours=()), 1)
