"""The examples in the documentation of the record's modules do what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["acts", "canonical", "tiles", "tree"])
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"tallyroom.record.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
