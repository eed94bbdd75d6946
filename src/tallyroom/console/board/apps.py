"""The app of polling day."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    """The board and what is entered on it."""

    name = "tallyroom.console.board"
    label = "board"
