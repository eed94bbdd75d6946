"""The record at a million acts: proofs from its folder of tiles, durable appends, many desks; beside two libraries.

    pip install --target PEERS -r benchmarks/peers.txt
    PYTHONPATH=PEERS ./run python benchmarks/verify.py                  some minutes
    PYTHONPATH=PEERS ./run python benchmarks/verify.py --acts 100000    a look

Every library gets the entries of the record that is made first, and has to come to its root.  Every proof is
verified, by the library that made it, outside the time that is given.  A library that is not installed is left out.
What is compared is not the same thing: see benchmarks/README.md.
"""

import argparse
import importlib.util
import os
import platform
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record import BATCH, DESKS, batches, clerk, seconds, single_acts

from tallyroom.intake.opening import read_vkey
from tallyroom.record.log import VKEY, Log
from tallyroom.record.proof import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from tallyroom.record.stored import StoredTree
from tallyroom.record.tree import Frontier, leaf_hash, leaf_hashes

PROOFS, SLOW_PROOFS = 1_000, 5
"""Proofs of each kind, at places drawn at random; of a library that takes long for each."""

SQLITE = 100_000
"""Entries at most in the tree that pymerkle keeps in SQLite, where each proof takes time in proportion to them."""


@dataclass
class Prover:
    """What proves that an entry is in the tree, or that the tree of an older size is its beginning."""

    name: str
    size: int
    inclusion: Callable[[int], Any]
    consistency: Callable[[int], Any]
    includes: Callable[[int, Any], bool]
    extends: Callable[[int, Any], bool]
    proofs: int = PROOFS


def say(what: str, figure: str, note: str = "") -> None:
    print(f"{what:<58}{figure:>22}  {note}".rstrip(), flush=True)


def measure(prover: Prover) -> None:
    """Median and 99th percentile of both kinds of proof; of a handful, the longest."""
    draw = random.Random(1)
    chosen = [draw.randrange(1, prover.size) for _ in range(prover.proofs)]
    for kind, make, holds in (
        ("inclusion", prover.inclusion, prover.includes),
        ("consistency", prover.consistency, prover.extends),
    ):
        waits = sorted(_timed(make, holds, chosen))
        last = waits[int(0.99 * len(waits))] if len(waits) >= 100 else waits[-1]
        note = f"{len(waits):,} of {prover.size:,} entries"
        say(f"{kind} proof, {prover.name}", f"{1000 * statistics.median(waits):,.2f} / {1000 * last:,.2f} ms", note)


def _timed(make: Callable[[int], Any], holds: Callable[[int, Any], bool], chosen: Sequence[int]) -> Iterator[float]:
    for place in chosen:
        proof: list[Any] = []
        yield seconds(lambda place=place, proof=proof: proof.append(make(place)))  # type: ignore[misc]
        assert holds(place, proof[0])


def build(folder: Path, acts: int) -> Path:
    """The folder of a record of acts in sealed batches; says how many were entered a second."""
    made = clerk(folder)
    say(f"durable batches of {BATCH:,} acts, sealed", f"{batches(made, acts):,.0f} acts/s", f"{acts:,} acts")
    (made.log.folder / VKEY).write_text(made.log.verifier.vkey + "\n")
    made.log.close()
    return made.log.folder


def append_bare(folder: Path, entries: Sequence[bytes]) -> None:
    """As `build`, of entries that are ready: what the log alone takes."""
    log = clerk(folder).log
    pieces = [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]
    taken = seconds(lambda: [log.append(piece) for piece in pieces])
    log.close()
    say(f"durable batches of {BATCH:,} entries, the log alone", f"{len(entries) / taken:,.0f} entries/s")


def ours(record: Path, entries: Sequence[bytes], tree: StoredTree) -> Iterator[Prover]:
    """The record, opened for each proof, and held open."""
    vkey, size, root = read_vkey(record), tree.size, tree.root

    def includes(index: int, proof: list[bytes]) -> bool:
        return verify_inclusion(leaf_hash(entries[index]), index, size, proof, root)

    def extends(old: int, proof: list[bytes]) -> bool:
        return verify_consistency(old, size, tree.root_at(old), root, proof)

    def opened() -> StoredTree:
        return Log.open(record, vkey).tree

    yield Prover(
        "tallyroom, folder opened for each",
        size,
        lambda index: inclusion_proof(opened(), index),
        lambda old: consistency_proof(opened(), old),
        includes,
        extends,
    )
    held = opened()
    yield Prover(
        "tallyroom, folder held open",
        size,
        lambda index: inclusion_proof(held, index),
        lambda old: consistency_proof(held, old),
        includes,
        extends,
    )


def pymerkle(folder: Path, entries: Sequence[bytes]) -> Iterator[Prover]:
    """In memory, and in SQLite."""
    import pymerkle as library  # noqa: PLC0415

    def prover(name: str, tree: Any, size: int, proofs: int) -> Prover:
        assert tree.get_root(size) == root_of(entries[:size])
        return Prover(
            name,
            size,
            lambda index: tree.prove_inclusion(index + 1, size),
            lambda old: tree.prove_consistency(old, size),
            lambda index, proof: _holds(library.verify_inclusion, tree.get_leaf(index + 1), tree.get_root(size), proof),
            lambda old, proof: _holds(library.verify_consistency, tree.get_root(old), tree.get_root(size), proof),
            proofs,
        )

    tree = library.InmemoryTree(algorithm="sha256")
    taken = seconds(lambda: [tree.append_entry(entry) for entry in entries])
    say("appends, pymerkle in memory", f"{len(entries) / taken:,.0f} entries/s", "nothing on the disk")
    yield prover("pymerkle in memory", tree, len(entries), PROOFS)
    stored = library.SqliteTree(str(folder / "pymerkle.db"), algorithm="sha256")
    part = entries[:SQLITE]
    pieces = [part[start : start + BATCH] for start in range(0, len(part), BATCH)]
    taken = seconds(lambda: [stored.append_entries(piece, chunksize=BATCH) for piece in pieces])
    say(f"durable batches of {BATCH:,} entries, pymerkle in SQLite", f"{len(part) / taken:,.0f} entries/s")
    taken = seconds(lambda: [stored.append_entry(entry) for entry in part[:200]])
    say("durable single appends, pymerkle in SQLite", f"{200 / taken:,.0f} entries/s", "one caller")
    yield prover("pymerkle in SQLite", stored, len(part), SLOW_PROOFS)
    stored.close()


def _holds(verify: Callable[..., None], one: bytes, other: bytes, proof: Any) -> bool:
    verify(one, other, proof)  # raises where it does not
    return True


def root_of(entries: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    frontier.extend(leaf_hashes(entries))
    return frontier.root()


def actasum(entries: Sequence[bytes]) -> Iterator[Prover]:
    """Hashes of all leaves in memory, and each proof from all of them."""
    from actasum import merkle  # noqa: PLC0415

    hashes: list[bytes] = []
    taken = seconds(lambda: hashes.extend(merkle.leaf_hash(entry) for entry in entries))
    roots: list[bytes] = []
    taken += seconds(lambda: roots.append(merkle.root(hashes)))
    size, root = len(entries), root_of(entries)
    assert roots == [root]
    say("hashes and root, actasum", f"{size / taken:,.0f} entries/s", "nothing on the disk")
    yield Prover(
        "actasum",
        size,
        lambda index: merkle.inclusion_proof(hashes, index),
        lambda old: merkle.consistency_proof(hashes, old),
        lambda index, proof: merkle.verify_inclusion(hashes[index], index, size, proof, root),
        lambda old, proof: merkle.verify_consistency(old, size, merkle.root(hashes[:old]), root, proof),
        SLOW_PROOFS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--acts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder, if not given")
    asked = parser.parse_args()
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores; median / p99 of proofs")
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        median, p99, rate = single_acts(folder / "single")
        say(f"{DESKS} desks at once, single acts", f"{median:,.1f} / {p99:,.1f} ms", f"{rate:,.0f} acts/s")
        record = build(folder / "acts", asked.acts)
        with Log.open(record, read_vkey(record)) as log:
            entries, tree = list(log.verified_entries()), log.tree
        append_bare(folder / "bare", entries)
        for prover in ours(record, entries, tree):
            measure(prover)
        if importlib.util.find_spec("pymerkle"):
            for prover in pymerkle(folder, entries):
                measure(prover)
        if importlib.util.find_spec("actasum"):
            for prover in actasum(entries):
                measure(prover)


if __name__ == "__main__":
    main()
