"""Gradient matching: a field is fitted to the derivatives of a smooth teacher, without solving anything.

Reference: Varah, A spline least squares method for numerical parameter estimation, 1982. Some of the states are
scattered in a tube around the teacher, and the field is asked to pull them back, so that solutions stay near.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_cli import Progress, silent
from dynode_dynamics.fields.field import Field
from dynode_dynamics.fields.least_squares import least_squares


@dataclass(frozen=True)
class Teacher:
    """Values and derivatives (B, G, R) of each fold's teacher at times (B, G, 1)."""

    times: Tensor
    values: Tensor
    slopes: Tensor


def match(
    field: Field,
    teacher: Teacher,
    *,
    iterations: int,
    ridge: float,
    tube: float,
    contraction: float,
    seed: int,
    points: int = 256,
    progress: Progress = silent,
) -> Field:
    """A fitted copy of `field`.

    Arguments:
        tube: standard deviation of the scatter, as a share of the codes' radius; every second point has it.
        contraction: rate, per mean spacing, at which the field pulls scattered states back to the teacher.
        points: most points of the teacher that are used, evenly spread.
    """
    count, size = teacher.values.shape[1:]
    index = torch.linspace(0, count - 1, min(count, points)).round().long()
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, len(index), size, generator=generator, dtype=torch.float64) * (tube / size**0.5)
    noise[:, ::2] = 0.0
    states = (teacher.values[:, index] + noise).to(torch.float32)
    slopes = (teacher.slopes[:, index] - contraction * noise).to(torch.float32)
    times = teacher.times[:, index].to(torch.float32)

    def residuals(field: Field, group: slice) -> Tensor:
        missed: Tensor = field(states[:, group], times[:, group]) - slopes[:, group]
        return missed

    return least_squares(field, residuals, len(index), iterations=iterations, ridge=ridge, progress=progress)
