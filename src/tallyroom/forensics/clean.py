"""Clean elections: made up by chance alone, of kinds that tests have to leave in peace, or like a given table.

    returns = clean_election("mixture", 2_000, np.random.default_rng(1))

Every station is S-0001 onward and lies nowhere.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np

from tallyroom.forensics.returns import UNREAD, Flags, Floats, Ints, Returns, grouping, nested
from tallyroom.forensics.shares import Shares, shares

Kind = Literal["binomial", "overdispersed", "mixture", "small", "strategic"]
KINDS: tuple[Kind, ...] = get_args(Kind)

CANDIDATES = ("a", "b", "c")
REGIONS, DISTRICTS, BOXES = 10, 8, 2


class _Chances(NamedTuple):
    """Registered voters, chance to vote, chances of the three candidates (n, 3)."""

    registered: Ints
    turnout: Floats
    choice: Floats


def clean_election(kind: Kind, stations: int, rng: np.random.Generator) -> Returns:
    """An election without a fault.

    binomial: the same chances everywhere.  overdispersed: chances differ from station to station.  mixture: town and
    country, which differ in turnout and in votes.  small: as overdispersed, 20 to 300 voters a station.  strategic:
    voters leave the third candidate where the first two are close, and turn out more.
    """
    chances = _MAKERS[kind](stations, rng)
    ballots = rng.binomial(chances.registered, chances.turnout)
    valid = rng.binomial(ballots, 0.98)
    votes = rng.multinomial(valid, chances.choice)
    place = np.arange(stations) * REGIONS * DISTRICTS // max(stations, 1)
    return Returns(
        name=f"clean election ({kind})",
        station_ids=tuple(f"S-{number:04d}" for number in range(1, stations + 1)),
        registered=chances.registered,
        ballots=ballots,
        valid=valid,
        invalid=ballots - valid,
        votes=dict(zip(CANDIDATES, votes.T.astype(np.int64), strict=True)),
        areas=nested(
            {"region": [f"R{x // DISTRICTS}" for x in place.tolist()], "district": [f"D{x}" for x in place.tolist()]}
        ),
        centre=grouping("centre", [str(x // BOXES) for x in range(stations)]),
        origin="synthetic",
    )


def _sizes(stations: int, rng: np.random.Generator) -> Ints:
    return np.clip(rng.lognormal(6.8, 0.5, stations), 100, 3000).astype(np.int64)


def _choices(first: Floats, rng: np.random.Generator) -> Floats:
    """Chances of three candidates; the first's are given, the third has a fifth of the rest."""
    rest = 1 - first
    third = rest * rng.beta(8, 32, len(first))
    return np.stack([first, rest - third, third], axis=1)


def _binomial(stations: int, rng: np.random.Generator) -> _Chances:
    choice = np.tile([0.52, 0.39, 0.09], (stations, 1))
    return _Chances(_sizes(stations, rng), np.full(stations, 0.63), choice)


def _overdispersed(stations: int, rng: np.random.Generator) -> _Chances:
    return _Chances(_sizes(stations, rng), rng.beta(18, 11, stations), _choices(rng.beta(10, 9, stations), rng))


def _mixture(stations: int, rng: np.random.Generator) -> _Chances:
    country = rng.random(stations) < 0.35
    registered = np.where(country, np.clip(rng.lognormal(5.3, 0.6, stations), 40, 1500), _sizes(stations, rng))
    turnout = np.where(country, rng.beta(32, 8, stations), rng.beta(28, 25, stations))
    first = np.where(country, rng.beta(16, 5, stations), rng.beta(14, 18, stations))
    return _Chances(registered.astype(np.int64), turnout, _choices(first, rng))


def _small(stations: int, rng: np.random.Generator) -> _Chances:
    registered = rng.integers(20, 300, stations)
    return _Chances(registered, rng.beta(18, 11, stations), _choices(rng.beta(10, 9, stations), rng))


def _strategic(stations: int, rng: np.random.Generator) -> _Chances:
    choice = _choices(rng.beta(10, 9, stations), rng)
    close = np.exp(-(((choice[:, 0] - choice[:, 1]) / 0.1) ** 2))
    moved = choice[:, 2] * 0.7 * close
    choice = choice + np.stack([moved / 3, 2 * moved / 3, -moved], axis=1)
    return _Chances(_sizes(stations, rng), np.clip(rng.beta(18, 13, stations) + 0.1 * close, 0, 1), choice)


_MAKERS: dict[Kind, Callable[[int, np.random.Generator], _Chances]] = {
    "binomial": _binomial,
    "overdispersed": _overdispersed,
    "mixture": _mixture,
    "small": _small,
    "strategic": _strategic,
}


def turnout_of(returns: Returns) -> Shares:
    """The shares behind the turnout of the stations that `redrawn` draws it anew for."""
    rows = _whole(returns)[1]
    return shares(returns.ballots[rows], returns.registered[rows])


def _whole(returns: Returns) -> tuple[Flags, Flags]:
    """Stations whose votes can be drawn anew, and those of them whose turnout can."""
    votes = np.stack(list(returns.votes.values()), axis=1)
    whole = (votes >= 0).all(axis=1) & (returns.valid >= 0) & (votes.sum(axis=1) <= returns.valid)
    ballots, registered = returns.ballots, returns.registered
    return whole, (registered > 0) & (ballots >= 0) & (ballots <= registered) & whole


def redrawn(returns: Returns, rng: np.random.Generator, turnout: Shares | None = None) -> Returns:
    """A clean election like a table: every station drawn anew around its own figures, with no heaps left in them.

    turnout: `turnout_of` the returns, for whoever draws many times.
    """
    whole, turned_out = _whole(returns)
    votes = np.stack(list(returns.votes.values()), axis=1)
    ballots = returns.ballots.copy()
    ballots[turned_out] = (turnout or turnout_of(returns)).draw(rng)
    cast = np.where(turned_out, ballots, returns.found)
    share = np.minimum(returns.valid / np.maximum(np.where(turned_out, returns.ballots, returns.found), 1), 1.0)
    valid = returns.valid.copy()
    valid[whole] = rng.binomial(cast[whole], np.maximum(share[whole], 0))
    rest = np.where(whole, returns.valid - votes.sum(axis=1), 0)
    drawn = _multinomial(np.column_stack([np.maximum(votes, 0), rest])[whole], valid[whole], rng)
    again = votes.copy()
    again[whole] = drawn[:, :-1]
    invalid = np.where(whole & (returns.invalid != UNREAD), np.maximum(cast - valid, 0), returns.invalid)
    new = dict(zip(returns.votes, again.T, strict=True))
    return replace(returns, ballots=ballots, valid=valid, invalid=invalid, votes=new)


def _multinomial(votes: Ints, valid: Ints, rng: np.random.Generator) -> Ints:
    running = votes.any(axis=0)  # a column that is empty everywhere stays so
    shares = rng.standard_gamma(votes + running / max(1, running.sum()))
    return rng.multinomial(valid, shares / shares.sum(axis=1, keepdims=True)).astype(np.int64)
