"""The app of the definition."""

from django.apps import AppConfig


class DefinitionConfig(AppConfig):
    """What act 0 of the record fixes, and what becomes of candidates."""

    name = "tallyroom.console.definition"
    label = "definition"
