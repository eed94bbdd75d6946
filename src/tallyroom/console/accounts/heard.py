"""What the trail hears of sign-in: successes, failures, lockouts, sign-outs, second factors."""

from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note

SHOWN = "second_factor_shown"
"""Session key: a second factor was set up in this session, so it stands for one that was shown."""


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    note(user, gettext_noop("signed in"), f"user {user.pk}", request)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        note(user, gettext_noop("signed out"), f"user {user.pk}", request)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # What was typed as a login may be a password, so only the number of a person who exists is kept.
    user = User.objects.filter(login=str(credentials.get("username", "")).casefold()).first()
    note(None, gettext_noop("sign-in failed"), f"user {user.pk}" if user else "nobody", request)


@receiver(user_locked_out)
def _locked(request: HttpRequest, username: str | None, **_: Any) -> None:
    user = User.objects.filter(login=(username or "").casefold()).first()
    note(None, gettext_noop("sign-in locked"), f"user {user.pk}" if user else "nobody", request)


@receiver(authenticator_added)
def _added(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    if authenticator.type != authenticator.Type.RECOVERY_CODES:
        request.session[SHOWN] = True
    note(user, gettext_noop("second factor added"), f"user {user.pk}", request, type=str(authenticator.type))


@receiver(authenticator_removed)
def _removed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    note(user, gettext_noop("second factor removed"), f"user {user.pk}", request, type=str(authenticator.type))
