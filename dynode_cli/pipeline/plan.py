"""What a run will do, decided before it does anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from dynode_cli.errors import UsageError
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.rates import unrounded
from dynode_cli.media.reading.rate import rate_of
from dynode_cli.media.reading.scan import Scan
from dynode_cli.media.repeat_count import ENDLESS
from dynode_cli.pipeline.schedule import ListedSchedule, Schedule, SteadySchedule
from dynode_cli.pipeline.shots import Shot, looped, split_shots
from dynode_cli.values.time_lists import listed_times, read_list
from dynode_cli.values.times import parse_factor, parse_rate, parse_time

DEFAULT_RATE = "2x"
_MARGIN = 4
"""Frames that are looked at beyond a part of the source, for the motion there to be known."""
_BEYOND_SEAM = 16
"""Frames of the laps before and after: what a curve does at the end of these is not seen at the seam."""


@dataclass(frozen=True)
class Timing:
    """What to render, as the user wrote it; None: not said. Positions count from the first frame of the source."""

    fps: str | None = None
    slowmo: str | None = None
    start: str | None = None
    end: str | None = None
    times: Path | None = None
    loop: bool = False
    """The end leads back to the start."""

    def check(self) -> None:
        """Refuse what makes no sense for any source, before one is opened.

        Raises:
            UsageError: a value is wrong, or two exclude each other.
        """
        if self.fps is not None:
            parse_rate(self.fps)
        if self.slowmo is not None:
            parse_factor(self.slowmo)
        for position in (self.start, self.end):
            if position is not None:
                parse_time(position, Fraction(25))
        if self.times is not None:
            if self.slowmo or self.start or self.end:
                raise UsageError("--times says what to render by itself; leave out --slowmo, --start and --end")
            if not self.times.is_file():
                raise UsageError(f"--times {self.times}: no such file")


def part_to_scan(info: MediaInfo, timing: Timing) -> tuple[Fraction | None, Fraction | None]:
    """From when to when a source has to be looked through, seconds on its clock; None: from its start, to its end.

    Raises:
        UsageError: the start lies beyond the end of the source, or after the end that was asked for.
    """
    margin = _MARGIN / info.average_rate
    start = end = None
    if timing.start is not None:
        first = info.start + parse_time(timing.start, info.average_rate)
        if info.declared_end is not None and first >= info.declared_end:
            raise UsageError(
                f"--start {timing.start} lies beyond the end of {info.name}, which lasts "
                f"{float(info.declared_end - info.start):g} s"
            )
        start = first - margin
    if timing.end is not None:
        last = info.start + parse_time(timing.end, info.average_rate)
        if last <= (info.start if start is None else start + margin):
            raise UsageError(f"--end {timing.end} must come after {timing.start or 'the first frame'}")
        end = last + margin
    return start, end


@dataclass(frozen=True)
class Plan:
    """A run, decided."""

    scan: Scan
    shots: Sequence[Shot]
    source_rate: Fraction
    """Frames per second of the source; of one with a variable rate, what it means to be."""
    schedule: Schedule
    rate: Fraction | None
    """Constant rate of the output; None where each frame keeps its own time."""
    slow: Fraction
    """How many times slower than the source the output is."""
    start: Fraction | None
    end: Fraction | None
    """What part of the source is used, seconds on its clock; None: from its start, to its end."""
    in_step: bool = True
    """What is heard and read beside the frames keeps time with them."""
    loops: bool = False
    """Its end leads back to its start: the only shot holds observations of the laps before and after it too."""

    @property
    def info(self) -> MediaInfo:
        """Facts about the source."""
        return self.scan.info

    @property
    def duration(self) -> Fraction:
        """Seconds of output."""
        if isinstance(self.schedule, SteadySchedule):
            return self.schedule.duration
        last = self.schedule.output_time(len(self.schedule) - 1)
        return last + 1 / (self.rate or self.source_rate)

    def to_json(self) -> dict[str, Any]:
        """Facts for people and programs."""
        return {
            "source_frames": len(self.scan.pts),
            "observations": sum(len(set(shot.indices)) for shot in self.shots),
            "duplicates": len(self.scan.duplicates),
            "rests": len(self.scan.rests),
            "lost_frames": self.scan.lost,
            "resized_frames": self.scan.resized,
            "deinterlaced_frames": self.scan.deinterlaced,
            "repaired_times": self.scan.missing_pts + self.scan.disordered_pts,
            "shots": len(self.shots),
            "size": [self.info.width, self.info.height],
            "source_rate": str(self.source_rate),
            "rate": None if self.rate is None else str(self.rate),
            "slowmo": str(self.slow),
            "frames": len(self.schedule),
            "duration": float(self.duration),
        }


def make_plan(scan: Scan, timing: Timing) -> Plan:
    """Decide shots and schedule of a scanned source.

    Raises:
        UsageError: a position lies outside the source.
    """
    info, source_rate, count_rate = scan.info, rate_of(scan), scan.info.average_rate
    name, origin = info.name, info.start
    times, ends = _clock_of(scan)
    start = None if timing.start is None else origin + parse_time(timing.start, count_rate)
    end = None if timing.end is None else min(origin + parse_time(timing.end, count_rate), ends)
    if start is not None and start >= ends:
        raise UsageError(
            f"--start {timing.start} lies beyond the end of {name}, which lasts {float(ends - origin):g} s"
        )
    slow = parse_factor(timing.slowmo) if timing.slowmo is not None else Fraction(1)
    shots = split_shots(times, ends, scan.cuts, scan.duplicates, scan.rests)
    if timing.loop:
        shots = [_loop_of(shots, name, timing)]
        # What goes round without a seam does so for ever, however often its source plays.
        scan = replace(scan, info=replace(info, plays=ENDLESS))
    schedule: Schedule
    rate: Fraction | None
    if timing.times is not None:
        rate = parse_rate(timing.fps).resolve(source_rate) if timing.fps is not None else None
        listed = [origin + t for t in _read_times(timing.times, count_rate, ends - origin)]
        schedule = ListedSchedule(listed, rate)
        if rate is None:
            start, end = listed[0], listed[-1] + 1 / source_rate
    else:
        rate = parse_rate(timing.fps or ("source" if timing.slowmo else DEFAULT_RATE)).resolve(source_rate)
        schedule = SteadySchedule(times[0] if start is None else start, ends if end is None else end, rate, slow)
    in_step = timing.times is None or rate is None
    return Plan(scan, shots, source_rate, schedule, rate, slow, start, end, in_step, timing.loop)


def _clock_of(scan: Scan) -> tuple[tuple[Fraction, ...], Fraction]:
    """Times of the frames, and when the last of them ends, as they were before the container rounded them."""
    info = scan.info
    rates, rounding = (info.average_rate, info.nominal_rate), info.rounding or info.time_base
    times = unrounded(scan.times, rates, rounding)
    for rate in rates:
        ends = times[-1] + 1 / rate
        # Where a duration is rounded and added to a rounded time, both count.
        if times[-1] - times[0] == (len(times) - 1) / rate and abs(ends - scan.end_time) <= 2 * rounding:
            return times, ends
    return times, scan.end_time


def _loop_of(shots: Sequence[Shot], name: str, timing: Timing) -> Shot:
    if timing.start or timing.end:
        raise UsageError("--loop takes a whole clip; leave out --start and --end, or cut the clip first")
    if len(shots) > 1:
        raise UsageError(f"--loop: {name} has {len(shots)} shots, and only a clip of one shot can be a loop")
    return looped(shots[0], _BEYOND_SEAM)


def _read_times(path: Path, rate: Fraction, duration: Fraction) -> list[Fraction]:
    times = listed_times(read_list(path), rate, name=path)
    for time in times:
        if time.value > duration:
            raise UsageError(f"{time.place} lies beyond the end of the source ({float(duration):g} s)")
    return [time.value for time in times]
