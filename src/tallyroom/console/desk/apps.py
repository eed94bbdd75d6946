"""The app of the desk."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Forms and what people do with them."""

    name = "tallyroom.console.desk"
    label = "desk"

    def ready(self) -> None:
        """Let the forms hear of what became of their acts."""
        from tallyroom.console.desk import work  # noqa: F401, PLC0415 - needs the models, which come first
