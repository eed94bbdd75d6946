"""One-time links: made for a person, good once and for a day, kept as a hash only."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from tallyroom.console.accounts.models import Invitation, User

GOOD_FOR = timedelta(hours=24)


def invite(user: User, made_by: User | None) -> str:
    """A new link's token for this person; links made for them earlier end."""
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        user.invitations.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
        user.invitations.create(token_hash=_hash(token), made_by=made_by, expires_at=now + GOOD_FOR)
    return token


def invitation_of(token: str) -> Invitation | None:
    """The open invitation of a token, or None: unknown, used, too old, or its person may not sign in."""
    found = Invitation.objects.select_related("user").filter(token_hash=_hash(token)).first()
    return found if found and found.is_open(timezone.now()) and found.user.is_active else None


def use(invitation: Invitation) -> bool:
    """Use a link up; False where another request was first.  The caller sets the password in the same transaction."""
    now = timezone.now()
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=now)
    return bool(unused.update(used_at=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
