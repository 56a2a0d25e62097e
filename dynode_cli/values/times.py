"""Time as rational numbers: rates, positions, and the schedule of output frames.

Nothing here is a float. A schedule is closed-form, so that frame k is as exact after ten hours as after ten frames.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dynode_cli.errors import UsageError

MIN_RATE = Fraction(1, 1000)
"""Frames per second below which no container can say how long a frame lasts."""
MAX_RATE = 1_000_000
"""Frames per second beyond which no container keeps its clock."""

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
            UsageError: a multiple of the source's rate is beyond `MAX_RATE`.
        """
        rate = self.value * source if self.relative else self.value
        if rate > MAX_RATE:
            raise UsageError(f"a rate of {float(rate):g} fps is beyond {MAX_RATE} fps")
        return rate


def parse_rate(text: str | int | float | Fraction) -> Rate:
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
        raise UsageError(f"'{text}' is not a frame rate", hint=hint)
    if value <= 0:
        raise UsageError(f"a frame rate must be above 0, not {text}", hint=hint)
    if value < MIN_RATE and not relative:
        raise UsageError(f"a frame rate of {text} is below {float(MIN_RATE):g} fps", hint=hint)
    if value > MAX_RATE:
        raise UsageError(f"a frame rate of {text} is beyond {MAX_RATE} fps", hint=hint)
    return Rate(value, relative)


def parse_factor(text: str | int | float | Fraction) -> Fraction:
    """Read how many times slower: `4`, `4x`, `2.5`, `3/2`; below 1 is faster.

    Raises:
        UsageError: it is not a number in [1/1000, 1000].
    """
    value = _fraction(str(text).strip().lower().removesuffix("x"))
    if value is None or not Fraction(1, 1000) <= value <= 1000:
        raise UsageError(f"'{text}' is not a factor from 0.001 to 1000", hint="write 4 for four times slower")
    return value


_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d*)?)")


def parse_time(text: str | int | float | Fraction, rate: Fraction) -> Fraction:
    """Read a position in seconds: `12`, `12.5s`, `500ms`, `300f` (frames at `rate`), `00:00:12.5`, `1:30`.

    Raises:
        UsageError: it is none of these, or negative.
    """
    word = str(text).strip().lower()
    clock = _CLOCK.fullmatch(word)
    value: Fraction | None
    if clock:
        hours, minutes, seconds = clock.groups()
        value = Fraction(int(hours or 0) * 3600 + int(minutes) * 60) + Fraction(seconds)
    elif word.endswith("ms"):
        value = _scaled(word.removesuffix("ms"), Fraction(1, 1000))
    elif word.endswith("f"):
        value = _scaled(word.removesuffix("f"), 1 / rate)
    else:
        value = _fraction(word.removesuffix("s"))
    if value is None or value < 0:
        raise UsageError(f"'{text}' is not a time", hint="write 12, 12.5s, 500ms, 300f or 00:00:12.5")
    return value


def _scaled(word: str, unit: Fraction) -> Fraction | None:
    value = _fraction(word)
    return None if value is None else value * unit


def _fraction(word: str) -> Fraction | None:
    # Fraction() would spend minutes on an exponent such as 1e999999999.
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?|[+-]?\d+/\d+", word):
        return None
    try:
        return Fraction(word)
    except ZeroDivisionError:
        return None


def interval_of(time: Fraction, knots: Sequence[Fraction]) -> int:
    """Index i of the last of the increasing `knots` that is not after `time`; -1 before the first."""
    return bisect_right(knots, time) - 1
