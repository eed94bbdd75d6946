"""What polling day leaves in the database: reports about stations, people at stations, telephones and messages.

Reports of what happened become acts (`submission_key` finds theirs); a name or a telephone number never does, and
can be taken away while the rest of its row stays.
"""

from typing import Any, ClassVar

from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tallyroom.console.accounts.models import User

TEXT = 1000
"""Most characters of a report."""


class FieldReport(models.Model):
    """An incident, or turnout that somebody counted themselves, at one station, as an organisation gives it."""

    class Kind(models.TextChoices):
        """What is reported: the commission's own incident, or what an observer or a reporter saw or counted."""

        INCIDENT = "incident", _("incident, reported by the commission")
        OBSERVED = "observed", _("incident, reported by an observer")
        COUNTED = "counted", _("turnout, counted by an observer")

    station_id = models.CharField(max_length=100, db_index=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    organisation = models.CharField(max_length=120)
    hour = models.CharField(max_length=5, blank=True, default="")
    voted = models.PositiveIntegerField(null=True)
    text = models.TextField(validators=[MaxLengthValidator(TEXT)])
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    submission_key = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.kind} at {self.station_id}"


class Attendant(models.Model):
    """Somebody at a station: a member of its commission, an accredited observer or an agent of a party.

    name is "" once it was erased.  Only role and nominator ever leave the database, as counts.
    """

    class Role(models.TextChoices):
        """What they are there as."""

        CHAIR = "chair", _("chair")
        SECRETARY = "secretary", _("secretary")
        MEMBER = "member", _("member")
        OBSERVER = "observer", _("observer")
        AGENT = "agent", _("agent of a party")

    station_id = models.CharField(max_length=100, db_index=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    nominated_by = models.CharField(max_length=120)
    name = models.CharField(max_length=150, blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        """A station has one chair and one secretary."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["station_id", "role"], condition=models.Q(role__in=["chair", "secretary"]), name="one_chair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} at {self.station_id}"


class Telephone(models.Model):
    """A telephone whose messages are reports of one station, in the name of whoever enrolled it."""

    number = models.CharField(
        max_length=20, validators=[RegexValidator(r"\A\+[0-9]{6,15}\Z", _("Write it as +994501234567."))]
    )
    station_id = models.CharField(max_length=100)
    enrolled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    enrolled_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A number speaks for one station at a time."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["number"], condition=models.Q(ended_at=None), name="number_enrolled_once")
        ]

    def __str__(self) -> str:
        return f"telephone of {self.station_id}"


class Message(models.Model):
    """A text message that the gateway handed over: by its id once, kept before it is answered.

    state: entered (its act is handed in), asked (somebody has to confirm a doubtful figure), refused (why).
    """

    class State(models.TextChoices):
        """What became of it."""

        ENTERED = "entered", _("handed in")
        ASKED = "asked", _("to be confirmed")
        REFUSED = "refused", _("refused")

    message_id = models.CharField(max_length=100, unique=True)
    telephone = models.ForeignKey(Telephone, on_delete=models.PROTECT, null=True, related_name="messages")
    text = models.CharField(max_length=200, blank=True)
    body_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices)
    why = models.CharField(max_length=200, blank=True)
    submission_key = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"message {self.pk}"
