"""Schedules: which moments of the source the frames of the output show, and when they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

from dynode_cli.errors import UsageError


class Schedule(Protocol):
    """Which source time each output frame shows, and when it is shown."""

    def __len__(self) -> int: ...

    def source_time(self, k: int) -> Fraction:
        """Seconds on the source's clock that frame k shows."""

    def output_time(self, k: int) -> Fraction:
        """Seconds after the start of the output at which frame k appears."""


def source_times(schedule: Schedule) -> list[Fraction]:
    """Seconds on the source's clock that each frame shows."""
    return [schedule.source_time(k) for k in range(len(schedule))]


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
