"""The plan of a run: shots, frame rate and schedule, decided before it does anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dynode_cli.errors import UsageError
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.looking.cadence import Cadence
from dynode_cli.media.reading.rate import clock_of, rate_of
from dynode_cli.media.reading.scan import Scan
from dynode_cli.media.reading.taken import cadences_of, taken_times
from dynode_cli.media.repeat_count import ENDLESS
from dynode_cli.pipeline.schedule import ListedSchedule, Schedule, SteadySchedule
from dynode_cli.pipeline.shots import Shot, looped, split_shots
from dynode_cli.requests.timing import Part, Timed
from dynode_cli.values.time_lists import TimeList
from dynode_cli.values.times import Rate

TWICE: Rate = Rate(Fraction(2), relative=True)
"""The rate of an output where none is asked for."""
AS_SOURCE: Rate = Rate(Fraction(1), relative=True)
_MARGIN = 4
"""Frames that are looked at beyond a part of the source, for the motion there to be known."""
_BEYOND_SEAM = 16
"""Frames of the laps before and after: what a curve does at the end of these is not seen at the seam."""


def part_to_scan(info: MediaInfo, part: Part) -> tuple[Fraction | None, Fraction | None]:
    """From when to when a source has to be looked through, seconds on its clock; None: from its start, to its end.

    Raises:
        UsageError: the start lies beyond the end of the source, or after the end that was asked for.
    """
    margin = _MARGIN / info.average_rate
    start = end = None
    if part.start is not None:
        first = info.start + part.start.at(info.average_rate)
        if info.declared_end is not None and first >= info.declared_end:
            raise UsageError(
                f"--start {part.start} lies beyond the end of {info.name}, which lasts "
                f"{float(info.declared_end - info.start):g} s"
            )
        start = first - margin
    if part.end is not None:
        last = info.start + part.end.at(info.average_rate)
        if last <= (info.start if start is None else start + margin):
            raise UsageError(f"--end {part.end} must come after {part.start or 'the first frame'}")
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
    cadences: Sequence[Cadence] = ()
    """Where frames were taken at other times than those at which they are shown."""
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
            "cadences": [str(cadence.ratio) for cadence in self.cadences],
            "lost_frames": self.scan.lost,
            "resized_frames": self.scan.resized,
            "deinterlaced_frames": self.scan.deinterlaced,
            "joins": len(self.scan.joins),
            "repaired_times": self.scan.missing_pts + self.scan.disordered_pts,
            "shots": len(self.shots),
            "size": [self.info.width, self.info.height],
            "source_rate": str(self.source_rate),
            "rate": None if self.rate is None else str(self.rate),
            "slowmo": str(self.slow),
            "frames": len(self.schedule),
            "duration": float(self.duration),
        }


def make_plan(scan: Scan, timed: Timed, default_rate: Rate = TWICE, *, loops: bool = False) -> Plan:
    """Decide shots and schedule of a scanned source.

    Arguments:
        default_rate: of the output, where no rate and no slow motion is asked for.
        loops: its end leads back to its start.

    Raises:
        UsageError: a position lies outside the source.
    """
    info, source_rate, count_rate = scan.info, rate_of(scan), scan.info.average_rate
    name, origin = info.name, info.start
    times, ends = clock_of(scan)
    start = None if timed.start is None else origin + timed.start.at(count_rate)
    end = None if timed.end is None else min(origin + timed.end.at(count_rate), ends)
    if start is not None and start >= ends:
        raise UsageError(
            f"--start {timed.start} lies beyond the end of {name}, which lasts {float(ends - origin):g} s"
        )
    slow = Fraction(1) if timed.slowmo is None else timed.slowmo
    # What goes round without a seam keeps the times that fill it.
    cadences = () if loops else cadences_of(scan, timed.cadence)
    repeats = scan.duplicates.union(*(cadence.repeats for cadence in cadences))
    pictures = scan.pictures
    shots = split_shots(
        pictures.times(times, 1 / count_rate),
        ends,
        pictures.firsts(scan.cuts),
        pictures.all_of(repeats),
        pictures.lasts(scan.rests),
        pictures.times(taken_times(times, cadences), 1 / count_rate),
    )
    if loops:
        shots = [_loop_of(shots, name)]
        # What goes round without a seam does so for ever, however often its source plays.
        scan = replace(scan, info=replace(info, plays=ENDLESS))
    schedule: Schedule
    rate: Fraction | None
    if timed.times is not None:
        rate = None if timed.fps is None else timed.fps.resolve(source_rate)
        listed = [origin + t for t in _checked_times(timed.times, count_rate, ends - origin)]
        schedule = ListedSchedule(listed, rate)
        if rate is None:
            start, end = listed[0], listed[-1] + 1 / source_rate
    else:
        rate = (timed.fps or (AS_SOURCE if timed.slowmo else default_rate)).resolve(source_rate)
        schedule = SteadySchedule(times[0] if start is None else start, ends if end is None else end, rate, slow)
    in_step = timed.times is None or rate is None
    return Plan(scan, shots, source_rate, schedule, rate, slow, start, end, in_step, cadences, loops)


def _loop_of(shots: Sequence[Shot], name: str) -> Shot:
    if len(shots) > 1:
        raise UsageError(f"--loop: {name} has {len(shots)} shots, and only a clip of one shot can be a loop")
    return looped(shots[0], _BEYOND_SEAM)


def _checked_times(listed: TimeList, rate: Fraction, duration: Fraction) -> list[Fraction]:
    times = []
    for time in listed.times:
        seconds = time.at(rate)
        if seconds < 0:
            raise UsageError(f"{time.place or time} lies before the first frame")
        if seconds > duration:
            raise UsageError(f"{time.place or time} lies beyond the end of the source ({float(duration):g} s)")
        times.append(seconds)
    return times
