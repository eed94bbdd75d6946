"""A small election for tests: four areas on two levels, six stations, three candidates, two contests."""

from datetime import date, time
from fractions import Fraction

import numpy as np

from tallyroom.election.areas import Area, Areas
from tallyroom.election.calendar import Calendar
from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.formfile import shipped_form
from tallyroom.election.rules import Rule
from tallyroom.election.stations import Stations

AREAS = Areas(
    (
        Area("N", "North", "region"),
        Area("N1", "North one", "district", "N"),
        Area("N2", "North two", "district", "N"),
        Area("S", "South", "region"),
        Area("S1", "South one", "district", "S"),
    )
)
PLACES = ("N1", "N1", "N2", "N2", "S1", "S1")
REGISTERED = (100, 200, 300, 400, 500, 600)
LINES = ("voters_listed", "voters_added", "ballots_issued", "ballots_found", "valid", "invalid")


def village(rule: Rule | None = None, contests: int = 1) -> Definition:
    """The definition; each contest has its own three candidates."""
    stations = Stations(
        ids=tuple(f"S-{n:04d}" for n in range(1, 7)),
        names=tuple(f"Station {n}" for n in range(1, 7)),
        kinds=("ordinary",) * 6,
        area=np.array([AREAS.index[place] for place in PLACES]),
        registered=np.array(REGISTERED),
        details={},
    )
    rule = rule or Rule("absolute_majority", additions_share=Fraction(1, 10))
    return Definition(
        id="village",
        name="Village election",
        office="Mayor",
        day=date(2025, 6, 15),
        called_on=date(2025, 4, 1),
        timezone="UTC",
        opens=time(8),
        closes=time(20),
        turnout_hours=("12:00", "20:00"),
        languages=("en",),
        data_origin="synthetic",
        authority="nobody",
        origin="example.org/village",
        areas=AREAS,
        stations=stations,
        contests=tuple(_contest(n, rule) for n in range(contests)),
        form=shipped_form("generic"),
        calendar=Calendar(()),
        eligibility=Eligibility(),
    )


def _contest(number: int, rule: Rule) -> Contest:
    prefix = "abc" if number == 0 else "xyz"
    contest_id = "mayor" if number == 0 else "council"
    candidates = tuple(
        Candidate(letter, letter.upper(), "", order, incumbent=False, contest=contest_id)
        for order, letter in enumerate(prefix, 1)
    )
    return Contest(contest_id, contest_id.title(), contest_id, rule, candidates)


def lines(valid: int, invalid: int = 0, listed: int = 1000) -> dict[str, int | None]:
    """Lines of the generic form that fit together."""
    found = valid + invalid
    return dict(zip(LINES, (listed, 0, found, found, valid, invalid), strict=True))
