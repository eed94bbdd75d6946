"""What one person proposes and another confirms, and complaints with their state.

A row is a draft: what counts is the act that `submission_key` finds.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tallyroom.console.accounts.models import User


class Proposal(models.Model):
    """A publication, call, certification or change of a candidate that waits for a second person.

    contest: "" for a publication.  candidate: who is called, the winner that is certified ("" for nobody), or whose
    status changes; status: what became of that candidate.  text: the words of a certification, or the reason of a
    change.  size: acts of the record that the proposer saw.  basis: what was then true that no count of further
    protocols changes (`weighing.basis`).
    """

    class Kind(models.TextChoices):
        """What is proposed."""

        PUBLICATION = "publication", _("publication")
        CALL = "call", _("call")
        CERTIFICATION = "certification", _("certification")
        CANDIDATE = "candidate", _("change of a candidate")

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("waits for a second person")
        CONFIRMED = "confirmed", _("confirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    kind = models.CharField(max_length=15, choices=Kind.choices)
    contest = models.CharField(max_length=100, blank=True, default="")
    candidate = models.CharField(max_length=100, blank=True, default="")
    status = models.CharField(max_length=12, blank=True, default="")
    text = models.CharField(max_length=1000, blank=True, default="")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    size = models.BigIntegerField()
    basis = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """One proposal of a kind and contest is open at a time; whoever confirms is not who proposed."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "contest"], condition=models.Q(state="open"), name="one_open"),
            models.CheckConstraint(
                condition=~models.Q(state="confirmed") | ~models.Q(made_by=models.F("decided_by")), name="four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def submission_key(self) -> str:
        """The key of the submission that a confirmation hands in."""
        return f"proposal-{self.pk}"


class Complaint(models.Model):
    """A complaint, as its maker put it, and how far it has come; each step is an act that supersedes the one before."""

    class State(models.TextChoices):
        """How far it has come."""

        RECEIVED = "received", _("received")
        EXAMINED = "examined", _("being examined")
        UPHELD = "upheld", _("upheld")
        DISMISSED = "dismissed", _("dismissed")

    contest = models.CharField(max_length=100)
    speaker = models.CharField(max_length=120)
    said_at = models.CharField(max_length=40)
    source = models.CharField(max_length=200)
    text = models.CharField(max_length=2000)

    def __str__(self) -> str:
        return f"complaint {self.pk}"


class Step(models.Model):
    """One step of a complaint: the state that it came to, why, by whom, and the key of its act's submission."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10, choices=Complaint.State.choices)
    reason = models.CharField(max_length=500, blank=True, default="")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    submission_key = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.state} {self.complaint_id}"


NEXT = {
    Complaint.State.RECEIVED: (Complaint.State.EXAMINED, Complaint.State.UPHELD, Complaint.State.DISMISSED),
    Complaint.State.EXAMINED: (Complaint.State.UPHELD, Complaint.State.DISMISSED),
    Complaint.State.UPHELD: (),
    Complaint.State.DISMISSED: (),
}
"""Which state may follow which: a decision stands; who disagrees files anew."""
