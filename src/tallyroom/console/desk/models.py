"""Forms as rows: drafts of the record, each step of them once, and what belongs to them.

`FormRow.data` is the whole `intake.stationform.Form`; the columns beside it are copies to search by.
"""

from typing import Any, ClassVar

import msgspec
from django.db import models
from django.utils import timezone

from tallyroom.console.accounts.models import User
from tallyroom.console.submissions.models import Submission
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form

_decoder = msgspec.json.Decoder(Form)
DONE = (Stage.ACCEPTED.value, Stage.ANNULLED.value, Stage.WITHDRAWN.value)


class FormRow(models.Model):
    """The form of a station in a contest, or a later document about it.  area: of the station, the lowest one."""

    contest = models.CharField(max_length=100)
    station = models.CharField(max_length=100)
    area = models.CharField(max_length=100)
    purpose = models.CharField(max_length=12)
    stage = models.CharField(max_length=12)
    waits = models.BooleanField(default=False)
    version = models.PositiveIntegerField()
    data = models.TextField()
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="forms")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One form a station and contest, and one open document about it."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["contest", "station"], condition=models.Q(purpose="protocol"), name="desk_one_form"
            ),
            models.UniqueConstraint(
                fields=["contest", "station"],
                condition=~models.Q(purpose="protocol") & ~models.Q(stage__in=DONE),
                name="desk_one_open_document",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["stage", "area"], name="desk_by_stage")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.station} {self.contest}"

    @property
    def form(self) -> Form:
        """The form as a value."""
        return _decoder.decode(self.data)

    def put(self, form: Form) -> None:
        """Take a form's value, and what is copied from it."""
        self.contest, self.station, self.purpose = form.contest, form.station, form.purpose
        self.stage, self.waits, self.version = form.stage.value, form.target is not None, form.version
        self.data = msgspec.json.encode(form).decode()
        self.changed_at = timezone.now()


class StepRow(models.Model):
    """One step of a form: rows are only added.  key: the page that it was taken on; a page takes one step."""

    form = models.ForeignKey(FormRow, on_delete=models.PROTECT, related_name="steps")
    version = models.PositiveIntegerField()
    event = models.CharField(max_length=60)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A version is reached once."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["form", "version"], name="desk_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.form_id}.{self.version} {self.event}"


class Draft(models.Model):
    """What a person has typed and not handed in: survives a closed browser.  typed: JSON by field."""

    form = models.ForeignKey(FormRow, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    typed = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One draft a person and form."""

        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["form", "user"], name="desk_one_draft")]

    def __str__(self) -> str:
        return f"draft {self.form_id} {self.user_id}"


class Scan(models.Model):
    """A scan or document as it was uploaded: SHA-256 of its bytes, under which it lies in the evidence folder."""

    form = models.ForeignKey(FormRow, on_delete=models.PROTECT, related_name="scans")
    sha256 = models.CharField(max_length=64)
    length = models.PositiveBigIntegerField()
    media = models.CharField(max_length=40)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A file once a form."""

        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["form", "sha256"], name="desk_one_scan")]

    def __str__(self) -> str:
        return f"{self.sha256[:8]} {self.media}"


class Arrival(models.Model):
    """Paper that came to the desk and changed no form: a duplicate, or a form of a station that is not ours."""

    class Kind(models.TextChoices):
        """What was wrong with it."""

        DUPLICATE = "duplicate"
        ELSEWHERE = "elsewhere"

    station = models.CharField(max_length=100)
    area = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    note = models.CharField(max_length=500, blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.station}"
