"""The described interface and the real one agree, whatever is sent: schemathesis draws the requests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck
from hypothesis import settings as examples
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.tally.replay import replay
from tests.console.conftest import Browsers, People
from tests.console.desk_people import Person

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def interface(person: People, browser: Browsers, folder: Path) -> Iterator[Any]:
    """The schema as it is served, bound to the console, with a person who may do everything that it offers."""
    client = browser(person("kim", "keyer", "operator"))
    with Sequencer(room()):
        Person(client).receive("S-0001")
        text = client.get("/console/api/openapi.json").content
        token = client.get("/console/api/desk").json()["csrf"]
        schema = schemathesis.openapi.from_dict(json.loads(text))
        schema.app = get_wsgi_application()
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        yield schema, {"headers": {"X-CSRFToken": token}, "cookies": cookies}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_interface_is_as_it_is_described(interface: Any, folder: Path) -> None:
    schema, signed_in = interface
    answered: set[str] = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = operation.as_strategy()

        @examples(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @_given(strategy)
        def hold(case: Any) -> None:
            response = case.call(**signed_in)
            answered.add(response.json().get("error", "") if response.status_code != 405 else "another method")
            case.validate_response(response, checks=CHECKS)

        hold()
    assert answered >= {"", "forbidden"}
    assert not answered & {"signed_out", "forged"}
    definition = room().definition
    assert replay(definition, reader(folder)).breaches == []


def _given(strategy: Any) -> Any:
    from hypothesis import given  # noqa: PLC0415 - beside its only use

    return given(case=strategy)
