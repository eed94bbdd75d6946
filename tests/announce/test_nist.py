"""The report in NIST's JSON: valid by NIST's own schema, in two implementations, with the figures of the count."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallyroom.announce import units as units_module
from tallyroom.announce.feedcheck import check_nist
from tallyroom.announce.nist import nist_json
from tallyroom.announce.units import Units
from tallyroom.record import acts
from tests.announce.feeds import AT, bilingual, counted, feed_of, night, protocol

SCHEMA = "schemas/NIST_V2_election_results_reporting.json"


@pytest.fixture(scope="module")
def schema(shared: Path) -> Any:
    return json.loads((shared / SCHEMA).read_text())


def document(state_night: list[acts.AnyAct]) -> Any:
    feed = feed_of(counted(state_night))
    return json.loads(nist_json(feed, feed.units.scope(None)))


def counts(report: Any, candidate: str = "candidate_1") -> dict[str, int]:
    (contest,) = report["Election"][0]["Contest"]
    (selection,) = [one for one in contest["ContestSelection"] if one["CandidateIds"] == [candidate]]
    return {one["GpUnitId"]: one["Count"] for one in selection["VoteCounts"]}


@pytest.mark.parametrize("acts_of_night", [[], night()], ids=["before", "night"])
def test_a_report_is_valid_by_the_schema_of_nist_in_two_implementations(
    acts_of_night: list[acts.AnyAct], schema: Any
) -> None:
    report = document(acts_of_night)
    jsonschema_rs.Draft4Validator(schema).validate(report)
    assert list(jsonschema.Draft4Validator(schema).iter_errors(report)) == []


def test_the_two_implementations_agree_on_what_is_broken(schema: Any) -> None:
    first, second = jsonschema_rs.Draft4Validator(schema), jsonschema.Draft4Validator(schema)
    for path, value in ((("Status",), "final"), (("GpUnit", 0, "Type"), "planet"), (("GeneratedDate",), "today")):
        report = document(night())
        *parents, last = path
        holder = report
        for step in parents:
            holder = holder[step]
        holder[last] = value
        assert not first.is_valid(report)
        assert not second.is_valid(report)


def test_votes_are_given_for_the_country_its_areas_and_the_stations_that_stand() -> None:
    assert counts(document(night())) == {
        "country": 140,
        "area-N": 40,
        "area-N1": 40,
        "area-N2": 0,
        "area-S": 100,
        "area-S1": 100,
        "station-S-0001": 30,
        "station-S-0002": 10,
        "station-S-0006": 100,
    }


def test_a_figure_that_could_not_be_read_is_not_there() -> None:
    assert "station-S-0002" not in counts(document(night()), "candidate_2")


def test_stations_say_how_far_their_counting_is() -> None:
    units = {unit["@id"]: unit for unit in document(night())["GpUnit"]}
    status = {own: unit["CountStatus"][0]["Status"] for own, unit in units.items() if own.startswith("station")}
    assert list(status.values()) == ["completed", "completed", "completed", "in-process", "not-processed", "completed"]
    assert (units["country"]["SubUnitsReported"], units["country"]["TotalSubUnits"]) == (4, 6)
    assert units["area-N"]["ComposingGpUnitIds"] == ["area-N1", "area-N2"]
    assert units["area-S"]["Name"]["Text"][0]["Content"] == "South"


def test_names_are_given_in_the_languages_of_the_definition_and_without_what_others_say() -> None:
    report = document([])
    names = report["Election"][0]["Candidate"][0]["BallotName"]["Text"]
    assert [(one["Language"], one["Content"]) for one in names] == [("en", "Anna <Böll> & Co"), ("ru", "Анна")]
    north = next(unit for unit in report["GpUnit"] if unit["@id"] == "area-N")
    assert [one["Content"] for one in north["Name"]["Text"]] == ["North", "Север"]


def test_a_rehearsal_says_that_it_is_a_test() -> None:
    report = document([])
    assert (report["IsTest"], report["TestType"], report["Status"]) == (True, "synthetic data", "pre-election")
    assert report["GeneratedDate"] == AT.replace(".250", "")


def test_a_winner_is_named_after_a_call_by_two_and_after_a_certification() -> None:
    everywhere: list[acts.AnyAct] = [
        *(protocol(n, 40, 20, 1) for n in range(1, 7)),
        acts.Accepted(at=AT, first=0, count=6),
    ]

    def outcomes(*more: acts.AnyAct) -> list[str | None]:
        report = document([*everywhere, *more])
        return [one.get("PostElectionStatus") for one in report["Election"][0]["Candidate"]]

    calls = [acts.Call(at=AT, contest="mayor", candidate="a", by=by) for by in ("desk-1", "desk-2")]
    certified = acts.Certification(at=AT, contest="mayor", winner="a", text="stands", snapshot=acts.Seen(1, "cm9vdA=="))
    assert outcomes() == [None, None, None]
    assert outcomes(calls[0]) == [None, None, None]
    assert outcomes(*calls) == ["projected-winner", None, None]
    assert outcomes(certified) == ["winner", None, None]


figures = st.integers(0, 500)
stations = st.lists(st.tuples(figures, figures, st.one_of(figures, st.none())), min_size=0, max_size=6)


@given(stations)
@settings(max_examples=40)
def test_any_count_gives_a_report_that_holds_together(rows: list[tuple[int, int, int | None]]) -> None:
    protocols = [protocol(n, *votes) for n, votes in enumerate(rows, 1)]
    state = counted([*protocols, *([acts.Accepted(at=AT, first=0, count=len(rows))] if rows else [])])
    feed = feed_of(state)
    scope = feed.units.scope(None)
    check_nist("nist.json", nist_json(feed, scope), feed, scope)


def test_a_large_country_is_told_in_parts_each_sound_by_itself(monkeypatch: pytest.MonkeyPatch, schema: Any) -> None:
    monkeypatch.setattr(units_module, "MOST_STATIONS", 2)
    feed = feed_of(counted(night()))
    tops = [scope.top for scope in feed.units.scopes]
    ids = [feed.definition.areas.areas[top].id for top in tops if top is not None]
    assert ids == ["N1", "N2", "S"]
    told = []
    for scope in (*feed.units.scopes, feed.units.outline):
        content = nist_json(feed, scope)
        check_nist("part", content, feed, scope)
        jsonschema_rs.Draft4Validator(schema).validate(json.loads(content))
        told += [own for own in counts(json.loads(content)) if own.startswith("station")]
    assert sorted(told) == ["station-S-0001", "station-S-0002", "station-S-0006"]


def test_ids_are_xml_names_and_stay_apart() -> None:
    definition = bilingual()
    areas = definition.areas.areas
    strange = tuple(type(areas[0])(own, own, "region") for own in ("Кавказ", "a b", "A-1", "a-1", "x/y"))
    units = Units(type(definition)(**{**vars(definition), "areas": type(definition.areas)(strange)}))
    assert units.areas == ("area_1", "area_2", "area-A-1", "area-a-1", "area_5")
    assert [name if name in ("A-1", "a-1") else name[:2] for name in units.files] == ["x-", "x-", "A-1", "a-1", "x-"]
    assert len(set(units.files)) == 5
