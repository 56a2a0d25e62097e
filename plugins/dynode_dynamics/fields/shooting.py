"""Multiple shooting: a field is fitted so that every observation is carried to the next one, both ways in time.

Reference: Bock, Recent advances in parameter identification techniques for ODE, 1983.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_cli import Progress, silent
from dynode_dynamics.fields.field import Field
from dynode_dynamics.fields.least_squares import Residuals, least_squares
from dynode_dynamics.fields.segments import Segments, rk4_step


def shoot(
    field: Field,
    segments: Segments,
    *,
    iterations: int,
    ridge: float,
    substeps: int = 3,
    limit: int = 128,
    progress: Progress = silent,
) -> Field:
    """A fitted copy of `field`; `substeps` Runge-Kutta steps cross each of at most `limit` segments."""
    residuals, samples = shooting_residuals(segments, substeps, limit)
    return least_squares(field, residuals, samples, iterations=iterations, ridge=ridge, progress=progress)


def both_ways(segments: Segments, limit: int = 128) -> Segments:
    """Each segment forward, then each backward (with a negative length), in float32.

    Of more than `limit` segments, as many are taken, evenly spread.
    """
    count = segments.start.shape[1]
    if count > limit:
        segments = segments.pick(torch.linspace(0, count - 1, limit).round().long())
    forward = Segments(*(tensor.to(torch.float32) for tensor in vars(segments).values()))
    return Segments(
        torch.cat((forward.start, forward.end), dim=1),
        torch.cat((forward.end, forward.start), dim=1),
        torch.cat((forward.time, forward.time + forward.length), dim=1),
        torch.cat((forward.length, -forward.length), dim=1),
        torch.cat((forward.weight, forward.weight), dim=1),
    )


def shooting_residuals(segments: Segments, substeps: int, limit: int = 128) -> tuple[Residuals, int]:
    """Misses at the far end of each segment, forward and backward, and how many samples there are."""
    ways = both_ways(segments, limit)

    def residuals(field: Field, group: slice) -> Tensor:
        u, goal, t, length, weight = (tensor[:, group] for tensor in vars(ways).values())
        step = length / substeps
        for _ in range(substeps):
            u = rk4_step(field.flow, u, t, step)
            t = t + step
        missed: Tensor = weight * (u - goal)
        return missed

    return residuals, ways.start.shape[1]
