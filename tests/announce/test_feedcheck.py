"""The check before a feed is published: what does not hold together is refused, and the side-car is of its feed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tallyroom.announce.civics import civics_xml
from tallyroom.announce.feedcheck import Unsound, check_civics, check_nist, check_sidecar
from tallyroom.announce.nist import nist_json
from tallyroom.announce.sidecar import sidecar_json
from tests.announce.feeds import counted, feed_of, night, table_of


def _first_selection(report: Any) -> Any:
    return report["Election"][0]["Contest"][0]["ContestSelection"][0]


def _more_votes(report: Any) -> None:
    _first_selection(report)["VoteCounts"][-1]["Count"] += 1


def _votes_moved(report: Any) -> None:
    """One vote more for the first candidate everywhere above a station, and at it: sums hold, the count's do not."""
    for count in _first_selection(report)["VoteCounts"]:
        if count["GpUnitId"] in ("country", "area-S", "area-S1", "station-S-0006"):
            count["Count"] += 1


def _nowhere(report: Any) -> None:
    _first_selection(report)["VoteCounts"][-1]["GpUnitId"] = "station-S-9999"


def _twice(report: Any) -> None:
    report["GpUnit"].append(report["GpUnit"][-1])


def _two_tops(report: Any) -> None:
    report["GpUnit"][0]["ComposingGpUnitIds"].pop()


def _two_figures(report: Any) -> None:
    _first_selection(report)["VoteCounts"].append(_first_selection(report)["VoteCounts"][-1])


def _fewer_ballots(report: Any) -> None:
    report["Election"][0]["BallotCounts"][0]["BallotsCast"] -= 1


def _unknown_member(report: Any) -> None:
    report["Winner"] = "a"


@pytest.mark.parametrize(
    "harm",
    [_more_votes, _votes_moved, _nowhere, _twice, _two_tops, _two_figures, _fewer_ballots, _unknown_member],
)
def test_a_harmed_report_is_refused(harm: Callable[[Any], None]) -> None:
    feed = feed_of(counted(night()))
    scope = feed.units.scope(None)
    report = json.loads(nist_json(feed, scope))
    check_nist("nist.json", json.dumps(report).encode(), feed, scope)
    harm(report)
    with pytest.raises(Unsound):
        check_nist("nist.json", json.dumps(report).encode(), feed, scope)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b"<Count>100</Count>", b"<Count>101</Count>"),
        (b"<GpUnitId>station-S-0006</GpUnitId>", b"<GpUnitId>station-S-0066</GpUnitId>"),
        (b"<PersonId>person_1</PersonId>", b"<PersonId>person_9</PersonId>"),
        (b'objectId="station-S-0005"', b'objectId="station-S-0004"'),
        (b"</ElectionReport>", b""),
    ],
)
def test_a_harmed_xml_feed_is_refused(there: bytes, instead: bytes) -> None:
    feed = feed_of(counted(night()))
    scope = feed.units.scope(None)
    content = civics_xml(feed, scope)
    check_civics("civics.xml", content, feed, scope)
    assert there in content
    with pytest.raises(Unsound):
        check_civics("civics.xml", content.replace(there, instead, 1), feed, scope)


def test_the_side_car_says_what_the_formats_cannot() -> None:
    state = counted(night())
    feed = feed_of(state)
    scope = feed.units.scope(None)
    content = sidecar_json(feed, scope, table_of(state), state.turnout, {8: "2025-06-15T20:00:00+04:00"})
    check_sidecar("sidecar.json", content, feed, scope)
    car = json.loads(content)
    assert car["turnout"]["country"] == {"12:00": 70}
    assert car["turnout"]["area-N2"] == {"12:00": 40}
    stations = car["stations"]
    assert stations["station-S-0001"] == {
        "status": "accepted",
        "act": 8,
        "filed_at": "2025-06-15T20:00:00+04:00",
        "voters": 1000,
        "issued": 52,
        "turnout": {"12:00": 10},
    }
    assert [one["status"] for one in stations.values()] == [
        *("accepted", "accepted", "annulled", "received", "expected", "accepted"),
    ]
    assert [one["station_id"] for one in car["annulled"]] == ["S-0003"]
    assert [one["act"] for one in car["corrections"]] == [8]


def test_a_side_car_of_other_stations_is_refused() -> None:
    state = counted(night())
    feed = feed_of(state)
    part = sidecar_json(feed, feed.units.scope(0), table_of(state), state.turnout, {})
    with pytest.raises(Unsound):
        check_sidecar("sidecar.json", part, feed, feed.units.scope(None))
