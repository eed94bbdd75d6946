"""Rules: how votes make a winner, and what makes an election void, as the law of the election says."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

RuleKind = Literal["absolute_majority", "plurality", "threshold"]


@dataclass(frozen=True)
class Rule:
    """How a contest is decided.

    absolute_majority: more than half of the valid votes, else a run-off between the first two.
    plurality: more votes than any other.
    threshold: the leader needs `threshold` (a share) of the register, else a run-off between the first two.

    minimum_turnout: share of the register that must have voted, else there is no valid election.
    void_share: the election is void if the annulled stations held at least this share of the register.
    additions_share: by how much a station may exceed its opening register, as a share of it, at the most.
    All shares are exact fractions of 1.
    """

    kind: RuleKind
    threshold: Fraction | None = None
    minimum_turnout: Fraction | None = None
    void_share: Fraction | None = None
    additions_share: Fraction = Fraction(0)
    citation: str = ""

    def most_voters(self, register: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The most voters that stations with these opening registers can have, additions included."""
        share = self.additions_share
        return register + register * share.numerator // share.denominator
