"""Secrecy of the vote: which stations are so small or so unanimous that their figures tell how people voted.

A station of seven voters, or one whose valid votes all went to one candidate, gives the secret away when its
figures are published.  What is then done is the election's own rule, in the table [secrecy] of election.toml:

    [secrecy]
    fewer_than = 10         # ballots cast; 0 flags no station for its size
    unanimous = true        # flag a station whose valid votes are all for one candidate
    rule = "publish"        # or "withhold": refused at acceptance, until its ballots are on a neighbour's form
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from tallyroom.election.settings import Settings

SecrecyRule = Literal["publish", "withhold"]
RULES: tuple[SecrecyRule, ...] = ("publish", "withhold")
Why = Literal["small", "unanimous"]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Secrecy:
    """What flags a station, and the rule for it; without the table only unanimous stations and those below 10."""

    fewer_than: int = 10
    unanimous: bool = True
    rule: SecrecyRule = "publish"

    def why(self, votes: Sequence[int], invalid: int) -> Why | None:
        """Why figures of a station reveal votes, or None.  Nobody voted: nothing is revealed."""
        valid = sum(votes)
        if 0 < valid + invalid < self.fewer_than:
            return "small"
        return "unanimous" if self.unanimous and 0 < valid == max(votes) else None

    def withholds(self, votes: Rows, invalid: Rows) -> npt.NDArray[np.bool_]:
        """Which of n stations the rule withholds: votes of shape (n, candidates), invalid of shape (n,)."""
        valid = votes.sum(axis=1)
        small = (valid + invalid > 0) & (valid + invalid < self.fewer_than)
        unanimous = self.unanimous & (valid > 0) & (votes.max(axis=1) == valid)
        withheld: npt.NDArray[np.bool_] = (small | unanimous) & (self.rule == "withhold")
        return withheld


def read_secrecy(settings: Settings) -> Secrecy:
    """The table [secrecy]; faults are noted in `settings`."""
    settings.known("fewer_than", "unanimous", "rule")
    fewer_than = settings.value("fewer_than", int, "10", Secrecy.fewer_than)
    if fewer_than < 0:
        settings.fault("fewer_than", f"{fewer_than} is no number of ballots", "Write fewer_than = 10, or 0 for none")
    return Secrecy(
        fewer_than,
        _truth(settings, "unanimous", Secrecy.unanimous),
        cast(SecrecyRule, settings.choice("rule", RULES, Secrecy.rule)),
    )


def secrecy_table(secrecy: Secrecy) -> dict[str, Any]:
    """The rule as a table of election.toml; empty where it is the one that holds without a table."""
    return {} if secrecy == Secrecy() else vars(secrecy)


def _truth(settings: Settings, key: str, default: bool) -> bool:
    return settings.value(key, bool, "true", default)
