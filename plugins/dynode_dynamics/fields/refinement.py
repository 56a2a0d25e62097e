"""Gradient descent through a differential-equation solver, for those who want it after the least-squares fit.

Three ways to the gradient: `direct` keeps every solver step in memory; `checkpoint` keeps one state a step and
computes the rest again; `adjoint` solves a second equation backwards and keeps nothing (Chen et al., 2018; for SDEs
the reversible Heun method with its exact adjoint, Kidger et al., Efficient and accurate gradients for neural SDEs,
2021). Memory of the first grows with the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from dynode_cli import Progress, silent
from dynode_dynamics.fields.field import Field
from dynode_dynamics.fields.segments import Segments, rk4_step
from dynode_dynamics.fields.shooting import both_ways

GRADIENTS = ("direct", "checkpoint", "adjoint")


def refine(
    field: Field,
    segments: Segments,
    *,
    iterations: int,
    substeps: int,
    gradient: str,
    rate: float = 1e-3,
    progress: Progress = silent,
) -> Field:
    """A copy of `field` after `iterations` steps of AdamW on the misses of multiple shooting."""
    ways = both_ways(segments)
    trained = Field(field.shape, [p.detach().clone().requires_grad_() for p in field.parameters])

    def loss() -> Tensor:
        end = carried(trained, ways, substeps, gradient)
        return (ways.weight * (end - ways.end)).square().sum() / ways.weight.sum()

    minimise(trained.parameters, loss, iterations=iterations, rate=rate, progress=progress)
    return Field(field.shape, [p.detach() for p in trained.parameters])


def carried(field: Field, ways: Segments, substeps: int, gradient: str) -> Tensor:
    """States (B, n, S) at the ends of `ways`, differentiable by the weights of `field`."""
    if gradient == "adjoint":
        from torchdiffeq import odeint_adjoint

        def rate(s: Tensor, state: Tensor) -> Tensor:
            return ways.length * field.flow(state, ways.time + s * ways.length)

        ends = odeint_adjoint(
            rate,
            ways.start,
            torch.tensor([0.0, 1.0], dtype=ways.start.dtype),
            method="rk4",
            options={"step_size": 1.0 / substeps},
            adjoint_params=tuple(field.parameters),
        )
        return torch.as_tensor(ends[-1])
    step = ways.length / substeps
    u, t = ways.start, ways.time
    for _ in range(substeps):
        if gradient == "checkpoint":
            u = checkpoint(rk4_step, field.flow, u, t, step, use_reentrant=False)
        else:
            u = rk4_step(field.flow, u, t, step)
        t = t + step
    return u


def minimise(
    parameters: list[Tensor],
    loss: Callable[[], Tensor],
    *,
    iterations: int,
    rate: float,
    progress: Progress = silent,
) -> None:
    """AdamW under a cosine schedule, in place. A step whose loss is not finite is left out."""
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, iterations))
    for number in range(iterations):
        optimiser.zero_grad(set_to_none=True)
        error = loss()
        torch.autograd.backward(error)
        if bool(torch.isfinite(error.detach())):
            nn.utils.clip_grad_norm_(parameters, 10.0)
            optimiser.step()
        schedule.step()
        progress(number + 1, iterations)
