"""Arrival: late stations predicted from early ones of the same place; what is left is the shift to be explained.

A late station is expected to vote as the early ones of its own centre did; without such, of its narrowest area that has
any, and so on to the whole country.  Most late shifts are geography.  The residual is the final margin less the one
projected in this way; its interval resamples the late stations by place.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from tallyroom.forensics.returns import Flags, Floats, Grouping, Ints, Returns, known

RESAMPLES = 500
EARLY = 0.8
"""Without a list of early stations, those that reported the first 80 % of the valid votes are early."""


class Arrival(msgspec.Struct, frozen=True):
    """Margin of a candidate over another (points of the valid votes), early and late, with the place control.

    matched: late stations whose own centre (or narrowest area) has early ones, with their margins observed and
    predicted.  residual: final less projected, with a 95 % interval.
    """

    candidate: str
    other: str
    early_stations: int
    late_stations: int
    early: float
    late: float
    predicted: float
    projected: float
    final: float
    residual: float
    low: float
    high: float
    matched: int
    matched_observed: float
    matched_predicted: float


class _Figures(NamedTuple):
    lead: Ints
    valid: Ints


def early_by_time(returns: Returns) -> Flags | None:
    """The stations that were early by their times; None where most have none or all the same."""
    times = returns.reported_at
    if times is None or np.isnan(times).mean() > 0.5:
        return None
    order = np.argsort(times, kind="stable")
    share = np.cumsum(known(returns.valid)[order]) / max(1, int(known(returns.valid).sum()))
    early = np.zeros(len(returns), np.bool_)
    early[order[share <= EARLY]] = True
    early &= ~np.isnan(times)
    return early if early.any() and not early.all() else None


def arrival(returns: Returns, candidate: str, other: str, early: Flags, seed: int = 42) -> Arrival | None:
    """The shift of the margin of one candidate over another; None where all stations are early or none is."""
    votes, rivals = returns.votes[candidate], returns.votes[other]
    rows = (returns.valid > 0) & (votes >= 0) & (rivals >= 0)
    first, last = np.flatnonzero(rows & early), np.flatnonzero(rows & ~early)
    if not len(first) or not len(last):
        return None
    figures = _Figures(votes - rivals, returns.valid)
    places = [*([returns.centre] if returns.centre else []), *reversed(returns.areas)]
    margin, step = _predicted(figures, places, first, last)
    matched = last[step == 0] if places else last[:0]
    lead, valid = figures.lead, figures.valid
    surprise = lead[last] - margin * valid[last]
    total = int(valid[first].sum() + valid[last].sum())
    residual = 100 * float(surprise.sum()) / total
    low, high = _interval(surprise, places[0].codes[last] if places else np.arange(len(last)), seed)
    return Arrival(
        candidate=candidate,
        other=other,
        early_stations=len(first),
        late_stations=len(last),
        early=_percent(lead[first], valid[first]),
        late=_percent(lead[last], valid[last]),
        predicted=_percent(margin * valid[last], valid[last]),
        projected=100 * float(lead[first].sum() + (margin * valid[last]).sum()) / total,
        final=100 * float(lead[first].sum() + lead[last].sum()) / total,
        residual=residual,
        low=100 * low / total,
        high=100 * high / total,
        matched=len(matched),
        matched_observed=_percent(lead[matched], valid[matched]),
        matched_predicted=_percent((margin * valid[last])[step == 0], valid[matched]) if places else 0.0,
    )


def _predicted(figures: _Figures, places: list[Grouping], first: Ints, last: Ints) -> tuple[Floats, Ints]:
    """Margin of the early stations of each late one's place, and which step of places it is from."""
    margin = np.full(len(last), figures.lead[first].sum() / figures.valid[first].sum())
    step = np.full(len(last), len(places))
    for number, place in reversed(list(enumerate(places))):
        inside = first[place.codes[first] >= 0]
        lead, valid = (np.bincount(place.codes[inside], x[inside], len(place.names)) for x in figures)
        code = place.codes[last]
        there = (code >= 0) & (valid[code] > 0)
        margin[there] = lead[code[there]] / valid[code[there]]
        step[there] = number
    return margin, step


def _percent(lead: Floats | Ints, valid: Ints) -> float:
    return 100 * float(lead.sum()) / float(valid.sum()) if valid.sum() else 0.0


def _interval(surprise: Floats, code: Ints, seed: int) -> tuple[float, float]:
    """2.5 and 97.5 per cent points of the sum of surprises when places are resampled."""
    sums = np.bincount(np.unique(code, return_inverse=True)[1], surprise)
    rng = np.random.default_rng((seed, 17))
    drawn = [sums[rng.integers(0, len(sums), len(sums))].sum() for _ in range(RESAMPLES)]
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))
