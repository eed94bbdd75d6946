"""Publishing under a policy: nothing is shown before its witnesses have cosigned, and nothing is lost without them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test.utils import override_settings

from tallyroom.console.accounts.models import User
from tallyroom.console.publishing import press
from tallyroom.console.publishing.models import Proposal
from tallyroom.intake.opening import read_vkey
from tallyroom.record.acts import Publication
from tallyroom.record.log import Log
from tallyroom.record.note import Verifier
from tallyroom.record.policy import Policy
from tallyroom.record.witness import Witness, create_witness, open_witness
from tallyroom.record.witness_http import NotCosigned, cosigning
from tallyverify.__main__ import main as verify
from tests.console.night import acts, on_sqlite, text
from tests.console.results_desk import PUBLISH, Pair, count, publish, seen
from tests.record.witnesses import NOW, served

pytestmark = [pytest.mark.usefixtures("sequencer"), on_sqlite]
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def witness(folder: Path, tmp_path: Path) -> Witness:
    create_witness(tmp_path / "blue", "blue.example/w", [Verifier.parse(read_vkey(folder / "record"))])
    return open_witness(tmp_path / "blue", lambda: NOW)


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    with served(witness) as address:
        yield address


@pytest.fixture
def policy(folder: Path, tmp_path: Path, address: str) -> Iterator[Path]:
    path = tmp_path / "trust.policy"
    write(path, folder, tmp_path, address)
    with override_settings(POLICY_FILE=str(path)):
        yield path


def write(path: Path, folder: Path, home: Path, address: str) -> None:
    key = (home / "blue/witness.vkey").read_text().strip()
    path.write_text(f"log {read_vkey(folder / 'record')}\nwitness blue {key} {address}\nquorum blue\n")


def test_what_is_published_is_cosigned(pair: Pair, system: User, folder: Path, policy: Path) -> None:
    assert "before the witnesses of trust.policy have cosigned it" in text(pair[0].get(PUBLISH))
    count(system, "S-0001")
    publish(pair)
    site = folder / "site"
    assert b"blue.example/w" in (site / "checkpoint").read_bytes()
    assert (site / "v/1/stations.csv").exists()
    assert verify([str(site), "--policy", str(policy)]) == 0


def test_without_its_witnesses_nothing_is_entered_and_nobody_waits(
    pair: Pair, system: User, folder: Path, policy: Path, tmp_path: Path, address: str
) -> None:
    write(policy, folder, tmp_path, NOWHERE)
    page = publish(pair)
    assert "has no quorum of witnesses" in page
    assert "blue: http://127.0.0.1:9/add-checkpoint: gives no answer" in page
    assert acts(folder, Publication) == []
    assert Proposal.objects.get().state == "open"
    count(system, "S-0001")
    write(policy, folder, tmp_path, address)
    number, basis = Proposal.objects.get().pk, seen(pair[1], PUBLISH)
    pair[1].post(f"{PUBLISH}{number}/confirm/", {"basis": basis}, follow=True)
    assert len(acts(folder, Publication)) == 2


@pytest.mark.parametrize("entered", [1, 2])
def test_a_snapshot_whose_witnesses_went_missing_is_shown_by_the_next_one(
    pair: Pair, system: User, folder: Path, policy: Path, monkeypatch: pytest.MonkeyPatch, entered: int
) -> None:
    """They are asked before anything is entered, and again for each of the two acts."""
    count(system, "S-0001")
    asked = iter(range(entered))

    def going_missing(log: Log, policy: Policy | None) -> Callable[[bytes], bytes]:
        def cosign(checkpoint: bytes) -> bytes:
            if next(asked, None) is None:
                raise NotCosigned("checkpoint", "has no quorum of witnesses")
            return cosigning(log, policy)(checkpoint)

        return cosign

    with monkeypatch.context() as patch:
        patch.setattr(press, "cosigning", going_missing)
        assert "has no quorum of witnesses" in publish(pair)
    site = folder / "site"
    assert len(acts(folder, Publication)) == entered
    assert (site / "v/1/results.json").exists() is (entered == 2)
    assert not (site / "v/1/stations.csv").exists()
    assert "had not been shown whole, and is only now: look again" in publish(pair)
    assert (site / "v/1/stations.csv").exists()
    assert len(acts(folder, Publication)) == 2
    publish(pair)
    assert [act.number for act in acts(folder, Publication) if isinstance(act, Publication)] == [1, 1, 2, 2]
    assert verify([str(site), "--policy", str(policy)]) == 0


@pytest.mark.parametrize("content", [None, "witness blue nonsense\n"])
def test_a_policy_that_cannot_be_used_is_said_and_publishes_nothing(
    pair: Pair, folder: Path, policy: Path, content: str | None
) -> None:
    policy.unlink()
    if content:
        policy.write_text(content)
    assert str(policy) in publish(pair)
    assert acts(folder, Publication) == []


def test_without_a_policy_nobody_is_asked(pair: Pair) -> None:
    assert press.policy() is None
    assert "cosigned" not in text(pair[0].get(PUBLISH))
