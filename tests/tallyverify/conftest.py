"""A night in miniature, played once."""

import shutil
from pathlib import Path

import pytest

from tests.tallyverify.night import Night, play


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return play(tmp_path_factory.mktemp("night"))


@pytest.fixture
def site(night: Night, tmp_path: Path) -> Path:
    """A copy of the site, to be attacked."""
    return Path(shutil.copytree(night.site, tmp_path / "site"))
