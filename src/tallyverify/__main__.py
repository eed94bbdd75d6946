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

from tallyverify.acts import Act, Authors, read_ahead
from tallyverify.count import Count
from tallyverify.figures import area_rows, results, station_rows, totals
from tallyverify.record import Fault, Policy, Site, Tree, Unreadable, need, open_checkpoint

KEPT = 100  # faults and notes beyond so many are not kept
BROKEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, csv.Error)  # and Fault
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
    "more than the hash of other files, and in results.json of names, sentences and what docs/verify.md lists;",
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
            for first, read in read_ahead(site, self.size, tree_only):
                self.tree.extend([leaf for leaf, _, _ in read])
                for number, entry in enumerate([] if tree_only else read, first):
                    self._act(number, *entry, authors)
            if authors.unsealed:
                self._say(f"act {authors.unsealed[0]} and later: no seal covers them")
            self._same("checkpoint: the root of the acts", self.root, self.tree.root(self.size))
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

    def _act(self, number: int, leaf: bytes, act: Act, why: str, authors: Authors) -> None:
        published = act.get("type") == "publication"
        try:
            authors.check(number, leaf, act)
            need(act, "is no act: " + why)
        except Fault as fault:
            self._say(f"act {number}: {fault}")
        try:
            self.count = self.count or (self._definition(act) if number == 0 else None)
            if self.count:
                self.count.take(act)
                if published:
                    self._publication(act, self.count)
        except (Fault, OverflowError) as error:
            what = "publishes what cannot be checked" if published else "has no effect"
            self._say(f"act {number} ({act.get('type')}): {what}: {error}", note=not published)

    def _definition(self, act: Act) -> Count | None:
        try:
            count = Count({name: self._hash(f"definition/{name}", digest) for name, digest in act["files"].items()})
            ids, settings = "".join(f"{station}\n" for station in count.index), count.settings
            listed: Act = {"count": len(count.stations), "sha256": sha256(ids.encode()).hexdigest()}
            own = {name: settings[name] for name in ("origin", "data_origin")}
            self._same("act 0:", {"stations": listed, "election": settings["id"], **own}, act)
        except BROKEN as error:
            self._say(f"definition/: is not the definition of an election: {error!r}")
            return None
        return count

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
                        self._same(f"{path}:", results(count, contest, act, sums[""]), json.loads(data))
                except BROKEN as error:
                    self._say(f"{path}: is not JSON, or not a table of these rows: {error}")
        files = dict(act["files"])
        if digest := files.pop("manifest.json", ""):  # which gives the hashes of files that are too many for an act
            listed = json.loads(self._hash(f"{folder}manifest.json", digest))["files"]
            first = count.published[act["number"]]["files"]
            files = {name: one["sha256"] for name, one in listed.items() if name not in first} | files
        for name, digest in files.items():
            self._hash(folder + name, digest)

    def _rows(self, path: str, expected: Iterator[list[Any]], data: bytes) -> None:
        lines, header = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), strict=True), list[str]()
        for row, cells in zip_longest(expected, lines, fillvalue=list[Any]()):
            wanted = ["" if cell is None else str(cell) for cell in row]
            header = header or wanted
            if wanted != cells:
                where = f"line {lines.line_num}"
                need(len(wanted) == len(cells), f"{where} is missing, too many, or of other columns")
                self._same(f"{path} {where}:", *(dict(zip(header, row, strict=True)) for row in (wanted, cells)))


def verify(place: str, vkey: str | None, policy: Path | None, tree_only: bool) -> dict[str, Any]:
    """The document that --json writes; totals are by contest, basis and area, the whole under ""."""
    site = Site(place)
    note = site.read("checkpoint", 1_000_000)
    own = "" if vkey or policy else site.read("log.vkey", 1000).decode().strip(" \t\r\n")  # and no other space
    check = Check(site, note, Policy(policy.read_text() if policy else f"log {vkey or own}\nquorum none"), tree_only)
    count, every = check.count, check.count.contests.items() if check.count else ()
    sums = {id: {"counted": totals(count, one, True), "standing": totals(count, one)} for id, one in every if count}
    return {
        **{"site": place, "holds": not check.faults, "origin": check.origin, "size": check.size, "root": check.root},
        **{"snapshots": len(count.published) if count else 0, "totals": sums, "faults": check.faults},
        **{"notes": check.notes, "proved": [] if check.faults else PROVED[: 1 if tree_only else 3]},
        **{"not_proved": NOT_PROVED, "warning": OWN_KEY + own if own else ""},
    }


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser("tallyverify", description=__doc__, epilog="Example:  tallyverify site --vkey KEY")
    parser.add_argument("place", metavar="URL|FOLDER", help="the published site, or a copy of it")
    parser.add_argument("--vkey", help="the log's key, from paper or another source than the site")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="a C2SP tlog-policy: logs, witnesses and quorum")
    parser.add_argument("--tree-only", action="store_true", help="checkpoint and tree; no acts, no figures")
    parser.add_argument("--json", action="store_true", help="write a JSON document")
    asked = parser.parse_args(arguments)
    try:
        found = verify(asked.place, asked.vkey, asked.policy, asked.tree_only)
    except (Unreadable, Fault, OSError, UnicodeDecodeError, KeyboardInterrupt) as error:
        print(f"tallyverify: {str(error) or 'interrupted'}", file=sys.stderr)
        return 2
    if asked.json:
        print(json.dumps(found, indent=2))
        return 0 if found["holds"] else 1
    for contest, bases in found.pop("totals").items():
        for basis, areas in bases.items():
            print(f"{contest}, as {basis}:", ", ".join(f"{name} {figure:,}" for name, figure in areas[""].items()))
    for name, value in found.items():
        for line in value if isinstance(value, list | tuple) else [value] if value != "" else []:
            print(f"{name}: {line}")
    return 0 if found["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
