"""The count, replayed: what each act does, station by station, and the rules that it must keep to.

An act that breaks a rule (a second protocol of a station, a correction of figures that do not stand, ...) has no
effect.  As counted: the first accepted figures.  As standing: after corrections, recounts and annulments.
"""

import csv
import io
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tallyverify.acts import MAX, Act

DONE = ("accepted", "annulled")
OF_A_CONTEST = {
    *("received", "protocol", "correction", "recount", "annulment", "candidate_status", "call", "uncall"),
    "certification",
}
Row = dict[str, int | None]  # figures by line of the form and by candidate; None could not be read, and is not zero


class Breach(Exception):
    """Why an act has no effect."""


def need(kept: object, rule: str) -> None:
    """Breach unless a rule is kept."""
    if not kept:
        raise Breach(rule)


class Contest:
    """The count of one contest; lists are by station, in the order of stations.csv."""

    def __init__(self, settings: Act, form: Act, candidates: list[dict[str, str]], stations: int) -> None:
        self.id, self.rule = settings["id"], settings["rule"]
        self.ids = [c["candidate_id"] for c in sorted(candidates, key=lambda c: int(c["ballot_order"]))]
        need(self.ids, f"contest {self.id} has no candidates")
        self.lines = {line["id"] for line in form["line"]}
        self.roles = {role: self._terms(terms) for role, terms in form.get("roles", {}).items() if terms}
        # Shares of the rule, written "25%" or "1/3", as exact fractions.
        texts = {name: text for name, text in self.rule.items() if name not in ("kind", "citation")}
        self.shares = {n: Fraction(t.removesuffix("%")) / (100 if t[-1] == "%" else 1) for n, t in texts.items()}
        self.status = ["expected"] * stations
        self.filed: list[Row] = [{}] * stations  # the protocol on file
        self.standing: list[Row] = [{}] * stations  # the same, or what replaced it after acceptance
        self.act = [-1] * stations  # number of the act in force
        self.changes: list[tuple[int, Act]] = []  # corrections, recounts and annulments with their numbers
        self.calls: dict[str, str] = {}  # candidate by key
        self.certified: Act = {}

    def _terms(self, terms: list[str]) -> list[tuple[int, str]]:
        # A sum as factors and columns; it is written "valid", "-spoilt", "2 invalid", "votes" (of all candidates).
        found = []
        for term in terms:
            factor, _, line = term.removeprefix("-").strip().rpartition(" ")
            need(line in ("votes", *self.lines), f"the form has no line {line}")
            whole = int(factor or 1) * (-1 if term.startswith("-") else 1)
            found += [(whole, column) for column in (self.ids if line == "votes" else [line])]
        return found

    def role(self, role: str, row: Any) -> int:
        """The sum of the lines of a role (registered, issued, ballots, valid, invalid); unread adds nothing."""
        terms = self.roles.get(role) or [(1, candidate) for candidate in self.ids if role == "valid"]
        return sum(factor * (row[column] or 0) for factor, column in terms)

    def figures(self, act: Act) -> Row:
        """The figures of an act; Breach unless they are those of the form and the contest."""
        row: Row = act["lines"] | act["votes"]
        own = act["lines"].keys() == self.lines and act["votes"].keys() == {*self.ids}
        need(own and all(v is None or 0 <= v <= MAX for v in row.values()), "not the figures of form and contest")
        return row

    def ranked(self, votes: Mapping[str, int]) -> list[str]:
        """Candidates by votes; equal ones in the order of the ballot paper."""
        return sorted(self.ids, key=lambda candidate: -votes[candidate])


class Count:
    """The election as its definition gives it, and the state of the count after `size` acts."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.settings = tomllib.loads(files["election.toml"].decode())
        self.areas, self.stations, candidates = (
            list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig")), strict=True))
            for name in ("areas", "stations", "candidates")
        )
        place = {area["area_id"]: number for number, area in enumerate(self.areas)} | {"": -1}
        self.above = [[number] for number in range(len(self.areas))]  # an area, those it lies in, the whole (-1)
        for chain in self.above:
            while chain[-1] >= 0:
                chain.append(place[self.areas[chain[-1]]["parent_id"]])
                need(len(chain) < 30, "areas in areas without end")
        self.area = [place[station["area_id"]] for station in self.stations]
        self.index = {station["station_id"]: number for number, station in enumerate(self.stations)}
        self.register = [int(station["registered"] or -1) for station in self.stations]  # -1: has none
        self.hours: list[str] = self.settings.get("turnout_hours", [])
        self.contests: dict[str, Contest] = {}
        for contest in self.settings["contest"]:  # a candidate who names no contest stands in the first
            names = (contest["id"],) if self.contests else (contest["id"], "", None)
            own = [candidate for candidate in candidates if candidate.get("contest") in names]
            self.contests[contest["id"]] = Contest(contest, self.settings["form"], own, len(self.stations))
        self.voted: list[list[int | None]] = [[None] * len(self.hours) for _ in self.stations]
        self.opened = self.closed = False
        self.waiting: list[int] = []  # numbers of the protocols that await a decision, ascending
        self.filed_as: dict[int, tuple[Contest, int]] = {}  # contest and station of each protocol
        self.statements: list[Act] = []
        self.published: dict[int, Act] = {}  # first publication act of each snapshot
        self.size = 0

    def take(self, act: Act) -> None:
        """The effect of the next act; Breach where it breaks a rule.  An entry that is no act ({}) has none."""
        number, self.size = self.size, self.size + 1
        kind, name, id = act.get("type", ""), act.get("contest", ""), act.get("station")
        if id is not None:
            need(id in self.index, f"there is no station {id}")
            station = self.index[id]
        if kind in OF_A_CONTEST:
            need(name in self.contests, f"there is no contest {name}")
            contest = self.contests[name]
            candidate = act.get("candidate", act.get("winner", contest.ids[0]))
            need(candidate in contest.ids, f"there is no candidate {candidate}")
        match kind:
            case "opened":
                self.opened = True
            case "closed":
                self.closed = True
            case "turnout":
                need(act["hour"] in self.hours and act["voted"] >= 0, "no turnout of a fixed hour")
                self.voted[station][self.hours.index(act["hour"])] = act["voted"]
            case "received":
                status, returned = contest.status[station], act.get("returned", False)
                on_file = contest.act[station] >= 0
                need(status == ("received" if returned else "expected") and not on_file, f"station {id} is {status}")
                need(act.get("reason") or not returned, "a reason is missing")
                contest.status[station] = "expected" if returned else "received"
            case "protocol":
                before = contest.act[station]
                need(contest.status[station] not in DONE, f"station {id} has an accepted protocol")
                need(act.get("supersedes", -1) == before, f"station {id} has another protocol on file, or none")
                contest.filed[station] = contest.standing[station] = contest.figures(act)
                contest.status[station], contest.act[station] = "received", number
                if before >= 0:
                    del self.waiting[bisect_left(self.waiting, before)]
                self.waiting.append(number)
                self.filed_as[number] = contest, station
            case "in_review" | "accepted":
                first, after = act["protocol" if kind == "in_review" else "first"], act.get("count", 1)
                found = slice(bisect_left(self.waiting, first), bisect_left(self.waiting, first + after))
                need(self.waiting[found], f"no protocol awaits a decision among the {after} acts from {first}")
                for protocol in self.waiting[found]:
                    contest, station = self.filed_as[protocol]
                    contest.status[station] = kind
                if kind == "accepted":
                    del self.waiting[found]
            case "correction" | "recount" | "annulment":
                stands = contest.act[station]
                need(contest.status[station] == "accepted", f"station {id} has no accepted result to change")
                need(act.get("supersedes") == stands and act.get("reason"), f"act {stands} stands; or no reason")
                if kind != "annulment":
                    contest.standing[station] = contest.figures(act)
                contest.status[station] = "annulled" if kind == "annulment" else "accepted"
                contest.act[station] = number
                contest.changes.append((number, act))
            case "statement":
                need(name in ("", *self.contests), f"there is no contest {name}")
                self.statements.append(act)
            case "attachment":
                need(0 <= act["act"] < number and act.get("evidence"), f"no act {act['act']}, or nothing is attached")
            case "call":
                contest.calls[act.get("by", "")] = act["candidate"]
            case "uncall":
                need(contest.calls and act.get("reason"), "there is no call to take back, or a reason is missing")
                contest.calls.clear()
            case "certification":
                need({*contest.status} <= {*DONE}, "stations are missing or in review")
                contest.certified = act
            case "publication":
                known = self.published.get(act["number"], act)
                need(known["snapshot"] == act["snapshot"], f"snapshot {act['number']} is of another prefix")
                follows = (act["number"], act["snapshot"]["size"]) == (len(self.published) + 1, number)
                need(follows or known is not act, f"snapshot {act['number']} does not follow the record")
                self.published[act["number"]] = known
