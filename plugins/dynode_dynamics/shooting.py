"""Multiple shooting: a field is fitted so that every observation is carried to the next one, both ways in time.

Reference: Bock, Recent advances in parameter identification techniques for ODE, 1983.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_cli import Progress, silent
from dynode_dynamics.field import Field
from dynode_dynamics.least_squares import Residuals, least_squares
from dynode_dynamics.segments import Segments, rk4_step

LIMIT = 128
"""Segments that a field is fitted to; a longer clip gives as many, evenly spread."""


def shoot(
    field: Field,
    segments: Segments,
    *,
    iterations: int,
    ridge: float,
    substeps: int = 3,
    progress: Progress = silent,
) -> Field:
    """A fitted copy of `field`; `substeps` Runge-Kutta steps cross a segment."""
    residuals, samples = shooting_residuals(segments, substeps)
    return least_squares(field, residuals, samples, iterations=iterations, ridge=ridge, progress=progress)


def shooting_residuals(segments: Segments, substeps: int) -> tuple[Residuals, int]:
    """Misses at the far end of each segment, forward and backward, and how many samples there are."""
    count = segments.start.shape[1]
    if count > LIMIT:
        segments = segments.pick(torch.linspace(0, count - 1, LIMIT).round().long())
    start = torch.cat((segments.start, segments.end), dim=1)
    goal = torch.cat((segments.end, segments.start), dim=1)
    time = torch.cat((segments.time, segments.time + segments.length), dim=1)
    step = torch.cat((segments.length, -segments.length), dim=1) / substeps
    weight = torch.cat((segments.weight, segments.weight), dim=1)

    def residuals(field: Field, group: slice) -> Tensor:
        shape = (len(field.parameters[0]), -1)
        u, t, h, target, w = (
            tensor[:, group].reshape(*shape, tensor.shape[-1]) for tensor in (start, time, step, goal, weight)
        )
        for _ in range(substeps):
            u = rk4_step(field.flow, u, t, h)
            t = t + h
        return w * (u - target)

    return residuals, start.shape[1]
