from hypothesis import given
from hypothesis import strategies as st

from tallyroom.announce.ranking import rank
from tallyroom.tally.results import CandidateFigures


def candidates(votes: list[int]) -> list[CandidateFigures]:
    return [CandidateFigures(str(i), f"Name {i}", "", count, None, 0) for i, count in enumerate(votes)]


def test_equal_votes_share_a_place() -> None:
    first, second, third = rank(candidates([7, 9, 7, 9, 1]))
    assert [c.id for c in first] == ["1", "3"]
    assert [c.id for c in second] == ["0", "2"]
    assert [c.id for c in third] == ["4"]


def test_places_that_nobody_has_are_empty() -> None:
    assert rank(candidates([3, 3])) == (tuple(candidates([3, 3])), (), ())
    assert rank([]) == ((), (), ())


@given(st.lists(st.integers(0, 5), min_size=1))
def test_places_are_the_three_highest_counts(votes: list[int]) -> None:
    expected = sorted(set(votes), reverse=True)[:3]
    for place, count in zip(rank(candidates(votes)), expected, strict=False):
        assert [c.id for c in place] == [str(i) for i, own in enumerate(votes) if own == count]
