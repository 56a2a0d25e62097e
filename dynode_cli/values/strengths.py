"""Strength of an edit over time: a number, or a curve through values at times."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from dynode_cli.errors import UsageError
from dynode_cli.values.times import Position, parse_position

HINT = "write a number (0.8, -1), or times and values such as 0:0,1.5s:1,3s:0.3"


@dataclass(frozen=True)
class StrengthCurve:
    """A smooth curve through values, which between two of them never leaves the range between them.

    Cubic Hermite pieces with the slopes of Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise
    Cubic Interpolants" (1984). Before the first time and after the last, the nearest value holds.
    """

    times: Sequence[float]
    """Seconds, strictly increasing, at least one."""
    values: Sequence[float]

    def __call__(self, time: float) -> float:
        """Strength at `time` seconds."""
        if time <= self.times[0]:
            return self.values[0]
        if time >= self.times[-1]:
            return self.values[-1]
        left = bisect_right(self.times, time) - 1
        begin, end = self.values[left], self.values[left + 1]
        width = self.times[left + 1] - self.times[left]
        t = (time - self.times[left]) / width
        rise = end - begin
        # A straight line plus what the slopes add to it, so that equal values give exactly that value.
        add = (1 - t) * (self._slope(left) * width - rise) - t * (self._slope(left + 1) * width - rise)
        value = begin + t * rise + t * (1 - t) * add
        return min(max(value, min(begin, end)), max(begin, end))

    @property
    def largest(self) -> float:
        """The value that is farthest from 0."""
        return max(self.values, key=abs)

    @property
    def constant(self) -> bool:
        """Whether the strength never changes."""
        return all(value == self.values[0] for value in self.values)

    def shifted(self, seconds: float) -> StrengthCurve:
        """The same curve, so much later."""
        return StrengthCurve([time + seconds for time in self.times], self.values)

    def _slope(self, knot: int) -> float:
        """Slope at a knot: 0 at the ends and at extremes, a weighted harmonic mean of the neighbours' elsewhere."""
        if not 0 < knot < len(self.times) - 1:
            return 0.0
        before, after = (self.times[i + 1] - self.times[i] for i in (knot - 1, knot))
        left = (self.values[knot] - self.values[knot - 1]) / before
        right = (self.values[knot + 1] - self.values[knot]) / after
        if left == 0 or right == 0 or (left < 0) != (right < 0):
            return 0.0
        weights = 2 * after + before, after + 2 * before
        return sum(weights) / (weights[0] / left + weights[1] / right)


@dataclass(frozen=True)
class Strength:
    """How far an edit goes, as a user writes it: a number, or values at times.

    Raises:
        UsageError: times that do not increase.
    """

    points: tuple[tuple[Position, float], ...]
    """Times and values, at least one; a number is one value, at the first frame."""

    def __post_init__(self) -> None:
        for (one, _), (other, _) in pairwise(self.points):
            if one.frames == other.frames and other.value <= one.value:
                raise UsageError(f"strength '{self}': times must increase, but {other} follows {one}")

    def curve(self, rate: Fraction) -> StrengthCurve:
        """The curve through the values, where a second has `rate` frames.

        Raises:
            UsageError: times in frames and times in seconds that do not increase at that rate.
        """
        timed = [(position, position.at(rate)) for position, _ in self.points]
        for (one, before), (other, after) in pairwise(timed):
            if after <= before:
                raise UsageError(
                    f"strength '{self}': times must increase, but {other} follows {one} at {float(rate):g} fps"
                )
        return StrengthCurve([float(time) for _, time in timed], [value for _, value in self.points])

    def __str__(self) -> str:
        """Text that :func:`parse_strength_words` reads back exactly: `0.8`, `0s:0,1.5s:1`."""
        words = [f"{position}:{repr(value).removesuffix('.0')}" for position, value in self.points]
        return words[0].removeprefix("0s:") if len(words) == 1 else ",".join(words)


def parse_strength_words(text: str | float | Strength) -> Strength:
    """Read `0.8`, or `0:0,1.5s:1,3s:0.3`: times (as everywhere: 12, 1.5s, 300f, 00:01:02.5) and values.

    Raises:
        UsageError: it is neither, or the times do not increase.
    """
    word = str(text).strip()
    number = _number(word)
    if number is not None:
        return Strength(((Position(Fraction(0)), number),))
    points = []
    for item in word.split(","):
        when, colon, what = item.strip().rpartition(":")
        value = _number(what)
        if not colon or value is None:
            raise UsageError(f"'{text}' is not a strength", hint=HINT)
        points.append((parse_position(when), value))
    return Strength(tuple(points))


def parse_strength(text: str | float | Strength, rate: Fraction) -> StrengthCurve:
    """The curve that `text` means where a second has `rate` frames: see :func:`parse_strength_words`."""
    return parse_strength_words(text).curve(rate)


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
