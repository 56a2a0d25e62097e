"""A second video, which compares the source with the result, written while that is rendered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from torch import Tensor

from dynode_cli.contracts import FitReport
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.renderer import FrameSource
from dynode_cli.requests.edit import Comparison, Edit
from dynode_cli.verbs.editing.comparison import compared, compared_width
from dynode_cli.verbs.editing.frames import BaseFrames
from dynode_cli.verbs.editing.upright import Orientation


class ComparingRenderer:
    """Passes frames on, and writes a video that compares them with the source's."""

    def __init__(
        self, base: FrameSource, frames: BaseFrames, plan: Plan, output: str, mode: Comparison, request: Edit
    ) -> None:
        self._base, self._frames, self._plan = base, frames, plan
        self._mode = mode
        height, width = frames.size
        self._orientation = Orientation(plan.info.display_matrix)
        turned = self._orientation.size((height, width))
        self._writer = VideoWriter(
            output,
            replace(plan.info, rotation=0, display_matrix=None),
            rate=plan.rate,
            size=(compared_width(turned[1], self._mode), turned[0]),
            until=plan.duration,
            encoder=request.encoding,
            force=request.force,
            audio="drop",
        )

    @property
    def reports(self) -> dict[int, FitReport]:
        """What the dynamics said of each shot, by the shot's index."""
        return self._base.reports

    def __enter__(self) -> ComparingRenderer:
        self._writer.__enter__()
        return self

    def __exit__(self, *problem: Any) -> None:
        self._writer.__exit__(*problem)

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        """Frames (C, H, W) at `times`."""
        for k, (time, frame) in enumerate(zip(times, self._base.frames(times), strict=True)):
            before = next(iter(self._frames.source.frames([time])))
            both = compared(self._orientation.upright(before), self._orientation.upright(frame), self._mode)
            self._writer.write(both.permute(1, 2, 0).cpu().numpy(), self._plan.schedule.output_time(k))
            yield frame
