"""Plots as inline SVG, written by hand: no library, no outside resource, the same bytes for the same figures."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT, LEFT, BOTTOM = 420, 260, 40, 30
SHADES = 8


def plane(cells: Sequence[Sequence[float]], title: str) -> str:
    """Voters by turnout (across) and share (up), 100 cells each way, darker where there are more."""
    values = np.array(cells)
    size = 4
    positive = values[values > 0]
    if not len(positive):
        return ""
    edges = np.quantile(positive, np.linspace(0, 1, SHADES + 1)[1:-1])
    shade = np.where(values > 0, 1 + np.searchsorted(edges, values), 0)
    paths = []
    for level in range(1, SHADES + 1):
        places = np.argwhere(shade == level).tolist()
        if places:
            d = "".join(f"M{x * size},{(99 - y) * size}h{size}v{size}h-{size}z" for x, y in places)
            paths.append(f'<path class="s{level}" d="{d}"/>')
    whole = 100 * size
    marks = "".join(
        f'<text x="{at * size}" y="{whole + 16}" text-anchor="middle">{at}</text>'
        f'<text x="-6" y="{whole - at * size + 4}" text-anchor="end">{at}</text>'
        for at in (0, 25, 50, 75, 100)
    )
    frame = f'<rect width="{whole}" height="{whole}" class="frame"/>'
    return _svg(whole + 70, whole + 40, f'<g transform="translate(44,10)">{"".join(paths)}{frame}{marks}</g>', title)


def curve(values: Sequence[float], title: str) -> str:
    """A histogram of 1,001 steps of 0.1 per cent, as a line; whole multiples of five are marked."""
    heights = np.array(values)
    top = float(np.sort(heights)[-4]) if len(heights) > 4 else 0.0
    if top <= 0:
        return ""
    y = HEIGHT - BOTTOM - np.minimum(heights / top, 1.1) * (HEIGHT - BOTTOM - 20)
    width = WIDTH * 2 - LEFT
    x = LEFT + np.arange(len(heights)) / (len(heights) - 1) * (width - LEFT)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    grid = "".join(
        f'<line class="grid" x1="{LEFT + at / 100 * (width - LEFT):.1f}" x2="{LEFT + at / 100 * (width - LEFT):.1f}" '
        f'y1="10" y2="{HEIGHT - BOTTOM}"/>'
        for at in range(0, 101, 5)
    )
    marks = "".join(
        f'<text x="{LEFT + at / 100 * (width - LEFT):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{at}</text>'
        for at in range(0, 101, 10)
    )
    return _svg(width + 20, HEIGHT, f'{grid}<polyline class="line" points="{points}"/>{marks}', title)


def strip(value: float, others: Sequence[float], title: str, write: Callable[[float], str]) -> str:
    """One figure (a diamond) among the same figure of other elections (dots) on a line; `write` writes its ends."""
    every = [*others, value]
    low, high = min(every), max(every)
    spread = (high - low) or 1.0

    def place(x: float) -> float:
        return 20 + (x - low) / spread * (WIDTH - 40)

    dots = "".join(f'<circle class="dot" cx="{place(x):.1f}" cy="22" r="4"/>' for x in others)
    at = place(value)
    mark = f'<path class="mark" d="M{at:.1f},12l8,10l-8,10l-8,-10z"/>'
    ends = (
        f'<text x="20" y="50" text-anchor="middle">{write(low)}</text>'
        f'<text x="{WIDTH - 20}" y="50" text-anchor="middle">{write(high)}</text>'
    )
    line = f'<line class="grid" x1="20" x2="{WIDTH - 20}" y1="22" y2="22"/>'
    return _svg(WIDTH, 56, line + dots + mark + ends, title)


def bars(values: Sequence[float], title: str) -> str:
    """Shares from 0 to 1 as bars, one below the other."""
    rows = "".join(
        f'<rect class="bar" x="0" y="{18 * row + 3}" width="{max(value, 0) * 200:.1f}" height="12"/>'
        for row, value in enumerate(values)
    )
    return _svg(204, 18 * len(values) + 4, rows, title)


def _svg(width: int, height: int, content: str, title: str) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{escape(title)}</title>{content}</svg>"
    )
