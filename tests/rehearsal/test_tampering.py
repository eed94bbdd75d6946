import numpy as np
import pytest

from tallyroom.forensics.frauds import FRAUDS
from tallyroom.rehearsal.nights import ruritania_night
from tallyroom.rehearsal.ruritania import first_round
from tallyroom.rehearsal.tampering import Tampering


@pytest.mark.parametrize("fraud", FRAUDS)
def test_a_fraud_changes_that_share_of_stations_for_the_incumbent_and_every_protocol_still_adds_up(fraud):
    honest, told = first_round(), first_round(tampering=Tampering(fraud, 0.1))
    assert told.broken_equations() == []
    assert told.candidate_ids[0] == "hradek"
    gain = told.votes[:, 0] - honest.votes[:, 0]
    changed = (told.votes != honest.votes).any(axis=1)
    assert 180 <= changed.sum() <= 300, "a tenth of 2,400, in whole constituencies where it is targeted"
    assert gain[~changed].sum() == 0 < gain[changed].sum()
    assert (told.registered == honest.registered).all()


def test_the_same_seed_gives_the_same_fraud_and_another_seed_another():
    tampering = Tampering("stuffing", 0.05)
    first, again, other = first_round(5, tampering), first_round(5, tampering), first_round(6, tampering)
    assert (first.votes == again.votes).all()
    assert not np.array_equal(first.votes, other.votes)


def test_the_election_says_by_its_name_what_was_put_in_and_the_winner_called_is_the_one_reported():
    night = ruritania_night(True, Tampering("stuffing", 0.5))
    assert night.schedule.definition.name.endswith("(ballots added at 50 % of stations on purpose)")
    called = {act.candidate for step in night.steps for act in getattr(step, "acts", ()) if hasattr(act, "candidate")}
    assert called == {"hradek"}, "without it the other wins"
