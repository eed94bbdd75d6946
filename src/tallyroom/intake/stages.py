"""The stages of a station's form, and the one table of what leads from each to the next.

Nothing else decides on the order of the work: `desk` asks this table before every step, and docs/protocol-states.md
is drawn from it.
"""

from enum import StrEnum
from typing import NamedTuple


class Stage(StrEnum):
    """Where a form is on its way from paper to the public."""

    EXPECTED = "expected"
    RECEIVED = "received"
    FIRST_ENTRY = "first entry"
    SECOND_ENTRY = "second entry"
    DIFFERS = "differs"
    IN_REVIEW = "in review"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    ANNULLED = "annulled"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What can happen to a form."""

    RECEIVE = "the form arrives"
    RETURN = "the form goes back"
    REPLACE = "another form replaces it"
    KEY_FIRST = "a first person keys it"
    TAKE_BACK = "the keyer takes the entry back"
    KEY_SAME = "a second person keys the same"
    KEY_OTHER = "a second person keys other figures"
    CHOOSE = "a third person chooses, line by line"
    READ_AGAIN = "it is read again by two"
    CLEAR = "no rule is broken"
    HOLD = "a rule is broken"
    ACCEPT = "warnings are set aside"
    SEND_BACK = "a reviewer sends it back"
    CONFIRM = "a second person confirms the annulment"
    WITHDRAW = "the order is withdrawn"
    PUBLISH = "a snapshot is published"
    CORRECT = "a correction is accepted"
    RECOUNT = "a recount is accepted"
    ANNUL = "an annulment is confirmed"


class Who(StrEnum):
    """Whose step it is: a duty of the console, or nobody's because the record brings it about."""

    OPERATOR = "operator"
    KEYER = "keyer"
    RESOLVER = "resolver"
    REVIEWER = "reviewer"
    CERTIFIER = "certifier"
    ORDERER = "whoever may order such a document"
    RECORD = "the record"


class Rule(NamedTuple):
    """Where an event leads, whose step it is, and what it needs."""

    to: Stage
    who: Who
    needs: str


_ANOTHER = "another person than the first keyer"
_REASON = "a written reason"
_DOCUMENT = "figures of a document, keyed twice; a reason"
_TWO = "two people; a reason"
_ORDERED = "a correction, recount or annulment that was ordered; a reason"
_UNACCEPTED = (Stage.EXPECTED, Stage.RECEIVED, Stage.FIRST_ENTRY, Stage.DIFFERS, Stage.SECOND_ENTRY, Stage.IN_REVIEW)
"""Where a protocol may wait for ever: burnt ballots, a form that nobody can read, a rule that nobody can mend."""

TABLE: dict[tuple[Stage, Event], Rule] = {
    (Stage.EXPECTED, Event.RECEIVE): Rule(Stage.RECEIVED, Who.OPERATOR, "the signed form of this station"),
    (Stage.RECEIVED, Event.RETURN): Rule(Stage.EXPECTED, Who.OPERATOR, _REASON),
    (Stage.RECEIVED, Event.REPLACE): Rule(Stage.RECEIVED, Who.OPERATOR, _REASON),
    (Stage.RECEIVED, Event.KEY_FIRST): Rule(Stage.FIRST_ENTRY, Who.KEYER, "every field, or ? where it is unread"),
    (Stage.RECEIVED, Event.CONFIRM): Rule(Stage.ACCEPTED, Who.CERTIFIER, "an ordered annulment; another person"),
    (Stage.FIRST_ENTRY, Event.TAKE_BACK): Rule(Stage.RECEIVED, Who.KEYER, "the same person"),
    (Stage.FIRST_ENTRY, Event.REPLACE): Rule(Stage.RECEIVED, Who.OPERATOR, _REASON),
    (Stage.FIRST_ENTRY, Event.KEY_SAME): Rule(Stage.SECOND_ENTRY, Who.KEYER, _ANOTHER),
    (Stage.FIRST_ENTRY, Event.KEY_OTHER): Rule(Stage.DIFFERS, Who.KEYER, _ANOTHER),
    (Stage.DIFFERS, Event.CHOOSE): Rule(Stage.SECOND_ENTRY, Who.RESOLVER, "a third person; only values typed"),
    (Stage.DIFFERS, Event.READ_AGAIN): Rule(Stage.RECEIVED, Who.RESOLVER, "a third person; two key it again"),
    (Stage.DIFFERS, Event.REPLACE): Rule(Stage.RECEIVED, Who.OPERATOR, _REASON),
    (Stage.SECOND_ENTRY, Event.CLEAR): Rule(Stage.ACCEPTED, Who.RECORD, "two acts: the protocol, its acceptance"),
    (Stage.SECOND_ENTRY, Event.HOLD): Rule(Stage.IN_REVIEW, Who.RECORD, "two acts: the protocol, its review"),
    (Stage.SECOND_ENTRY, Event.READ_AGAIN): Rule(Stage.RECEIVED, Who.RESOLVER, "the record has refused its acts"),
    (Stage.IN_REVIEW, Event.ACCEPT): Rule(Stage.ACCEPTED, Who.REVIEWER, "only warnings; nobody who keyed; a reason"),
    (Stage.IN_REVIEW, Event.SEND_BACK): Rule(Stage.RECEIVED, Who.REVIEWER, _REASON),
    (Stage.IN_REVIEW, Event.REPLACE): Rule(Stage.RECEIVED, Who.OPERATOR, _REASON),
    (Stage.ACCEPTED, Event.PUBLISH): Rule(Stage.PUBLISHED, Who.RECORD, "a publication of a prefix that holds it"),
    (Stage.ACCEPTED, Event.CORRECT): Rule(Stage.ACCEPTED, Who.REVIEWER, _DOCUMENT),
    (Stage.ACCEPTED, Event.RECOUNT): Rule(Stage.ACCEPTED, Who.REVIEWER, _DOCUMENT),
    (Stage.ACCEPTED, Event.ANNUL): Rule(Stage.ANNULLED, Who.CERTIFIER, _TWO),
    (Stage.PUBLISHED, Event.CORRECT): Rule(Stage.ACCEPTED, Who.REVIEWER, _DOCUMENT),
    (Stage.PUBLISHED, Event.RECOUNT): Rule(Stage.ACCEPTED, Who.REVIEWER, _DOCUMENT),
    (Stage.PUBLISHED, Event.ANNUL): Rule(Stage.ANNULLED, Who.CERTIFIER, _TWO),
    **{(stage, Event.ANNUL): Rule(Stage.ANNULLED, Who.CERTIFIER, _TWO) for stage in _UNACCEPTED},
    **{(stage, Event.WITHDRAW): Rule(Stage.WITHDRAWN, Who.ORDERER, _ORDERED) for stage in _UNACCEPTED[1:]},
}

NEXT: dict[tuple[Stage, Event], Stage] = {step: rule.to for step, rule in TABLE.items()}
"""The table without its conditions: where each event leads."""


def drawing() -> str:
    """The table as a Mermaid state diagram."""
    arrows = [f"    {_name(old)} --> {_name(rule.to)} : {event}" for (old, event), rule in TABLE.items()]
    names = [f"    state {stage.value!r} as {_name(stage)}".replace("'", '"') for stage in Stage]
    return "\n".join(["stateDiagram-v2", *names, f"    [*] --> {_name(Stage.EXPECTED)}", *arrows])


def listing() -> str:
    """The table as a table of Markdown."""
    rows = [f"| {old} | {event} | {rule.to} | {rule.who} | {rule.needs} |" for (old, event), rule in TABLE.items()]
    return "\n".join(["| from | event | to | who | needs |", "|---|---|---|---|---|", *rows])


def _name(stage: Stage) -> str:
    return stage.value.replace(" ", "_")
