import json
from collections.abc import Callable
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given

from tallyroom.announce.schema import TYPES, check_schema, schema_of, schema_text, stored_schema
from tallyroom.announce.snapshot import results_json
from tallyroom.record.error import RecordError
from tallyroom.tally.results import Results
from tests.announce import examples
from tests.announce.strategies import any_results

VALIDATOR = jsonschema_rs.Draft202012Validator(json.loads(stored_schema()))


@pytest.mark.parametrize("name", TYPES)
def test_the_shipped_schemas_are_those_of_the_types(name: str) -> None:
    assert stored_schema(name) == schema_text(schema_of(name))


@pytest.mark.parametrize("name", TYPES)
def test_the_schemas_are_sound(name: str) -> None:
    jsonschema_rs.meta.validate(schema_of(name))
    jsonschema.Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize("make", examples.MOMENTS.values(), ids=examples.MOMENTS)
def test_a_second_implementation_agrees(make: Callable[[], Results]) -> None:
    document = json.loads(results_json(make()))
    second = jsonschema.Draft202012Validator(json.loads(stored_schema()))
    assert list(second.iter_errors(document)) == []
    document["progress"]["stations"]["percent"] = 93.35
    assert not second.is_valid(document)
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"valid": 1}', b"\xff"])
def test_what_is_not_valid_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(RecordError, match=r"results\.json: is not valid by its schema"):
        check_schema("results", content)


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
