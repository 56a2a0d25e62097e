"""Frames in memory rendered at other times, as an array or one after the other, without a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic

import numpy as np
import torch
from torch import Tensor

from dynode_cli.errors import UsageError
from dynode_cli.media.pixels import white_of
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.source import Source, open_source
from dynode_cli.pipeline.job import LOOKING, Job, opened_job
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.prepare import Prepared, open_assembly, prepare_opened
from dynode_cli.pipeline.renderer import observation_at
from dynode_cli.pipeline.schedule import source_times
from dynode_cli.pipeline.shots import shot_at
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.frames import RenderFrames
from dynode_cli.requests.timing import Timed
from dynode_cli.values.exact_times import exact_times
from dynode_cli.values.frames import Frames, Pixels, is_tensor
from dynode_cli.verbs.caller import each_in_usual_torch


class FrameStream(Generic[Pixels]):
    """Frames that are rendered while they are asked for, in constant memory; ``len()`` says how many come.

    Each is (H, W, 3 or 4), of the kind and type of samples that were given, and belongs to whoever asked for it.
    `times` are the moments that they show, exact seconds on the clock of the given frames. Going through them again
    renders them again.
    """

    def __init__(self, frames: Frames[Pixels], times: tuple[Fraction, ...], rendering: _Rendering) -> None:
        self.frames = frames
        self.times = times
        self._rendering = rendering

    def __repr__(self) -> str:
        return f"FrameStream({len(self)} frames of {self.frames!r})"

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[Pixels]:
        kept = [self._rendering.kept(time) for time in self.times]
        between = [time for time, index in zip(self.times, kept, strict=True) if index is None]
        made = each_in_usual_torch(self._rendering.frames(between))
        for index in kept:
            yield _like(self.frames, next(made)) if index is None else _copy(self.frames.array[index])

    def array(self) -> Pixels:
        """All of them, (T', H, W, 3 or 4)."""
        whole: Any = None
        for k, frame in enumerate(self):
            if whole is None:
                shape = (len(self), *frame.shape)
                whole = frame.new_empty(shape) if is_tensor(frame) else np.empty(shape, frame.dtype)
            whole[k] = frame
        made: Pixels = whole
        return made


def render_frames(request: RenderFrames, host: Host) -> Any:
    """All frames that are asked for, as one array (T', H, W, 3 or 4); see :func:`iter_frames`."""
    return iter_frames(request, host).array()


def iter_frames(request: RenderFrames, host: Host) -> FrameStream[Any]:
    """The frames that are asked for, one after the other.

    The clip is looked through at once, so that what is wrong shows before the first frame is asked for.

    Raises:
        UsageError: a time lies outside the clip, or an option is wrong.
        DynodeError: whatever else goes wrong.
    """
    rendering = _prepared(request, host)
    if request.new_times is None:
        return FrameStream(request.source, tuple(source_times(rendering.prepared.plan.schedule)), rendering)
    return FrameStream(request.source, _within(rendering.prepared.plan, request.new_times), rendering)


@dataclass(frozen=True)
class _Rendering:
    """Everything that frames between the given ones are made with."""

    request: RenderFrames
    prepared: Prepared

    def kept(self, time: Fraction) -> int | None:
        """The given frame that is shown at `time` as it is, if one is."""
        plan = self.prepared.plan
        if not self.prepared.methods.generator.keeps_frames:
            return None
        shot = plan.shots[shot_at(plan.shots, time)]
        number = observation_at(shot, time, self.request.cuts)
        return None if number is None else shot.indices[number]

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        """Frames (3 or 4, H, W) in [0, 1] at `times`."""
        with (
            threads_at_most(self.request.threads),
            opened_job(self.request.show, self.prepared.source.name, len(times)) as job,
            open_assembly(self.prepared, stopwatch=Stopwatch(job.stage), progress=job.share) as assembly,
        ):
            job.name_stages(self.prepared.methods)
            job.expect(assembly.main.pieces(times))
            for k, frame in enumerate(assembly.renderer.frames(times)):
                yield frame
                job.count(k + 1, len(times))


def _prepared(request: RenderFrames, host: Host) -> _Rendering:
    timed = Timed(fps=request.fps, cuts=request.cuts)
    with (
        opened_job(request.show, request.source.name) as job,
        prepare_opened(request, host, open_frames(request.source, job), timed) as prepared,
    ):
        # A source in memory has nothing to close.
        return _Rendering(request, prepared)


@contextmanager
def open_frames(frames: Frames[Any], job: Job) -> Iterator[tuple[Source, Scan]]:
    """Frames in memory as a source, and what one pass over them found."""
    source = open_source(frames)
    job.phase(LOOKING)
    yield source, scan(source, progress=job.share)


def _within(plan: Plan, new_times: Iterable[float | Fraction]) -> tuple[Fraction, ...]:
    """`new_times` as fractions; one that is that of a given frame but for rounding is the same."""
    given = exact_times(new_times, "new_times")
    slack = max(given.rounding, plan.info.slack)
    first, end = plan.shots[0].start, plan.shots[-1].end
    for time in given.values:
        if not first - slack <= time <= end + slack:
            raise UsageError(
                f"new_times: {float(time):g} s lies outside {plan.info.name}, which runs from {float(first):g} to "
                f"{float(end):g} s"
            )
    known = [time for shot in plan.shots for time in shot.times]
    return tuple(_nearest(time, known, slack) for time in given.values)


def _nearest(time: Fraction, known: Sequence[Fraction], slack: Fraction) -> Fraction:
    after = bisect_left(known, time)
    near = min(known[max(0, after - 1) : after + 1], key=lambda each: abs(each - time))
    return near if abs(near - time) <= slack else time


def _like(frames: Frames[Any], frame: Tensor) -> Any:
    """A rendered frame (C, H, W) in [0, 1] as (H, W, C) of the kind that `frames` are."""
    white = white_of(np.dtype(frames.dtype))
    # torch cannot make uint16 of float32.
    pixels = frame.permute(1, 2, 0).clamp(0, 1)
    pixels = pixels if white == 1 else (pixels * white).round().to(torch.int32)
    array = frames.array
    return pixels.to(array.device, array.dtype) if is_tensor(array) else pixels.cpu().numpy().astype(array.dtype)


def _copy(frame: Any) -> Any:
    return frame.detach().clone() if is_tensor(frame) else frame.copy()
