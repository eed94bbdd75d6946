"""Announced totals and percentages whose digits betray how they were made.

A total of votes is one number among many; that every candidate's total is a share with one decimal, multiplied by the
total of all and rounded, has a chance of about (1,000 / total) for each candidate but the last.  In the same way the
last digits of percentages are spread evenly where they come from counts.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from tallyroom.forensics.binomial import binomial_tail

SURPRISING = 1e-6
"""Rounded totals are told where chance makes them less often than this."""


class RoundedTotal(msgspec.Struct, frozen=True):
    """A total that is round(percent x total / 100); chance: of all these totals together."""

    name: str
    votes: int
    percent: str
    chance: float


class RoundDigits(msgspec.Struct, frozen=True):
    """Percentages of which `zeros` end in 0; p: chance of so many or more where each digit is as likely."""

    percentages: int
    zeros: int
    p: float


def rounded_totals(totals: Sequence[tuple[str, int]], decimals: int = 1) -> list[RoundedTotal]:
    """All the totals, by name, if every one is a rounded share of their sum and chance hardly does that; else none."""
    whole = sum(votes for _, votes in totals)
    steps = 100 * 10**decimals
    if len(totals) < 2 or whole == 0:
        return []
    shares = [round(Fraction(votes * steps, whole)) for _, votes in totals]
    if any(not _made_of(votes, share, steps, whole) for (_, votes), share in zip(totals, shares, strict=True)):
        return []
    chance = min(1.0, (steps + 1) / whole) ** (len(totals) - 1)
    if chance > SURPRISING:
        return []
    percent = [str(Decimal(share).scaleb(-decimals)) for share in shares]
    return [RoundedTotal(name, votes, p, chance) for (name, votes), p in zip(totals, percent, strict=True)]


def _made_of(votes: int, share: int, steps: int, whole: int) -> bool:
    """Whether votes is share / steps of the whole, rounded to the nearest (both at a half)."""
    return abs(Fraction(share * whole, steps) - votes) <= Fraction(1, 2)


def round_digits(percentages: Sequence[str]) -> RoundDigits:
    """How many announced percentages, written with the same number of decimals, end in 0."""
    zeros = sum(percent.rstrip("%").rstrip().endswith("0") for percent in percentages)
    return RoundDigits(len(percentages), zeros, binomial_tail(zeros, len(percentages), 0.1))


def swapped(ours: dict[str, int], theirs: dict[str, int]) -> list[tuple[str, str]]:
    """Candidates whose total is another's by the announcement, closely: headers in the wrong order."""
    found = []
    for name, votes in ours.items():
        if name not in theirs or _close(votes, theirs[name]):
            continue
        others = [other for other, announced in theirs.items() if other != name and _close(votes, announced)]
        if len(others) == 1:
            found.append((name, others[0]))
    return found


def _close(a: int, b: int) -> bool:
    return abs(a - b) <= 0.02 * max(a, b, 1)
