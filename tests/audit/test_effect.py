"""The effect: totals with the copies put in where they differ, and only there."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tallyroom.audit.effect import Totals, effect, remaining
from tallyroom.audit.pairing import pair
from tallyroom.election.rules import Rule
from tests.audit.strategies import CANDIDATES, FIGURES, Row, copied, row, source, tables


def of(published: list[Row], copies: list[Row]):
    return effect(pair(source(published), source(copies, repeats=True), {}))


@given(st.data())
def test_the_totals_are_those_of_a_table_in_which_the_copies_stand(data: st.DataObject) -> None:
    published = data.draw(tables())
    copies = data.draw(copied(published))
    by_station = {one["station_id"]: one for one in copies}
    expected = dict.fromkeys(CANDIDATES, 0)
    for one in published:
        copy = by_station.get(one["station_id"], {})
        for candidate in CANDIDATES:
            own = copy.get(candidate)
            expected[candidate] += one[candidate] if own is None else own
    found = of(published, copies).with_copies
    assert found.votes == {candidate.removeprefix("v_"): votes for candidate, votes in expected.items()}


def test_leader_margin_majority_and_run_off_pair_change_with_the_copies() -> None:
    published = [row(1, 60, 30, 10), row(2, 50, 40, 10)]
    found = of(published, [row(1, 10, 50, 40)])
    assert found.published == Totals({"a": 110, "b": 70, "c": 20}, 200, 206, "a", 40, "a", ("a", "b"))
    assert found.with_copies == Totals({"b": 90, "a": 60, "c": 50}, 200, 206, "b", 30, None, ("b", "a"))
    assert (found.leader_changes, found.majority_changes, found.first_two_changes) == (True, True, False)
    assert (found.stations, found.lead_change) == (1, -10)


def test_an_equal_lead_has_no_leader_and_an_equal_second_place_no_pair() -> None:
    found = of([row(1, 60, 30, 30)], [row(1, 60, 60, 30)])
    assert (found.published.leader, found.published.first_two) == ("a", ())
    assert (found.with_copies.leader, found.with_copies.majority) == (None, None)
    assert found.with_copies.first_two == ("a", "b")


def test_valid_votes_follow_the_copy_or_the_votes_where_it_is_unread() -> None:
    published = [row(1, 60, 30, 10), row(2, 60, 30, 10)]
    copies = [row(1, 60, 30, 10) | {"valid": 105}, row(2, 61, 32, 10) | {"valid": None}]
    assert of(published, copies).with_copies.valid == 105 + 103


def test_annulled_stations_and_copies_that_disagree_have_no_effect() -> None:
    published = [row(1, 60, 30, 10, status="annulled"), row(2, 60, 30, 10, status="accepted")]
    copies = [row(1, 10, 80, 10), row(2, 1, 30, 10), row(2, 2, 30, 10)]
    found = of(published, copies)
    assert found.stations == 0
    assert found.published == found.with_copies
    assert found.published.valid == 100


def test_what_remains_is_bounded_by_the_registers_of_the_stations_that_wait() -> None:
    rule = Rule("absolute_majority", additions_share=Fraction(1, 10))
    waiting = row(3, 1, 1, 1) | dict.fromkeys(FIGURES[1:])
    table = [row(1, 60, 30, 10), row(2, 1, 1, 1, status="annulled"), waiting]
    found = remaining(source(table), rule)
    assert (found.stations, found.outstanding, found.registered) == (1, 1100, 1000)
    assert (found.annulled_register, found.total_register) == (1000, 3000)
    assert remaining(source([*table, waiting | {"station_id": "S-0004", "registered": None}]), rule).outstanding is None
