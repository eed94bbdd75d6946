"""The command proof: that a station's act is in the record, and that one snapshot extends another."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from tallyroom.announce.figures import clean
from tallyroom.announce.pointer import is_site
from tallyroom.announce.receipt import receipt_page
from tallyroom.announce.standing import STANDING, StationAct, newest, publication, published_act, station_act
from tallyroom.cli import say
from tallyroom.cli.progress import bar
from tallyroom.cli.say import Json, Place, PolicyFile, contest_of, policy_of, record_of, refuse, write_json
from tallyroom.election.definition import Contest, Definition
from tallyroom.record.acts import Publication
from tallyroom.record.canonical import decode_base64, encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.record.note import Checkpoint, Verifier
from tallyroom.record.policy import Policy
from tallyroom.record.proof import TlogProof, consistency_proof, prove, verify_consistency
from tallyroom.record.signatures import read_act
from tallyroom.record.store import Store
from tallyroom.tally.replay import replay_station


class _ProofGroup(TyperGroup):
    """`proof verify` is a command of its own; `proof DIR` is short for `proof of DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = ["of", *args]
        return super().parse_args(ctx, args)


proof = typer.Typer(help="Prove that an act is in the record.", no_args_is_help=True, cls=_ProofGroup)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.add_typer(proof, name="proof", epilog="Example:  tallyroom proof site --station S-0001 --receipt S-0001.html")


@proof.command("of", epilog="Example:  tallyroom proof site --station S-0001 --receipt S-0001.html")
def of(
    place: Place,
    station: Annotated[str, typer.Option("--station", metavar="ID", help="The station whose act is proved.")] = "",
    snapshot: Annotated[int, typer.Option("--snapshot", metavar="N", help="As of this snapshot.", min=0)] = 0,
    extends: Annotated[
        tuple[int, int] | None, typer.Option("--extends", metavar="OLD NEW", help="Two snapshots, instead.")
    ] = None,
    contest: say.Contest = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the proof here.")] = None,
    receipt: Annotated[Path | None, typer.Option("--receipt", metavar="HTML", help="Write a page to print.")] = None,
    as_json: Json = False,
) -> None:
    """Prove that the act that stands for a station is in the record; or that a snapshot extends an older one.

    Of a site, the published table says which act that is; of an election folder, the whole record is read.
    """
    definition, log = record_of(place)
    if extends is not None:
        _extends(place, log, *extends, as_json)
        return
    if station not in definition.stations.index:
        refuse("--station", f"there is no station {station!r}", "Give the id of a station, or --extends OLD NEW")
    asked = Asked(place, definition, log, contest_of(definition, contest), station)
    published = _publication(place, log, snapshot) if snapshot else None
    standing = asked.standing(snapshot, published)
    if standing is None:
        when = f"in snapshot {snapshot}" if snapshot else f"in the {'newest snapshot' if is_site(place) else 'record'}"
        _no(f"No protocol of {station} is {when}.")
    checkpoint = Checkpoint(log.origin, log.size, log.root)
    proved = prove(log.tree, log.checkpoint, standing.number, standing.entry)
    files = {out: proved.encode()} if out else {}
    if out and published:
        files[out.with_name(f"{out.stem}.snapshot-{snapshot}.tlog-proof")] = _proof(log, published[0])
    if receipt:
        files[receipt] = receipt_page(definition, asked.contest, standing, proved, checkpoint).encode()
    for path, data in files.items():
        Store(path.parent).write({path.name: data})
    if as_json:
        write_json(_json(standing, proved, checkpoint, files, snapshot))
    elif not files:
        typer.echo(proved.encode(), nl=False)
    else:
        print(f"{station}: act {standing.number:,} of {log.size:,}, {STANDING[standing.status]}.")
        for path in files:
            print(f"{path} is written.")


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is asked about: a station in a contest, by an election folder or a site."""

    place: Path
    definition: Definition
    log: Log
    contest: Contest
    station: str

    def standing(self, snapshot: int, published: tuple[int, Publication] | None) -> StationAct | None:
        """The act that stands for the station: by a site's table, or by reading the record of an election folder."""
        if is_site(self.place):
            number = snapshot or newest(self.place)
            return published_act(self.definition, self.place, self.log, number, self.contest, self.station)
        size = published[1].snapshot.size if published else None
        with bar("Reading the record") as progress:
            state = replay_station(self.definition, self.log, self.station, size, progress)
        return station_act(state, self.log, self.contest, self.station)


def _proof(log: Log, number: int) -> bytes:
    return prove(log.tree, log.checkpoint, number, log.tree.entry(number)).encode()


def _json(
    standing: StationAct, proved: TlogProof, checkpoint: Checkpoint, files: dict[Path, bytes], snapshot: int
) -> dict[str, Any]:
    return {
        "station": standing.station,
        "act": standing.number,
        "status": standing.status.name.lower(),
        "snapshot": snapshot or None,
        "checkpoint": _checkpoint(checkpoint),
        "proof": proved.encode().decode(),
        "files": [str(path) for path in files],
    }


def _checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    return {**dataclasses.asdict(checkpoint), "root": encode_base64(checkpoint.root)}


def _publication(place: Path, log: Log, number: int) -> tuple[int, Publication]:
    """The act of a snapshot, with its number."""
    found = publication(place, log, number)
    if found is None:
        refuse("--snapshot", f"no snapshot {number} was published", "Give the number of one that was, from 1")
    return found


def _extends(place: Path, log: Log, old: int, new: int, as_json: bool) -> None:
    """Whether the acts of one snapshot are the first of another's, by the roots that were published."""
    before, after = (_publication(place, log, number)[1].snapshot for number in (old, new))
    roots = [decode_base64(seen.root) or b"" for seen in (before, after)]
    if not before.size <= after.size <= log.size:
        _no(f"Snapshot {new} has {after.size:,} acts, snapshot {old} has {before.size:,}: it does not extend it.")
    hashes = consistency_proof(log.tree, before.size, after.size)
    holds = verify_consistency(before.size, after.size, roots[0], roots[1], hashes)
    if as_json:
        sides = {
            name: {"number": number, "size": seen.size, "root": seen.root}
            for name, number, seen in (("old", old, before), ("new", new, after))
        }
        write_json({**sides, "extends": holds, "proof": [encode_base64(one) for one in hashes]})
    else:
        verb = "extends" if holds else "DOES NOT extend"
        print(f"Snapshot {new} {verb} snapshot {old}: {before.size:,} of {after.size:,} acts, {len(hashes)} hashes.")
        for one in hashes:
            print(encode_base64(one))
    if not holds:
        raise typer.Exit(1)


@proof.command("verify", epilog="Example:  tallyroom proof verify S-0001.tlog-proof --vkey results.example+971a...")
def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Proofs (.tlog-proof).")],
    vkey: Annotated[str, typer.Option("--vkey", help="The key of the record, from a source you trust.")] = "",
    policy: PolicyFile = None,
    entry: Annotated[
        Path | None, typer.Option("--entry", metavar="FILE", help="The act, where the proof has it not.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check proofs without the record and without the network; exit 1 if one does not hold."""
    if bool(vkey) == bool(policy):
        refuse("--vkey", "the key of the record is missing, or given twice", "Give --vkey KEY, or --policy FILE")
    if entry is not None and len(files) > 1:
        refuse("--entry", "is the act of one proof", "Give one FILE with it")
    trusted = policy_of(policy) or Policy((Verifier.parse(vkey),), {}, {}, "none")
    proofs = [TlogProof.parse(file.read_bytes()) for file in files]
    given = entry.read_bytes() if entry else b""
    proved = [_verify(file, one, given or one.extra, trusted) for file, one in zip(files, proofs, strict=True)]
    if as_json:
        write_json([_proved_json(one) for one in proved])
    else:
        for one in proved:
            print(one)
        for line in _together(proved):
            print(line)


@dataclasses.dataclass(frozen=True)
class Proved:
    """A proof that holds: of which entry at which place, in the tree of which checkpoint, cosigned by whom."""

    file: Path
    index: int
    entry: bytes
    checkpoint: Checkpoint
    cosigned_by: tuple[str, ...]

    def __str__(self) -> str:
        by = f", cosigned by {', '.join(self.cosigned_by)}" if self.cosigned_by else ""
        place = f"act {self.index:,} of the first {self.checkpoint.size:,} of {self.checkpoint.origin}{by}"
        return f"{self.file}: {place}\n  {clean(self.entry.decode('utf-8', 'replace'))}"


def _verify(file: Path, proof: TlogProof, entry: bytes, policy: Policy) -> Proved:
    if not entry:
        refuse(str(file), "the proof does not hold its act", "Give the act with --entry FILE")
    try:
        checkpoint, opened = policy.open(proof.checkpoint)
    except RecordError as error:
        _no(f"{file}: {error}")
    cosigned_by = policy.cosigners(opened)
    if not policy.is_met_by(cosigned_by):
        _no(f"{file}: the quorum {policy.quorum} has not cosigned; {', '.join(cosigned_by) or 'nobody'} has.")
    if not proof.includes(entry, checkpoint):
        _no(f"{file}: the act is not number {proof.index} of the record that was signed.")
    return Proved(file, proof.index, entry, checkpoint, cosigned_by)


def _proved_json(one: Proved) -> dict[str, Any]:
    return {
        "file": str(one.file),
        "index": one.index,
        "entry": one.entry.decode("utf-8", "replace"),
        "checkpoint": _checkpoint(one.checkpoint),
        "cosigned_by": one.cosigned_by,
    }


def _together(proved: list[Proved]) -> list[str]:
    """What proofs of acts and of publications say together: which act is in which snapshot."""
    lines = []
    for one in proved:
        if isinstance(act := read_act(one.entry), Publication):
            size = act.snapshot.size
            for other in proved:
                if other is not one and other.checkpoint == one.checkpoint:
                    where = "is among" if other.index < size else "came after"
                    lines.append(f"Act {other.index:,} {where} the {size:,} acts of snapshot {act.number}.")
    return lines


def _no(text: str) -> NoReturn:
    """Say that the answer is no."""
    print(text)
    raise typer.Exit(1)
