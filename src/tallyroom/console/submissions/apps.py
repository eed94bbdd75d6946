"""The app of submissions."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """The outbox and its sequencer."""

    name = "tallyroom.console.submissions"
    label = "submissions"
