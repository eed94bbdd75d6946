"""The rooms of the console: what a person finds on the first page, by duty.  Each room has its line here."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User


@dataclass(frozen=True)
class Room:
    """A page to start from: the name of its address, its title, what it is for, and who may take which action there."""

    url_name: str
    title: str | Promise
    purpose: str | Promise
    action: Action


ROOMS: tuple[Room, ...] = (
    Room("board", _("Polling day"), _("Stations opened and closed, turnout by hour, incidents."), Action.READ_BOARD),
    Room("board_reports", _("Reports"), _("Incidents, and what observers saw and counted."), Action.READ_BOARD),
    Room("board_wall", _("The wall"), _("Progress in large figures, renewed by itself."), Action.READ_BOARD),
    Room("publishing", _("Publish"), _("Preview the bulletin; two people publish it."), Action.PUBLISH),
    Room("calls", _("Calls"), _("Two people call a contest; a call can be taken back."), Action.CALL),
    Room("certifying", _("Certify"), _("The final result, by two people."), Action.CERTIFY),
    Room("statements", _("Statements"), _("What others said; complaints, with their state."), Action.ENTER_STATEMENT),
    Room("key_next", _("Key the next form"), _("The form that waits longest for you."), Action.KEY),
    Room("receive", _("Receive a form"), _("A signed form has come from a polling station."), Action.RECEIVE),
    Room("offline", _("Without a network"), _("Reports and forms are kept and sent later."), Action.REPORT_TURNOUT),
    Room("forms", _("Forms"), _("Where the form of each station is."), Action.READ_FORMS),
    Room("definition", _("Definition"), _("The election as act 0 fixes it; who withdrew."), Action.READ_BOARD),
    Room("people", _("People"), _("Who works here, with which duties; one-time links."), Action.MANAGE_USERS),
    Room("trail", _("Audit trail"), _("Who did what, and when."), Action.READ_TRAIL),
)


def rooms_of(user: User) -> Iterator[Room]:
    """The rooms that the duties of this person open."""
    return (room for room in ROOMS if user.may_somewhere(room.action))
