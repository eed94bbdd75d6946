"""The page behind a one-time link: its person chooses a password, and then signs in."""

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tallyroom.console.accounts.invitations import invitation_of, use
from tallyroom.console.accounts.models import Invitation, User
from tallyroom.console.accounts.trail import note


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form, or take the password; 410 for a link that is used, too old or none."""
    invitation = invitation_of(token)
    if invitation is None:
        return _gone(request)
    form: SetPasswordForm[User] = SetPasswordForm(invitation.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _accepted(request, invitation, form)
    context = {"form": form, "login": invitation.user.login}
    # The address is the secret, and the referrer policy same-origin keeps it from every other site; a stricter
    # one would have browsers send the form with Origin: null, which is what a forged one looks like.
    return render(request, "accounts/link.html", context, status=422 if form.errors else 200)


def _accepted(request: HttpRequest, invitation: Invitation, form: "SetPasswordForm[User]") -> HttpResponse:
    with transaction.atomic():
        if not use(invitation):
            return _gone(request)
        form.save()
        note(invitation.user, gettext_noop("password chosen"), f"user {invitation.user.pk}", request)
    messages.success(request, _("Your password is set. Sign in with it."))
    return redirect("account_login")


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/link_gone.html", status=410)
