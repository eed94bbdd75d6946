import dataclasses
import datetime
from collections import Counter

import numpy as np
import pytest

from tallyroom.election.formfile import shipped_form
from tallyroom.election.sheet import IntColumn
from tallyroom.rehearsal.azerbaijan_2024 import electorate
from tallyroom.rehearsal.azerbaijan_facts import facts
from tallyroom.rehearsal.electorate import NOT_REPORTED

BAKU = datetime.timezone(datetime.timedelta(hours=4))
BALLOT = ["aliyev_i", "aliyev_f", "hasanguliyev", "musayev", "mustafa", "nurullayev", "oruj"]
NIGHT = [4_281_625, 24_799, 81_799, 31_033, 92_980, 37_386, 101_851]
COMPLETE = [4_577_693, 26_561, 85_607, 32_956, 98_623, 39_727, 107_877]
FINAL = [4_567_458, 26_517, 85_411, 32_885, 98_421, 39_643, 107_632]


@pytest.fixture(scope="module", params=[20240207, 7])
def night(request):
    return electorate(request.param)


def baku(*moment):
    return int(datetime.datetime(*moment, tzinfo=BAKU).timestamp())


def hundredths(part, whole):
    """Return a percentage in hundredths, rounded half-up."""
    return (20_000 * int(part) + int(whole)) // (2 * int(whole))


def test_stations_and_constituencies(night):
    assert len(night.station_ids) == len(set(night.station_ids)) == 6_537
    assert (night.station_ids[0], night.station_ids[-1]) == ("S-0001", "S-6537")
    assert (len(night.area_ids), night.area_ids[0], night.area_ids[-1]) == (125, "C-001", "C-125")
    assert night.area_names[0] == "Synthetic constituency 1"
    assert set(night.area) == set(range(125))
    assert all(name.startswith("Synthetic station ") for name in night.name)
    assert sum("territory regained 2020-2023" in name for name in night.name) == 26
    kinds = Counter(night.kind)
    assert kinds["abroad"] == 49
    assert kinds["ordinary"] == 6_319
    assert "displaced" not in kinds


def test_registers(night):
    assert night.registered.sum() == 6_478_623
    assert night.registered.min() >= 50
    assert night.registered.max() <= 1_500
    abroad = np.array(night.kind) == "abroad"
    assert len(set(night.area[abroad])) == 1
    assert abs(night.registered[abroad].sum() - 23_000) < 500


@pytest.mark.parametrize(
    ("hour", "at", "voted", "stations"),
    [
        (0, (2024, 2, 7, 10), 1_259_371, 6_493),
        (1, (2024, 2, 7, 12), 2_499_033, 6_499),
        (2, (2024, 2, 7, 15), 3_922_290, 6_515),
        (3, (2024, 2, 7, 17), 4_590_075, 6_521),
        (4, (2024, 2, 7, 19), 4_971_032, 6_537),
    ],
)
def test_turnout_of_the_hour(night, hour, at, voted, stations):
    reported = night.turnout[:, hour] != NOT_REPORTED
    assert night.turnout_at[hour] == baku(*at)
    assert reported.sum() == stations
    assert night.turnout[reported, hour].sum() == voted


def test_turnout_never_falls_at_a_station(night):
    for reports, issued in zip(night.turnout.tolist(), night.issued.tolist(), strict=True):
        told = [voted for voted in reports if voted != NOT_REPORTED]
        assert told == sorted(told)
        assert told[0] >= 0
        assert told[-1] <= issued


def test_first_announcement_has_the_percentages_announced(night):
    first = night.reported_at <= baku(2024, 2, 7, 23, 45)
    assert first.sum() == 3_561
    assert (night.stage[first] == 1).all()
    votes = night.votes[first].sum(axis=0)
    assert [hundredths(count, votes.sum()) for count in votes] == [9210, 48, 178, 66, 199, 79, 220]


def test_announcement_of_the_night_has_the_votes_announced(night):
    counted = night.reported_at <= baku(2024, 2, 8, 3, 13)
    assert counted.sum() == 6_102
    assert (night.stage[counted] <= 2).all()
    assert night.votes[counted].sum(axis=0).tolist() == NIGHT
    assert sum(NIGHT) == 4_651_473


def test_what_is_outstanding_at_night_cannot_change_the_leader(night):
    late = night.stage == 3
    most_still_to_come = night.registered[late].sum() * 1.05
    assert night.voters_total[late].sum() < most_still_to_come < 1_827_150
    assert NIGHT[0] - max(NIGHT[1:]) > most_still_to_come


def test_complete_count_and_final_protocol(night):
    assert (night.reported_at <= baku(2024, 2, 8, 20)).all()
    assert night.votes.sum(axis=0).tolist() == COMPLETE
    assert night.annulled.sum() == 11
    assert night.votes[~night.annulled].sum(axis=0).tolist() == FINAL
    assert night.valid[~night.annulled].sum() == 4_957_967
    assert (night.invalid_form + night.invalid_other)[~night.annulled].sum() == 9_828


def test_final_turnout(night):
    standing = ~night.annulled
    issued = night.issued[standing].sum()
    assert hundredths(issued, (night.registered + night.added)[standing].sum()) == 7643
    assert hundredths(issued, night.voters_total[standing].sum()) == 7643
    assert night.issued.sum() >= 4_971_032
    assert night.added.sum() >= 217


def test_every_protocol_is_lawful(night):
    assert (night.voters_total == night.registered + night.added + night.card_in - night.card_out).all()
    assert (night.valid == night.votes.sum(axis=1)).all()
    assert (night.mobile_box + night.station_box == night.valid + night.invalid_other).all()
    assert (night.received_ballots == night.issued + night.unused + night.spoilt).all()
    assert (night.mobile_box <= night.issued_mobile).all()
    assert (night.issued_mobile <= night.issued).all()
    assert (night.mobile_box + night.station_box + night.invalid_form == night.issued).all()
    assert (night.issued <= night.voters_total).all()
    assert (night.card_in <= night.issued).all()
    assert (night.added + night.card_in <= 0.05 * night.registered).all()
    for field in dataclasses.fields(night):
        values = getattr(night, field.name)
        if isinstance(values, np.ndarray) and field.name != "turnout":
            assert values.min() >= 0, field.name
            assert values.dtype in (np.int64, np.bool_), field.name


def test_the_day_runs_in_order(night):
    assert (night.opened_at >= baku(2024, 2, 7, 8)).all()
    assert (night.opened_at == baku(2024, 2, 7, 8)).mean() > 0.9
    assert (night.closed_at >= baku(2024, 2, 7, 19)).all()
    assert (night.closed_at < night.completed_at).all()
    assert (night.completed_at < night.reported_at).all()
    assert len(set(night.reported_at.tolist())) == 6_537


def test_every_protocol_keeps_every_equation_of_the_form(night):
    columns = {name: IntColumn(values, np.zeros(6_537, bool)) for name, values in night.columns.items()}
    checked = shipped_form("azerbaijan-100.2").check(columns, night.candidate_ids)
    assert not checked.errors.any()


def test_figures_are_one_protocol(night):
    figures = night.figures(100)
    assert [figures[candidate] for candidate in BALLOT] == night.votes[100].tolist()
    assert figures["valid"] + figures["invalid"] == figures["ballots_issued"]
    assert figures["voters_total"] == night.voters_total[100]


def test_shares_and_turnout_vary_more_than_by_chance_alone(night):
    share = COMPLETE[0] / sum(COMPLETE)
    binomial = (share * (1 - share) / night.valid).mean()
    assert (night.votes[:, 0] / night.valid).var() > 3 * binomial
    areas = [night.votes[night.area == area].sum(axis=0) for area in range(125)]
    leader = np.array([votes[0] / votes.sum() for votes in areas])
    assert leader.std() > 0.01
    assert (night.issued / night.registered).std() > 0.05


def test_no_round_numbers_stand_out(night):
    assert abs((night.registered % 10 == 0).mean() - 0.1) < 0.02
    assert abs((night.issued % 10 == 0).mean() - 0.1) < 0.02
    assert (night.issued == night.registered).sum() < 20


def test_the_same_seed_gives_the_same_night_and_another_seed_another():
    first, again, other = electorate(), electorate(20240207), electorate(1)
    for field in dataclasses.fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name)), field.name
    for name in ("registered", "votes", "turnout", "reported_at", "annulled"):
        assert not np.array_equal(getattr(first, name), getattr(other, name)), name


def test_an_electorate_cannot_be_changed(night):
    with pytest.raises(ValueError, match="read-only"):
        night.votes[0, 0] = 1


@pytest.mark.parametrize(
    ("line", "change", "message"),
    [
        ("valid", 1, "valid = sum of votes"),
        ("unused", 1, "received = issued"),
        ("invalid_form", 1, "undetermined form = issued"),
        ("issued_mobile", -5_000, "mobile box"),
        ("card_out", 5_000, "issued <= voters in total"),
        ("card_in", 5_000, "voted with a card"),
        ("turnout", 5_000, "turnout never falls"),
        ("closed_at", 10**6, "opened < closed < signed"),
        ("spoilt", -5_000, "below zero"),
    ],
)
def test_an_electorate_with_a_wrong_figure_is_refused(line, change, message):
    right = electorate()
    figures = getattr(right, line).copy()
    figures[0] += change
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(right, **{line: figures})


def test_facts_of_the_night():
    told = facts()
    assert [candidate.id for candidate in told.candidates] == BALLOT
    assert [candidate.id for candidate in told.candidates if candidate.incumbent] == ["aliyev_i"]
    assert told.election.called_on == datetime.date(2023, 12, 7)
    assert told.election.stations_permanent + told.election.stations_temporary == told.election.stations
    assert {statement.speaker for statement in told.statements if statement.kind == "absence"} == {
        "Musavat",
        "Popular Front of Azerbaijan",
    }
    assert any(statement.kind == "certification" for statement in told.statements)


def test_every_fact_names_its_source_and_has_a_time_with_a_zone():
    told = facts()
    count = [told.count.first, told.count.night, told.count.complete, told.count.final]
    entered = [*told.turnout, *count, *told.exit_polls, *told.statements]
    assert all(fact.source for fact in [told.election, *told.turnout_extremes, *entered])
    assert all(fact.enter_at.utcoffset() == datetime.timedelta(hours=4) for fact in entered)
    for facts_in_order in (told.turnout, count, told.exit_polls, told.statements):
        times = [fact.enter_at for fact in facts_in_order]
        assert times == sorted(times)


def test_announced_percentages_are_those_of_the_votes_but_one():
    told = facts()
    different = [
        (announcement.at, candidate)
        for announcement in (told.count.night, told.count.complete, told.count.final)
        for candidate, share in announcement.percent.items()
        if hundredths(announcement.votes[candidate], announcement.valid) != round(100 * float(share))
    ]
    assert different == [("2024-02-11", "aliyev_f")]


def test_figures_of_a_statement_leave_out_what_nobody_announced():
    told = facts()
    assert told.turnout[0].figures() == {
        "turnout.10:00.voted": 1_259_371,
        "turnout.10:00.percent": "19.44",
        "turnout.10:00.stations": 6_493,
    }
    assert "turnout.19:00.stations" not in told.turnout[4].figures()
    first = told.count.first.figures()
    assert first["stations.percent"] == "54.47"
    assert first["percent.aliyev_i"] == "92.1"
    assert "stations.reported" not in first
    final = told.count.final.figures()
    assert (final["annulled"], final["valid"], final["votes.oruj"]) == (11, 4_957_967, 107_632)
    assert final["turnout.percent"] == "76.43"
