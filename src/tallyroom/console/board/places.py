"""Stations and areas as a person may see them: what lies outside of their duties is not there."""

from django.http import Http404, HttpRequest

from tallyroom.console.accounts.access import person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.election import definition
from tallyroom.election.areas import Area


def area_of_station(station_id: str) -> str:
    """The id of the area that a station lies in.  Raises Http404 where there is no such station."""
    found = definition()
    place = found.stations.index.get(station_id)
    if place is None:
        raise Http404
    return found.areas.areas[int(found.stations.area[place])].id


def station_within(request: HttpRequest, action: Action, station_id: str) -> int:
    """The position of a station where this person may take the action.  Raises Http404 elsewhere."""
    if not person_of(request).may(action, area_of_station(station_id)):
        raise Http404
    return definition().stations.index[station_id]


def area_within(request: HttpRequest, action: Action, area_id: str) -> Area | None:
    """An area ("": the whole, None) in which this person may take the action.  Raises Http404 elsewhere."""
    areas = definition().areas
    if (area_id and area_id not in areas.index) or not person_of(request).may(action, area_id):
        raise Http404
    return areas.areas[areas.index[area_id]] if area_id else None


def widest(request: HttpRequest, action: Action) -> list[str]:
    """The ids of the widest areas in which this person may take the action; [""] for the whole country."""
    person = person_of(request)
    if person.may(action):
        return [""]
    within = person.reach(action)
    return [area.id for area in definition().areas.areas if area.id in within and area.parent_id not in within]


def chain(area_id: str) -> list[Area]:
    """The areas that an area lies in, widest first, and itself."""
    areas = definition().areas
    if not area_id:
        return []
    return [areas.areas[place] for place in reversed(areas.chains[areas.index[area_id]][:-1].tolist())]
