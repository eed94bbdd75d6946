"""The trail: who did what, when, on what.  One function writes it; nothing changes it."""

from typing import Any

from allauth.core import context
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from tallyroom.console.accounts.models import Trail, User

KINDS = (gettext_noop("user"), gettext_noop("nobody"))
"""Words that a subject begins with."""


def note(user: User | None, action: str, subject: str = "", request: HttpRequest | None = None, **detail: Any) -> Trail:
    """Add a row, in the caller's transaction, so that a deed and its row are kept or lost together.

    user: who acted, None for the command line.  action: what was done, in small letters and marked for
    translation where it is written, as gettext_noop("duty given").  subject: kind and id of what it was done on,
    as "user 12", the kind marked in the same way.  request: the one that is answered, if not given.  detail: ids
    and figures only, never a name or a secret.
    """
    request = request or context.request
    address = request.META.get("REMOTE_ADDR") if request is not None else None
    return Trail.objects.create(user=user, action=action, subject=subject, detail=detail, address=address or None)
