"""The inverter `flow`: codes from the optical flow of the clip."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli import (
    Clip,
    Context,
    FlowEstimator,
    Generator,
    Inversion,
    Inverter,
    PluginError,
    Progress,
    UsageError,
    device_of,
    flow_estimator,
    silent,
)
from dynode_motion.analysis import REACH, ClipMotion
from dynode_motion.cache import Cache
from dynode_motion.codes import GLOBAL, clock
from dynode_motion.dis import DisOptions
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
        self._estimator = _estimator(options, context)
        self._cache = Cache(context.memory)
        self._states: dict[Hashable, tuple[Tensor, Tensor]] = {}

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
        motion = ClipMotion(clip, self._estimator, self.options.scale, self._ops, self._cache)
        self._cache.allow(motion.working_bytes)
        present = {motion.identity(k) for k in range(len(clip))}
        self._cache.keep(lambda key: all(part in present for part in key[1:] if part is not None))
        positions = self._positions(motion, progress)
        motion.let_go()
        codes = torch.cat((positions, clock(torch.tensor(list(clip.numbers)))), dim=-1)
        codes = codes.to(torch.float32)
        self._states = {key: state for key, state in self._states.items() if key in present}
        bound = BoundMotionGenerator(generator.options, generator.context, motion, codes)
        return Inversion(clip.times, codes.to(self._ops.device), bound, {"motion_size": list(motion.size)})

    def _positions(self, motion: ClipMotion, progress: Progress) -> Tensor:
        """(N, 6) float64 double integral of the affine acceleration, going on from earlier windows."""
        count = len(motion.clip)
        found = ((k, self._states.get(motion.identity(k))) for k in range(count))
        states = {k: state for k, state in found if state is not None}
        if not states:
            nothing = torch.zeros(GLOBAL, dtype=torch.float64)
            states[0] = (nothing, nothing)
        first = min(states)
        for k in range(first + 1, count):
            progress(k, count)
            if k not in states:
                states[k] = self._onward(motion, k, states[k - 1])
        for k in range(first - 1, -1, -1):
            states[k] = self._back(motion, k, states[k + 1])
        progress(count, count)
        # Those near the end will be known better once the frames beyond are.
        for k in range(first, max(first, count - 1 - REACH) + 1):
            self._states[motion.identity(k)] = states[k]
        return torch.stack([states[k][0] for k in range(count)])

    def _onward(self, motion: ClipMotion, k: int, before: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Position of frame `k` and velocity after it, from those of frame `k - 1`."""
        position = before[0] + motion.duration(k - 1) * before[1]
        known = motion.acceleration(k)
        if known is None:
            return position, before[1]
        step = 0.5 * (motion.duration(k - 1) + motion.duration(k))
        return position, before[1] + step * known.coefficients

    def _back(self, motion: ClipMotion, k: int, after: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Position of frame `k` and velocity after it, from those of frame `k + 1`."""
        known = motion.acceleration(k + 1)
        velocity = after[1]
        if known is not None:
            velocity = velocity - 0.5 * (motion.duration(k) + motion.duration(k + 1)) * known.coefficients
        return after[0] - motion.duration(k) * velocity, velocity


def _estimator(options: FlowOptions, context: Context) -> FlowEstimator:
    """The one that `options` name; those of our own may stand among ours, too, and then count more than a file's.

    Raises:
        PluginError: there is none of that name.
        UsageError: an option that it does not have, or a bad value.
    """
    given: dict[str, object] = {}
    for pair in options.estimator_options:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(
                f"estimator_options: '{pair}' is not key=value", hint="write estimator_options=scale=0.5"
            )
        given[key.strip()] = value.strip()
    if options.estimator == "dis":
        usual = DisOptions()
        own = {"preset": options.preset, "patch_stride": options.patch_stride}
        given = {key: value for key, value in own.items() if value != getattr(usual, key)} | given
    return flow_estimator(options.estimator, given, context)
