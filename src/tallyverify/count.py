"""The count, replayed: what each act does, station by station, and the rules that it must keep to.

An act that breaks a rule (a second protocol of a station, a correction of figures that do not stand, ...) has no
effect.  As counted: the first accepted figures.  As standing: after corrections, recounts and annulments.
"""

import csv
import io
import tomllib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from sys import intern

from tallyverify.acts import Act
from tallyverify.record import need

DONE = ("accepted", "annulled")
OF_A_CONTEST = {"received", "protocol", "correction", "recount", "annulment"}
OF_A_CONTEST |= {"candidate_status", "call", "uncall", "certification"}
Row = Sequence[int]  # figures in the order of `Contest.names`; -1 could not be read, and is not zero


class Contest:
    """The count of one contest; lists are by station, in the order of stations.csv."""

    def __init__(self, settings: Act, form: Act, candidates: list[dict[str, str]], stations: int) -> None:
        self.id, self.rule, self.lines = settings["id"], settings["rule"], {line["id"] for line in form["line"]}
        self.ids = [c["candidate_id"] for c in sorted(candidates, key=lambda c: int(c["ballot_order"]))]
        self.names = (*self.lines, *self.ids)
        self.unread: Row = array("q", [-1] * len(self.names))
        need(self.ids, f"contest {self.id} has no candidates")
        self.roles: dict[str, list[tuple[int, str]]] = {}  # factors and lines (or candidates) that a role adds up
        for role, term in [(role, term) for role, terms in form.get("roles", {}).items() for term in terms]:
            factor, _, line = term.removeprefix("-").strip().rpartition(" ")  # "valid", "-spoilt", "2 invalid", "votes"
            need(line in ("votes", *self.lines), f"the form has no line {line}")
            whole = int(factor or 1) * (-1 if term.startswith("-") else 1)
            self.roles.setdefault(role, []).extend((whole, n) for n in (self.ids if line == "votes" else [line]))
        texts = {name: text for name, text in self.rule.items() if name not in ("kind", "citation")}  # "25%" or "1/3"
        self.shares = {n: Fraction(t.removesuffix("%")) / (100 if t[-1] == "%" else 1) for n, t in texts.items()}
        self.status = ["expected"] * stations
        self.act: list[int | None] = [None] * stations  # number of the act in force
        self.filed: list[Row] = [self.unread] * stations  # the protocol on file
        self.standing: list[Row] = [self.unread] * stations  # the same, or what replaced it after acceptance
        self.changes: list[Act] = []  # corrections, recounts and annulments as results.json lists them
        self.calls: dict[str, str] = {}  # candidate by role
        self.certified: Act = {}
        self.said_certified = False  # by somebody else, once every station had reported

    def sum(self, role: str, row: Mapping[str, int]) -> int:
        """What a role (registered, issued, ballots, valid, invalid) adds up; unread lines add nothing."""
        terms = self.roles.get(role) or [(1, candidate) for candidate in self.ids if role == "valid"]
        return sum([factor * max(row[line], 0) for factor, line in terms])

    def figures(self, act: Act) -> Row:
        """The figures of an act; Fault unless they are those of the form and the contest."""
        own = act["lines"].keys() == self.lines and act["votes"].keys() == {*self.ids}
        given: dict[str, int | None] = act["lines"] | act["votes"]
        need(own and min([figure or 0 for figure in given.values()]) >= 0, "not the figures of form and contest")
        return array("q", [-1 if (figure := given[name]) is None else figure for name in self.names])


class Count:
    """The election as its definition gives it, and the state of the count after `size` acts."""

    def __init__(self, files: dict[str, bytes]) -> None:
        def table(name: str) -> Iterator[dict[str, str]]:
            return csv.DictReader(io.TextIOWrapper(io.BytesIO(files[name]), "utf-8-sig", newline=""), strict=True)

        self.settings = tomllib.loads(files["election.toml"].decode())
        self.areas = {area["area_id"]: area for area in table("areas.csv")}
        self.above = {area: [area] for area in self.areas}  # an area, those it lies in, and the whole ("")
        for chain in self.above.values():
            while chain[-1]:
                chain.append(self.areas[chain[-1]]["parent_id"])
                need(len(chain) < 30, "areas in areas without end")
        self.within: dict[str, list[int]] = {}  # the stations of an area, without those of areas that lie in it
        self.stations, self.register = list[tuple[str, str, str]](), list[int | None]()  # id, area, kind; None: none
        for number, station in enumerate(table("stations.csv")):
            self.stations.append((station["station_id"], intern(station["area_id"]), intern(station["kind"])))
            self.register.append(int(station["registered"]) if station["registered"] else None)
            self.within.setdefault(station["area_id"], []).append(number)
        self.index = {id: number for number, (id, _, _) in enumerate(self.stations)}
        need(self.within.keys() <= self.areas.keys(), "a station in no area")
        self.contests: dict[str, Contest] = {}
        for contest in self.settings["contest"]:  # a candidate who names no contest stands in the first
            names = (contest["id"],) if self.contests else (contest["id"], "", None)
            own = [candidate for candidate in table("candidates.csv") if candidate.get("contest") in names]
            self.contests[contest["id"]] = Contest(contest, self.settings["form"], own, len(self.stations))
        hours = self.settings.get("turnout_hours", [])
        self.voted: dict[str, list[int | None]] = {hour: [None] * len(self.stations) for hour in hours}
        self.happened, self.roles = set[str](), dict[str, str]()  # that stations opened, closed; roles by key
        self.waiting: list[tuple[int, Contest, int]] = []  # protocols that await a decision: number, contest, station
        self.statements: list[tuple[Act, int]] = []  # with the size of the snapshot then in force
        self.published, self.size = dict[int, Act](), 0  # by number of a snapshot, the first act that publishes it

    def take(self, act: Act) -> None:
        """The effect of the next act; Fault where it breaks a rule.  An entry that is no act ({}) has none."""
        number, self.size = self.size, self.size + 1
        kind, name, id = act.get("type", ""), act.get("contest", ""), act.get("station")
        station = self.index.get(id or "", -1)
        need(id is None or station >= 0, "there is no such station")
        if kind in OF_A_CONTEST:
            need(name in self.contests, "there is no such contest")
            contest = self.contests[name]
            candidate = str(act.get("candidate", act.get("winner", contest.ids[0])))
            need(candidate in contest.ids, "there is no such candidate")
        match kind:
            case "definition" | "key":
                self.roles |= {key["id"]: key["role"] for key in [*act.get("keys", []), act.get("key")] if key}
            case "opened" | "closed":
                self.happened.add(kind)
            case "turnout":
                need(act["hour"] in self.voted and act["voted"] >= 0, "no turnout of a fixed hour")
                self.voted[act["hour"]][station] = act["voted"]
            case "received":
                status, returned = contest.status[station], "returned" in act
                new = contest.act[station] is None and status == ("received" if returned else "expected")
                need(new and (act.get("reason") or not returned), f"station {id} is {status}; or no reason")
                contest.status[station] = "expected" if returned else "received"
            case "protocol":
                before = contest.act[station]
                need(contest.status[station] not in DONE, "the station has an accepted protocol")
                need(act.get("supersedes") == before, "the station has another protocol on file, or none")
                contest.filed[station] = contest.standing[station] = contest.figures(act)
                contest.status[station], contest.act[station] = "received", number
                if before is not None:
                    del self.waiting[bisect_left(self.waiting, (before,))]
                self.waiting.append((number, contest, station))
            case "in_review" | "accepted":
                first = act["protocol" if kind == "in_review" else "first"]
                found = slice(*(bisect_left(self.waiting, (n,)) for n in (first, first + act.get("count", 1))))
                need(self.waiting[found], f"no protocol awaits a decision from act {first} on")
                for _, contest, station in self.waiting[found]:
                    contest.status[station] = kind
                if kind == "accepted":
                    del self.waiting[found]
            case "correction" | "recount" | "annulment":
                before, stands, status = contest.act[station], contest.standing[station], contest.status[station]
                became = "annulled" if kind == "annulment" else "accepted"
                need(status == "accepted" or (became == "annulled" and status not in DONE), f"station {id} is {status}")
                need(act.get("supersedes") == before and act.get("reason"), f"act {before} stands; or no reason")
                if status != "accepted":  # nothing that it sent is in any total
                    contest.filed[station] = stands = contest.unread
                    self.waiting = [entry for entry in self.waiting if entry[0] != before]
                contest.standing[station] = now = stands if became == "annulled" else contest.figures(act)
                contest.status[station], contest.act[station] = became, number
                change = {"station_id": id, "reason": act["reason"], "act": number, "kind": kind, "supersedes": before}
                valid = [contest.sum("valid", dict(zip(contest.names, row, strict=True))) for row in (stands, now)]
                contest.changes.append(change | {"valid_before": valid[0], "valid_after": valid[1]})
            case "statement":
                need(name in ("", *self.contests), f"there is no contest {name}")
                said = self.contests[name or next(iter(self.contests))]
                said.said_certified |= act["kind"] == "certification" and {*said.status} <= {*DONE}
                latest = self.published.get(len(self.published), {"snapshot": {"size": 0}})
                self.statements.append((act, latest["snapshot"]["size"]))
            case "attachment":
                need(0 <= act["act"] < number and act.get("evidence"), f"no act {act['act']}, or nothing is attached")
            case "call":
                contest.calls[str(self.roles.get(by := act.get("by", ""), by))] = candidate  # by role, where known
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
