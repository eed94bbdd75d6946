"""Other people's programs accept our records and refuse forged ones; see tests/judges for what they overlook."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallyroom.record.copy import copy_record
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Signer, sign
from tests.judges import judge_go, judge_tlog_scales

Judge = Callable[[Path, str], tuple[bool, str]]
SIZE = 256 * 257 + 40  # full and partial tiles of levels 0 and 1, and a level 2

both = pytest.mark.parametrize("judge", [judge_go, judge_tlog_scales])


def flip(path: Path, at: int = 3) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def sign_again(folder: Path, log: Log) -> None:
    """The checkpoint under the right name by another key."""
    forger = Signer(log.origin, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    text = Checkpoint(log.origin, log.size, log.root).text()
    (folder / "checkpoint").write_bytes(sign(text, [forger]))


FORGERIES: dict[str, Callable[[Path, Log], None]] = {
    "full bundle": lambda folder, log: flip(folder / "tile/entries/100"),
    "partial bundle": lambda folder, log: flip(folder / "tile/entries/257.p/40"),
    "full tile of level 0": lambda folder, log: flip(folder / "tile/0/100"),
    "partial tile of level 0": lambda folder, log: flip(folder / "tile/0/257.p/40"),
    "full tile of level 1": lambda folder, log: flip(folder / "tile/1/000"),
    "tile of level 2": lambda folder, log: flip(folder / "tile/2/000.p/1"),
    "size in the checkpoint": lambda folder, log: flip(folder / "checkpoint", at=len(log.origin) + 2),
    "signed by another key": sign_again,
}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Log:
    log = Log.create(tmp_path_factory.mktemp("judged") / "record", signer.name, signer)
    log.append([b"entry %d" % index for index in range(SIZE)])
    log.close()
    return log


@both
def test_a_record_is_accepted(judge: Judge, record: Log) -> None:
    assert judge(record.folder, record.verifier.vkey) == (True, f"accepted: {SIZE} entries")


@both
def test_a_public_copy_is_accepted(judge: Judge, new_log: Callable[[int], Log], tmp_path: Path) -> None:
    log = new_log(300)
    copy_record(log, tmp_path / "site")
    accepted, said = judge(tmp_path / "site", log.verifier.vkey)
    assert accepted, said


@both
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_record_is_refused(
    judge: Judge, forge: Callable[[Path, Log], None], record: Log, tmp_path: Path
) -> None:
    forged = tmp_path / "forged"
    shutil.copytree(record.folder, forged)
    forge(forged, record)
    accepted, said = judge(forged, record.verifier.vkey)
    assert not accepted
    assert "refused" in said
