"""Charts of a benchmark: curves as shapes in a drawing of fixed size, on logarithmic axes; wide, and for a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dynode_cli.benchmark.results import Curve
from dynode_cli.benchmark.telling.text import number

COLOURS = 8
"""Colours that the page defines; further series begin again, with a dashed line."""
LABEL_HEIGHT = 15.0


@dataclass(frozen=True)
class Shape:
    """Size of a drawing, where its axes lie in it, and the most marks on the lower one, or so."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    marks: int


WIDE = Shape(800, 340, 64, 520, 14, 294, 5)
"""Names stand at the ends of lines."""
NARROW = Shape(380, 300, 58, 366, 14, 248, 3)
"""As wide as a phone; names stand below it."""


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
    shape: Shape


def chart(curve: Curve, shape: Shape = WIDE) -> Chart:
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
    across, up = _Axis(xs, shape.left, shape.right), _Axis(ys, shape.bottom, shape.top)
    placed = {name: [(across(x), up(y)) for x, y in points] for name, points in series.items()}
    labels = _apart({name: points[-1][1] for name, points in placed.items()}, shape.bottom)
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
    few = len(sizes) <= shape.marks
    marks = [Tick(across(size), f"{size:g}") for size in sizes] if few else across.ticks(shape.marks)
    return Chart(curve.title, f"{curve.x} (log scale)", f"{curve.y} (log scale)", marks, up.ticks(5), lines, shape)


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


def _apart(places: dict[str, float], bottom: float) -> dict[str, float]:
    """Heights near `places` that leave room for a line of text each."""
    order = sorted(places, key=places.__getitem__)
    spread: list[float] = []
    for name in order:
        spread.append(max(places[name], spread[-1] + LABEL_HEIGHT) if spread else places[name])
    over = spread[-1] - bottom if spread else 0.0
    if over > 0:
        # Push back up from the bottom.
        limit = bottom
        for index in range(len(spread) - 1, -1, -1):
            spread[index] = min(spread[index], limit)
            limit = spread[index] - LABEL_HEIGHT
    return dict(zip(order, spread, strict=True))
