"""One check of a site, in one pass: the tree, every act and its author, the replay, and every published figure."""

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from tallyverify.acts import Act, Authors, read_act
from tallyverify.count import Breach, Count
from tallyverify.figures import area_rows, results, station_rows, totals
from tallyverify.record import Fault, Keys, Site, Tree, bundles, open_checkpoint, wrong_tiles

KEPT = 100  # faults and breaches beyond so many are not kept
NOT_READABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError, csv.Error, Breach)


class Check:
    """What was found: `faults` is what does not hold, `breaches` are acts against the rules, without effect."""

    def __init__(self, site: Site) -> None:
        self.site, self.tree = site, Tree()
        self.origin, self.size, self.root = "", 0, ""
        self.authors = Authors("", self.tree)
        self.count: Count | None = None
        self.faults: list[Fault] = []
        self.breaches: list[str] = []
        self.hashes: dict[str, str] = {}  # SHA-256 of the files whose figures were compared
        self.bound: set[str] = set()  # files whose hash an act of publication gives

    def run(self, note: bytes, keys: Keys, tree_only: bool = False) -> None:
        """Checks everything, from the checkpoint on."""
        try:
            self.origin, self.size, self.root = open_checkpoint(note, keys)
            self.authors = Authors(self.origin, self.tree)
            for n, entries in enumerate(bundles(self.site, self.size)):
                leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
                self.tree.extend(leaves)
                for place, leaf in enumerate(leaves if not tree_only else ()):
                    self._act(256 * n + place, leaf, entries[place])
            self._same("checkpoint", "the root of the acts", self.root, self.tree.root(self.size))
            for fault in wrong_tiles(self.site, self.tree):
                self._fault(fault)
            if self.authors.unsealed:
                self._fault(Fault(f"act {self.authors.unsealed[0]} and later", "no seal covers them"))
            for path in self.hashes.keys() - self.bound:
                self._fault(Fault(path, "no act of publication gives its hash"))
            if self.count and self.count.published:
                latest = self._json("latest.json", 10_000)
                number = latest.get("number") if isinstance(latest, dict) else None
                what = "its snapshot; this checkpoint knows nothing of what came later"
                self._same("latest.json", what, len(self.count.published), number)
        except Fault as fault:
            self._fault(fault)

    def _fault(self, fault: Fault) -> None:
        if len(self.faults) < KEPT:
            self.faults.append(fault)

    def _same(self, where: str, what: str, expected: object, got: object) -> None:
        if type(expected) is not type(got) or expected != got:  # 1 is not true, nor 1.0
            self._fault(Fault(where, what, expected, got))

    def _act(self, number: int, leaf: bytes, entry: bytes) -> None:
        act: Act = {}
        try:
            act = read_act(entry)
        except (ValueError, RecursionError) as error:
            self._fault(Fault(f"act {number}", f"is no act: {error}"))
        for fault in self.authors.check(number, leaf, act):
            self._fault(fault)
        if number == 0:
            self._define(act)
        if self.count is None:
            return
        published = act.get("type") == "publication"
        try:
            self.count.take(act)
            if published:
                self._publication(number, act, self.count)
        except Breach as breach:
            if published:
                self._fault(Fault(f"act {number}", f"publishes what cannot be checked: {breach}"))
            elif len(self.breaches) < KEPT:
                self.breaches.append(str(Fault(f"act {number} ({act['type']})", f"has no effect: {breach}")))

    def _define(self, act: Act) -> None:
        """Reads the election that act 0 fixes, file by file, by hash."""
        files = {}
        try:
            for name, digest in act["files"].items():
                files[name] = self.site.read(f"definition/{name}")
                self._same(f"definition/{name}", "SHA-256", digest, sha256(files[name]).hexdigest())
            count = self.count = Count(files)
            ids = "".join(f"{station}\n" for station in count.index).encode()
            stations = {"count": len(count.index), "sha256": sha256(ids).hexdigest()}
            self._same("act 0", "the list of stations", act["stations"], stations)
            for name, member in (("election", "id"), ("origin", "origin"), ("data_origin", "data_origin")):
                self._same("act 0", name, count.settings[member], act[name])
        except Fault as fault:
            self._fault(fault)
        except NOT_READABLE as error:
            self._fault(Fault("definition/", f"is not the definition of an election: {error!r}"))

    def _publication(self, number: int, act: Act, count: Count) -> None:
        """Checks the hash of each file, and the figures of a snapshot where it is published first."""
        folder, size = f"v/{act['number']}/", act["snapshot"]["size"]
        self._same(f"act {number}", "the root of the snapshot", self.tree.root(size), act["snapshot"]["root"])
        if count.published[act["number"]] is act:
            self._snapshot(act, count, folder)
        for path, digest in ((folder + name, digest) for name, digest in act["files"].items()):
            try:
                found = self.hashes[path] if path in self.hashes else sha256(self.site.read(path)).hexdigest()
                self._same(path, "SHA-256", digest, found)
            except Fault as fault:
                self._fault(fault)
            self.bound.add(path)

    def _snapshot(self, act: Act, count: Count, folder: str) -> None:
        for place, contest in enumerate(count.contests.values()):
            base, sums = folder + (f"{contest.id}/" if place else ""), totals(count, contest)
            try:
                found = self._json(base + "results.json", 8_000_000)
                self._members(base + "results.json", "", results(count, contest, act, sums), found)
                self._rows(base + "areas.csv", area_rows(count, contest, act, sums))
                self._rows(base + "stations.csv", station_rows(count, contest))
            except Fault as fault:
                self._fault(fault)
            except NOT_READABLE as error:
                self._fault(Fault(base, f"holds a file that cannot be read: {error!r}"))

    def _read(self, path: str, limit: int = 256_000_000) -> bytes:
        data = self.site.read(path, limit)
        self.hashes[path] = sha256(data).hexdigest()
        return data

    def _json(self, path: str, limit: int) -> Any:
        try:
            return json.loads(self._read(path, limit))
        except (ValueError, RecursionError) as error:
            raise Fault(path, f"is not JSON: {error}") from error

    def _members(self, path: str, where: str, expected: Any, got: Any) -> None:
        if isinstance(expected, dict) and isinstance(got, dict):
            for name, value in expected.items():
                self._members(path, f"{where}.{name}".strip("."), value, got.get(name, "absent"))
        elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
            for place, value in enumerate(expected):
                self._members(path, f"{where}[{place}]", value, got[place])
        else:
            self._same(path, where, expected, got)

    def _rows(self, path: str, expected: Iterator[Act]) -> None:
        """Compares CSV by cell; texts by letters and digits only, as spreadsheets need some signs changed."""
        rows = csv.reader(io.StringIO(self._read(path).decode(), newline=""), strict=True)
        header = next(rows, [])
        for row, cells in zip_longest(expected, rows):
            where = f"{path} line {rows.line_num}"
            if row is None or cells is None or [*row] != header or len(cells) != len(header):
                raise Fault(where, "is missing, one too many, or of other columns", list(row or ()), cells)
            wanted = ["" if value is None else str(value) for value in row.values()]
            for name, text, cell in zip(header, wanted, cells, strict=True) if wanted != cells else ():
                if not isinstance(row[name], str) or [*filter(str.isalnum, text)] != [*filter(str.isalnum, cell)]:
                    self._same(where, name, text, cell)
