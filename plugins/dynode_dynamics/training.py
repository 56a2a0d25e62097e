"""One training loop for all fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from dynode_cli import Progress, silent


def minimise(
    parameters: Sequence[Tensor],
    loss: Callable[[], Tensor],
    *,
    iterations: int,
    rate: float,
    progress: Progress = silent,
) -> float:
    """AdamW under a cosine schedule; returns the last loss. A step whose gradient is not finite is left out."""
    optimiser = torch.optim.AdamW(list(parameters), lr=rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, iterations))
    value = float("nan")
    for number in range(iterations):
        optimiser.zero_grad(set_to_none=True)
        error = loss()
        error.backward()
        value = float(error.detach())
        if value == value and abs(value) != float("inf"):
            torch.nn.utils.clip_grad_norm_(parameters, 10.0 * len(parameters[0]) ** 0.5)
            optimiser.step()
        schedule.step()
        progress(number + 1, iterations)
    return value
