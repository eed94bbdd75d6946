"""A view of results with the figures of a country: one station an area, the count behind it empty."""

import dataclasses

import numpy as np

from tallyroom.announce.view import View
from tallyroom.election.areas import Area, Areas
from tallyroom.election.candidates import Candidate
from tallyroom.election.definition import Contest
from tallyroom.election.rules import Rule
from tallyroom.election.stations import Stations
from tallyroom.tally.contest import ContestCount
from tallyroom.tally.results import Results
from tallyroom.tally.turnout import TurnoutCount
from tests.announce import examples
from tests.tally.village import village


def night_view(results: Results, languages: tuple[str, ...] = ("en",), **more: object) -> View:
    """The view of an example; `more` replaces fields of the view."""
    areas = tuple(Area(area.area_id, area.name, area.level) for area in results.areas) or (Area("1", "One", "region"),)
    people = tuple(
        Candidate(one.id, one.name, one.party, place, incumbent=False, contest=results.contest)
        for place, one in enumerate(sorted(results.candidates, key=lambda one: one.id), 1)
    )
    contest = Contest(results.contest, results.contest_name, "office", Rule("absolute_majority"), people)
    stations = Stations(
        ids=tuple(f"S-{n:04d}" for n in range(1, len(areas) + 1)),
        names=tuple(f"Station {n}" for n in range(1, len(areas) + 1)),
        kinds=("ordinary",) * len(areas),
        area=np.arange(len(areas)),
        registered=np.full(len(areas), 51_234),
        details={},
    )
    definition = dataclasses.replace(
        village(),
        name=results.election_name,
        languages=languages,
        areas=Areas(areas),
        stations=stations,
        contests=(contest,),
    )
    view = View(
        definition=definition,
        contest=contest,
        results=results,
        number=examples.CONTEXT.number,
        count=ContestCount(definition, contest),
        turnout=TurnoutCount(definition),
        data_at=results.snapshot.time,
    )
    return dataclasses.replace(view, **more)  # type: ignore[arg-type]
