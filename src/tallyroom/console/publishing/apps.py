"""The app of publishing."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """Snapshots, calls, certification, statements."""

    name = "tallyroom.console.publishing"
    label = "publishing"

    def ready(self) -> None:
        """Give the sequencer the job of publishing."""
        from tallyroom.console.publishing import press  # noqa: PLC0415 - needs the models, which come first
        from tallyroom.console.submissions.jobs import JOBS  # noqa: PLC0415

        JOBS[press.JOB] = press.run
