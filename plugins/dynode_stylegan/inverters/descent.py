"""Adam on the codes of a clip: gradient descent of all frames together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_cli import Clip, ConvergenceError, Progress, silent
from dynode_stylegan.generators.gan import GanGenerator
from dynode_stylegan.inverters.loss import PictureLoss
from dynode_stylegan.inverters.targets import ClipTargets, FixedTargets, Targets

GRADIENT_MEMORY = 12
"""How many times the memory of drawing a frame takes drawing it with gradients."""
_WARM_UP, _COOL_DOWN = 0.05, 0.3


@dataclass(frozen=True)
class Settings:
    """How to descend."""

    steps: int
    learning_rate: float
    """As a share of the spread of codes."""
    smooth: float
    prior: float


def gradient_batch(generator: GanGenerator) -> int:
    """How many frames can be drawn with gradients at once."""
    return max(1, min(32, generator.context.memory // (generator.bytes_per_frame() * GRADIENT_MEMORY)))


class Descent:
    """Finds codes of the frames of `clip`."""

    def __init__(self, clip: Clip, generator: GanGenerator, loss: PictureLoss, settings: Settings) -> None:
        self.generator = generator
        self.loss = loss
        self.settings = settings
        self.batch = gradient_batch(generator)
        self.times = clip.times.to(torch.float64)
        self.targets = ClipTargets(clip, generator.frame_size, generator.device, loss, generator.context.memory // 4)
        self.spread = generator.spread()
        self.mean = generator.mean_code()
        self.least = math.inf
        """The least loss of the last descent."""

    def run(self, start: Tensor, progress: Progress = silent) -> Tensor:
        """Codes (N, *code_shape) of the clip's frames that a descent from `start` reaches.

        Raises:
            ConvergenceError: the loss is no number.
        """
        return self._run(start, self.targets, self.settings.steps, self.settings.smooth, progress)

    def towards(self, pictures: Tensor, start: Tensor, steps: int) -> Tensor:
        """Codes of given `pictures` (N, 3, H, W) in [-1, 1]; time plays no part."""
        return self._run(start, FixedTargets(pictures, self.loss), steps, 0.0, silent)

    def _run(self, start: Tensor, targets: Targets, steps: int, smooth: float, progress: Progress) -> Tensor:
        codes = start.detach().clone().requires_grad_()
        optimiser = torch.optim.Adam([codes], lr=0.0, betas=(0.9, 0.99))
        best, self.least = codes.detach().clone(), math.inf
        for step in range(steps + 1):
            optimiser.zero_grad(set_to_none=True)
            total = self._backward(codes, targets, smooth)
            if not math.isfinite(total):
                raise ConvergenceError(
                    f"the loss of the inversion became {total} at step {step}",
                    hint="lower -I learning_rate, or use -G precision=float32",
                )
            if total < self.least:
                best, self.least = codes.detach().clone(), total
            if step < steps:
                optimiser.param_groups[0]["lr"] = self._rate(step / steps)
                optimiser.step()
                progress(step + 1, steps)
        return best

    def _rate(self, done: float) -> float:
        rise = min(1.0, (done + 0.01) / _WARM_UP)
        fall = min(1.0, (1.0 - done) / _COOL_DOWN)
        return self.settings.learning_rate * self.spread * rise * (0.5 - 0.5 * math.cos(fall * math.pi))

    def _backward(self, codes: Tensor, targets: Targets, smooth: float) -> float:
        """Gradients of the mean loss over frames, in pieces that fit the memory; returns the loss."""
        count = len(codes)
        total = 0.0
        for first in range(0, count, self.batch):
            frames, features = targets.part(first, first + self.batch)
            pictures = self.generator.draw(codes[first : first + self.batch])
            loss = self.loss(pictures, frames, features).sum() / count
            torch.autograd.backward(loss)
            total += float(loss.detach())
        bounds = self.settings.prior * ((codes - self.mean) / self.spread).square().mean()
        if smooth > 0 and count >= 3:
            bounds = bounds + smooth * self.acceleration(codes)
        torch.autograd.backward(bounds)
        return total + float(bounds.detach())

    def acceleration(self, codes: Tensor) -> Tensor:
        """Mean square second difference over true time, in units of the spread and the usual frame interval."""
        intervals = self.times.diff().to(codes)
        intervals = (intervals / intervals.median()).reshape(-1, *[1] * (codes.ndim - 1))
        velocity = codes.diff(dim=0) / intervals
        middle = (intervals[1:] + intervals[:-1]) / 2
        return (velocity.diff(dim=0) / middle / self.spread).square().mean()
