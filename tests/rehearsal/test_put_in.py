"""A fault put into the fictional country: named, seen by an examination, and lawful on paper."""

import numpy as np
import pytest

from tallyroom.forensics.examine import Question, examine
from tallyroom.forensics.frauds import FRAUDS
from tallyroom.forensics.source import origin_of
from tallyroom.rehearsal.nights import ruritania_night
from tallyroom.rehearsal.put_in import WORDS, PutIn, put_in, returns_of
from tallyroom.rehearsal.ruritania import first_round


@pytest.mark.parametrize("kind", WORDS)
def test_a_fault_changes_so_many_stations_for_the_leader_and_breaks_no_equation(kind):
    before = first_round()
    after = put_in(before, PutIn(kind, 0.1))
    assert after.broken_equations() == []
    changed = (after.votes != before.votes).any(axis=1)
    assert 0.05 * len(changed) < changed.sum() <= 0.15 * len(changed)
    leader = before.candidate_ids.index("velinka")
    others = np.delete(np.arange(4), leader)
    gained = after.votes.sum(axis=0) - before.votes.sum(axis=0)
    assert gained[leader] > max(gained[others].max(), 0)


def test_every_fault_that_is_measured_can_be_put_in():
    assert WORDS.keys() == FRAUDS.keys()


def test_the_election_names_its_fault_and_is_examined():
    night = ruritania_night(fault=PutIn("rounded_turnout", 0.2))
    definition = night.schedule.definition
    assert definition.name.endswith("(SYNTHETIC, turnout rounded up at 20 % of the stations on purpose)")
    assert definition.id == "ruritania-1-rounded-turnout"
    assert definition.data_origin == "synthetic"
    returns = returns_of(night.schedule.night)
    assert origin_of(returns, definition.name) == "synthetic"

    def codes(of):
        return {each.code for each in examine(of, Question(quick=True)).findings}

    # the totals of Ruritania are rounded shares, made so on purpose, and an examination says that too
    assert codes(returns_of(first_round())) == {"rounded_total"}
    assert "integers_turnout" in codes(returns)
