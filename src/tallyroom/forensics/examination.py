"""An examination: all that was found about a table, in the order in which it should be read.

Three classes that are never mixed: contradictions (facts), irregularities (which need an explanation) and descriptions
(pictures).  There is no score that adds them up.
"""

from typing import Literal

import msgspec

from tallyroom.forensics.announced import RoundDigits, RoundedTotal
from tallyroom.forensics.arithmetic import Contradiction
from tallyroom.forensics.arrival import Arrival
from tallyroom.forensics.centres import Centres
from tallyroom.forensics.clean_core import CleanCore
from tallyroom.forensics.controls import Controls
from tallyroom.forensics.digits import Digits
from tallyroom.forensics.fingerprint import Fingerprint
from tallyroom.forensics.flows import Slopes, Transfers
from tallyroom.forensics.histograms import Histograms
from tallyroom.forensics.integers import Integers
from tallyroom.forensics.outliers import Outliers
from tallyroom.forensics.power import Power
from tallyroom.forensics.references import Value
from tallyroom.forensics.small_counts import SmallCounts
from tallyroom.forensics.spikes import Spikes
from tallyroom.forensics.stages import Stages
from tallyroom.forensics.tallies import TallyComparison
from tallyroom.forensics.vectors import Vectors

Class = Literal["irregularity", "description", "no_evidence"]


class Finding(msgspec.Struct, frozen=True, rename={"kind": "class"}):
    """One thing to be explained: its class, its code (see `words`), the values of its sentence, first stations."""

    kind: Literal["contradiction", "irregularity"]
    code: str
    values: dict[str, float | str]
    stations: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """What was examined: rows, those with a protocol, and sums of their figures."""

    name: str
    election: str
    data_origin: str
    rows: int
    used: int
    registered: int
    ballots: int
    valid: int
    lead: int
    names: dict[str, str]
    votes: dict[str, int]


class Indicators(msgspec.Struct, frozen=True):
    """Every test and description; lists have the candidates examined, in order; None and [] where it is not asked."""

    integer_percentages: list[Integers]
    spikes: list[Spikes]
    within_centre: list[Centres]
    arrival: list[Arrival]
    flows: list[Slopes]
    transfers: Transfers | None
    controls: list[Controls]
    repeated_vectors: Vectors | None
    small_counts: SmallCounts | None
    outliers: list[Outliers]
    outliers_previous: list[Outliers]
    clean_core: list[CleanCore]
    fingerprint: list[Fingerprint]
    digits: list[Digits]
    histograms: list[Histograms]


CLASSES: dict[str, Class] = {
    **dict.fromkeys(
        (
            *("integer_percentages", "spikes", "within_centre", "arrival", "flows", "controls"),
            *("small_counts", "outliers"),
        ),
        "irregularity",
    ),
    **dict.fromkeys(
        ("repeated_vectors", "transfers", "clean_core", "fingerprint", "outliers_previous", "histograms"),
        "description",
    ),
    "digits": "no_evidence",
}
"""What each indicator can be at most.  Digits are no evidence whatever they show."""

REFERENCES = {
    "integer_percentages": "integers_z_calibrated",
    "integers_result": "integers_result_z_calibrated",
    "integers_turnout": "integers_turnout_z_calibrated",
    "within_centre": "centres_ratio",
    "flows": "slopes_above_one_percent",
    "repeated_vectors": "vectors_ratio",
    "outliers": "outliers_above_percent",
    "clean_core": "clean_core_beyond_percent",
    "digits": "second_digit_p",
}
"""The figure of an indicator that is shown beside that of other elections."""


class Examination(msgspec.Struct, frozen=True):
    """All that was found, in the order in which it should be read."""

    table: Table
    candidate: str
    candidates: tuple[str, ...]
    seed: int
    contradictions: list[Contradiction]
    stage: Stages | None
    reading: Stages | None
    tally: TallyComparison | None
    rounded_totals: list[RoundedTotal]
    announced_percentages: RoundDigits | None
    indicators: Indicators
    references: dict[str, tuple[Value, ...]]
    power: list[Power]
    findings: list[Finding]
