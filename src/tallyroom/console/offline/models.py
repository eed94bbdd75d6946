"""Keys of entries: each belongs for ever to one person and one content."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from tallyroom.console.accounts.models import User


class EntryKey(models.Model):
    """A key that came with an entry, and the SHA-256 of that entry: with another content it is refused."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """A person uses a key once."""

        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["user", "key"], name="offline_key_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
