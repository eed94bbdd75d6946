"""The night of 7 February 2024 in Azerbaijan: synthetic stations that add up to what was announced.

No station table of this election was found in any public archive.  `electorate` makes 6,537 synthetic stations
in 125 synthetic constituencies whose sums are exactly the announced ones: turnout at five hours with the number
of stations that had reported, the count after 3,561, 6,102 and all 6,537 stations, and the final protocol once
eleven stations are annulled.

The votes of the annulled stations are what the final protocol has less than the complete count: an inference
of ours that nobody announced.

What the stations are not: no station or constituency stands for a real one, so the turnout extremes that were
reported for real constituencies are facts in the file and are not reproduced; every spread between stations
is drawn, and a statistic of it says nothing about the real election.  Stations abroad keep the hours of Baku.

    >>> night = electorate()
    >>> int(night.votes[~night.annulled].sum())
    4957967
"""

import datetime

import numpy as np
from numpy.typing import NDArray

from tallyroom.election.stations import Kind
from tallyroom.rehearsal import electorate as draws
from tallyroom.rehearsal.apportion import Counts, Floats, apportion, draw_rare, fill_margins
from tallyroom.rehearsal.azerbaijan_facts import Facts, facts
from tallyroom.rehearsal.electorate import Electorate, Flags, Stations, VotingDay

_SMALLEST, _LARGEST = 50, 1500  # voters of a polling station
_RELATIVE_SIZE: dict[Kind, float] = {"hospital": 0.25, "prison": 0.4, "military": 0.45, "temporary": 0.4}
_PARTICIPATION: dict[Kind, float] = {"abroad": 0.72, "hospital": 0.9, "prison": 0.93, "military": 0.97}
_MOBILE_SHARE: dict[Kind, float] = {"abroad": 0.0, "hospital": 0.2, "prison": 0.0, "military": 0.0}
_ARRIVAL_SHAPES = ((2.0, 1.2), (1.0, 1.6), (1.0, 2.5))


def electorate(seed: int = 20240207) -> Electorate:
    """Make the synthetic stations of the night; every sum is the announced one, whatever the seed."""
    rng = np.random.default_rng(seed)
    told = facts()
    stations = _draw_stations(told, rng)
    stage, reported_at = _draw_reports(told, stations, rng)
    annulled = _draw_annulled(told, stations, rng)
    votes = _draw_votes(told, stations, stage, annulled, rng)
    invalid = _draw_invalid(told, stations.registered, votes.sum(axis=1), annulled, rng)
    return draws.complete(
        stations,
        _voting_day(told),
        seed=seed,
        candidate_ids=tuple(candidate.id for candidate in told.candidates),
        votes=votes,
        invalid=invalid,
        added=_draw_added(stations.registered, votes.sum(axis=1) + invalid, annulled, rng),
        mobile_share=stations.by_kind(_MOBILE_SHARE, 0.015),
        reported_at=reported_at,
        stage=stage,
        annulled=annulled,
        rng=rng,
    )


def _epoch(moment: datetime.datetime) -> int:
    return int(moment.timestamp())


def _voting_day(told: Facts) -> VotingDay:
    return VotingDay(
        polls_open=_epoch(told.election.polls_open),
        polls_close=_epoch(told.election.polls_close),
        turnout_at=tuple(_epoch(hour.at) for hour in told.turnout),
        voted=tuple(hour.voted for hour in told.turnout),
        reporting=tuple(hour.stations for hour in told.turnout),
    )


def _draw_stations(told: Facts, rng: np.random.Generator) -> Stations:
    """Spread the stations over constituencies; the last one also has those abroad, which come last."""
    areas, count, abroad = told.election.constituencies, told.election.stations, told.election.stations_abroad
    urban = rng.random(areas) < 0.45
    per_area = apportion(count - abroad, rng.normal(np.where(urban, 42, 60), 6), 20, 100)
    area = np.repeat([*range(areas), areas - 1], [*per_area, abroad])
    is_abroad = np.arange(count) >= count - abroad
    is_regained = np.zeros(count, dtype=bool)
    is_regained[np.flatnonzero(area == areas - 2)[: told.election.stations_regained_territory]] = True
    kind = draws.place_kinds(told.synthetic.kinds, ~is_regained & ~is_abroad, rng)
    kind[is_abroad] = "abroad"
    sizes = _draw_sizes(urban[area], kind, rng)
    return Stations(
        area_ids=tuple(f"C-{number:03d}" for number in range(1, areas + 1)),
        area_names=tuple(f"Synthetic constituency {number}" for number in range(1, areas + 1)),
        area=area,
        kind=tuple(kind.tolist()),
        name=_station_names(is_abroad, is_regained),
        registered=_registers(told, sizes, is_abroad, is_regained),
    )


def _draw_sizes(urban: Flags, kind: NDArray[np.str_], rng: np.random.Generator) -> Floats:
    """Draw relative sizes (n): near the legal most in towns, of every size elsewhere, special ones small."""
    drawn = np.where(urban, rng.beta(12, 2.9, len(urban)), rng.beta(3.2, 2.5, len(urban)))
    relative = np.array([_RELATIVE_SIZE.get(one, 1.0) for one in kind.tolist()])
    return np.asarray((_SMALLEST + (_LARGEST - _SMALLEST) * drawn) * relative)


def _station_names(is_abroad: Flags, is_regained: Flags) -> tuple[str, ...]:
    remarks = np.where(is_abroad, " abroad", np.where(is_regained, " in territory regained 2020-2023", ""))
    return tuple(f"Synthetic station {number}{remark}" for number, remark in enumerate(remarks.tolist(), 1))


def _registers(told: Facts, sizes: Floats, is_abroad: Flags, is_regained: Flags) -> Counts:
    registered = np.zeros(len(sizes), dtype=np.int64)
    totals = [told.synthetic.registered_abroad, told.synthetic.registered_regained_territory]
    totals.append(told.election.registered - sum(totals))
    for group, total in zip([is_abroad, is_regained, ~is_abroad & ~is_regained], totals, strict=True):
        registered[group] = apportion(total, sizes[group], _SMALLEST, _LARGEST)
    return registered


def _draw_reports(told: Facts, stations: Stations, rng: np.random.Generator) -> tuple[Counts, Counts]:
    """Draw stage and time (n each) of the reports: constituencies tend to come together, abroad late."""
    lateness = rng.normal(0, 0.5, len(stations.area_ids))[stations.area] + stations.by_kind({"abroad": 2}, 0)
    order = np.argsort(lateness + rng.normal(0, 1, len(lateness)))
    stage, reported_at = np.empty_like(order), np.empty_like(order)
    start, after = 0, _epoch(told.synthetic.counting_from)
    for number, told_then in enumerate((told.count.first, told.count.night, told.count.complete)):
        group, until = order[start : told_then.stations], _epoch(told_then.enter_at)
        stage[group] = number + 1
        reported_at[group] = draws.draw_arrivals(len(group), after, until, _ARRIVAL_SHAPES[number], rng)
        start, after = told_then.stations, until
    return stage, reported_at


def _draw_annulled(told: Facts, stations: Stations, rng: np.random.Generator) -> Flags:
    """Choose the annulled stations among ordinary ones of the size that the votes they held ask for."""
    likely = (np.array(stations.kind) == "ordinary") & (abs(stations.registered - 1300) < 100)
    annulled = np.zeros(len(likely), dtype=bool)
    annulled[rng.choice(np.flatnonzero(likely), told.count.final.annulled, replace=False)] = True
    return annulled


def _draw_votes(told: Facts, stations: Stations, stage: Counts, annulled: Flags, rng: np.random.Generator) -> Counts:
    """Draw votes (n, c): first of the annulled stations, then stage by stage of the others.

    The annulled stations held the votes that the final protocol has less than the complete count.
    """
    night, complete, final = (
        np.array([announcement.votes[candidate.id] for candidate in told.candidates])
        for announcement in (told.count.night, told.count.complete, told.count.final)
    )
    first = _first_votes(told)
    shares = _draw_station_shares(final / final.sum(), stations, rng)
    participation = draws.draw_participation(stations.by_kind(_PARTICIPATION, 0.765), stations.area, rng)
    votes = np.zeros(shares.shape, dtype=np.int64)

    def fill(group: Flags, totals: Counts) -> None:
        registered = stations.registered[group]
        valid = apportion(int(totals.sum()), registered * participation[group], 0, registered)
        votes[group] = fill_margins(shares[group], valid, totals, rng)

    fill(annulled, complete - final)
    for number, gain in enumerate((first, night - first, complete - night), start=1):
        reported = stage == number
        fill(reported & ~annulled, gain - votes[reported & annulled].sum(axis=0))
    return votes


def _first_votes(told: Facts) -> Counts:
    """Make votes that round to the percentages of the first announcement, which gave no votes."""
    percent = [float(told.count.first.percent[candidate.id]) for candidate in told.candidates]
    return apportion(told.synthetic.first_valid, percent, 0, told.synthetic.first_valid)


def _draw_station_shares(at_home: Floats, stations: Stations, rng: np.random.Generator) -> Floats:
    """Draw the probabilities of every station (n, c); abroad the leader's are somewhat lower."""
    abroad = np.where(at_home == at_home.max(), 0.88, at_home * 0.12 / (1 - at_home.max()))
    is_abroad = np.array(stations.kind) == "abroad"
    return draws.draw_shares(np.where(is_abroad[:, None], abroad, at_home), stations.area, (150, 80), rng)


def _draw_invalid(told: Facts, registered: Counts, valid: Counts, annulled: Flags, rng: np.random.Generator) -> Counts:
    """Draw the invalid ballots of each station (n), as many in all as the final protocol has."""
    invalid = np.zeros_like(valid)
    for group, total in ((annulled, told.synthetic.annulled_invalid), (~annulled, told.count.final.invalid)):
        invalid[group] = draw_rare(total, 0.002 * valid[group], (registered - valid)[group], rng)
    return invalid


def _draw_added(registered: Counts, issued: Counts, annulled: Flags, rng: np.random.Generator) -> Counts:
    """Draw voters added on the day (n): as many as bring turnout without the annulled stations to 76.43 %."""
    final_register = round(int(issued[~annulled].sum()) * 10_000 / 7_643)
    added = np.zeros_like(registered)
    for group, total in (
        (annulled, round(0.0055 * int(registered[annulled].sum()))),
        (~annulled, final_register - int(registered[~annulled].sum())),
    ):
        added[group] = draw_rare(total, 0.0055 * registered[group], registered[group] // 25, rng)
    return added
