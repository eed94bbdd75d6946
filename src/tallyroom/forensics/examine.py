"""One pass over the returns of an election: contradictions, irregularities, descriptions, each with its references.

examination = examine(read_returns(Path("stations.csv")), Question())
examination.findings
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from tallyroom.forensics.announced import RoundDigits, RoundedTotal
from tallyroom.forensics.arithmetic import contradictions
from tallyroom.forensics.arrival import Arrival, arrival, early_by_time
from tallyroom.forensics.centres import centres
from tallyroom.forensics.clean_core import clean_core
from tallyroom.forensics.controls import controls
from tallyroom.forensics.digits import digits
from tallyroom.forensics.examination import REFERENCES, Examination, Indicators, Table
from tallyroom.forensics.findings import findings
from tallyroom.forensics.fingerprint import fingerprint
from tallyroom.forensics.flows import slopes, transfers
from tallyroom.forensics.histograms import histograms
from tallyroom.forensics.integers import integer_tests
from tallyroom.forensics.outliers import Outliers, outliers
from tallyroom.forensics.power import Power, power
from tallyroom.forensics.progress import Progress, silent
from tallyroom.forensics.references import STATIONS_OF_AREA, others, values
from tallyroom.forensics.returns import Flags, Returns, known, level_of
from tallyroom.forensics.runner import Runner
from tallyroom.forensics.small_counts import small_counts
from tallyroom.forensics.spikes import spikes
from tallyroom.forensics.stages import compare_stages
from tallyroom.forensics.tallies import Tally, TallyComparison, compare_tally
from tallyroom.forensics.vectors import repeated_vectors

LARGE_SHARE, MOST_CANDIDATES = 0.05, 6
"""Candidates with at least this share of the votes are examined, at most so many."""

COMMISSION = 40
"""A commission, for small counts, is the narrowest area that mostly has so many stations."""


@dataclass(frozen=True)
class Question:
    """What is asked beside the table itself; everything may be left away.

    election: its name.  candidate: whose figures come first; the leader's without it.  stage: an earlier stage of
    the same count; late stations are then those that it does not have.  reading: another reading of the same sheets.
    previous: an earlier election.  instrument: stations with a camera, a scanner or an observer.  tally: of areas.
    announced: totals by name, with those that are rounded shares and the digits of percentages.  quick: without
    spikes, fingerprint model and power.  elections: simulated for the power curves.
    """

    election: str = ""
    candidate: str = ""
    seed: int = 42
    stage: Returns | None = None
    reading: Returns | None = None
    previous: Returns | None = None
    instrument: Flags | None = None
    tally: Tally | None = None
    announced: dict[str, int] | None = None
    rounded: Sequence[RoundedTotal] = ()
    percentages: RoundDigits | None = None
    quick: bool = False
    elections: int = 260
    runner: Runner | None = None


Watch = Callable[[str], Progress]
"""Gives the progress of a named part."""


def _unwatched(_part: str) -> Progress:
    return silent


def examine(returns: Returns, question: Question, origin: str = "real", watch: Watch = _unwatched) -> Examination:
    """Everything that can be asked of a table (see `Question`)."""
    candidates = examined(returns, question.candidate)
    wrong = contradictions(returns)
    stage, reading = (compare_stages(returns, t) if t else None for t in (question.stage, question.reading))
    tally = _tally(returns, question.tally)
    indicators = _indicators(returns, question, candidates, watch)
    curves = [] if question.quick else _power(returns, question, candidates[0], watch("Power"))
    elections = others([test.result.z for test in indicators.integer_percentages])
    votes = [returns.totals[candidate] for candidate in returns.ranking[:2]]
    table = Table(
        name=returns.name,
        election=question.election,
        data_origin=origin,
        rows=len(returns),
        used=int((returns.valid > 0).sum()),
        registered=int(known(returns.registered).sum()),
        ballots=int(known(returns.ballots).sum()),
        valid=int(known(returns.valid).sum()),
        lead=votes[0] - votes[1] if len(votes) > 1 else votes[0],
        names={candidate: returns.name_of(candidate) for candidate in returns.votes},
        votes=returns.totals,
    )
    found = Examination(
        table=table,
        candidate=candidates[0],
        candidates=candidates,
        seed=question.seed,
        contradictions=wrong,
        stage=stage,
        reading=reading,
        tally=tally,
        rounded_totals=list(question.rounded),
        announced_percentages=question.percentages,
        indicators=indicators,
        references={indicator: values(figure, elections) for indicator, figure in REFERENCES.items()},
        power=curves,
        findings=[],
    )
    return msgspec.structs.replace(found, findings=findings(found, question.announced or {}, returns.laws))


def examined(returns: Returns, first: str) -> tuple[str, ...]:
    """The candidates that are examined, the one asked for (or the leader) in front."""
    whole = max(1, sum(returns.totals.values()))
    large = [c for c in returns.ranking if returns.totals[c] >= LARGE_SHARE * whole][:MOST_CANDIDATES]
    return tuple(dict.fromkeys([first or returns.ranking[0], *large]))


def _tally(returns: Returns, tally: Tally | None) -> TallyComparison | None:
    """The tally beside the level of areas that has most of its names."""
    if tally is None or not returns.areas:
        return None
    common = [sum(name.rpartition(" / ")[2] in tally for name in level.names) for level in returns.areas]
    return compare_tally(returns, returns.areas[int(np.argmax(common))], tally)


def _power(returns: Returns, question: Question, candidate: str, progress: Progress) -> list[Power]:
    if question.elections <= 0 or not (returns.registered > 0).any():
        return []
    return power(returns, candidate, question.elections, question.seed, question.runner, progress)


def _indicators(returns: Returns, question: Question, candidates: tuple[str, ...], watch: Watch) -> Indicators:
    seed, area = question.seed, level_of(returns, STATIONS_OF_AREA)

    def each(test: Callable[[str], Any], of: Sequence[str] = candidates) -> list[Any]:
        return [found for found in map(test, of) if found is not None]

    slow = () if question.quick else candidates[:1]
    instrument, previous = question.instrument, question.previous
    return Indicators(
        integer_percentages=integer_tests(returns, candidates, seed, progress=watch("Integer percentages")),
        spikes=each(lambda c: spikes(returns, c, seed, watch("Spikes")), slow),
        within_centre=each(lambda c: centres(returns, c)),
        arrival=_arrival(returns, question, candidates),
        flows=each(lambda c: slopes(returns, c, area)),
        transfers=transfers(previous, returns, seed) if previous else None,
        controls=[]
        if instrument is None
        else each(lambda c: controls(returns, c, instrument, level_of(returns, 2), seed)),
        repeated_vectors=repeated_vectors(returns, level_of(returns, 2)),
        small_counts=small_counts(returns, level_of(returns, COMMISSION)),
        outliers=each(lambda c: outliers(returns, c, area, seed)),
        outliers_previous=_previous_outliers(previous, seed),
        clean_core=each(lambda c: clean_core(returns, c)),
        fingerprint=each(lambda c: fingerprint(returns, c, seed, watch("Fingerprint model")), slow),
        digits=each(lambda c: digits(returns, c)),
        histograms=each(lambda c: histograms(returns, c)),
    )


def _arrival(returns: Returns, question: Question, candidates: tuple[str, ...]) -> list[Arrival]:
    """Every candidate examined against the strongest other one; early are the stations of the stage, or by time."""
    if question.stage:
        there = set(question.stage.station_ids)
        early = np.array([station in there for station in returns.station_ids], np.bool_)
    else:
        by_time = early_by_time(returns)
        if by_time is None:
            return []
        early = by_time
    pairs = [(c, next((o for o in returns.ranking if o != c), "")) for c in candidates]
    found = [arrival(returns, c, other, early, question.seed) for c, other in pairs if other]
    return [each for each in found if each is not None]


def _previous_outliers(previous: Returns | None, seed: int) -> list[Outliers]:
    if previous is None:
        return []
    area = level_of(previous, STATIONS_OF_AREA)
    found = [outliers(previous, candidate, area, seed) for candidate in examined(previous, "")]
    return [each for each in found if each is not None]
