"""Frame interpolation, the generator `motion`: moves pixels of neighbouring frames along their paths and blends them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli import Context, Generator, PluginError
from dynode_motion.analysis import ClipMotion
from dynode_motion.codes import DIMENSIONS, GLOBAL, catmull_rom_deviation
from dynode_motion.options import MotionOptions
from dynode_motion.parallel import each
from dynode_motion.render import render, render_onward


class MotionGenerator(Generator):
    """Renders frames of the clip that it was bound to by the inverter `flow`; has none of its own."""

    Options: ClassVar[type] = MotionOptions
    default_inverter: ClassVar[str] = "flow"
    default_dynamics: ClassVar[str] = "spline"
    # With every other frame left out all gaps are equally wide, as they are when frames are made between them.
    dynamics_options: ClassVar[Mapping[str, Mapping[str, Any]]] = {"auto": {"judged_at": "doubled-spacing"}}
    full_frame: ClassVar[bool] = True
    keeps_frames: ClassVar[bool] = True

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.code_shape = (DIMENSIONS,)
        self.frame_size = (0, 0)

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        """Not possible before a clip was inverted.

        Raises:
            PluginError: always.
        """
        raise PluginError(
            "the generator 'motion' makes frames only from a clip that was inverted first",
            hint="give the video: its codes alone hold no picture",
        )


class BoundMotionGenerator(MotionGenerator):
    """`motion` for one clip: frames of any time of the clip, source frames exactly at their own times."""

    def __init__(self, options: Any, context: Context, motion: ClipMotion, codes: Tensor) -> None:
        super().__init__(options, context)
        self.frame_size = motion.clip.size
        self._motion = motion
        self._times = motion.clip.times.double().cpu()
        self._knots = codes.double().cpu()

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        """Frames at `times` (T,) for `codes` (T, 8): how far these leave the chords of the clip's own codes is
        how far pixels leave straight lines. Before the clip its first frame is held; after it, pixels go on as they
        last moved.
        """
        device = self._motion.ops.device
        out = torch.empty((len(times), *self.frame_size, 3), device=device)
        moments = list(zip(codes.double().cpu(), times.double().cpu().tolist(), strict=True))
        # What is shared is worked out first; then every frame is independent of the others.
        for _, time in moments:
            self._prepare(time)
        each(device, [partial(self._render, *moment, target) for moment, target in zip(moments, out, strict=True)])
        return out.permute(0, 3, 1, 2)

    def _prepare(self, time: float) -> None:
        j = self._interval(time)
        if j >= 0 and len(self._times) > 1:
            pair = min(j, len(self._times) - 2)
            self._motion.frame(pair)
            if not self._motion.rests(pair):
                self._motion.segment(pair)
                self._motion.frame(pair + 1)

    def _interval(self, time: float) -> int:
        return int(torch.searchsorted(self._times, time, right=True)) - 1

    def _render(self, code: Tensor, time: float, target: Tensor) -> None:
        """Write the frame at `time` to `target` (H, W, 3)."""
        motion, times = self._motion, self._times
        j = self._interval(time)
        if j < 0 or time == float(times[j]) or len(times) == 1 or motion.rests(min(j, len(times) - 2)):
            target.copy_(motion.frame(max(j, 0)))
            return
        if j == len(times) - 1:
            along = (time - float(times[j])) / motion.duration(j - 1)
            target.copy_(render_onward(motion.ops, motion.frame(j), motion.segment(j - 1), along))
            return
        s = (time - float(times[j])) / motion.duration(j)
        deviation = code - torch.lerp(self._knots[j], self._knots[j + 1], s)
        expected = catmull_rom_deviation(self._knots, times, j, s)[GLOBAL:]
        power = float(expected @ expected)
        gain = float(deviation[GLOBAL:] @ expected) / power if power > 0.0 else 0.0
        render(
            motion.ops,
            (motion.frame(j), motion.frame(j + 1)),
            motion.segment(j),
            s,
            motion.common_offset(deviation[:GLOBAL] * self.options.gain),
            gain * self.options.gain,
            self.options.mask,
            target,
        )
