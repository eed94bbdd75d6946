"""The outbox: acts that people have handed in, in the same transaction as the drafts that they come from.

A row goes from waiting to taken (its numbers are planned) to done, or to refused with the reason.  It is done
only when its acts are durable in the record.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from tallyroom.console.accounts.models import User


class Status(models.IntegerChoices):
    """How far a submission has come."""

    WAITING = 0
    TAKEN = 1
    DONE = 2
    REFUSED = 3


OPEN = (Status.WAITING, Status.TAKEN)


class Submission(models.Model):
    """Acts that are entered in one piece: who handed them in, under which role they are signed, what became of them.

    key: chosen by whoever hands them in; the same key twice is the same submission.  acts: `intake.bundle`.
    job: name of the job (`jobs`) that makes the acts instead, with its details.
    first: number of the first act, planned while taken, final when done.
    """

    key = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=40)
    acts = models.TextField()
    job = models.CharField(max_length=20, blank=True, default="")
    details = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(choices=Status.choices, default=Status.WAITING)
    first = models.BigIntegerField(null=True)
    why = models.TextField(blank=True, default="")
    handed_in_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """The sequencer asks for the open ones only."""

        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["id"], condition=models.Q(status__lt=Status.DONE), name="submission_open")
        ]

    def __str__(self) -> str:
        return f"submission {self.pk}"

    @property
    def decided(self) -> bool:
        """Whether it is known what became of it."""
        return self.status in (Status.DONE, Status.REFUSED)
