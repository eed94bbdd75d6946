"""A template of a presidential election: sound as it stands, synthetic, and meant to be edited file by file."""

from datetime import date, time, timedelta

import numpy as np

from tallyroom.election.areas import Area, Areas
from tallyroom.election.calendar import Calendar, StatutoryDate
from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.formfile import shipped_form
from tallyroom.election.rules import Rule
from tallyroom.election.stations import Stations

CALLED_ON = date(2030, 1, 7)
ELECTION_DAY = CALLED_ON + timedelta(days=62)

_PLEASE_CITE = "put the article of your law here"

CALENDAR = Calendar(
    (
        StatutoryDate("registration_ends", "Registration of candidates ends", 33, "called", _PLEASE_CITE),
        StatutoryDate("campaign_begins", "The campaign begins", -23, "election_day", _PLEASE_CITE),
        StatutoryDate("campaign_ends", "The campaign ends", -1, "election_day", _PLEASE_CITE),
        StatutoryDate("election_day", "Election day", 0, "election_day", _PLEASE_CITE),
        StatutoryDate("run_off", "Run-off, if nobody has a majority", 14, "election_day", _PLEASE_CITE),
    )
)
"""Offsets of the early presidential election in Azerbaijan: called on 7 December 2023, registration of candidates
until 9 January 2024, campaign from 15 January, election on 7 February.  The end of the campaign and the run-off
are placeholders."""

_REGISTERS = (1200, 950, 480, 1400, 310, 760)


def presidential(election_id: str) -> Definition:
    """Three areas, six stations and two candidates on the generic form, decided by absolute majority."""
    candidates = tuple(
        Candidate(name[-1].lower(), name, "", place, incumbent=False, contest="president")
        for place, name in enumerate(("Candidate A", "Candidate B"), 1)
    )
    return Definition(
        id=election_id,
        name="Presidential election (template)",
        office="President",
        day=ELECTION_DAY,
        called_on=CALLED_ON,
        timezone="UTC",
        opens=time(8),
        closes=time(19),
        turnout_hours=("10:00", "12:00", "15:00", "17:00", "19:00"),
        languages=("en",),
        data_origin="synthetic",
        authority="the election commission",
        origin=f"results.example.org/{election_id}",
        areas=Areas(tuple(Area(name.lower(), name, "region") for name in ("North", "Centre", "South"))),
        stations=_stations(),
        contests=(Contest("president", "Election of the president", "President", _rule(), candidates),),
        form=shipped_form("generic"),
        calendar=CALENDAR,
        eligibility=Eligibility(),
        notices=("this is a template: put your own dates, areas, stations, candidates and law in its place",),
    )


def _rule() -> Rule:
    return Rule("absolute_majority", citation=_PLEASE_CITE)


def _stations() -> Stations:
    """Two stations in each area, with registers made up."""
    numbers = range(1, len(_REGISTERS) + 1)
    return Stations(
        tuple(f"S-{number:04d}" for number in numbers),
        tuple(f"Polling station {number}" for number in numbers),
        ("ordinary",) * len(_REGISTERS),
        np.arange(len(_REGISTERS)) // 2,
        np.array(_REGISTERS, np.int64),
        {},
    )
