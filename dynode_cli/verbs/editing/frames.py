"""Where the frames to be changed come from: the source itself, or a renderer where others are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from dynode_cli.contracts import Generator, Progress, silent
from dynode_cli.errors import UsageError
from dynode_cli.media.reading.clip import ShotClip
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.pipeline.pace import Piece, steady
from dynode_cli.pipeline.plan import AS_SOURCE, Plan
from dynode_cli.pipeline.prepare import Prepared, open_assembly
from dynode_cli.pipeline.renderer import FrameSource, InversionStore, OpenClip
from dynode_cli.pipeline.schedule import ListedSchedule
from dynode_cli.pipeline.shots import Shot, without_rests
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.requests.edit import Edit
from dynode_cli.verbs.editing.source_frames import SourceFrames


@dataclass(frozen=True)
class BaseFrames:
    """Where the frames to be changed come from."""

    base: FrameSource
    source: SourceFrames
    """The frames of the source as they are."""
    size: tuple[int, int]
    """(H, W) of the frames of `base`."""
    open_clip: OpenClip
    pieces: Callable[[Sequence[Fraction]], list[Piece]]
    """What frames of `base` at given times are made in."""


@contextmanager
def open_frames(
    prepared: Prepared,
    watch: Stopwatch,
    progress: Progress = silent,
    store: InversionStore | None = None,
    *,
    kept: bool,
) -> Iterator[BaseFrames]:
    """The frames that are edited, ready while the block runs.

    Arguments:
        kept: they are those of the source, see :func:`keeps_frames`.
        watch: told about the stages.
        progress: told about the inversion of shots that have to be inverted as a whole.
        store: where inversions of whole shots are looked for and kept.
    """
    plan, context = prepared.plan, prepared.methods.generator.context
    with FrameReader(prepared.source, plan.scan, cache_bytes=prepared.frame_memory // 4) as reader:
        source = SourceFrames(reader, frame_times(plan), context.device)

        def open_clip(shot: Shot, numbers: Sequence[int]) -> ShotClip:
            times = [shot.times[n] for n in numbers]
            return ShotClip(reader, [shot.indices[n] for n in numbers], numbers, context.device, times=times)

        if kept:
            yield BaseFrames(source, source, plan.info.size, open_clip, lambda times: steady(len(times)))
            return
        with open_assembly(prepared, stopwatch=watch, progress=progress, store=store) as assembly:
            yield BaseFrames(assembly.renderer, source, assembly.size, assembly.open_clip, assembly.main.pieces)


def keeps_frames(request: Edit, generator: Generator) -> bool:
    """Whether the output has the frames of the source, none between them and none made by a generator."""
    return generator.keeps_frames and as_shown(request)


def as_shown(request: Edit) -> bool:
    """Whether no other frames are asked for than those that the source shows."""
    return request.fps in (None, AS_SOURCE) and request.slowmo is None and request.times is None


def frame_times(plan: Plan) -> list[Fraction]:
    """When each frame of the source is shown, as the plan's shots see it."""
    times = list(plan.scan.pictures.times(plan.scan.times, 1 / plan.info.average_rate))
    for shot in map(without_rests, plan.shots):
        for index, time in zip(shot.indices, shot.times, strict=True):
            times[index] = time
    for index in range(1, len(times)):
        times[index] = max(times[index], times[index - 1])
    return times


def at_source_times(plan: Plan) -> Plan:
    """The plan, with the frames of the source as its schedule.

    Raises:
        UsageError: there is none in the part that was asked for.
    """
    begin = plan.shots[0].start if plan.start is None else plan.start
    end = plan.shots[-1].end if plan.end is None else plan.end
    times = [time for time in frame_times(plan) if begin <= time < end]
    if not times:
        raise UsageError("no frame of the source lies between --start and --end")
    even = all(abs((b - a) * plan.source_rate - 1) < Fraction(1, 100) for a, b in pairwise(times))
    rate = plan.source_rate if even else None
    return replace(plan, schedule=ListedSchedule(times, rate), rate=rate)
