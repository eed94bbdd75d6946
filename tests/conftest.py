"""What the tests of all rooms share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Timing never fails a test; in CI the same examples are drawn on every run.
settings.register_profile("tallyroom", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tallyroom")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material (data, vectors, schemas, facts) that lies beside the project, not in it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent: this test reads the reference material beside the project")
    return folder
