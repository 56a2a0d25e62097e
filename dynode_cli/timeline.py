"""Time as rational numbers: rates, positions, and the schedule of output frames.

Nothing here is a float. A schedule is closed-form, so that frame k is as exact after ten hours as after ten frames.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import pstdev
from typing import Protocol

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
_NTSC_DECIMALS = {
    "23.98": 24,
    "23.976": 24,
    "29.97": 30,
    "47.95": 48,
    "47.952": 48,
    "59.94": 60,
    "119.88": 120,
    "239.76": 240,
}

_STANDARD = tuple(map(Fraction, (12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240))) + tuple(
    Fraction(whole * 1000, 1001) for whole in _NTSC_DECIMALS.values()
)
"""Rates that cameras are set to."""

_ROUNDED = Fraction(3, 10_000_000)
"""What rounding may do to a rate, as a share of it; 59.94 and 60000/1001 are further apart."""


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
    if word in _NTSC_DECIMALS:
        return Rate(Fraction(_NTSC_DECIMALS[word] * 1000, 1001))
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


class Schedule(Protocol):
    """Which source time each output frame shows, and when it is shown."""

    def __len__(self) -> int: ...

    def source_time(self, k: int) -> Fraction:
        """Seconds on the source's clock that frame k shows."""

    def output_time(self, k: int) -> Fraction:
        """Seconds after the start of the output at which frame k appears."""


@dataclass(frozen=True)
class SteadySchedule:
    """Frames at a constant rate over [start, end) of the source, `slow` times slower.

    Frame k appears at k / rate and shows start + k / (rate * slow). The last frame does not run past the end, and
    the duration is that of the source to less than one output frame.
    """

    start: Fraction
    end: Fraction
    rate: Fraction
    slow: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise UsageError(f"the end ({float(self.end):g} s) must come after the start ({float(self.start):g} s)")

    def __len__(self) -> int:
        # One frame at least: a clip shorter than an output frame still shows something.
        return max(1, int((self.end - self.start) * self.slow * self.rate))

    @property
    def duration(self) -> Fraction:
        """Seconds of output; a single frame lasts no longer than the source."""
        return min(Fraction(len(self)) / self.rate, (self.end - self.start) * self.slow)

    def source_time(self, k: int) -> Fraction:
        return self.start + Fraction(k) / (self.rate * self.slow)

    def output_time(self, k: int) -> Fraction:
        return Fraction(k) / self.rate


@dataclass(frozen=True)
class ListedSchedule:
    """Frames at listed source times, in the order given.

    With a `rate`, frame k appears at k / rate. Without one each frame appears when it does in the source, so the
    times must increase.
    """

    times: Sequence[Fraction]
    rate: Fraction | None = None

    def __post_init__(self) -> None:
        if not self.times:
            raise UsageError("the list of times is empty")
        if self.rate is None:
            for before, after in pairwise(self.times):
                if after <= before:
                    raise UsageError(
                        f"times must increase, but {float(after):g} s follows {float(before):g} s",
                        hint="give --fps to show the frames at a constant rate in the order listed",
                    )

    def __len__(self) -> int:
        return len(self.times)

    def source_time(self, k: int) -> Fraction:
        return self.times[k]

    def output_time(self, k: int) -> Fraction:
        return self.times[k] - self.times[0] if self.rate is None else Fraction(k) / self.rate


def meant_rate(rate: Fraction) -> Fraction:
    """The rate that a container meant which keeps the duration of a frame in nanoseconds: 60000/1001, not 19001/317."""
    for candidate in (Fraction(round(rate)), Fraction(round(rate * 1001 / 1000) * 1000, 1001)):
        if candidate > 0 and abs(candidate / rate - 1) < _ROUNDED:
            return candidate
    return rate


def steadied(average: Fraction, nominal: Fraction, times: Sequence[Fraction], tick: Fraction, count: int) -> Fraction:
    """The rate that a camera was set to whose frames come a little early and late: 30, not 4050000/135101.

    That is the nominal rate if it is a standard one, or else the standard one next to the average, if the average may
    come out as it did by chance (three standard errors), and if at that rate as many frames fill the clip, to one frame.
    Otherwise it is the average.

    Arguments:
        average, nominal: frames per second, as the container has them.
        times: of frames, ascending, seconds.
        tick: seconds; times that lie no further from an even rate than that are those of that rate.
        count: how many frames the average is of.
    """
    steps = [after - before for before, after in pairwise(times)]
    if not steps or average in _STANDARD:
        return average
    if all(abs(time - times[0] - k / average) <= tick for k, time in enumerate(times)):
        return average
    spread = pstdev(float(step * average) for step in steps)
    for rate in (nominal, min(_STANDARD, key=lambda each: abs(each - average))):
        off = abs(rate / average - 1)
        if rate in _STANDARD and off <= 3 * spread / math.sqrt(count) and off * count <= 1:
            return rate
    return average


def unrounded(times: Sequence[Fraction], rates: Iterable[Fraction], tick: Fraction) -> tuple[Fraction, ...]:
    """`times` as they were before a container rounded them to its `tick`, if they are those of a constant rate.

    Matroska, say, rounds to milliseconds; frames would be missed by that much, and motion would seem to jitter.

    Arguments:
        times: of all frames, ascending.
        rates: frames per second that may have been meant, the likeliest first.
        tick: seconds; no time lies further than that from where its rate puts it.
    """
    for rate in rates:
        ideal = tuple(times[0] + k / rate for k in range(len(times)))
        if all(abs(a - b) <= tick for a, b in zip(times, ideal, strict=True)):
            return ideal
    return tuple(times)


def interval_of(time: Fraction, knots: Sequence[Fraction]) -> int:
    """Index i of the last of the increasing `knots` that is not after `time`; -1 before the first."""
    return bisect_right(knots, time) - 1
