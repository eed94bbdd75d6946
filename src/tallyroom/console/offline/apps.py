"""The app of entry without a network."""

from django.apps import AppConfig


class OfflineConfig(AppConfig):
    """The page that works without a network, and its interface."""

    name = "tallyroom.console.offline"
    label = "offline"
