"""Area pages: the table of all areas, and a page for each area with its polling stations inside.

A page of an area names no other snapshot and no other area's figures: it is made again only when `area_key`
changes, and otherwise the page of an earlier snapshot stands.  Its rows of stations are written without a template,
because a large country has a million of them.
"""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup, escape

from tallyroom.announce.bulletin import shows_votes
from tallyroom.announce.figures import clean
from tallyroom.announce.front import common
from tallyroom.announce.language import Language, language
from tallyroom.announce.naming import names_in, variants
from tallyroom.announce.page import render
from tallyroom.announce.places import Places, area_name, row_anchor
from tallyroom.announce.view import View
from tallyroom.tally.contest import UNREAD, Status
from tallyroom.tally.results import AreaResults, HourTurnout, percent
from tallyroom.tally.sums import AreaSums

_COUNTED = (Status.ACCEPTED, Status.ANNULLED)


def areas_page(view: View, code: str) -> str:
    """The table of all areas of a snapshot."""
    places = Places(view, code, "", view.top)
    shared = common(view, places)
    found = language(code)
    by_id = {candidate.id: candidate for candidate in shared["results"].candidates}
    rows = "\n".join(_area_row(area, places, found, shared["shows_votes"]) for area in shared["results"].areas)
    return render(
        "areas.html",
        code,
        **shared,
        columns=[by_id[candidate] for candidate in view.contest.candidate_ids],
        rows=Markup(rows),
        languages=places.links("areas.html"),
        stations_total=len(view.definition.stations),
    )


class AreaPages:
    """Makes the pages of the areas of one view in one language; what they share is worked out once."""

    def __init__(self, view: View, code: str) -> None:
        # A page of an area is in areas/, one folder below the files of its snapshot.
        self.view, self.code, self.language = view, code, language(code)
        self.places = Places(view, code, "../", f"../{view.top}")
        self._names = names_in(view.definition.names, code)
        self._shared = common(view, self.places)
        self._areas = {area.area_id: area for area in self._shared["results"].areas}
        self._children: dict[str, list[int]] = {}
        for place, area in enumerate(view.definition.areas.areas):
            self._children.setdefault(area.parent_id, []).append(place)
        self._hours = AreaSums(view.definition.areas, len(view.turnout.hours))
        self._hours.add(view.definition.stations.area, (view.turnout.voted >= 0).astype(np.int64))

    def page(self, place: int) -> str:
        """The page of the area at a position of the definition, with the stations that lie in the area itself."""
        view = self.view
        area = self._areas[view.definition.areas.areas[place].id]
        stations = view.stations_of(place).tolist()
        candidates = {candidate.id: candidate for candidate in self._shared["results"].candidates}
        columns = [candidates[one] for one in view.contest.candidate_ids]
        return render(
            "area.html",
            self.code,
            **self._shared,
            area=area,
            level=_level(area, self.language),
            parents=[self._link(int(above)) for above in view.definition.areas.chains[place][1:-1]],
            children=[self._link(child) for child in self._children.get(area.area_id, [])],
            variants=variants(view.definition, area.area_id, area.name, self.code),
            ranked=sorted(columns, key=lambda one: -area.votes[one.id]),
            columns=columns,
            lines=view.definition.form.lines,
            hours=self._turnout(place, area),
            stations=Markup("\n".join(_station_rows(view, stations, self.language))) if stations else "",
            example=view.definition.stations.ids[stations[0]] if stations else "",
            languages=self.places.links(f"{area_name(area.area_id)}.html"),
        )

    def _link(self, place: int) -> dict[str, str]:
        area = self.view.definition.areas.areas[place]
        return {"name": self._names.get(area.id, area.name), "href": self.places.to_area(area.id, "")}

    def _turnout(self, place: int, area: AreaResults) -> list[HourTurnout]:
        """Turnout of an area at each hour that one of its stations reported."""
        reported, voted = self._hours.values[place].tolist(), self.view.turnout.sums.values[place].tolist()
        return [
            HourTurnout(hour, voters, percent(voters, area.registered), number, number < area.stations_total)
            for hour, voters, number in zip(self.view.turnout.hours, voted, reported, strict=True)
            if number
        ]


def area_key(view: View, place: int) -> str:
    """Hash of every figure that the page of an area shows: while it stays, so does the page.

    The state of the contest is part of it, because votes are shown only once voting is over.
    """
    stations = view.stations_of(place)
    count = view.count
    digest = hashlib.sha256(f"{shows_votes(view.results)} {view.results.basis}".encode())
    for table in (count.standing, count.progress, view.turnout.sums):
        digest.update(table.values[place].tobytes())
    digest.update(count.status[stations].tobytes())
    for station in stations.tolist():
        if count.status[station]:
            act = count.act_in_force(station)
            digest.update(f"{station} {act} {view.evidence.get(act, ())}".encode())
            digest.update(count.standing_row(station).tobytes())
    return digest.hexdigest()


def _level(area: AreaResults, found: Language) -> str:
    return found.say(f"level_{area.level}") if found.has(f"level_{area.level}") else area.level


def _area_row(area: AreaResults, places: Places, found: Language, votes_are_shown: bool) -> str:
    anchor, page = row_anchor(area.area_id), escape(places.area(area.area_id))
    kind = escape(clean(f"{_level(area, found)} {area.area_id}"))
    head = (
        f'<tr id="{anchor}"><th scope="row"><a href="{page}" data-area="{escape(area.area_id)}">'
        f'<bdi>{escape(clean(area.name))}</bdi></a> <span class="party">{kind}</span></th>'
    )
    reported = found.say("of", part=found.number(area.stations_reported), whole=found.number(area.stations_total))
    cells = [_cell(reported, area.stations_reported), _number(area.registered, found)]
    if not votes_are_shown:
        return f"{head}{''.join(cells)}{_cell('–', -1) * 2}</tr>"
    cells += [_number(area.valid, found), _number(area.invalid, found)]
    for candidate, votes in area.votes.items():
        share = area.percent[candidate]
        shown = found.share(share) if share else "–"
        cells.append(
            f'<td class="n" data-v="{votes}">{found.number(votes)} <span class="party">{escape(shown)}</span></td>'
        )
    return f"{head}{''.join(cells)}</tr>"


def _station_rows(view: View, stations: Sequence[int], found: Language) -> Iterator[str]:
    """A row a station: id, name and kind, status, opening register, every line and vote, act and scan."""
    definition, count = view.definition, view.count
    votes_are_shown = shows_votes(view.results)
    empty = '<td class="n">–</td>'
    for station in stations:
        status = Status(int(count.status[station]))
        told = definition.stations
        kind = "" if told.kinds[station] == "ordinary" else f" · {found.say(f'kind_{told.kinds[station]}')}"
        register = int(told.registered[station])
        cells = [
            f'<th scope="row" id="{escape(told.ids[station])}"><bdi>{escape(clean(told.ids[station]))}</bdi> '
            f'<span class="party">{escape(clean(told.names[station]))}{escape(kind)}</span></th>',
            f'<td class="{status.name.lower()}">{escape(found.say(f"status_{status.name.lower()}"))}</td>',
            empty if register < 0 else _number(register, found),
        ]
        if status in _COUNTED and votes_are_shown:
            row = count.standing_row(station).tolist()
            cells += [empty if figure == UNREAD else _number(figure, found) for figure in row]
        else:
            cells.append(empty * len(count.columns))
        cells.append(f"<td>{_act(view, station, found)}</td>")
        yield f"<tr>{''.join(cells)}</tr>"


def _act(view: View, station: int, found: Language) -> str:
    """The act in force of a station and the hashes of its scans."""
    act = view.count.act_in_force(station)
    if act < 0:
        return "–"
    scans = view.evidence.get(act, ())
    hashes = "".join(f' <code class="hash">{escape(one.sha256)}</code>' for one in scans)
    none = "" if scans else f' <span class="party">{escape(found.say("no_scan"))}</span>'
    return f"{escape(found.say('act_n', act=act))}{hashes}{none}"


def _number(figure: int, found: Language) -> str:
    return f'<td class="n" data-v="{figure}">{found.number(figure)}</td>'


def _cell(text: str, value: int) -> str:
    return f'<td class="n" data-v="{value}">{escape(text)}</td>'
