"""Who may do what: one table of actions and the roles that may take them, and where a duty holds.

Nothing here knows the database.  A view asks `may`, and so does whoever submits an act, with the duties read
again by the id of the person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tallyroom.election.areas import Areas


class Role(StrEnum):
    """What a duty is: the part that a person plays."""

    ADMINISTRATOR = "administrator"
    DEFINITION_KEEPER = "definition_keeper"
    OPERATOR = "operator"
    KEYER = "keyer"
    RESOLVER = "resolver"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    CERTIFIER = "certifier"
    READER = "reader"
    OBSERVER = "observer"


class Action(StrEnum):
    """One thing that can be done in the console."""

    MANAGE_USERS = "manage_users"
    READ_TRAIL = "read_trail"
    CHANGE_DEFINITION = "change_definition"
    REPORT_OPENING = "report_opening"
    REPORT_TURNOUT = "report_turnout"
    REPORT_INCIDENT = "report_incident"
    RECEIVE = "receive"
    KEY = "key"
    RESOLVE = "resolve"
    REVIEW = "review"
    CORRECT = "correct"
    RECOUNT = "recount"
    ANNUL = "annul"
    PUBLISH = "publish"
    CALL = "call"
    CERTIFY = "certify"
    KEEP_COMMISSION = "keep_commission"
    ENTER_STATEMENT = "enter_statement"
    FILE_FIELD_REPORT = "file_field_report"
    READ_FORMS = "read_forms"
    READ_BOARD = "read_board"


_STAFF = frozenset(Role) - {Role.OBSERVER}

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.MANAGE_USERS: frozenset({Role.ADMINISTRATOR}),
    Action.READ_TRAIL: frozenset({Role.ADMINISTRATOR, Role.CERTIFIER}),
    Action.CHANGE_DEFINITION: frozenset({Role.DEFINITION_KEEPER}),
    Action.REPORT_OPENING: frozenset({Role.OPERATOR}),
    Action.REPORT_TURNOUT: frozenset({Role.OPERATOR}),
    Action.REPORT_INCIDENT: frozenset({Role.OPERATOR}),
    Action.RECEIVE: frozenset({Role.OPERATOR}),
    Action.KEY: frozenset({Role.KEYER}),
    Action.RESOLVE: frozenset({Role.RESOLVER}),
    Action.REVIEW: frozenset({Role.REVIEWER}),
    Action.CORRECT: frozenset({Role.REVIEWER}),
    Action.RECOUNT: frozenset({Role.REVIEWER}),
    Action.ANNUL: frozenset({Role.CERTIFIER}),
    Action.PUBLISH: frozenset({Role.PUBLISHER}),
    Action.CALL: frozenset({Role.PUBLISHER}),
    Action.CERTIFY: frozenset({Role.CERTIFIER}),
    Action.KEEP_COMMISSION: frozenset({Role.OPERATOR, Role.DEFINITION_KEEPER}),
    Action.ENTER_STATEMENT: frozenset({Role.PUBLISHER}),
    Action.FILE_FIELD_REPORT: frozenset({Role.OBSERVER}),
    Action.READ_FORMS: _STAFF,
    Action.READ_BOARD: frozenset(Role),
}

SECOND_FACTOR = frozenset({Role.ADMINISTRATOR, Role.PUBLISHER, Role.CERTIFIER})
"""Roles that work only after a passkey or a code of the moment, besides the password."""

WHOLE_COUNTRY = frozenset({Role.ADMINISTRATOR, Role.DEFINITION_KEEPER, Role.PUBLISHER, Role.CERTIFIER})
"""Roles that have no part of the country: what they do is done for all of it."""


@dataclass(frozen=True)
class Assignment:
    """A duty: a role, for one area and all below it, or for the whole country where `area_id` is ""."""

    role: Role
    area_id: str = ""


def may(duties: Iterable[Assignment], action: Action, areas: Areas, area_id: str = "") -> bool:
    """Whether a person with these duties may take an action in an area, or ("") in the whole country."""
    above = {"", *_chain(areas, area_id)}
    return any(duty.role in ALLOWED[action] and duty.area_id in above for duty in duties)


def may_somewhere(duties: Iterable[Assignment], action: Action) -> bool:
    """Whether there is any area in which a person with these duties may take an action."""
    return any(duty.role in ALLOWED[action] for duty in duties)


def reach(duties: Iterable[Assignment], action: Action, areas: Areas) -> frozenset[str]:
    """Ids of all areas in which a person with these duties may take an action, those below included."""
    held = {duty.area_id for duty in duties if duty.role in ALLOWED[action]}
    return frozenset(area.id for area in areas.areas if held & {"", *_chain(areas, area.id)})


def _chain(areas: Areas, area_id: str) -> list[str]:
    """An area and those it lies in; nothing for an area that there is not."""
    position = areas.index.get(area_id)
    return [] if position is None else [areas.areas[p].id for p in areas.chains[position] if p < len(areas)]
