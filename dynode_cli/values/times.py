"""Time as rational numbers: frame rates, positions and factors of speed, from text and back to it.

Nothing here is a float, so that a time is as exact after ten hours as after ten frames.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from dynode_cli.errors import UsageError
from dynode_cli.values.words import MOST, short

Number = str | int | float | Fraction
"""A rate, factor or position as Python functions take it: a number, or what one would write on the command line."""

MIN_RATE = Fraction(1, 1000)
"""Frames per second below which no container can say how long a frame lasts."""
MAX_RATE = 1_000_000
"""Frames per second beyond which no container keeps its clock."""
MAX_POSITION = 1_000_000_000
"""Seconds, or frames, beyond which no recording lasts: some thirty years."""

NAMED_RATES = {
    "film": Fraction(24),
    "ntsc-film": Fraction(24000, 1001),
    "ntsc": Fraction(30000, 1001),
    "pal": Fraction(25),
}
# The decimals that people write for the NTSC family, whose true rates are n * 1000/1001.
NTSC_DECIMALS = {
    "23.98": 24,
    "23.976": 24,
    "29.97": 30,
    "47.95": 48,
    "47.952": 48,
    "59.94": 60,
    "119.88": 120,
    "239.76": 240,
}


@dataclass(frozen=True)
class Rate:
    """A frame rate as a user writes it: absolute, or relative to the source's."""

    value: Fraction
    relative: bool = False

    def resolve(self, source: Fraction) -> Fraction:
        """Frames per second, given the rate of the source.

        Raises:
            UsageError: a multiple of the source's rate is below `MIN_RATE` or beyond `MAX_RATE`.
        """
        rate = self.value * source if self.relative else self.value
        if rate < MIN_RATE:
            raise UsageError(f"a rate of {float(rate):g} fps is below {float(MIN_RATE):g} fps")
        if rate > MAX_RATE:
            raise UsageError(f"a rate of {float(rate):g} fps is beyond {MAX_RATE} fps")
        return rate

    def __str__(self) -> str:
        """The shortest number that :func:`parse_rate` reads back exactly: `240`, `60000/1001`, `2x`, `source`."""
        if self.relative:
            return "source" if self.value == 1 else f"{_written(self.value)}x"
        word = _written(self.value)
        return str(self.value) if word in NTSC_DECIMALS else word


def parse_rate(text: Number | Rate) -> Rate:
    """Read `240`, `59.94`, `60000/1001`, `2x`, `source`, or a name such as `ntsc`.

    Raises:
        UsageError: it is none of these, not positive, or beyond `MAX_RATE`.
    """
    word = str(text).strip().lower()
    hint = f"write a number (240), a fraction (60000/1001), a multiple (2x), source, or {', '.join(NAMED_RATES)}"
    if word == "source":
        return Rate(Fraction(1), relative=True)
    if word in NAMED_RATES:
        return Rate(NAMED_RATES[word])
    if word in NTSC_DECIMALS:
        return Rate(Fraction(NTSC_DECIMALS[word] * 1000, 1001))
    relative = word.endswith("x")
    value = _fraction(word.removesuffix("x").removesuffix("fps"))
    if value is None:
        raise UsageError(f"'{short(text)}' is not a frame rate", hint=hint)
    if value <= 0:
        raise UsageError(f"a frame rate must be above 0, not {short(text)}", hint=hint)
    if value < MIN_RATE and not relative:
        raise UsageError(f"a frame rate of {short(text)} is below {float(MIN_RATE):g} fps", hint=hint)
    if value > MAX_RATE:
        raise UsageError(f"a frame rate of {short(text)} is beyond {MAX_RATE} fps", hint=hint)
    return Rate(value, relative)


_IN_WORDS = {"2": "two", "3": "three", "4": "four", "5": "five", "8": "eight", "10": "ten"}


def parse_factor(text: str | int | float | Fraction) -> Fraction:
    """Read how many times slower: `4`, `4x`, `2.5`, `3/2`.

    Raises:
        UsageError: it is not a number in [1, 1000]; below 1 it would be faster, which players mean by it.
    """
    value = _fraction(str(text).strip().lower().removesuffix("x"))
    if value is None or not 0 < value <= 1000:
        raise UsageError(f"'{short(text)}' is not a factor from 1 to 1000", hint="write 4 for four times slower")
    if value < 1:
        times = f"{float(1 / value):g}"
        raise UsageError(
            f"--slowmo {short(text)} would play it {times} times faster; {_IN_WORDS.get(times, times)} times slower is "
            f"--slowmo {times}"
        )
    return value


@dataclass(frozen=True)
class Position:
    """A time counted from the first frame, as a user writes it: in seconds, or in frames."""

    value: Fraction
    """How many of them; 0 or more."""
    frames: bool = False
    """Whether `value` counts frames rather than seconds."""

    def at(self, rate: Fraction) -> Fraction:
        """Seconds, given how many frames a second has."""
        return self.value / rate if self.frames else self.value

    def __str__(self) -> str:
        """The shortest text that :func:`parse_position` reads back exactly: `12.5s`, `300f`."""
        return f"{_written(self.value)}{'f' if self.frames else 's'}"


_CLOCK = re.compile(r"(?:(\d{1,9}):([0-5]?\d)|(\d{1,2})):([0-5]?\d(?:\.\d{0,99})?)")
"""Hours, their minutes, minutes alone, seconds."""


def parse_position(text: Number | Position) -> Position:
    """Read `12` (seconds), `12.5s`, `500ms`, `300f` (frames), `00:00:12.5`, `1:30`.

    Raises:
        UsageError: it is none of these, negative, or beyond `MAX_POSITION`.
    """
    word = str(text).strip().lower()
    frames = word.endswith("f")
    if clock := _CLOCK.fullmatch(word):
        hours, of_hour, minutes, seconds = clock.groups()
        value: Fraction | None = int(hours or 0) * 3600 + int(of_hour or minutes) * 60 + Fraction(seconds)
    elif word.endswith("ms"):
        milliseconds = _fraction(word.removesuffix("ms"))
        value = None if milliseconds is None else milliseconds / 1000
    else:
        value = _fraction(word.removesuffix("f" if frames else "s"))
    if value is None or value < 0:
        raise UsageError(f"'{short(text)}' is not a time", hint="write 12, 12.5s, 500ms, 300f or 00:00:12.5")
    if value > MAX_POSITION:
        raise UsageError(f"a time of {short(text)} is beyond {MAX_POSITION} {'frames' if frames else 'seconds'}")
    return Position(value, frames)


def parse_time(text: Number | Position, rate: Fraction) -> Fraction:
    """Read a position in seconds, where a second has `rate` frames: see :func:`parse_position`."""
    return parse_position(text).at(rate)


def _fraction(word: str) -> Fraction | None:
    # Fraction() would spend minutes on an exponent such as 1e999999999.
    if len(word) > MOST or not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?|[+-]?\d+/\d+", word):
        return None
    try:
        return Fraction(word)
    except ZeroDivisionError:
        return None


def _written(value: Fraction) -> str:
    """The decimal or the fraction that is exactly `value`, whichever is shorter."""
    decimal = Decimal(value.numerator) / value.denominator
    word = f"{decimal:f}"
    return word if Fraction(decimal) == value and len(word) <= len(str(value)) else str(value)


def interval_of(time: Fraction, knots: Sequence[Fraction]) -> int:
    """Index i of the last of the increasing `knots` that is not after `time`; -1 before the first."""
    return bisect_right(knots, time) - 1
