"""What the tests of the pages share: one night in the harbour, played once."""

from pathlib import Path

import pytest

from tallyroom.announce.view import View
from tests.announce import harbour


@pytest.fixture(scope="session")
def harbour_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the harbour's night after its last snapshot."""
    return harbour.play(tmp_path_factory.mktemp("harbour"))


@pytest.fixture(scope="session")
def harbour_views(harbour_site: Path) -> list[View]:
    """The view of each snapshot of the harbour's night, the first at index 0."""
    return harbour.views(harbour_site.parent)
