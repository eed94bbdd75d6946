"""What every request passes: whose address it is, the headers of the answer, and sign-in first."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from tallyroom.console.accounts.heard import SHOWN
from tallyroom.console.election import definition

Answer = Callable[[HttpRequest], HttpResponse]

OPEN = {"account_login", "mfa_authenticate", "mfa_login_webauthn", "account_logout", "account_inactive", "link"}
OPEN |= {"language", "sms"}
"""Names of the pages that are there before sign-in.  Every other page asks for it."""
API = {"api_desk", "api_entries", "api_openapi"}
"""Names of what a script asks for: it is told that nobody is signed in, and is not sent to a page."""
SETTING_UP = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "account_reauthenticate"}
SETTING_UP |= {"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_download_recovery_codes", "account_logout"}
SETTING_UP |= {"language"}
"""Names of the pages that are there while a person whose duties ask for a second factor sets one up."""

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class ClientAddress:
    """Behind a proxy that speaks TLS (TALLYROOM_URL is https), the visitor is whom that proxy names last."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the visitor's address where the lockout and the trail look for it."""
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        if settings.HTTPS and forwarded:
            request.META["REMOTE_ADDR"] = forwarded.rpartition(",")[2].strip()
        return self.get_response(request)


class Headers:
    """The headers that Django has no setting for; pages of the console are never kept by a browser or a proxy."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with them, unless a view has set its own."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class SignInRequired:
    """No page without sign-in, and no work in a duty that asks for a second factor before one was shown."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the hours of the election's zone."""
        with timezone.override(ZoneInfo(definition().timezone)):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        """Send whoever may not see this page yet to where they can go on."""
        name = request.resolver_match.url_name if request.resolver_match else None
        if not request.user.is_authenticated:
            if name in API:
                return JsonResponse({"error": "signed_out", "message": "Sign in first."}, status=401)
            return None if name in OPEN else redirect_to_login(request.get_full_path())
        if name in SETTING_UP or not request.user.needs_second_factor or second_factor_shown(request):
            return None
        if is_mfa_enabled(request.user, FACTORS):
            logout(request)  # a session from before the second factor: it has to be shown now
            return redirect_to_login(request.get_full_path())
        return HttpResponseRedirect(reverse("mfa_index"))


def second_factor_shown(request: HttpRequest) -> bool:
    """Whether this session began with a second factor, or one was set up in it."""
    records = get_authentication_records(request, request.user)
    return bool(request.session.get(SHOWN)) or any(record.get("method") == "mfa" for record in records)
