"""The app of accounts, under the label by which settings name its user."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, duties and the trail."""

    name = "tallyroom.console.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Let the trail hear of sign-ins and second factors."""
        from tallyroom.console.accounts import heard  # noqa: F401, PLC0415 - needs the models, which come first
