import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.rehearsal.apportion import apportion, draw_rare, fill_margins


@st.composite
def shares(draw):
    """Weights, bounds and a total that the bounds can hold."""
    size = draw(st.integers(1, 30))
    weights = draw(st.lists(st.floats(1e-5, 1e6), min_size=size, max_size=size))
    low = draw(st.lists(st.integers(0, 50), min_size=size, max_size=size))
    room = draw(st.lists(st.integers(0, 500), min_size=size, max_size=size))
    high = [least + more for least, more in zip(low, room, strict=True)]
    return draw(st.integers(sum(low), sum(high))), weights, low, high


@given(shares())
def test_parts_add_up_within_their_bounds(share):
    total, weights, low, high = share
    parts = apportion(total, weights, low, high)
    assert parts.dtype == np.int64
    assert parts.sum() == total
    assert (parts >= low).all()
    assert (parts <= high).all()


@given(st.integers(0, 10**9), st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=40))
def test_without_bounds_no_part_is_a_whole_unit_from_its_quota(total, weights):
    parts = apportion(total, weights, 0, total)
    quota = total * np.array(weights) / np.sum(weights)
    assert (abs(parts - quota) < 1 + 1e-12 * total).all()


def test_a_full_part_leaves_the_rest_to_the_others_in_proportion():
    assert apportion(90, [100, 2, 1], 0, [60, 90, 90]).tolist() == [60, 20, 10]


def test_the_largest_remainder_gets_the_unit_left_and_the_first_part_breaks_a_tie():
    assert apportion(10, [1.0, 1.4, 1.6], 0, 10).tolist() == [3, 3, 4]
    assert apportion(4, [1, 1, 1], 0, 4).tolist() == [2, 1, 1]


def test_a_part_without_weight_stays_at_its_low():
    assert apportion(9, [0, 5, 1e-300], [2, 0, 1], 20).tolist() == [2, 6, 1]


@pytest.mark.parametrize(
    ("total", "weights", "low", "high", "message"),
    [
        (11, [1, 1], 0, 5, "hold 0 to 10"),
        (1, [1, 1], 1, 5, "hold 2 to 10"),
        (3, [1, 1], [0, 4], 3, "cannot be shared"),
        (3, [0, 0], 0, 3, "hold 0 to 0"),
        (3, [1, -1], 0, 3, "not negative"),
        (3, [1, float("nan")], 0, 3, "finite"),
        (3, [1, float("inf")], 0, 3, "finite"),
    ],
)
def test_impossible_shares_are_refused(total, weights, low, high, message):
    with pytest.raises(ValueError, match=message):
        apportion(total, weights, low, high)


@st.composite
def margins(draw):
    """Probabilities, row sums and column sums that agree."""
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    cells = st.lists(st.integers(0, 80), min_size=columns, max_size=columns)
    table = np.array(draw(st.lists(cells, min_size=rows, max_size=rows)))
    likely = st.lists(st.floats(0.001, 1), min_size=columns, max_size=columns)
    probabilities = np.array(draw(st.lists(likely, min_size=rows, max_size=rows)))
    return probabilities, table.sum(axis=1), table.sum(axis=0), draw(st.integers(0, 2**32))


@given(margins())
def test_a_table_has_both_margins_and_no_negative_cell(margin):
    probabilities, rows, columns, seed = margin
    table = fill_margins(probabilities, rows, columns, np.random.default_rng(seed))
    assert table.dtype == np.int64
    assert (table >= 0).all()
    assert table.sum(axis=1).tolist() == rows.tolist()
    assert table.sum(axis=0).tolist() == columns.tolist()


def test_a_table_follows_its_probabilities():
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9]])
    table = fill_margins(probabilities, [10_000, 10_000], [10_000, 10_000], np.random.default_rng(5))
    assert abs(table[0, 0] - 9_000) < 200


def test_a_table_is_the_same_for_the_same_seed_only():
    probabilities = np.full((20, 3), 1 / 3)
    first, again, other = (
        fill_margins(probabilities, [60] * 20, [400] * 3, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("probabilities", "rows", "columns", "message"),
    [
        ([[0.5, 0.5]], [3], [2, 2], "must agree"),
        ([[0.5, 0.5]], [1], [2, -1], "negative"),
        ([[1.0, 0.0]], [3], [2, 1], "above zero"),
    ],
)
def test_impossible_tables_are_refused(probabilities, rows, columns, message):
    with pytest.raises(ValueError, match=message):
        fill_margins(np.array(probabilities), rows, columns, np.random.default_rng(0))


def test_rare_events_add_up_and_vary_more_than_by_chance_alone():
    counts = draw_rare(20_000, np.full(10_000, 2.0), np.full(10_000, 60), np.random.default_rng(3))
    assert counts.sum() == 20_000
    assert counts.max() <= 60
    assert counts.var() > 3  # a Poisson count of mean 2 has variance 2
