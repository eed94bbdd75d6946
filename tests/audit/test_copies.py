"""Copies beside a published table: what is found is what was put there, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.audit.copies import findings
from tallyroom.audit.effect import effect
from tallyroom.audit.findings import Bound, Comparison, Figure, NotComparable
from tallyroom.audit.pairing import pair
from tallyroom.election.fault import BadInput
from tests.audit.strategies import CANDIDATES, FIGURES, Row, copied, row, source, tables


def compared(published: list[Row], copies: list[Row]) -> Comparison:
    return findings(pair(source(published), source(copies, repeats=True, name="copies.csv"), {}))


def total(found: Comparison, field: str):
    return next(each for each in found.totals if each.field == field)


@given(tables())
def test_a_table_agrees_with_itself_everywhere(published: list[Row]) -> None:
    found = compared(published, published)
    assert found.agrees
    assert found.counts.agree == found.counts.rows == found.coverage.copied == len(published)
    assert [each.gross for each in found.totals] == [0] * len(FIGURES)
    assert (found.differences, found.bounds, found.not_comparable, found.unread, found.no_copy) == ((),) * 5


@given(tables(), st.data())
def test_a_planted_change_is_found_exactly(published: list[Row], data: st.DataObject) -> None:
    copies = [dict(one) for one in published]
    changed, field = data.draw(st.sampled_from(copies)), data.draw(st.sampled_from(FIGURES))
    before = changed[field]
    changed[field] = data.draw(st.integers(0, 2000).filter(lambda figure: figure != before))
    (only,) = compared(published, copies).differences
    assert only.station_id == changed["station_id"]
    assert only.area == (changed["region"], changed["district"])
    assert only.figures == (Figure(field, before, changed[field], before - changed[field]),)
    assert only.copies == (f"line {copies.index(changed) + 2}",)


@given(st.data())
def test_gains_are_the_same_sum_wherever_they_are_added_up(data: st.DataObject) -> None:
    published = data.draw(tables())
    copies = data.draw(copied(published))
    found = compared(published, copies)
    for candidate in CANDIDATES:
        figures = [f for each in found.differences for f in each.figures if f.field == candidate]
        gain = sum(figure.gain for figure in figures)
        known = [each for each in found.totals if each.field == candidate]
        assert [(each.gain, each.above - each.below, each.published - each.copies) for each in known] == [
            (gain, gain, gain) for _ in known
        ]
        assert sum(each.gross for each in known) == sum(abs(figure.gain) for figure in figures)
        for level in ("region", "district"):
            areas = [area for area in found.areas if area.level == level]
            assert sum(area.gains.get(candidate.removeprefix("v_"), 0) for area in areas) == gain
            assert sum(area.differing for area in areas) == found.counts.differ


@given(st.data())
def test_votes_that_only_move_between_candidates_leave_a_sum_of_zero(data: st.DataObject) -> None:
    published = data.draw(tables())
    copies = [dict(one) for one in published]
    for one in copies:
        moved = data.draw(st.integers(0, one["v_a"]))
        one["v_a"] -= moved
        one["v_c"] += moved
    found = compared(published, copies)
    assert sum(total(found, candidate).gain for candidate in CANDIDATES) == 0
    assert total(found, "valid").gain == 0
    change = effect(pair(source(published), source(copies, repeats=True), {}))
    assert sum(change.published.votes.values()) == sum(change.with_copies.votes.values()) == change.with_copies.valid


@given(tables())
def test_the_other_way_round_every_gain_has_the_other_sign(published: list[Row]) -> None:
    other = [one | {"v_b": one["v_b"] + one["v_a"] % 3} for one in published]
    one_way, back = compared(published, other), compared(other, published)
    assert [-each.gain for each in one_way.totals] == [each.gain for each in back.totals]
    assert [each.gross for each in one_way.totals] == [each.gross for each in back.totals]


@given(st.data())
def test_every_station_and_every_row_is_counted_once(data: st.DataObject) -> None:
    published = data.draw(tables())
    counts = compared(published, data.draw(copied(published))).counts
    cases = (counts.agree, counts.agree_as_read, counts.differ, counts.nothing_to_compare, counts.conflict)
    assert sum(cases) + counts.not_published + counts.no_copy + counts.neither == len(published)


@given(st.data())
def test_what_is_unread_is_never_counted_as_zero(data: st.DataObject) -> None:
    published = data.draw(tables())
    copies = data.draw(copied(published))
    hidden = [{f: (None if f in FIGURES and one[f] == 0 else one[f]) for f in one} for one in copies]
    try:
        found = compared(published, hidden)
    except BadInput:
        assert all(one[figure] is None for one in hidden for figure in FIGURES[1:])
        return
    assert not [f for each in found.differences for f in each.figures if f.copy == 0]


def test_an_unread_figure_makes_the_sum_a_lower_bound() -> None:
    published = [row(1, 100, 50, 10), row(2, 80, 40, 0)]
    copies = [row(1, 100, 50, 10) | {"v_a": None}, row(2, 80, 40, 0)]
    found = compared(published, copies)
    assert found.agrees
    assert (found.counts.agree, found.counts.agree_as_read) == (1, 1)
    assert found.bounds == (Bound("v_a", 180, 80, 1, None),)
    assert (found.unread[0].station_id, found.unread[0].fields, found.unread[0].rest) == ("S-0001", ("v_a",), "agrees")
    assert total(found, "v_a").published == total(found, "v_a").copies == 80


def test_copies_that_exceed_the_published_sum_though_some_are_unread_differ_by_at_least_that() -> None:
    published = [row(1, 100, 50, 10), row(2, 80, 40, 0)]
    copies = [row(1, 100, 50, 10) | {"v_a": None}, row(2, 200, 40, 0)]
    assert compared(published, copies).bounds == (Bound("v_a", 180, 200, 1, 20),)


def test_copies_of_one_station_that_disagree_are_both_kept_and_neither_is_believed() -> None:
    published = [row(1, 100, 50, 10), row(2, 80, 40, 0)]
    copies = [row(1, 100, 50, 10), row(2, 80, 40, 0), row(1, 110, 50, 10)]
    found = compared(published, copies)
    (conflict,) = found.conflicts
    assert not found.agrees
    assert (found.counts.conflict, found.counts.repeated, found.counts.differ, found.counts.agree) == (1, 1, 0, 1)
    assert [(copy.place, copy.figures["v_a"], copy.agrees) for copy in conflict.copies] == [
        ("line 2", 100, True),
        ("line 4", 110, False),
    ]
    assert {*conflict.copies[0].figures} == {"ballots", "valid", "v_a"}
    assert total(found, "v_a").published == 80


def test_copies_of_one_station_that_agree_speak_as_one_and_lend_each_other_what_they_read() -> None:
    published = [row(1, 100, 50, 10)]
    copies = [row(1, 100, 50, 10) | {"v_a": None}, row(1, 100, 50, 10) | {"v_b": None}]
    found = compared(published, copies)
    assert (found.counts.agree, found.counts.repeated, found.unread) == (1, 1, ())
    changed = compared(published, [copies[0] | {"v_b": 49}, copies[1]])
    assert changed.differences[0].figures == (Figure("v_b", 50, 49, 1),)
    assert changed.differences[0].copies == ("line 2", "line 3")


def test_stations_without_protocol_without_copy_and_unknown_ones_are_named() -> None:
    nothing = dict.fromkeys(FIGURES[1:])
    published = [row(1, 100, 50, 10), row(2, 1, 1, 1) | nothing, row(3, 9, 9, 9), row(4, 1, 1, 1) | nothing]
    copies = [row(1, 100, 50, 10), row(2, 8, 4, 0), row(7, 8, 4, 0), row(3, 1, 1, 1) | nothing]
    found = compared(published, copies)
    assert [(each.station_id, each.copies) for each in found.not_published] == [("S-0002", ("line 3",))]
    assert [(each.station_id, each.copies) for each in found.unknown] == [("S-0007", ("line 4",))]
    assert found.no_copy == ("S-0003",)
    assert (found.counts.neither, found.counts.empty_rows, found.counts.rows) == (1, 1, 3)
    coverage = found.coverage
    assert (coverage.stations, coverage.published, coverage.copied) == (4, 2, 1)
    assert (coverage.registered, coverage.registered_copied) == (4000, 1000)
    assert not found.agrees


def test_a_figure_that_one_side_lacks_is_not_compared() -> None:
    published = [row(1, 100, 50, 10)]
    copies = [{key: value for key, value in row(1, 100, 50, 10).items() if key not in ("ballots", "invalid", "v_c")}]
    assert compared(published, copies).not_comparable == (
        NotComparable("ballots", "copies"),
        NotComparable("invalid", "copies"),
        NotComparable("v_c", "copies"),
    )


def test_sums_of_other_figures_are_no_second_copy_of_a_figure() -> None:
    published = [row(1, 100, 50, 10) | {"valid": 161, "issued": 170}]
    copies = [{key: value for key, value in row(1, 100, 50, 10).items() if key != "valid"}]
    found = compared(published, copies)
    assert found.agrees
    assert NotComparable("valid", "copies") in found.not_comparable
    assert NotComparable("ballots", "copies") in found.not_comparable, "ballots found are not those issued"


def test_the_register_before_the_day_is_no_copy_of_the_voters_of_the_protocol() -> None:
    published = [row(1, 100, 50, 10, voters=1009)]
    found = compared(published, [row(1, 100, 50, 10)])
    assert found.agrees
    assert found.not_comparable == (NotComparable("registered", "copies"),)
    changed = compared(published, [row(1, 100, 50, 10, voters=1008)])
    assert changed.differences[0].figures == (Figure("registered", 1009, 1008, 1),)
    assert changed.coverage.registered == 1000


def test_the_numbers_of_acts_are_named_where_the_published_table_has_them() -> None:
    published = [row(1, 100, 50, 10, act=17), row(2, 80, 40, 0, act=None)]
    copies = [row(1, 101, 50, 10), row(2, 81, 40, 0)]
    assert [each.act for each in compared(published, copies).differences] == [17, None]


def test_candidates_may_have_other_ids_in_the_copies() -> None:
    published = source([row(1, 100, 50, 10)])
    copies = source([{"station_id": "S-0001", "v_ann": 100, "v_bob": 49, "v_c": 10}], repeats=True)
    found = findings(pair(published, copies, {"a": "ann", "b": "bob"}))
    assert [figure.field for figure in found.differences[0].figures] == ["v_b"]
    for names, message in (({"z": "ann"}, "no candidate 'z'"), ({"a": "zoe"}, "no candidate 'zoe'")):
        with pytest.raises(BadInput, match=message):
            pair(published, copies, names)


def test_tables_of_different_elections_are_refused_with_an_example_of_both_ids() -> None:
    published = source([row(1, 100, 50, 10)])
    with pytest.raises(BadInput, match="first in the copies is '7', the first published 'S-0001'"):
        pair(published, source([row(1, 1, 1, 1) | {"station_id": "7"}], repeats=True), {})
    with pytest.raises(BadInput, match="no candidate in common"):
        pair(published, source([{"station_id": "S-0001", "v_x": 1}], repeats=True), {})
    with pytest.raises(BadInput, match="no row is a copy"):
        pair(published, source([row(1, None, None, None, invalid=None)], repeats=True), {})
