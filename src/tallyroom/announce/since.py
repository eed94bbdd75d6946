"""Since: what changed from one snapshot to the next, what is left and where, and the same as a bulletin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tallyroom.announce.bulletin import Bulletin, lead_is_settled, shows_votes
from tallyroom.announce.figures import one_line
from tallyroom.announce.language import Language, Value
from tallyroom.announce.naming import Names, named
from tallyroom.announce.view import View
from tallyroom.tally.results import Results

PLACES = 8
"""How many areas a table of changes or of what is left names."""


class NewVotes(NamedTuple):
    """An area with what it has more than a snapshot ago."""

    name: str
    stations: int
    valid: int


class Waiting(NamedTuple):
    """An area with stations that have yet to report and the voters registered there."""

    name: str
    stations: int
    voters: int


@dataclass(frozen=True)
class Since:
    """What changed since the snapshot before, in a sentence and by place."""

    title: str
    sentence: str
    places: tuple[NewVotes, ...]


@dataclass(frozen=True)
class Left:
    """What is left, in a sentence and by place."""

    sentence: str
    places: tuple[Waiting, ...]


def since(view: View, names: Names, found: Language) -> Since | None:
    """What changed since the snapshot before; None for the first."""
    if not view.earlier:
        return None
    before = view.earlier[-1]
    title = found.say("since_title", time=before.results.snapshot.time)
    values: dict[str, Value] = {"number": before.number, "clock": found.clock(before.results.snapshot.time)}
    return Since(title, _sentence(before.results, view.results, values, found), tuple(_places(view, names)))


def _sentence(before: Results, after: Results, values: Mapping[str, Value], found: Language) -> str:
    if not shows_votes(after):
        voted = (after.turnout.voted or 0) - (before.turnout.voted or 0)
        if voted and not before.progress.stations.reported:
            return found.say("since_turnout", **values, voted=found.change(voted))
        return found.say("since_none", **values)
    stations = after.progress.stations.reported - before.progress.stations.reported
    valid = after.valid - before.valid
    if not stations and not valid:
        return found.say("since_none", **values)
    return found.say(
        "since_sentence",
        **values,
        stations=found.change(stations),
        n_stations=abs(stations),
        valid=found.change(valid),
        n_valid=abs(valid),
    )


def _leaves(view: View) -> set[str]:
    areas = view.definition.areas
    return {areas.areas[place].id for place in areas.leaves}


def _places(view: View, names: Names) -> list[NewVotes]:
    """The areas at the bottom of the tree with the most new valid votes."""
    before = {area.area_id: area for area in view.earlier[-1].results.areas}
    leaves = _leaves(view)
    changed = [
        NewVotes(
            names.get(area.area_id, area.name),
            area.stations_reported - was.stations_reported,
            area.valid - was.valid,
        )
        for area in view.results.areas
        if area.area_id in leaves and (was := before.get(area.area_id)) and area.valid != was.valid
    ]
    return sorted(changed, key=lambda place: -abs(place.valid))[:PLACES]


def left(view: View, names: Names, found: Language) -> Left:
    """What is left, and the areas at the bottom of the tree where most registered voters are waited for."""
    areas = view.definition.areas
    waiting = []
    for place in areas.leaves:
        stations, voters = view.left(place)
        if stations:
            area = areas.areas[place]
            waiting.append(Waiting(names.get(area.id, area.name), stations, voters))
    stations, voters = view.left(len(areas))
    sentence = found.say("left_sentence", stations=stations, n=stations, voters=voters)
    return Left(sentence, tuple(sorted(waiting, key=lambda place: -place.voters)[:PLACES]))


def changes_bulletin(view: View, names: Names, found: Language) -> str | None:
    """The changes from the snapshot before as plain text; None for the first snapshot."""
    if not view.earlier:
        return None
    before, after = view.earlier[-1], named(view.results, names)
    bulletin = Bulletin(after, view.context, found)
    lines = [
        *filter(None, [bulletin.remarks.origin(after.data_origin)]),
        after.election_name,
        found.say("changes_head", before=before.number, after=view.number),
        found.say("changes_times", before=before.results.snapshot.time, after=after.snapshot.time),
        "",
        *_changes(named(before.results, names), after, bulletin, found),
        "",
        bulletin.remarks.computed_from(after.snapshot),
    ]
    return "\n".join(one_line(line) for line in lines) + "\n"


def _changes(before: Results, after: Results, bulletin: Bulletin, found: Language) -> Iterator[str]:
    """What changed, each sentence where it is so."""
    if shows_votes(after):
        yield from _votes(before, after, found)
    else:
        yield from _turnout(before, after, found)
    new = [one for one in after.annulled if one not in before.annulled]
    if new:
        yield found.say("changes_annulled", each=found.join([one.station_id for one in new]))
    yield from (bulletin.remarks.corrected(one) for one in after.corrections if one not in before.corrections)
    yield from (bulletin.statement_sentence(said) for said in after.statements if said not in before.statements)
    headline = bulletin.headline()
    if headline != Bulletin(before, bulletin.context, found).headline():
        yield found.say("changes_headline", headline=headline)


def _turnout(before: Results, after: Results, found: Language) -> Iterator[str]:
    was, now = before.turnout.voted or 0, after.turnout.voted or 0
    if was == now:
        yield found.say("changes_none")
    else:
        yield found.say("changes_turnout", before=was, after=now, change=found.change(now - was))


def _votes(before: Results, after: Results, found: Language) -> Iterator[str]:
    was, now = before.progress.stations, after.progress.stations
    if (was.reported, before.valid) == (now.reported, after.valid):
        yield found.say("changes_none")
    else:
        yield found.say(
            "changes_stations",
            before=was.reported,
            after=now.reported,
            total=now.total,
            change=found.change(now.reported - was.reported),
        )
        yield found.say(
            "changes_valid", before=before.valid, after=after.valid, change=found.change(after.valid - before.valid)
        )
        yield from _candidates(before, after, found)
    yield from _lead(before, after, found)


def _candidates(before: Results, after: Results, found: Language) -> Iterator[str]:
    earlier = {one.id: one for one in before.candidates}
    for one in after.candidates:
        was = earlier[one.id]
        yield found.say(
            "changes_candidate",
            name=one.name,
            before=was.votes,
            after=one.votes,
            change=found.change(one.votes - was.votes),
            **{"from": was.percent if shows_votes(before) else None, "to": one.percent},
        )


def _lead(before: Results, after: Results, found: Language) -> Iterator[str]:
    """The lead passed, was settled, or is settled no more."""
    names = {one.id: one.name for one in after.candidates}
    was, now = (r.outcome.leader if shows_votes(r) and r.valid else None for r in (before, after))
    if was and now and was != now:
        yield found.say("changes_lead", before=names[was], after=names[now])
    if lead_is_settled(after) and not lead_is_settled(before):
        yield found.say("changes_settled_now")
    if lead_is_settled(before) and not lead_is_settled(after) and after.state == "counting":
        yield found.say("changes_settled_back")
