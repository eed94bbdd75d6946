"""The figures of a snapshot: what results.json, areas.csv and stations.csv must say after so many acts."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tallyverify.acts import Act
from tallyverify.count import DONE, Contest, Count

Sums = defaultdict[str, int]


def percent(part: int, whole: int) -> str | None:
    """Two decimals, rounded half-up once; "<0.01" and ">99.99" are never shown as 0 or 100."""
    if whole == 0:
        return None
    hundredths = (20_000 * part + whole) // (2 * whole)
    if (hundredths == 0 and part > 0) or (hundredths == 10_000 and part < whole):
        return ">99.99" if hundredths else "<0.01"
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def guarded(text: str) -> str:
    """A cell of CSV: on one line, printable, and behind an apostrophe where a spreadsheet would run it as a formula."""
    text = f"'{text}" if text[:1] in (*"=+-@\t\r",) else text
    printable = text if text.isprintable() else "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(printable.split())


def totals(count: Count, contest: Contest, counted: bool = False) -> dict[str, Sums]:
    """Sums over the stations of each area, by its id, and of the whole (""): as standing, or as counted."""
    closing = count.voted.get(f"{count.settings['closes']:%H:%M}", [None] * len(count.stations))  # turnout then
    cast = next((role for role in ("issued", "ballots", "valid") if role in contest.roles), "none")
    more = contest.shares.get("additions_share", 0)  # of the register, added to it on the day
    register, rows = [own or 0 for own in count.register], contest.filed if counted else contest.standing
    sums = {area: Sums(int) for area in (*count.areas, "")}
    for area, stations in count.within.items():
        own = Sums(int, {"stations.all": len(stations), "register.all": sum([register[n] for n in stations])})
        if done := [n for n in stations if contest.status[n] in DONE]:
            own |= {"stations.reported": len(done), "register.reported": sum([register[n] for n in done])}
            own["register.annulled"] = sum([register[n] for n in done if contest.status[n] == "annulled"])
            read = [contest.unread, *(rows[n] for n in done if counted or contest.status[n] == "accepted")]
            own |= {n: sum(row) + row.count(-1) for n, row in zip(contest.names, zip(*read, strict=True), strict=True)}
            own["voters.cast"] = contest.sum(cast, own)
        # Elsewhere the turnout reported last, and the most voters that can still come, by register and by turnout.
        if left := [n for n in stations if contest.status[n] not in DONE]:
            reports = [[voted[n] for voted in count.voted.values() if voted[n] is not None] for n in left]
            own["voters.cast"] += sum([report[-1] or 0 for report in reports if report])
            own["voters.at_closing"] = sum([closing[n] or 0 for n in left])
            own["voters.to_come"] = sum([register[n] + register[n] * more.numerator // more.denominator for n in left])
            own["stations.unclosed"] = [closing[n] for n in left].count(None)
            own["stations.unlisted"] = [count.register[n] for n in left].count(None)
        for place in count.above[area]:
            for name, total in own.items():
                sums[place][name] += total
    return sums


def outcome(count: Count, contest: Contest, total: Sums, voted: int, registered: int) -> Act:
    """What the votes mean by the contest's rule, and what is settled, whatever can still come."""
    ranked, valid = sorted(contest.ids, key=lambda c: -total[c]), contest.sum("valid", total)
    first, second, third, *_ = [*(total[candidate] for candidate in ranked), 0, 0]
    complete, lead, kind = total["stations.all"] == total["stations.reported"], first - second, contest.rule["kind"]
    bounds = [] if total["stations.unlisted"] else [(total["voters.to_come"], "register")]
    if f"{count.settings['closes']:%H:%M}" in count.voted and not total["stations.unclosed"]:
        bounds.append((total["voters.at_closing"], "turnout"))
    left, by = next((bound for bound in bounds if lead > bound[0]), min(bounds, default=(-1, "")))
    enough, short = 2 * first > valid + left, 2 * (first + left) <= valid + left
    settled: Act = {"leader_settled": lead > left, "majority_settled": enough, "settled": lead > left or enough}
    settled |= {"by": by, "lead": lead, "outstanding": left, "hurdle_percent": percent(lead + left, 2 * left)}
    void, least, threshold = (contest.shares.get(n, 0) for n in ("void_share", "minimum_turnout", "threshold"))
    if kind == "plurality":
        enough, short = True, False
    elif kind == "threshold":
        enough, short = first >= threshold * (registered + left), first + left < threshold * registered
    known, status, run_off = valid > 0 and left >= 0, "open", list[str]()
    voided = void and 0 < total["register.annulled"] >= void * total["register.all"]
    if voided or (complete and voted < least * registered):
        status = "no_valid_election"
    elif known and voted >= least * (registered + left) and enough and lead > left:
        status = "settled"
    elif known and voted >= least * (registered + left) and short and second - third > left:
        status, run_off = "run_off", ranked[:2]
    # A winner takes a certification, ours or one that is reported, or two roles that call the same candidate.
    agreed = {candidate for candidate in contest.calls.values() if [*contest.calls.values()].count(candidate) > 1}
    leader, winner = ranked[0] if valid and lead else None, None
    if contest.certified or (contest.said_certified and status == "settled"):
        status, winner = "certified", contest.certified.get("winner") if contest.certified else leader
    elif len(agreed) == 1:
        status, winner = "called", agreed.pop()
    found: Act = {"rule": kind, "status": status, "leader": leader, "winner": winner, "run_off": run_off}
    certified = complete and (contest.certified or contest.said_certified)
    return {"outcome": found, "settled": settled if known else None} | ({"state": "certified"} if certified else {})


def results(count: Count, contest: Contest, act: Act, total: Sums) -> Act:
    """What results.json must say, but for names and sentences; `act` is the publication of the snapshot."""
    stations, reported = total["stations.all"], total["stations.reported"]
    opening, covered, cast = total["register.all"], total["register.reported"], total["voters.cast"]
    expected, complete = contest.status.count("expected"), 0 < stations == reported
    valid, invalid = contest.sum("valid", total), contest.sum("invalid", total)
    ballots = contest.sum("ballots", total) if "ballots" in contest.roles else valid + invalid
    by_time: list[Act] = []
    for hour, reports in count.voted.items():
        if read := [voted for voted in reports if voted is not None]:
            by_time.append({"at": hour, "voted": sum(read), "percent": percent(sum(read), opening)})
            by_time[-1] |= {"stations": len(read), "is_floor": len(read) < stations}
    registered, voted, floor, known = opening, cast, True, cast if complete or by_time else None
    if complete:  # ballots issued over the register with the day's additions, both without annulled stations
        registered, floor = contest.sum("registered", total) or opening - total["register.annulled"], False
    elif by_time:
        voted, floor = by_time[-1]["voted"], by_time[-1]["is_floor"]
    ranked = sorted(contest.ids, key=lambda candidate: -total[candidate])
    votes = [total[candidate] for candidate in ranked]
    lead, listed = votes[0] - sum(votes[1:2]), ("station_id", "reason", "act")
    counting = "closed" in count.happened or expected < stations
    spoken = {"kind": "kind", "by": "speaker", "at": "said_at", "source": "source", "text": "text"}
    counters = {"received": stations - expected, "in_review": contest.status.count("in_review")}
    turnout = {"registered_opening": opening, "registered": registered, "voted": voted, "is_floor": floor}
    return {
        **{"election": count.settings["id"], "contest": contest.id, "data_origin": count.settings["data_origin"]},
        **{"basis": "standing", "snapshot": act["snapshot"] | {"time": act["at"]}, "areas": []},
        "state": "complete" if complete else "counting" if counting else "voting" if count.happened else "before",
        "progress": {
            "stations": {"reported": reported, "total": stations, "percent": percent(reported, stations)},
            "registered": {"covered": covered, "total": opening, "percent": percent(covered, opening)},
            "ballots": {"counted": ballots, "cast": known, "percent": percent(ballots, cast) if known else None},
        },
        **{"counters": counters | {"accepted": reported, "published": reported}, "valid": valid, "invalid": invalid},
        "turnout": turnout | {"percent": percent(voted, registered), "by_time": by_time},
        "margin": {"votes": lead, "percent_points": percent(lead, valid)} if votes[0] and len(votes) > 1 else None,
        "candidates": [
            {"id": c, "votes": total[c], "percent": percent(total[c], valid), "rank": 1 + votes.index(total[c])}
            for c in ranked
        ],
        "annulled": [{name: c[name] for name in listed} for c in contest.changes if c["kind"] == "annulment"],
        "corrections": [change for change in contest.changes if change["kind"] != "annulment"],
        "statements": [{n: said[f] for n, f in spoken.items()} | {"snapshot_size": s} for said, s in count.statements],
        **outcome(count, contest, total, cast if complete else contest.sum("issued", total), registered),
    }


def area_rows(count: Count, contest: Contest, act: Act, sums: dict[str, Sums]) -> Iterator[list[Any]]:
    """The header and the rows of areas.csv; None is an empty cell."""
    reports = any(voted is not None for hour in count.voted.values() for voted in hour)
    known = reports or sums[""]["stations.all"] == sums[""]["stations.reported"]
    own, votes = ["area_id", "name", "level", "parent_id"], [f"v_{candidate}" for candidate in contest.ids]
    total = ["stations_total", "stations_reported", "registered", "cast", "valid", "invalid"]
    yield [*own, *total, *votes, "data_origin", "snapshot_size"]
    for id, area in count.areas.items():
        of, cast = sums[id], sums[id]["voters.cast"] if known else None
        figures = [of["stations.all"], of["stations.reported"], of["register.all"], cast]
        figures += [*(contest.sum(role, of) for role in ("valid", "invalid")), *map(of.__getitem__, contest.ids)]
        yield [*(guarded(area[name]) for name in own), *figures, count.settings["data_origin"], act["snapshot"]["size"]]


def station_rows(count: Count, contest: Contest) -> Iterator[list[Any]]:
    """The header and the rows of stations.csv: figures as standing, None where unread or not accepted."""
    depth: dict[str, int] = {}  # levels of areas, the widest with the shortest chain
    for id, chain in count.above.items():
        depth.setdefault(count.areas[id]["level"], len(chain))
    levels, areas = sorted(depth, key=lambda level: depth[level]), dict[str, list[str | None]]()
    for id, chain in count.above.items():
        areas[id] = [*map({count.areas[wider]["level"]: guarded(wider) for wider in chain[-2::-1]}.get, levels)]
    roles = {"voters": "registered", "issued": "issued", "ballots": "ballots", "valid": "valid", "invalid": "invalid"}
    places = {name: place for place, name in enumerate(contest.names)}
    columns = {n: [(f, places[line]) for f, line in contest.roles[r]] for n, r in roles.items() if r in contest.roles}
    votes = [f"v_{candidate}" for candidate in contest.ids]  # last in a row
    yield ["station_id", *levels, "kind", "registered", *columns, *votes, "status", "act", "data_origin"]
    rows = zip(count.stations, count.register, contest.standing, contest.status, contest.act, strict=True)
    for (id, area, kind), registered, standing, status, act in rows:
        read = standing if status in DONE else contest.unread
        sums = [None if any(read[n] < 0 for _, n in of) else sum(f * read[n] for f, n in of) for of in columns.values()]
        figures = [registered, *sums, *(None if n < 0 else n for n in read[-len(votes) :])]
        yield [guarded(id), *areas[area], guarded(kind), *figures, status, act, count.settings["data_origin"]]
