"""The documentation says what the commands say: every one is in it, word for word, with an example."""

from tallyroom.cli.reference import commands, reference
from tests.conftest import ROOT


def test_the_page_of_commands_is_the_help_of_every_command() -> None:
    again = "python -m tallyroom.cli.reference > docs/commands.md"
    assert (ROOT / "docs/commands.md").read_text() == reference(), again


def test_every_command_shows_an_example() -> None:
    parts = reference().split("\n## ")[1:]
    without = [part.splitlines()[0] for part in parts if "Example:" not in part]
    assert without == []
    assert len(parts) == len(list(commands()))
