"""The table of actions and roles, and the areas in which a duty holds."""

import pytest

from tallyroom.console.accounts.duties import (
    ALLOWED,
    SECOND_FACTOR,
    WHOLE_COUNTRY,
    Action,
    Assignment,
    Role,
    may,
    may_somewhere,
    reach,
)
from tests.tally.village import AREAS

KEYER_IN_NORTH = [Assignment(Role.KEYER, "N")]


def test_every_action_has_a_role_and_every_role_an_action() -> None:
    assert set(ALLOWED) == set(Action)
    assert all(ALLOWED.values())
    assert set().union(*ALLOWED.values()) == set(Role)


@pytest.mark.parametrize(
    ("area", "allowed"), [("N", True), ("N1", True), ("N2", True), ("S", False), ("S1", False), ("", False)]
)
def test_a_duty_holds_in_its_area_and_below(area: str, allowed: bool) -> None:
    assert may(KEYER_IN_NORTH, Action.KEY, AREAS, area) is allowed


@pytest.mark.parametrize("area", ["N", "S1", ""])
def test_a_duty_for_the_country_holds_everywhere(area: str) -> None:
    assert may([Assignment(Role.KEYER)], Action.KEY, AREAS, area)


def test_a_duty_in_an_area_that_is_gone_opens_nothing() -> None:
    gone = [Assignment(Role.KEYER, "X")]
    assert reach(gone, Action.KEY, AREAS) == frozenset()
    assert not may(gone, Action.KEY, AREAS, "N")


def test_an_area_that_there_is_not_is_reached_by_a_duty_for_the_country_only() -> None:
    assert may([Assignment(Role.KEYER)], Action.KEY, AREAS, "X")
    assert not may(KEYER_IN_NORTH, Action.KEY, AREAS, "X")


def test_reach_lists_the_areas_below() -> None:
    assert reach(KEYER_IN_NORTH, Action.KEY, AREAS) == {"N", "N1", "N2"}
    assert reach(KEYER_IN_NORTH, Action.RESOLVE, AREAS) == frozenset()
    assert reach([Assignment(Role.KEYER)], Action.KEY, AREAS) == {area.id for area in AREAS.areas}


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.REVIEW, Action.PUBLISH, Action.CERTIFY, Action.MANAGE_USERS])
def test_a_keyer_does_nothing_else(action: Action) -> None:
    assert not may_somewhere(KEYER_IN_NORTH, action)


def test_whoever_acts_for_the_whole_country_alone_shows_a_second_factor() -> None:
    assert {Role.ADMINISTRATOR, Role.PUBLISHER, Role.CERTIFIER} == SECOND_FACTOR
    assert SECOND_FACTOR <= WHOLE_COUNTRY
