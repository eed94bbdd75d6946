"""What allauth asks of this project: nobody signs up by themselves, secrets of second factors are encrypted."""

from base64 import urlsafe_b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Accounts are made by an administrator and opened by a one-time link."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth ships no types
    """Codes and passkeys: the secret of a code is readable only with the key in the election's private folder."""

    def encrypt(self, text: str) -> str:
        """The secret as it is stored."""
        return _fernet().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again; cryptography.fernet.InvalidToken under another key."""
        return _fernet().decrypt(encrypted_text.encode("ascii")).decode()

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Whether a second factor may go: not the last one of a person whose duties ask for one."""
        user = authenticator.user
        if not user.needs_second_factor or authenticator.type == authenticator.Type.RECOVERY_CODES:
            return True
        others = user.authenticator_set.exclude(pk=authenticator.pk)
        return bool(others.exclude(type=authenticator.Type.RECOVERY_CODES).exists())


def typed_login(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The login that an attempt counts against, in one spelling: what the lockout goes by."""
    typed = (credentials or {}).get("username") or (credentials or {}).get("login")
    if not typed and request is not None:
        typed = request.POST.get("login")
    return str(typed or "").strip().casefold()


def _fernet() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"tallyroom console second factors").derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(urlsafe_b64encode(derived))
