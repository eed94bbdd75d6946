"""A whole night in a fictional country, with all the faults put in, is accepted."""

import json
from pathlib import Path

import pytest

from tallyroom.rehearsal.nights import ruritania_night
from tallyroom.rehearsal.play import Watch, play
from tallyverify.__main__ import main


@pytest.fixture(scope="session")
def ruritania(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ruritania")
    play(ruritania_night(), out, Watch())
    return out / "site"


def test_ruritania_is_accepted(ruritania: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([str(ruritania), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["faults"] == document["notes"] == []
    assert code == 0
    published = json.loads((ruritania / f"v/{document['snapshots']}/results.json").read_bytes())
    whole = document["totals"]["president"]["standing"][""]
    assert {c["id"]: c["votes"] for c in published["candidates"]}.items() <= whole.items()
    assert whole["valid"] == published["valid"] > 0
