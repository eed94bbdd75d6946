"""An election folder to spoil, one file at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tallyroom.election.fault import BadInput, Fault
from tallyroom.election.folder import load, write
from tallyroom.election.template import presidential

Spoil = Callable[..., tuple[Fault, ...]]


@pytest.fixture
def election(tmp_path: Path) -> Path:
    """The template, written as a folder."""
    write(tmp_path / "election", presidential("test-election"))
    return tmp_path / "election"


@pytest.fixture
def spoil(election: Path) -> Spoil:
    """Replaces a text in a file of the folder and gives the faults that loading it then finds."""

    def faults_after(file: str, old: str, new: str) -> tuple[Fault, ...]:
        text = (election / file).read_text()
        assert old in text
        (election / file).write_text(text.replace(old, new, 1))
        with pytest.raises(BadInput) as caught:
            load(election)
        return caught.value.faults

    return faults_after
