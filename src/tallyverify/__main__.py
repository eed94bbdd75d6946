"""Checks a published election record and its figures.  Exit 0: all holds; 1: something does not; 2: cannot be read."""

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tallyverify.acts import Act, Authors, read_act
from tallyverify.count import Count
from tallyverify.figures import area_rows, results, shown, station_rows, totals
from tallyverify.record import Fault, Policy, Site, Tree, Unreadable, bundles, open_checkpoint

KEPT = 100  # faults and notes beyond so many are not kept
BROKEN = (Fault, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, csv.Error)
OWN_KEY = """WARNING: the log's key was taken from the site itself, which proves only that the site agrees with itself.
Compare it with the key that was printed on paper or in other papers, or give that one with --vkey. The site's is: """
PROVED = (
    "The acts are those that the log's key signed (with the policy's quorum), and every file of hashes agrees.",
    "Act 0 fixes the definition; keys in force signed or sealed every act; no act is older than it says.",
    "The totals, and every figure compared in results.json, areas.csv and stations.csv, follow from the acts.",
)
NOT_PROVED = (
    "that the paper was honest, that voting was free, or that all who had the right could vote;",
    "that protocols were copied rightly from paper: compare stations.csv with the copies given at the stations;",
    "that others see the same record: compare the number of acts and the root with theirs;",
    "more than the hash of other files (pages, bulletins, Parquet), and in results.json of names, sentences (why,"
    " text), contradictions, unread, calls, certification and the status of candidates;",
    "anything about the pages at the top of the site, which are replaced: the pages below v/ are the ones to cite.",
)


class Check:
    """What was found: `faults` is what does not hold; `notes`: acts without effect, and what has still to come."""

    def __init__(self, site: Site, note: bytes, policy: Policy, tree_only: bool) -> None:
        self.site, self.tree, self.origin, self.size, self.root = site, Tree(), "", 0, ""
        self.count: Count | None = None
        self.faults, self.notes = list[str](), list[str]()
        self.hashes: dict[str, str] = {}  # SHA-256 of files that were read and that no act has given the hash of
        try:
            self.origin, self.size, self.root = open_checkpoint(note, policy)
            authors = Authors(self.origin, self.tree)
            for start, entries in bundles(site, self.size):
                leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
                self.tree.extend(leaves)
                for place, entry in enumerate(entries if not tree_only else []):
                    self._act(start + place, leaves[place], entry, authors)
            self._same("checkpoint: the root of the acts", self.root, self.tree.root(self.size))
            if authors.unsealed:
                self._say(f"act {authors.unsealed[0]} and later: no seal covers them")
            for path, hashes in self.tree.tiles():
                self._hash(path, sha256(hashes).hexdigest())
            for path in self.hashes:
                tables = path.endswith("/stations.csv")  # an act of their own publishes these, later than the rest
                self._say(f"{path}: no act of publication gives its hash" + (" as yet" if tables else ""), note=tables)
            if self.count and self.count.published:
                latest, known = json.loads(site.read("latest.json", 10_000))["number"], len(self.count.published)
                self._same("latest.json: the newest snapshot that this checkpoint knows", latest, known)
        except BROKEN as error:
            self._say(str(error) if isinstance(error, Fault) else f"latest.json: cannot be read: {error!r}")

    def _say(self, what: str, note: bool = False) -> None:
        lines = self.notes if note else self.faults
        if len(lines) < KEPT:  # without control characters: what a hostile file holds is shown on terminals
            lines.append("".join(c if c.isprintable() else "?" for c in what[:1000]))

    def _same(self, where: str, expected: Any, got: Any) -> None:
        # Compares the members of `expected`, and theirs; what else `got` has is not looked at.
        if isinstance(expected, dict) and isinstance(got, dict):
            for name, value in expected.items():
                self._same(f"{where}{' ' if where[-1] == ':' else '.'}{name}", value, got.get(name, "absent"))
        elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
            for place, value in enumerate(expected):
                self._same(f"{where}[{place}]", value, got[place])
        elif type(expected) is not type(got) or expected != got:  # 1 is not true, nor 1.0
            self._say(f"{where} (expected {str(expected)[:300]}, got {str(got)[:300]})")

    def _read(self, path: str) -> bytes | None:
        data = None
        try:
            data = self.site.read(path, 8_000_000 if path.endswith(".json") else 256_000_000)
            self.hashes[path] = sha256(data).hexdigest()
        except Fault as fault:
            self.hashes[path] = str(fault)
        return data

    def _hash(self, path: str, digest: str) -> bytes:
        data = b"" if path in self.hashes else self._read(path)
        self._same(f"{path}: SHA-256", digest, self.hashes.pop(path))
        return data or b""

    def _act(self, number: int, leaf: bytes, entry: bytes, authors: Authors) -> None:
        act: Act = {}
        try:
            act = read_act(entry)
        except (ValueError, RecursionError) as error:
            self._say(f"act {number}: is no act: {error}")
        try:
            authors.check(number, leaf, act)
        except Fault as fault:
            self._say(f"act {number}: {fault}")
        published = act.get("type") == "publication"
        try:
            if number == 0:
                self._define(act)
            if self.count:
                self.count.take(act)
                if published:
                    self._publication(act, self.count)
        except (Fault, OverflowError) as error:
            what = "publishes what cannot be checked" if published else "has no effect"
            self._say(f"act {number} ({act.get('type')}): {what}: {error}", note=not published)

    def _define(self, act: Act) -> None:
        try:
            count = Count({name: self._hash(f"definition/{name}", digest) for name, digest in act["files"].items()})
            ids, settings = "".join(f"{station}\n" for station in count.index).encode(), count.settings
            fixed: Act = {"stations": {"count": len(count.stations), "sha256": sha256(ids).hexdigest()}}
            fixed |= {"election": settings["id"], "origin": settings["origin"], "data_origin": settings["data_origin"]}
            self._same("act 0:", fixed, act)
            self.count = count
        except BROKEN as error:
            self._say(f"definition/: is not the definition of an election: {error!r}")

    def _publication(self, act: Act, count: Count) -> None:
        folder, snapshot = f"v/{act['number']}/", act["snapshot"]
        self._same(f"{folder}: the root of the snapshot", self.tree.root(snapshot["size"]), snapshot["root"])
        for place, contest in enumerate(count.contests.values() if count.published[act["number"]] is act else ()):
            base, sums = folder + (f"{contest.id}/" if place else ""), totals(count, contest)
            rows = {"areas.csv": area_rows(count, contest, act, sums), "stations.csv": station_rows(count, contest)}
            for path, name in ((base + name, name) for name in ("results.json", *rows)):
                try:
                    if (data := self._read(path)) is not None and name in rows:
                        self._rows(path, rows[name], data)
                    elif data is not None:
                        self._same(f"{path}:", results(count, contest, act, sums[-1]), json.loads(data))
                except BROKEN as error:
                    self._say(f"{path}: is not JSON, or not a table of these rows: {error}")
        files = dict(act["files"])
        if digest := files.pop("manifest.json", ""):  # which gives the hashes of files that are too many for an act
            listed = json.loads(self._hash(f"{folder}manifest.json", digest))["files"]
            first = count.published[act["number"]]["files"]
            files = {name: one["sha256"] for name, one in listed.items() if name not in first} | files
        for name, digest in files.items():
            self._hash(folder + name, digest)

    def _rows(self, path: str, expected: Iterator[Act], data: bytes) -> None:
        rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), strict=True)
        header = next(rows, [])
        for row, cells in zip_longest(expected, rows):
            where = f"line {rows.line_num}"
            if not row or not cells or [*row] != header or len(cells) != len(header):
                raise Fault(f"{where} is missing, one too many, or of other columns")
            wanted = ["" if value is None else str(value) for value in row.values()]
            for name, text, cell in zip(header, wanted, cells, strict=True) if wanted != cells else ():
                self._same(f"{path} {where}: {name}", text, shown(cell))


def verify(place: str, vkey: str | None, policy: Path | None, tree_only: bool) -> dict[str, Any]:
    """The document that --json writes; totals are by contest, basis and area, the whole under ""."""
    site, own, sums = Site(place), "", dict[str, Any]()
    try:
        note = site.read("checkpoint", 1_000_000)
        own = "" if vkey or policy else site.read("log.vkey", 1000).decode().strip()
    except Fault as error:
        raise Unreadable(str(error)) from error
    check = Check(site, note, Policy(policy.read_text() if policy else f"log {vkey or own}\nquorum none"), tree_only)
    if count := check.count:
        areas = [*(area["area_id"] for area in count.areas), ""]
        for contest in count.contests.values():
            rows = {basis: totals(count, contest, basis == "counted") for basis in ("counted", "standing")}
            sums[contest.id] = {basis: dict(zip(areas, row, strict=True)) for basis, row in rows.items()}
    document: dict[str, Any] = {"site": place, "holds": not check.faults, "origin": check.origin, "size": check.size}
    document |= {"root": check.root, "snapshots": len(count.published) if count else 0, "totals": sums}
    document |= {"faults": check.faults, "notes": check.notes, "proved": [] if check.faults else [*PROVED]}
    document["proved"] = document["proved"][: 1 if tree_only else 3]
    return document | {"not_proved": [*NOT_PROVED], "warning": OWN_KEY + own if own else ""}


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser("tallyverify", description=__doc__, epilog="Example:  tallyverify site --vkey KEY")
    parser.add_argument("place", metavar="URL|FOLDER", help="the published site, or a copy of it")
    parser.add_argument("--vkey", help="the log's key, from paper or another source than the site")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="a C2SP tlog-policy: logs, witnesses and quorum")
    parser.add_argument("--tree-only", action="store_true", help="checkpoint and tree; no acts, no figures")
    parser.add_argument("--json", action="store_true", help="write a JSON document")
    options = vars(parser.parse_args(arguments))
    as_json = options.pop("json")
    try:
        found = verify(**options)
    except (Unreadable, OSError, UnicodeDecodeError) as error:
        print(f"tallyverify: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps(found, indent=2))
        return 0 if found["holds"] else 1
    for contest, bases in found.pop("totals").items():
        for basis, areas in bases.items():
            print(f"{contest}, as {basis}:", ", ".join(f"{name} {figure:,}" for name, figure in areas[""].items()))
    for name, value in found.items():
        for line in value if isinstance(value, list) else [value] if value != "" else []:
            print(f"{name}: {line}")
    return 0 if found["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
