"""Checks a published election record and its figures.  Exit 0: all holds; 1: something does not; 2: cannot be read."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tallyverify.check import KEPT, Check
from tallyverify.figures import totals
from tallyverify.record import Fault, Keys, Site, Unreadable, read_vkey

OWN_KEY = """
WARNING: the log's key was taken from the site itself, which proves only that the site agrees with itself. Compare it
with the key that was printed on paper or in other papers, or give that one with --vkey. The site's is:"""
PROVED = (
    "The acts are those that the log's key signed, and every hash file of the tree follows from them.",
    "Act 0 fixes the definition; keys that it names signed or sealed every act; no act is older than it says.",
    "The totals, and every figure compared in results.json, areas.csv and stations.csv, follow from the acts.",
)
NOT_PROVED = (
    "that the paper was honest, that voting was free, or that all who had the right could vote;",
    "that protocols were copied rightly from paper: compare stations.csv with the copies given at the stations;",
    "that others see the same record: compare the number of acts and the root with theirs;",
    "more than the hash of other files (pages, bulletins, Parquet) and of names and sentences in results.json;",
    "anything about index.html at the top of the site, which is replaced: the pages below v/ are the ones to cite.",
)


def read_policy(text: str) -> Keys:
    """The keys of the `log` lines of a C2SP tlog-policy; Unreadable where it asks for a quorum of witnesses."""
    keys: Keys = {}
    for words in map(str.split, text.splitlines()):
        if words[:1] == ["log"]:
            keys |= read_vkey(" ".join(words[1:2]))
        elif words[:1] == ["quorum"] and words != ["quorum", "none"]:
            raise Unreadable(f"the policy asks for a quorum ({words[1:]}); only its log lines can be checked so far")
    return keys


def verify(place: str, keys: Keys, tree_only: bool) -> dict[str, Any]:
    """The document that --json writes; totals are by contest, basis and area, the whole under ""."""
    site = Site(place)
    try:
        note = site.read("checkpoint", 1_000_000)
        vkey = "" if keys else site.read("log.vkey", 1000).decode().strip()
    except (Fault, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    check = Check(site)
    check.run(note, keys or read_vkey(vkey), tree_only)
    sums: dict[str, Any] = {}
    if count := check.count:
        areas = [*(area["area_id"] for area in count.areas), ""]
        for contest in count.contests.values():
            rows = {basis: totals(count, contest, basis == "counted") for basis in ("counted", "standing")}
            sums[contest.id] = {basis: dict(zip(areas, row, strict=True)) for basis, row in rows.items()}
    return {
        **{"site": place, "holds": not check.faults, "origin": check.origin, "size": check.size, "root": check.root},
        **{"key_from_site": vkey, "snapshots": len(count.published) if count else 0, "totals": sums},
        "faults": [dict(zip(("where", "what", "expected", "got"), f.parts, strict=False)) for f in check.faults],
        "breaches": check.breaches,
        "proved": [] if check.faults else [*PROVED[: 1 if tree_only else 3]],
        "not_proved": [*NOT_PROVED],
    }


def show(found: dict[str, Any]) -> None:
    """Prints the document in sentences."""
    print(f"{found['origin']}: {found['size']:,} acts, root {found['root']}, {found['snapshots']} snapshots")
    for contest, bases in found["totals"].items():
        for basis, areas in bases.items():
            print(f"{contest}, as {basis}:", ", ".join(f"{name} {figure:,}" for name, figure in areas[""].items()))
    for label, lines in (("DOES NOT HOLD", found["faults"]), ("NOTE", found["breaches"])):
        for line in lines:
            print(f"{label}: {Fault(*line.values()) if isinstance(line, dict) else line}")
        if len(lines) == KEPT:
            print(f"{label}: perhaps more, as only {KEPT} are kept")
    print(*(found["proved"] or ["The check FAILED."]), "It was not proved:", sep="\n")
    print(*(f"- {line}" for line in found["not_proved"]), sep="\n")
    if found["key_from_site"]:
        print(f"{OWN_KEY}\n{found['key_from_site']}")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser("tallyverify", description=__doc__, epilog="Example:  tallyverify site --vkey KEY")
    parser.add_argument("place", metavar="URL|FOLDER", help="the published site, or a copy of it")
    parser.add_argument("--vkey", help="the log's key, from paper or another source than the site")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="a C2SP tlog-policy with the log's key")
    parser.add_argument("--tree-only", action="store_true", help="checkpoint and tree; no acts, no figures")
    parser.add_argument("--json", action="store_true", help="write a JSON document")
    options = parser.parse_args(arguments)
    try:
        keys = read_policy(options.policy.read_text()) if options.policy else {}
        keys |= read_vkey(options.vkey) if options.vkey else {}
        found = verify(options.place, keys, options.tree_only)
    except (Unreadable, OSError, UnicodeDecodeError) as error:
        print(f"tallyverify: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)
    return 0 if found["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
