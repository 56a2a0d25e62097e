"""Charts of a benchmark: curves as shapes in a drawing of fixed size, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dynode_cli.benchmark.results import Curve
from dynode_cli.benchmark.telling.text import number

WIDTH, HEIGHT = 800, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 280, 14, 46
COLOURS = 8
"""Colours that the page defines; further series begin again, with a dashed line."""
LABEL_HEIGHT = 15.0
MARKS = 5
"""Most marks on the lower axis, or so."""


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Series:
    """A series: its line, its points, and its name at the end."""

    name: str
    colour: int
    dashed: bool
    path: str
    points: Sequence[tuple[float, float]]
    end: tuple[float, float]
    label_y: float


@dataclass(frozen=True)
class Chart:
    """A drawing."""

    title: str
    x: str
    y: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    lines: Sequence[Series]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart(curve: Curve) -> Chart:
    """`curve` with logarithmic axes; points that are not above zero are left out."""
    series = {
        name: [(x, y) for x, y in points if x > 0 and y > 0 and math.isfinite(x) and math.isfinite(y)]
        for name, points in curve.series.items()
    }
    series = {name: points for name, points in series.items() if points}
    xs = [x for points in series.values() for x, _ in points] or [1.0]
    ys = [y for points in series.values() for _, y in points] or [1.0]
    # Few sizes that were measured are marks themselves.
    sizes = sorted(set(xs))
    across, up = _Axis(xs, LEFT, WIDTH - RIGHT), _Axis(ys, HEIGHT - BOTTOM, TOP)
    placed = {name: [(across(x), up(y)) for x, y in points] for name, points in series.items()}
    labels = _apart({name: points[-1][1] for name, points in placed.items()})
    lines = [
        Series(
            name,
            index % COLOURS,
            index >= COLOURS,
            " ".join(f"{'L' if k else 'M'}{x:.1f} {y:.1f}" for k, (x, y) in enumerate(points)),
            points,
            points[-1],
            labels[name],
        )
        for index, (name, points) in enumerate(placed.items())
    ]
    marks = [Tick(across(size), f"{size:g}") for size in sizes] if len(sizes) <= MARKS else across.ticks(MARKS)
    return Chart(curve.title, curve.x, curve.y, marks, up.ticks(5), lines)


class _Axis:
    """Maps positive values to places, by their logarithm."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        low, high = math.log10(min(values)), math.log10(max(values))
        room = 0.06 * (high - low) if high > low else 0.5
        self._low, self._high = low - room, high + room
        self._begin, self._end = begin, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)

    def ticks(self, most: int) -> list[Tick]:
        """Round values within the axis, at most `most` or so."""
        for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
            powers = range(math.floor(self._low), math.ceil(self._high) + 1)
            values = [step * 10.0**power for power in powers for step in steps]
            inside = [value for value in values if self._low <= math.log10(value) <= self._high]
            if len(inside) <= most + 2:
                break
        else:
            inside = inside[:: math.ceil(len(inside) / most)]
        return [Tick(self(value), number(value, 1)) for value in inside]


def _apart(places: dict[str, float]) -> dict[str, float]:
    """Heights near `places` that leave room for a line of text each."""
    order = sorted(places, key=places.__getitem__)
    spread: list[float] = []
    for name in order:
        spread.append(max(places[name], spread[-1] + LABEL_HEIGHT) if spread else places[name])
    over = spread[-1] - (HEIGHT - BOTTOM) if spread else 0.0
    if over > 0:
        # Push back up from the bottom.
        limit = float(HEIGHT - BOTTOM)
        for index in range(len(spread) - 1, -1, -1):
            spread[index] = min(spread[index], limit)
            limit = spread[index] - LABEL_HEIGHT
    return dict(zip(order, spread, strict=True))
