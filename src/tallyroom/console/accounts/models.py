"""People, their duties, the one-time links that let them in, and the trail of what was done.

Names live here and nowhere else: no act of the record has one, and a name can be taken away again while the
trail keeps the number of who acted.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tallyroom.console.accounts import duties
from tallyroom.console.accounts.duties import Action, Assignment, Role
from tallyroom.console.election import area_name, definition

ROLE_NAMES = {
    Role.ADMINISTRATOR: _("administrator"),
    Role.DEFINITION_KEEPER: _("definition keeper"),
    Role.OPERATOR: _("constituency operator"),
    Role.KEYER: _("keyer"),
    Role.RESOLVER: _("resolver"),
    Role.REVIEWER: _("reviewer"),
    Role.PUBLISHER: _("publisher"),
    Role.CERTIFIER: _("certifier"),
    Role.READER: _("reader"),
    Role.OBSERVER: _("observer"),
}
LOGIN = RegexValidator(r"\A[a-z0-9][a-z0-9._+@-]*\Z", _("Small Latin letters, digits and . _ + @ - only."))


class UserManager(BaseUserManager["User"]):
    """Finds people; nobody is made with a password."""

    def create_user(self, login: str, name: str = "") -> "User":
        """A person who cannot sign in yet: a one-time link lets them choose a password."""
        user = self.model(login=login.casefold(), name=name)
        user.set_unusable_password()
        user.full_clean()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person of a login, in whatever case it was typed."""
        return self.get(login=(username or "").casefold())


class User(AbstractBaseUser):
    """A person who works in the console.  login may be an e-mail address; name is for colleagues and can go."""

    login = models.CharField(_("login"), max_length=150, unique=True, validators=[LOGIN])
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "login"

    def __str__(self) -> str:
        return self.name or self.login

    def get_session_auth_hash(self) -> str:
        """What a session has to carry: another password, or an end put to all sessions, makes it worthless."""
        value = f"{self.sessions_ended}:{self.password}"
        return salted_hmac("tallyroom.console.sessions", value, algorithm="sha256").hexdigest()

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """The duties in force, read once for this object."""
        rows = self.duties.filter(ended_at=None).order_by("role", "area_id").values_list("role", "area_id")
        return tuple(Assignment(Role(role), area_id) for role, area_id in rows) if self.is_active else ()

    def may(self, action: Action, area_id: str = "") -> bool:
        """Whether this person may take an action in an area, or ("") in the whole country."""
        return duties.may(self.assignments, action, definition().areas, area_id)

    def may_somewhere(self, action: Action) -> bool:
        """Whether this person may take an action in some area."""
        return duties.may_somewhere(self.assignments, action)

    def reach(self, action: Action) -> frozenset[str]:
        """Ids of the areas in which this person may take an action."""
        return duties.reach(self.assignments, action, definition().areas)

    @property
    def needs_second_factor(self) -> bool:
        """Whether a duty of this person asks for more than a password."""
        return any(duty.role in duties.SECOND_FACTOR for duty in self.assignments)


class Duty(models.Model):
    """A role that a person has, in one area and all below it, or ("") in the whole country, until it is ended."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="duties")
    role = models.CharField(max_length=20, choices=[(role.value, name) for role, name in ROLE_NAMES.items()])
    area_id = models.CharField(max_length=100, blank=True, default="")
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A duty is held once at a time."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["user", "role", "area_id"], condition=models.Q(ended_at=None), name="duty_held_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.area_id}".strip()

    @property
    def role_name(self) -> str:
        """The role in the reader's language."""
        return str(ROLE_NAMES[Role(self.role)])

    @property
    def area_name(self) -> str:
        """The name of the area; "" for the whole country."""
        return area_name(self.area_id)


class Invitation(models.Model):
    """A one-time link: SHA-256 of its token, for whom, until when, and when it was used."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link for {self.user_id}"

    def is_open(self, now: datetime) -> bool:
        """Whether the link can still be used."""
        return self.used_at is None and now < self.expires_at


class Trail(models.Model):
    """One thing that was done: when, by whom (None: the command line), what, on what, and from where.

    Rows are added and never changed: triggers in the database refuse it.  detail holds ids and figures, never
    a name or a secret.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="trail")
    action = models.CharField(max_length=40, db_index=True)
    subject = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return f"{self.action} {self.subject}".strip()

    @property
    def subject_name(self) -> str:
        """The subject with its kind in the reader's language."""
        kind, _space, number = self.subject.partition(" ")
        return f"{gettext(kind)} {number}".strip() if kind else ""
