import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given

from tallyroom.announce.schema import results_schema, schema_text, stored_schema
from tallyroom.announce.snapshot import results_json
from tallyroom.tally.results import Results
from tests.announce import examples
from tests.announce.strategies import any_results

VALIDATOR = jsonschema_rs.Draft202012Validator(json.loads(stored_schema()))


def test_the_shipped_schema_is_the_one_of_the_types() -> None:
    assert stored_schema() == schema_text(results_schema())


def test_the_schema_is_sound() -> None:
    jsonschema_rs.meta.validate(results_schema())


@pytest.mark.parametrize("make", examples.MOMENTS.values(), ids=examples.MOMENTS)
def test_results_of_the_night_are_valid(make: Callable[[], Results]) -> None:
    VALIDATOR.validate(json.loads(results_json(make())))


@given(any_results())
def test_any_results_are_valid(results: Results) -> None:
    assert VALIDATOR.is_valid(json.loads(results_json(results)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("state",), "finished"),
        (("valid",), "4651473"),
        (("valid",), 0.5),
        (("outcome", "status"), "won"),
        (("progress", "stations", "percent"), 93.35),
        (("candidates", 0, "votes"), None),
        (("snapshot",), None),
    ],
)
def test_broken_results_are_refused(path: tuple[str | int, ...], value: Any) -> None:
    document = json.loads(results_json(examples.at_0313()))
    *parents, last = path
    holder = document
    for step in parents:
        holder = holder[step]
    holder[last] = value
    assert not VALIDATOR.is_valid(document)


def test_a_missing_member_is_refused() -> None:
    document = json.loads(results_json(examples.at_0313()))
    del document["data_origin"]
    assert not VALIDATOR.is_valid(document)
