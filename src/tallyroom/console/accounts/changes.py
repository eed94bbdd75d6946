"""What an administrator, or the command line, changes about people; each change leaves its row in the trail.

by: the administrator, None for the command line.  Nobody changes their own duties or account: it takes a second
person to give anybody more rights.
"""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tallyroom.console.accounts.duties import WHOLE_COUNTRY, Role
from tallyroom.console.accounts.invitations import invite
from tallyroom.console.accounts.models import Duty, User
from tallyroom.console.accounts.trail import note
from tallyroom.console.election import definition


@transaction.atomic
def add_person(by: User | None, login: str, name: str, role: Role, area_id: str) -> tuple[User, str]:
    """A new person with a first duty, and the token of their one-time link.  Raises ValidationError."""
    person = User.objects.create_user(login, name)
    note(by, gettext_noop("person added"), f"user {person.pk}")
    give(by, person, role, area_id)
    return person, _invited(by, person)


@transaction.atomic
def give(by: User | None, person: User, role: Role, area_id: str) -> Duty:
    """Give a duty.  Raises ValidationError: an area that there is not, a duty held already, one's own."""
    _not_oneself(by, person)
    if area_id and area_id not in definition().areas.index:
        raise ValidationError({"area_id": _("There is no area %(area)s.") % {"area": area_id}})
    if area_id and role in WHOLE_COUNTRY:
        raise ValidationError({"area_id": _("This role is for the whole country: leave the area empty.")})
    try:
        with transaction.atomic():
            duty = person.duties.create(role=role, area_id=area_id, given_by=by)
    except IntegrityError:
        raise ValidationError({"role": _("This person has that duty already.")}) from None
    note(by, gettext_noop("duty given"), f"user {person.pk}", role=role, area=area_id)
    return duty


@transaction.atomic
def end(by: User | None, duty: Duty) -> None:
    """End a duty; one that was ended stays so.  Raises ValidationError for one's own."""
    _not_oneself(by, duty.user)
    if Duty.objects.filter(pk=duty.pk, ended_at=None).update(ended_at=timezone.now()):
        note(by, gettext_noop("duty ended"), f"user {duty.user_id}", role=duty.role, area=duty.area_id)


@transaction.atomic
def disable(by: User | None, person: User) -> None:
    """Let a person sign in no more, and end their sessions and links."""
    _not_oneself(by, person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    _close(person)
    note(by, gettext_noop("person disabled"), f"user {person.pk}")


@transaction.atomic
def enable(by: User | None, person: User) -> None:
    """Let a disabled person sign in again."""
    _not_oneself(by, person)
    person.is_active = True
    person.save(update_fields=["is_active"])
    note(by, gettext_noop("person enabled"), f"user {person.pk}")


@transaction.atomic
def reset(by: User | None, person: User) -> str:
    """Begin a person's account anew: password, second factors and sessions go; the token of a new link."""
    _not_oneself(by, person)
    if not person.is_active:
        raise ValidationError(_("This person may not sign in: enable the account first."))
    person.set_unusable_password()
    person.save(update_fields=["password"])
    Authenticator.objects.filter(user=person).delete()
    AccessAttempt.objects.filter(username=person.login).delete()
    _close(person)
    note(by, gettext_noop("account reset"), f"user {person.pk}")
    return _invited(by, person)


@transaction.atomic
def end_sessions(by: User | None, person: User) -> None:
    """Sign a person out everywhere."""
    _close(person)
    note(by, gettext_noop("sessions ended"), f"user {person.pk}")


@transaction.atomic
def forget(by: User | None, person: User) -> None:
    """Take login and name of a disabled person away; their number stays in the trail.  Raises ValidationError."""
    if person.is_active:
        raise ValidationError(_("Only the name of a disabled person can be removed."))
    AccessAttempt.objects.filter(username=person.login).delete()
    person.login, person.name = f"former-{person.pk}", ""
    person.save(update_fields=["login", "name"])
    note(by, gettext_noop("name removed"), f"user {person.pk}")


def _not_oneself(by: User | None, person: User) -> None:
    if by is not None and by.pk == person.pk:
        raise ValidationError(_("Nobody changes their own account or duties: another administrator has to."))


def _close(person: User) -> None:
    User.objects.filter(pk=person.pk).update(sessions_ended=F("sessions_ended") + 1)
    for session in UserSession.objects.filter(user=person):
        session.end()
    person.invitations.filter(used_at=None).update(expires_at=timezone.now())


def _invited(by: User | None, person: User) -> str:
    token = invite(person, by)
    note(by, gettext_noop("link made"), f"user {person.pk}")
    return token
