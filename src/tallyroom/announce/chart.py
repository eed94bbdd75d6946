"""Chart: lines over time as SVG, readable at 320 px, without script and without colour alone.

A chart is drawn in a space of 400 by 220 units.  Lines differ in dash as well as in colour and carry their names
at their ends; the figures stand in a table beside the chart or in the archive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from tallyroom.announce.language import Language
from tallyroom.announce.live import Live
from tallyroom.announce.page import render
from tallyroom.announce.view import View
from tallyroom.tally.results import HourTurnout

WIDTH, HEIGHT = 400, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 118, 12, 26
NEAR = 13
"""Units that two labels have to be apart."""
WIDEST = 15
"""Letters of a name that fit beside a line."""
DAY = 86_400
"""Seconds from which on the ends of a line are told by their dates: the clock alone would lie about its length."""
LINES = 3
"""How many candidates have a line of their own."""


class Point(NamedTuple):
    """A figure at a place of the chart: x and y in its units, whether it is a floor, its label."""

    x: str
    y: str
    is_floor: bool
    label: str


@dataclass(frozen=True)
class Line:
    """One line: its points as an SVG list, its name, where its label stands, and its class of dash."""

    points: str
    name: str
    label_y: str
    kind: str
    dots: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart that is drawn: its title and the SVG."""

    title: str
    svg: Markup


def turnout_chart(hours: Sequence[HourTurnout], opens: str, closes: str, found: Language) -> Markup | None:
    """Turnout by hour; a hollow point with an arrow is a floor.  None below two hours with a percentage."""
    known = [hour for hour in hours if hour.percent]
    if len(known) < 2:
        return None
    first, last = _minutes(opens), max(_minutes(closes), *(_minutes(hour.at) for hour in known))
    dots = tuple(
        Point(
            _x((_minutes(hour.at) - first) / (last - first)),
            _y(_exact(hour.percent)),
            hour.is_floor,
            found.share(hour.percent or "0.00"),
        )
        for hour in known
    )
    line = Line(_list(dots), "", "0", "l0", dots)
    ticks = [(_x((_minutes(hour.at) - first) / (last - first)), hour.at) for hour in known]
    return _draw(found, None, "turnout", found.say("turnout_chart"), [line], ticks)


def series(view: View, found: Language, live: Live, names: dict[str, str]) -> list[Chart]:
    """Stations reported, and shares of the first candidates, over the snapshots that show votes."""
    moments = [moment for moment in view.moments if moment.results.progress.stations.reported]
    if len(moments) < 2:
        return []
    times = [datetime.fromisoformat(moment.results.snapshot.time).timestamp() for moment in moments]
    xs = [(time - times[0]) / (times[-1] - times[0] or 1) for time in times]
    label = found.clock if times[-1] - times[0] < DAY else found.day_of
    ticks = [(_x(xs[place]), label(moments[place].results.snapshot.time)) for place in (0, -1)]
    stations = [_exact(moment.results.progress.stations.percent) for moment in moments]
    leaders = [candidate.id for candidate in view.results.candidates[:LINES]]
    shares = {
        one: [_exact({c.id: c.percent for c in moment.results.candidates}.get(one)) for moment in moments]
        for one in leaders
    }
    titles = found.say("series_stations"), found.say("series_shares")
    last = found.share(moments[-1].results.progress.stations.percent or "0.00")
    return [
        Chart(titles[0], _draw(found, live, "stations", titles[0], _lines(xs, {last: stations}), ticks)),
        Chart(
            titles[1],
            _draw(found, live, "shares", titles[1], _lines(xs, {names[one]: shares[one] for one in leaders}), ticks),
        ),
    ]


def _lines(xs: Sequence[float], values: dict[str, list[float]]) -> list[Line]:
    """A line for each name, labels moved apart where they would lie upon each other."""
    order = sorted(values, key=lambda name: -values[name][-1])
    at = TOP + 4.0
    places = {}
    for left, name in enumerate(order):
        lowest = HEIGHT - BOTTOM - NEAR * (len(order) - 1 - left)
        at = min(max(at, float(_y(values[name][-1])) + 4), lowest)
        places[name] = at
        at += NEAR
    return [
        Line(
            " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(xs, values[name], strict=True)),
            short_name(name),
            f"{places[name]:.1f}",
            f"l{place}",
        )
        for place, name in enumerate(values)
    ]


def short_name(name: str) -> str:
    """A name that fits beside a line: first and last word, or an initial and the last word."""
    words = name.split()
    if len(name) > WIDEST and len(words) > 1:
        name = f"{words[0]} {words[-1]}"
    if len(name) > WIDEST and len(words) > 1:
        name = f"{words[0][0]}. {words[-1]}"
    return name if len(name) <= WIDEST else f"{name[: WIDEST - 1]}…"


def _draw(
    found: Language,
    live: Live | None,
    key: str,
    title: str,
    lines: Sequence[Line],
    ticks: Sequence[tuple[str, str]],
) -> Markup:
    grid = [(_y(value), found.share(str(value))) for value in (0, 25, 50, 75, 100)]
    return Markup(
        render("chart.html", found.code, live=live, key=key, title=title, lines=lines, ticks=ticks, grid=grid)
    )


def _list(points: Sequence[Point]) -> str:
    return " ".join(f"{point.x},{point.y}" for point in points)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return 60 * int(hours) + int(minutes)


def _exact(percent: str | None) -> float:
    return min(float((percent or "0").lstrip("<>")), 100.0)


def _x(part: float) -> str:
    return f"{LEFT + part * (WIDTH - LEFT - RIGHT):.1f}"


def _y(percent: float) -> str:
    return f"{HEIGHT - BOTTOM - percent / 100 * (HEIGHT - TOP - BOTTOM):.1f}"
