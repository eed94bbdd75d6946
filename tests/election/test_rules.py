"""Rules: the most voters that stations can have."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.election.rules import Rule


@given(st.lists(st.integers(0, 10**6)), st.fractions(0, 1, max_denominator=1000))
def test_additions_are_a_share_of_the_register_rounded_down(registers: list[int], share: Fraction) -> None:
    most = Rule("plurality", additions_share=share).most_voters(np.array(registers, np.int64))
    assert most.dtype == np.int64
    assert most.tolist() == [int(register + register * share) for register in registers]


def test_without_a_rule_nobody_is_added() -> None:
    assert Rule("plurality").most_voters(np.array([7])).tolist() == [7]
