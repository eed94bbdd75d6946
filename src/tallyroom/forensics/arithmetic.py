"""Arithmetic contradictions: what cannot be, or stands in the table without being a return.  Facts, no statistics.

A contradiction says that two figures cannot both be right, or that a row or column is not what its name says.  It
does not say why: lawful rules (voters outside the lists), slips and faults of the file come first.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from tallyroom.forensics.announced import rounded_totals
from tallyroom.forensics.returns import Flags, Ints, Returns, known

EXAMPLES = 20
"""How many stations a contradiction names."""

MOST = 0.95
"""A column is one of sums where it equals the sum of all others in this share of the stations."""


class Contradiction(msgspec.Struct, frozen=True, omit_defaults=True):
    """Code, how many stations, by how many votes or ballots in all, and the first stations or names."""

    code: str
    stations: int
    amount: int
    examples: tuple[str, ...] = ()
    subject: str = ""


def contradictions(returns: Returns) -> list[Contradiction]:
    """All that contradict each other within one table."""
    found = [*_limits(returns), *_sums(returns), *_rows(returns), *_columns(returns)]
    found += [
        Contradiction("rounded_total", 0, total.votes, subject=f"{returns.name_of(total.name)} {total.percent}")
        for total in rounded_totals([(c, v) for c, v in returns.totals.items()])
    ]
    return [each for each in found if each.stations or each.amount]


def _limits(returns: Returns) -> Iterator[Contradiction]:
    """One figure above another that bounds it."""
    registered, ballots, found = returns.registered, returns.ballots, returns.found
    with_register = registered > 0
    yield _above(returns, "ballots_over_register", np.where(with_register, ballots, -1), registered)
    yield _above(returns, "ballots_without_register", np.where(registered == 0, ballots, -1), registered)
    yield _above(returns, "counted_over_issued", found, ballots)
    for candidate, votes in returns.votes.items():
        each = _above(returns, "votes_over_valid", votes, returns.valid)
        yield msgspec.structs.replace(each, subject=returns.name_of(candidate))


def _sums(returns: Returns) -> Iterator[Contradiction]:
    """The candidates' votes beside the valid votes, where all of them are known."""
    votes = np.stack(list(returns.votes.values()))
    complete = (votes >= 0).all(axis=0) & (returns.valid >= 0)
    total = np.where(complete, votes.sum(axis=0), -1)
    valid = np.where(complete, returns.valid, -1)
    yield _above(returns, "votes_sum_over_valid", total, valid)
    yield _above(returns, "votes_sum_under_valid", valid, total)


def _rows(returns: Returns) -> Iterator[Contradiction]:
    """Rows that are no returns: zeros for what is missing, sums of other rows."""
    votes = np.stack(list(returns.votes.values()))
    nothing = (returns.registered > 0) & (returns.ballots <= 0) & (returns.valid <= 0) & (votes <= 0).all(axis=0)
    zeros = nothing & ((returns.ballots == 0) | (returns.valid == 0))
    yield _named(returns, "zeros_for_missing", zeros, known(returns.registered))
    yield _named(returns, "row_of_sums", _sums_of_rows(returns, votes), known(returns.valid))


def _sums_of_rows(returns: Returns, votes: Ints) -> Flags:
    """Rows whose votes are, candidate by candidate, the sum of all other rows of their area, or of the table."""
    figures = known(votes)
    flags = np.zeros(len(returns), np.bool_)
    everything = np.zeros(len(returns), np.int64)
    for codes in [everything, *(level.codes for level in returns.areas)]:
        inside = codes >= 0
        groups = int(codes.max(initial=-1)) + 1
        many = np.bincount(codes[inside], minlength=groups)
        big = inside & (many[codes] > 3)
        same = big & (figures.sum(axis=0) > 0)
        for row in figures:
            total = np.bincount(codes[inside], row[inside], groups).astype(np.int64)
            same &= 2 * row == total[codes]
        flags |= same
    return flags


def _columns(returns: Returns) -> Iterator[Contradiction]:
    """Columns of votes that are the sum of all other columns, and so no candidate's."""
    if len(returns.votes) < 3 or not len(returns):
        return
    figures = {candidate: known(votes) for candidate, votes in returns.votes.items()}
    total = np.sum(list(figures.values()), axis=0)
    cast = total > 0
    for candidate, votes in figures.items():
        same = cast & (2 * votes == total)
        if cast.any() and same.sum() >= MOST * cast.sum():
            found = _named(returns, "column_of_sums", same, votes)
            yield msgspec.structs.replace(found, subject=returns.name_of(candidate))


def _above(returns: Returns, code: str, high: Ints, low: Ints) -> Contradiction:
    """Stations where the first figure is above the second, both known."""
    excess = np.where((high >= 0) & (low >= 0), high - low, 0)
    return _named(returns, code, excess > 0, excess)


def _named(returns: Returns, code: str, rows: Flags, amount: Ints) -> Contradiction:
    at = np.flatnonzero(rows)
    examples = tuple(returns.station_ids[row] for row in at[:EXAMPLES].tolist())
    return Contradiction(code, len(at), int(amount[at].sum()), examples)
