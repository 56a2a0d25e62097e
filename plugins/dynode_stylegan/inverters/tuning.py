"""Generator tuning: its weights, until it makes given pictures from given codes."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_cli import Clip, ConvergenceError, Progress
from dynode_stylegan.generators.gan import GanGenerator
from dynode_stylegan.inverters.descent import gradient_batch
from dynode_stylegan.inverters.loss import PictureLoss
from dynode_stylegan.inverters.targets import ClipTargets

_CHECKED = 8
"""Most batches on which the loss is compared to know the best state."""
_CHECK_EVERY = 20


@dataclass(frozen=True)
class Tuned:
    """What tuning came to."""

    generator: GanGenerator
    steps: int
    seconds: float
    loss_before: float
    loss_after: float


class Tuning:
    """One tuning of `generator` on the frames of `clip` with `codes` (N, *code_shape), which stay as they are."""

    def __init__(self, clip: Clip, generator: GanGenerator, codes: Tensor, loss: PictureLoss) -> None:
        self._original = generator
        self._generator = generator.tunable_copy()
        self._codes = codes
        self._loss = loss
        self._batch = gradient_batch(generator)
        memory = generator.context.memory // 4
        self._targets = ClipTargets(clip, generator.frame_size, generator.device, loss, memory)
        self._starts = list(range(0, len(clip), self._batch))
        self._checked = self._starts[:: math.ceil(len(self._starts) / _CHECKED)]
        self._least = math.inf
        self._best: dict[str, Tensor] = {}

    def run(self, budget: float, most: int | None, rate: float, progress: Progress) -> Tuned:
        """Tune for `budget` seconds, or `most` steps if that is less, with steps of size `rate` (Adam).

        Raises:
            ConvergenceError: the loss is no number.
        """
        parameters = self._generator.tunable()
        for parameter in parameters:
            parameter.requires_grad_(True)
        optimiser = torch.optim.Adam(parameters, lr=rate)
        random = torch.Generator().manual_seed(self._original.context.seed)
        order: list[int] = []
        began = time.monotonic()
        before = self._check()
        step = 0
        while (spent := time.monotonic() - began) < budget and (most is None or step < most):
            order = order or torch.randperm(len(self._starts), generator=random).tolist()
            optimiser.zero_grad(set_to_none=True)
            error = self._error(self._starts[order.pop()])
            if not math.isfinite(float(error.detach())):
                raise ConvergenceError(
                    f"the loss of pivotal tuning became {float(error.detach())} at step {step}",
                    hint="lower -I refine_rate",
                )
            torch.autograd.backward(error)
            optimiser.step()
            step += 1
            progress(int(spent), math.ceil(budget))
            if step % max(_CHECK_EVERY, len(self._checked)) == 0:
                self._check()
        self._check()
        progress(math.ceil(budget), math.ceil(budget))
        self._generator.network.load_state_dict(self._best)
        return Tuned(self._bound(), step, time.monotonic() - began, before, self._least)

    def _error(self, first: int) -> Tensor:
        frames, features = self._targets.part(first, first + self._batch)
        pictures = self._generator.draw(self._codes[first : first + self._batch])
        return self._loss(pictures, frames, features).mean()

    def _check(self) -> float:
        """The loss now; keeps the weights if it is the least so far."""
        with torch.no_grad():
            loss = sum(float(self._error(first)) for first in self._checked) / len(self._checked)
        if loss < self._least:
            self._least, self._best = loss, deepcopy(self._generator.network.state_dict())
        return loss

    def _bound(self) -> GanGenerator:
        """The original with the change of weights, which may have been tuned before."""
        change = self._generator.delta_from(self._original)
        for name, earlier in self._original.bound_state().items():
            change[name] = change[name] + earlier if name in change else earlier
        return self._original.bound(change)
