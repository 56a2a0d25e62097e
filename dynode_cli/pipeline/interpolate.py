"""The main job: a source rendered at other times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dynode_cli.contracts import Progress, silent
from dynode_cli.media.clip import ShotClip
from dynode_cli.media.reader import FrameReader
from dynode_cli.media.source import Source
from dynode_cli.media.writer import EncoderOptions, VideoWriter
from dynode_cli.pipeline.methods import Methods
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.render import CutPolicy, Renderer
from dynode_cli.pipeline.stopwatch import Stopwatch


@dataclass(frozen=True)
class Rendered:
    """What a run made."""

    output: str
    frames: int
    duration: float
    """Seconds of output."""
    seconds: Mapping[str, float]
    """Wall seconds a stage."""
    warnings: Sequence[str] = ()
    fits: Mapping[int, Any] = field(default_factory=dict)
    """Report of the dynamics for each shot."""


@contextmanager
def open_renderer(
    source: Source,
    plan: Plan,
    methods: Methods,
    *,
    memory: int,
    cuts: CutPolicy,
    stopwatch: Stopwatch,
    progress: Progress = silent,
) -> Iterator[Renderer]:
    """A renderer that reads `source` while it is open.

    Arguments:
        memory: bytes for decoded frames and batches of output.
    """
    with FrameReader(source, plan.scan, cache_bytes=memory // 2) as reader:
        device = methods.generator.context.device

        def open_clip(indices: Sequence[int], numbers: Sequence[int]) -> ShotClip:
            return ShotClip(reader, indices, numbers, device)

        yield Renderer(
            methods,
            plan.shots,
            open_clip,
            frame_bytes=reader.frame_bytes,
            memory=memory // 2,
            cuts=cuts,
            stopwatch=stopwatch,
            progress=progress,
        )


def interpolate_source(
    source: Source,
    output: str,
    plan: Plan,
    methods: Methods,
    *,
    encoder: EncoderOptions,
    memory: int,
    cuts: CutPolicy = "hold",
    force: bool = False,
    audio: str = "auto",
    progress: Progress = silent,
) -> Rendered:
    """Render `source` to `output` as `plan` says.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at `output` then.
    """
    watch = Stopwatch()
    total = len(plan.schedule)
    times = [plan.schedule.source_time(k) for k in range(total)]
    with (
        open_renderer(source, plan, methods, memory=memory, cuts=cuts, stopwatch=watch) as renderer,
        VideoWriter(
            output,
            plan.info,
            rate=plan.rate,
            size=(plan.info.width, plan.info.height),
            encoder=encoder,
            copy_from=source,
            start=plan.start,
            end=plan.end,
            retime=plan.slow,
            force=force,
            audio=audio,
        ) as writer,
    ):
        for k, frame in enumerate(renderer.frames(times)):
            with watch.stage("encode"):
                writer.write(frame.permute(1, 2, 0).cpu().numpy(), plan.schedule.output_time(k))
            progress(k + 1, total)
    fits = dict(renderer.reports)
    return Rendered(output, total, float(plan.duration), watch.seconds, list(writer.warnings), fits)
