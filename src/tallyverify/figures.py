"""The figures of a snapshot: what results.json, areas.csv and stations.csv must say after so many acts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tallyverify.acts import Act
from tallyverify.count import DONE, Contest, Count

Sums = Mapping[str, int]


def percent(part: int, whole: int) -> str | None:
    """Two decimals, rounded half-up once; "<0.01" and ">99.99" are never shown as 0 or 100."""
    if whole == 0:
        return None
    hundredths = (20_000 * part + whole) // (2 * whole)
    if (hundredths == 0 and part > 0) or (hundredths == 10_000 and part < whole):
        return ">99.99" if hundredths else "<0.01"
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def totals(count: Count, contest: Contest, counted: bool = False) -> Sequence[Sums]:
    """Sums over the stations of each area and, last, of the whole: as standing, or as counted."""
    direct, sums = ([defaultdict[str, int](int) for _ in range(len(count.areas) + 1)] for _ in range(2))
    additions = contest.shares.get("additions_share", 0)
    cast_role = next((role for role in ("issued", "ballots", "valid") if role in contest.roles), "")
    for station, status in enumerate(contest.status):
        register = max(count.register[station], 0)
        own: dict[str, int | None] = {"stations.all": 1, "register.all": register}
        if status in DONE:
            own |= {"stations.reported": 1, "register.reported": register}
            if status == "annulled":
                own["register.annulled"] = register
            if status == "accepted" or counted:
                row = contest.filed[station] if counted else contest.standing[station]
                own |= row | {"voters.cast": contest.role(cast_role, row)}
        else:  # the turnout reported last, and the most voters that can still come
            own["voters.cast"] = next((voted for voted in reversed(count.voted[station]) if voted is not None), 0)
            own["voters.to_come"] = register + int(register * additions)
        within = direct[count.area[station]]
        for name, figure in own.items():
            within[name] += figure or 0
    for area, places in enumerate(count.above):
        for place in places:
            for name, total in direct[area].items():
                sums[place][name] += total
    return sums


def to_come(count: Count, contest: Contest, total: Sums, lead: int) -> tuple[int, str] | None:
    """The most votes that can still come, and what that rests on; None where nothing bounds them."""
    waiting = [station for station, status in enumerate(contest.status) if status not in DONE]
    bounds = [(total["voters.to_come"], "register")] if all(count.register[s] >= 0 for s in waiting) else []
    if (closing := f"{count.settings['closes']:%H:%M}") in count.hours:
        last = [count.voted[station][count.hours.index(closing)] for station in waiting]
        bounds += [(sum(voted or 0 for voted in last), "turnout")] if None not in last else []
    return next((bound for bound in bounds if lead > bound[0]), min(bounds, default=None))


def outcome(contest: Contest, total: Sums, voted: int, registered: int, left: int | None) -> tuple[str, list[str]]:
    """Status and run-off pair by the contest's rule, when at most `left` votes can still come."""
    ranked, valid = contest.ranked(total), contest.role("valid", total)
    first, second, third, *_ = [*(total[candidate] for candidate in ranked), 0, 0]
    complete = total["stations.all"] == total["stations.reported"]
    void, least, threshold = (contest.shares.get(name) for name in ("void_share", "minimum_turnout", "threshold"))
    annulled = total["register.annulled"]
    voided = annulled > 0 and void is not None and annulled >= void * total["register.all"]
    if voided or (complete and least is not None and voted < least * registered):
        return "no_valid_election", []
    if not valid or left is None or (least is not None and voted < least * (registered + left)):
        return "open", []
    enough, short = 2 * first > valid + left, 2 * (first + left) <= valid + left
    if contest.rule["kind"] == "plurality":
        enough, short = True, False
    elif contest.rule["kind"] == "threshold" and threshold is not None:
        enough, short = first >= threshold * (registered + left), first + left < threshold * registered
    if enough and first - second > left:
        return "settled", []
    return ("run_off", ranked[:2]) if short and second - third > left else ("open", [])


def results(count: Count, contest: Contest, act: Act, sums: Sequence[Sums]) -> Act:
    """The members of results.json that are figures; `act` is the publication of the snapshot."""
    total, expected = sums[-1], contest.status.count("expected")
    stations, reported, opening = total["stations.all"], total["stations.reported"], total["register.all"]
    covered, complete, cast, floor = total["register.reported"], 0 < stations == reported, total["voters.cast"], True
    valid, invalid = contest.role("valid", total), contest.role("invalid", total)
    ballots = contest.role("ballots", total) if "ballots" in contest.roles else valid + invalid
    by_time: list[Act] = []
    for place, hour in enumerate(count.hours):
        if reports := [row[place] or 0 for row in count.voted if row[place] is not None]:
            by_time.append({"at": hour, "voted": sum(reports), "percent": percent(sum(reports), opening)})
            by_time[-1] |= {"stations": len(reports), "is_floor": len(reports) < stations}
    registered, voted, known = opening, cast, complete or by_time != []
    if complete:  # ballots issued over the register with the day's additions, both without annulled stations
        registered, floor = contest.role("registered", total) or opening - total["register.annulled"], False
    elif by_time:
        voted, floor = by_time[-1]["voted"], by_time[-1]["is_floor"]
    ranked = contest.ranked(total)
    votes = [total[candidate] for candidate in ranked]
    lead = votes[0] - sum(votes[1:2])
    left, by = to_come(count, contest, total, lead) or (None, None)
    status, run_off = outcome(contest, total, cast if complete else contest.role("issued", total), registered, left)
    leader, winner = ranked[0] if valid and lead else None, None
    settled: Act | None = None
    if valid and left is not None:
        ahead, majority = lead > left, 2 * votes[0] > valid + left
        settled = {"leader_settled": ahead, "majority_settled": majority, "settled": ahead or majority}
        settled |= {"by": by, "lead": lead, "outstanding": left}
        settled["hurdle_percent"] = percent(lead + left, 2 * left)
    # A winner takes a certification, ours or one that is reported, or two keys that call the same candidate.
    called = [*contest.calls.values()]
    agreed = {candidate for candidate in called if called.count(candidate) > 1}
    said = [act.get("contest", contest.id) for act in count.statements if act["kind"] == "certification"]
    certified = contest.certified != {} or (complete and contest.id in said)
    if contest.certified or (certified and status == "settled"):
        status, winner = "certified", contest.certified.get("winner") if contest.certified else leader
    elif len(agreed) == 1:
        status, winner = "called", agreed.pop()
    counting = count.closed or expected < stations
    state = "counting" if counting else "voting" if count.opened else "before"
    return {
        **{"election": count.settings["id"], "contest": contest.id, "data_origin": count.settings["data_origin"]},
        **{"basis": "standing", "snapshot": act["snapshot"] | {"time": act["at"]}, "areas": []},
        "state": ("certified" if certified else "complete") if complete else state,
        "progress": {
            "stations": {"reported": reported, "total": stations, "percent": percent(reported, stations)},
            "registered": {"covered": covered, "total": opening, "percent": percent(covered, opening)},
            "ballots": {"counted": ballots, "cast": cast if known else None}
            | {"percent": percent(ballots, cast) if known else None},
        },
        "counters": {"received": stations - expected, "in_review": contest.status.count("in_review")}
        | {"accepted": reported, "published": reported},
        "turnout": {"registered_opening": opening, "registered": registered, "voted": voted, "is_floor": floor}
        | {"percent": percent(voted, registered), "by_time": by_time},
        **{"valid": valid, "invalid": invalid, "settled": settled},
        "outcome": {"rule": contest.rule["kind"], "status": status, "leader": leader, "winner": winner}
        | {"run_off": run_off},
        "margin": {"votes": lead, "percent_points": percent(lead, valid)} if votes[0] and len(votes) > 1 else None,
        "candidates": [
            {"id": c, "votes": total[c], "percent": percent(total[c], valid), "rank": 1 + votes.index(total[c])}
            for c in ranked
        ],
        "annulled": [
            {"station_id": change["station"], "reason": change["reason"], "act": number}
            for number, change in contest.changes
            if change["type"] == "annulment"
        ],
    }


def area_rows(count: Count, contest: Contest, act: Act, sums: Sequence[Sums]) -> Iterator[Act]:
    """The rows of areas.csv, by column; None is an empty cell."""
    complete = sums[-1]["stations.all"] == sums[-1]["stations.reported"]
    known = complete or any(voted is not None for row in count.voted for voted in row)
    for area, total in zip(count.areas, sums, strict=False):
        yield {
            **{name: area[name] for name in ("area_id", "name", "level", "parent_id")},
            **{"stations_total": total["stations.all"], "stations_reported": total["stations.reported"]},
            **{"registered": total["register.all"], "cast": total["voters.cast"] if known else None},
            **{role: contest.role(role, total) for role in ("valid", "invalid")},
            **{f"v_{candidate}": total[candidate] for candidate in contest.ids},
            **{"data_origin": count.settings["data_origin"], "snapshot_size": act["snapshot"]["size"]},
        }


def station_rows(count: Count, contest: Contest) -> Iterator[Act]:
    """The rows of stations.csv, by column: figures as standing, None where unread or not accepted."""
    depth: dict[str, int] = {}  # levels of areas, the widest with the shortest chain
    for area, chain in zip(count.areas, count.above, strict=True):
        depth.setdefault(area["level"], len(chain))
    levels = sorted(depth, key=lambda level: depth[level])
    names = {"voters": "registered", "issued": "issued", "ballots": "ballots", "valid": "valid", "invalid": "invalid"}
    columns = {name: contest.roles[role] for name, role in names.items() if role in contest.roles}
    columns |= {f"v_{candidate}": [(1, candidate)] for candidate in contest.ids}
    for place, station in enumerate(count.stations):
        within = {count.areas[a]["level"]: count.areas[a]["area_id"] for a in count.above[count.area[place]][-2::-1]}
        row = contest.standing[place] if contest.status[place] in DONE else {}
        figures: dict[str, int | None] = {"registered": count.register[place] if count.register[place] >= 0 else None}
        for name, terms in columns.items():
            read = [row.get(column) for _, column in terms]
            figures[name] = None if None in read else sum(f * (n or 0) for (f, _), n in zip(terms, read, strict=True))
        yield {
            **{"station_id": station["station_id"], **{level: within.get(level) for level in levels}},
            **{"kind": station["kind"], **figures, "status": contest.status[place]},
            "act": contest.act[place] if contest.act[place] >= 0 else None,
            "data_origin": count.settings["data_origin"],
        }
