"""The inverter `flow`: codes from the motion of the clip."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli import Clip, Context, Generator, Inversion, Inverter, PluginError, Progress, device_of, silent
from dynode_motion.analysis import REACH, ClipMotion
from dynode_motion.cache import Cache
from dynode_motion.codes import GLOBAL, clock
from dynode_motion.generator import BoundMotionGenerator, MotionGenerator
from dynode_motion.ops import ops_for
from dynode_motion.options import FlowOptions


class FlowInverter(Inverter):
    """Estimates motion between neighbouring frames and writes its accelerations as codes (see `codes`)."""

    Options: ClassVar[type] = FlowOptions
    context_frames: ClassVar[int | None] = REACH

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._ops = ops_for(device_of(context))
        self._cache = Cache(context.memory)
        self._states: dict[Any, tuple[Tensor, Tensor]] = {}

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """Codes (N, 8) of every frame, and a generator bound to the clip.

        Raises:
            PluginError: `generator` is not of the kind `motion`.
        """
        if not isinstance(generator, MotionGenerator):
            raise PluginError(
                f"the inverter 'flow' makes codes for the generator 'motion', not for {type(generator).__name__}",
                hint="use --generator motion, or another inverter",
            )
        motion = ClipMotion(clip, self.options, self._ops, self._cache)
        present = {motion.identity(k) for k in range(len(clip))}
        self._cache.keep(lambda key: all(part in present for part in key[1:] if part is not None))  # type: ignore[index]
        codes = torch.cat((self._positions(motion, progress), clock(torch.tensor(list(clip.numbers)))), dim=-1)
        codes = codes.to(torch.float32)
        self._states = {key: state for key, state in self._states.items() if key in present}
        bound = BoundMotionGenerator(generator.options, generator.context, motion, codes)
        return Inversion(clip.times, codes.to(self._ops.device), bound, {"motion_size": list(motion.size)})

    def _positions(self, motion: ClipMotion, progress: Progress) -> Tensor:
        """(N, 6) float64 double integral of the affine acceleration, going on from earlier windows."""
        count = len(motion.clip)
        start = next((k for k in range(min(REACH, count - 1), count) if motion.identity(k) in self._states), 0)
        nothing = torch.zeros(GLOBAL, dtype=torch.float64)
        position, velocity = self._states.get(motion.identity(start), (nothing, nothing))
        positions = torch.zeros((count, GLOBAL), dtype=torch.float64)
        accelerations = []
        for k in range(count):
            known = motion.acceleration(k)
            accelerations.append(nothing if known is None else known.coefficients)
            progress(k + 1, count)
        # velocity is that of the interval after a frame.
        p, v = position, velocity
        for k in range(start, count):
            positions[k] = p
            if k < count - REACH or k <= start:
                self._states[motion.identity(k)] = (p, v)
            if k + 1 < count:
                p = p + motion.duration(k) * v
            if k + 2 < count:
                v = v + 0.5 * (motion.duration(k) + motion.duration(k + 1)) * accelerations[k + 1]
        p, v = position, velocity
        for k in range(start - 1, -1, -1):
            v = v - 0.5 * (motion.duration(k) + motion.duration(k + 1)) * accelerations[k + 1] if k + 2 < count else v
            p = p - motion.duration(k) * v
            positions[k] = p
        return positions
