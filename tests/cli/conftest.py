"""The command line, run in this process, and the night of the case, played once."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tallyroom.cli.main import main
from tallyroom.rehearsal.nights import azerbaijan_night
from tallyroom.rehearsal.play import Watch, play


class Ran(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `tallyroom ARGUMENTS` and gives its exit status, standard output and standard error."""

    def command(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tallyroom", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return Ran(left.value.code, out, err)

    return command


@pytest.fixture(scope="session")
def azerbaijan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OUT of `rehearse azerbaijan-2024 --once`."""
    out = tmp_path_factory.mktemp("azerbaijan")
    play(azerbaijan_night(), out, Watch())
    return out
