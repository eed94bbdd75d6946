"""Findings: what of an examination needs an explanation, each with its size, its references and its chance.

A finding is a sentence about figures (`words` has it), never about people, and never says fraud.
"""

import math
from collections.abc import Iterator, Mapping

import msgspec

from tallyroom.forensics.announced import swapped
from tallyroom.forensics.binomial import NORMAL
from tallyroom.forensics.examination import Examination, Finding, Table
from tallyroom.forensics.integers import Excess, Integers
from tallyroom.forensics.references import RARE, Value
from tallyroom.forensics.vectors import Vectors

HEAPS = 0.5
"""Per cent of stations in heaps that need an explanation."""

BEYOND = 1.25
"""How far outside the range of other elections a figure has to be, as a ratio."""

INSTRUMENT = 0.01
"""Chance of a difference between stations with and without an instrument that needs an explanation."""

MOST_AREAS = 20
"""Areas that differ from a tally which are named one by one."""


def findings(found: Examination, announced: Mapping[str, int], laws: Mapping[str, str]) -> list[Finding]:
    """Contradictions, then irregularities, each with the lead that its size is to be seen beside."""
    lead = {"lead": found.table.lead}
    every = (*facts(found, announced, laws), *irregularities(found))
    return [msgspec.structs.replace(each, values={**each.values, **lead}) for each in every]


def facts(found: Examination, announced: Mapping[str, int], laws: Mapping[str, str]) -> Iterator[Finding]:
    """The contradictions, of the table itself and with what it was set beside."""
    for each in found.contradictions:
        law = laws.get(each.code, "")
        code = f"{each.code}_lawful" if law else each.code
        fact = _fact(code, stations=each.stations, amount=each.amount, subject=each.subject, law=law)
        yield msgspec.structs.replace(fact, stations=each.examples)
    yield from _between_tables(found)
    for ours, theirs in swapped(found.table.votes, dict(announced)):
        yield _fact("swapped_columns", subject=_name(found, ours), other=_name(found, theirs))
    for total in found.rounded_totals:
        subject = f"{total.name} {total.percent} %"
        yield _fact("rounded_announced", subject=subject, amount=total.votes, chance=total.chance)
    digits = found.announced_percentages
    if digits and digits.p < RARE:
        yield _fact("round_percentages", n=digits.percentages, zeros=digits.zeros, p=digits.p)


def _fact(code: str, **values: float | str) -> Finding:
    return Finding("contradiction", code, values)


def _odd(code: str, **values: float | str) -> Finding:
    return Finding("irregularity", code, values)


def _name(found: Examination, candidate: str) -> str:
    return found.table.names.get(candidate, candidate)


def _between_tables(found: Examination) -> Iterator[Finding]:
    tally = found.tally
    for other in filter(None, (found.stage, found.reading)):
        moved = sum(gain.above + gain.below for gain in other.gains if gain.figure in found.table.votes)
        counts = {"stations": other.differing, "common": other.common, "amount": moved}
        if other.differing:
            fact = _fact("stations_changed", **counts, subject=other.other)
            yield msgspec.structs.replace(fact, stations=other.examples)
    if not tally:
        return
    for column in tally.columns:
        counts = {"areas": column.areas, "of": tally.areas, "amount": column.amount}
        yield _fact("column_short", **counts, subject=_name(found, column.candidate))
    for each in tally.differences[:MOST_AREAS]:
        counts = {"amount": each.difference, "of": each.tally}
        yield _fact("area_differs", **counts, area=each.area, subject=_name(found, each.candidate))


def irregularities(found: Examination) -> Iterator[Finding]:
    """The statistics that chance, under their assumptions, gives hardly ever."""
    tests = found.indicators.integer_percentages
    for test in tests:
        yield from _integers(found, test, RARE / (3 * len(tests)))
    yield from _small_counts(found)
    yield from _stations(found)
    yield from _places(found)


def _integers(found: Examination, test: Integers, rare: float) -> Iterator[Finding]:
    parts: list[tuple[str, Excess | None]] = [("integers_result", test.result)]
    if test.candidate == found.candidate:  # turnout is the same for every candidate
        parts.append(("integers_turnout", test.turnout))
    for code, excess in parts:
        if excess is not None and excess.p < rare:
            above, references = _rank(found.references[code], excess.z_calibrated)
            size, low, high = beyond(excess)
            yield _odd(
                code,
                subject=_name(found, test.candidate),
                stations=test.stations,
                observed=excess.observed,
                expected=round(excess.expected + excess.bias),
                excess=round(size),
                low=round(low),
                high=round(high),
                z=excess.z_calibrated,
                above=above,
                references=references,
                **_stake(found.table, size, low, high),
            )


def beyond(excess: Excess) -> tuple[float, float, float]:
    """Stations beyond those that a clean election has, with a 95 % interval."""
    size, half = excess.excess - excess.bias, NORMAL * excess.sd
    return size, size - half, size + half


def surplus(vectors: Vectors) -> tuple[float, float, float]:
    """Repeated pairs beyond those expected, with a 95 % interval."""
    size, half = vectors.pairs - vectors.expected, NORMAL * vectors.sd
    return size, size - half, size + half


def votes_at(table: Table, stations: float) -> int:
    """Valid votes of so many average stations; none of fewer than none."""
    return round(max(stations, 0) * table.valid / max(1, table.used))


def _stake(table: Table, *stations: float) -> dict[str, float]:
    votes = [votes_at(table, each) for each in stations]
    return dict(zip(("votes", "votes_low", "votes_high"), votes, strict=False)) | _of_lead(table, votes[0])


def _of_lead(table: Table, votes: float) -> dict[str, float]:
    return {"of_lead": 100 * abs(votes) / max(1, table.lead)}


def _rank(references: tuple[Value, ...], value: float) -> tuple[int, int]:
    """In how many other elections the figure is at least this, and how many there are."""
    return sum(each.value >= value for each in references), len(references)


def _small_counts(found: Examination) -> Iterator[Finding]:
    """Areas that meet Kireev's rule and have too few noughts: without this, evenly popular candidates would do."""
    small = found.indicators.small_counts
    for one in small.found if small else ():
        if small and _so_few(one.noughts, one.poisson_noughts) < RARE / max(1, small.looked_at):
            counts = {"noughts": one.noughts, "ones": one.ones, "twos": one.twos, "expected": one.poisson_noughts}
            yield _odd("small_counts", **counts, area=one.area, subject=_name(found, one.candidate))


def _so_few(count: int, mean: float) -> float:
    """Chance that a Poisson count is so small or smaller; mean > 0."""
    return math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(count + 1))


def _stations(found: Examination) -> Iterator[Finding]:
    """Figures without a chance of their own: they need an explanation where they are outside what others have."""
    for heap in found.indicators.spikes:
        if heap.percent > HEAPS:
            size = {"percent": heap.percent, "resamples": heap.resamples}
            size |= _stake(found.table, heap.percent / 100 * found.table.used)
            yield _odd("spikes", **size, subject=_name(found, heap.candidate))
    ratios = [each.value for each in found.references["within_centre"]] or [0.0, math.inf]
    for boxes in found.indicators.within_centre[:1]:
        if not min(ratios) / BEYOND <= boxes.ratio <= max(ratios) * BEYOND:
            range_ = {"low": min(ratios), "high": max(ratios)}
            name = _name(found, boxes.candidate)
            yield _odd("within_centre", ratio=boxes.ratio, boxes=boxes.boxes, subject=name, **range_)
    for line in found.indicators.flows[:1]:
        if line.low > 1:
            share = 100 * line.above_one / line.areas
            band = {"slope": line.slope, "low": line.low, "high": line.high}
            yield _odd("flows", **band, areas=line.areas, share=share, subject=_name(found, line.candidate))


def _places(found: Examination) -> Iterator[Finding]:
    """Late stations and instruments, each against the same place."""
    for shift in found.indicators.arrival[:1]:
        if shift.low > 0 or shift.high < 0:
            points = {"observed": shift.late, "predicted": shift.predicted, "final": shift.final}
            band = {"residual": shift.residual, "low": shift.low, "high": shift.high}
            votes = [round(each / 100 * found.table.valid) for each in (shift.residual, shift.low, shift.high)]
            band |= dict(zip(("votes", "votes_low", "votes_high"), votes, strict=True))
            band |= _of_lead(found.table, votes[0])
            yield _odd("arrival", late=shift.late_stations, **points, **band, subject=_name(found, shift.candidate))
    instruments = found.indicators.controls
    for matched in instruments:
        if matched.p < INSTRUMENT / len(instruments):
            band = {"excess": matched.excess, "low": matched.low, "high": matched.high, "p": matched.p}
            counts = {"areas": matched.areas} | _of_lead(found.table, matched.excess)
            yield _odd("controls", **band, **counts, subject=_name(found, matched.candidate))
