"""People, as the command line changes them: by login, and with refusals that it can print.

Whoever can run these commands has the election folder, its keys and its database: they act as nobody in the trail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError

from tallyroom.console.accounts import changes
from tallyroom.console.accounts.duties import Role
from tallyroom.console.accounts.models import User
from tallyroom.election.fault import BadInput, Fault


def add(login: str, role: str, area: str) -> str | None:
    """Give a person a duty; the token of a one-time link if they are new.  Raises BadInput."""
    if role not in list(Role):
        raise BadInput([Fault("--role", None, "", f"there is no role {role!r}", f"Use one of: {', '.join(Role)}")])
    found = User.objects.filter(login=login.casefold()).first()
    with _refusals(login):
        if found is None:
            return changes.add_person(None, login, "", Role(role), area)[1]
        changes.give(None, found, Role(role), area)
    return None


def reset(login: str) -> str:
    """Begin the account anew; the token of the new link.  Raises BadInput."""
    person = _person(login)
    with _refusals(login):
        token = changes.reset(None, person)
    return token


def disable(login: str) -> None:
    """Let a person sign in no more.  Raises BadInput for a login that there is not."""
    changes.disable(None, _person(login))


def people() -> list[dict[str, Any]]:
    """Everybody, by login, with the duties in force."""
    return [
        {
            "login": person.login,
            "may_sign_in": person.is_active,
            "duties": [{"role": duty.role, "area": duty.area_id} for duty in person.assignments],
        }
        for person in User.objects.order_by("login")
    ]


def _person(login: str) -> User:
    found = User.objects.filter(login=login.casefold()).first()
    if found is None:
        raise BadInput([Fault(login, None, "", "there is no such person", "See: tallyroom user list")])
    return found


@contextmanager
def _refusals(login: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        mend = "See: tallyroom user --help"
        faults = [Fault(login, None, "", message.rstrip("."), mend) for message in error.messages]
        raise BadInput(faults) from None
