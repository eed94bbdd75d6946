import dataclasses
from collections import Counter

import numpy as np
import pytest

from tallyroom.election.formfile import shipped_form
from tallyroom.election.sheet import IntColumn
from tallyroom.rehearsal.ruritania import FIRST_ROUND, REGISTERED, RUN_OFF, faults, first_round, run_off


@pytest.fixture(scope="module", params=[1894, 3])
def seed(request):
    return request.param


@pytest.fixture(scope="module", params=[first_round, run_off], ids=["first_round", "run_off"])
def night(request, seed):
    return request.param(seed)


def hundredths(votes):
    """Return percentages of the sum in hundredths, rounded half-up."""
    valid = int(votes.sum())
    return [(20_000 * int(count) + valid) // (2 * valid) for count in votes]


def broken(night, figures):
    """Return the codes of the errors in protocols (columns by line and candidate) on both forms that we ship."""
    columns = {
        name: IntColumn(np.atleast_1d(values), np.zeros(np.size(values), bool)) for name, values in figures.items()
    }
    return {
        f"{form.id} {equation.code}"
        for form in (shipped_form("azerbaijan-100.2"), shipped_form("generic"))
        for equation, verdict in form.check(columns, night.candidate_ids).verdicts
        if equation.severity == "error" and verdict.fails.any()
    }


def test_the_country(night):
    assert len(night.station_ids) == 2_400
    assert set(night.area) == set(range(60))
    assert night.registered.sum() == REGISTERED
    assert (night.issued <= night.voters_total).all()


def test_first_round_asks_for_a_run_off(seed):
    night = first_round(seed)
    for votes in (night.votes, night.votes[~night.annulled]):
        assert hundredths(votes.sum(axis=0)) == [4190, 540, 310, 4960]


def test_run_off_is_won_by_less_than_one_point(seed):
    night = run_off(seed)
    for votes in (night.votes, night.votes[~night.annulled]):
        assert hundredths(votes.sum(axis=0)) == [4960, 5040]


def test_run_off_is_between_the_first_two_at_the_same_stations(seed):
    first, second = first_round(seed), run_off(seed)
    order = np.argsort(first.votes.sum(axis=0))[::-1]
    assert {first.candidate_ids[place] for place in order[:2]} == set(second.candidate_ids)
    assert first.kind == second.kind
    assert (first.registered == second.registered).all()
    assert (first.area == second.area).all()
    assert (first.votes.sum(axis=1) != second.votes.sum(axis=1)).any()


def test_the_lead_changes_during_the_night(night):
    running = night.votes[np.argsort(night.reported_at)].cumsum(axis=0)
    lead = running[:, night.candidate_ids.index("velinka")] - running[:, night.candidate_ids.index("hradek")]
    assert lead[480] < 0  # a fifth of the stations
    assert lead[-1] > 0


def test_every_protocol_keeps_every_equation_of_the_forms(night):
    assert broken(night, night.columns) == set()


def test_shares_vary_more_than_by_chance_alone(night):
    for votes in night.votes.T:
        share = votes.sum() / night.valid.sum()
        assert (votes / night.valid).var() > 1.5 * (share * (1 - share) / night.valid).mean()


def test_reports_come_after_the_close_and_before_morning(night):
    day = FIRST_ROUND if len(night.candidate_ids) == 4 else RUN_OFF
    assert night.closed_at.min() == day.at(20)
    assert night.reported_at.min() > day.at(20, 40)
    assert night.reported_at.max() <= day.at(28, 30)
    assert (night.completed_at < night.reported_at).all()


def test_the_same_seed_gives_the_same_night_and_another_seed_another():
    for play in (first_round, run_off):
        first, again, other = play(5), play(5), play(6)
        for field in dataclasses.fields(first):
            assert np.array_equal(getattr(first, field.name), getattr(again, field.name)), field.name
        assert not np.array_equal(first.votes, other.votes)
        assert first.votes.sum(axis=0).tolist() == other.votes.sum(axis=0).tolist()


def test_faults_are_as_many_as_promised_and_no_station_has_two(night):
    found = faults(night)
    assert Counter(fault.kind for fault in found) == {
        "miskeyed": 12,
        "correction": 3,
        "recount": 2,
        "annulment": 1,
    }
    assert len({fault.station for fault in found}) == len(found)
    assert found == faults(night)
    assert all(fault.mended_at > night.reported_at[fault.station] for fault in found)
    assert [fault.station for fault in found if fault.kind == "annulment"] == [int(night.annulled.argmax())]


def test_faults_differ_from_the_right_figures(night):
    for fault in faults(night):
        right = night.figures(fault.station)
        assert all(right[line] != figure for line, figure in fault.wrong.items())
        assert all(figure >= 0 for figure in fault.wrong.values())
        assert bool(fault.wrong) == (fault.kind != "annulment")


def test_only_a_miskeyed_protocol_breaks_an_equation_and_it_does_on_both_forms(night):
    for fault in faults(night):
        codes = broken(night, night.figures(fault.station) | fault.wrong)
        forms = {code.split()[0] for code in codes}
        assert forms == ({"azerbaijan-100.2/1", "generic/1"} if fault.kind == "miskeyed" else set())
