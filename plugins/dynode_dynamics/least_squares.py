"""Levenberg-Marquardt for fields: a few dozen steps do what thousands of gradient steps do.

Every residual depends on one sample only (a segment, or a point of a teacher), so its derivatives are taken with
a copy of the weights a sample. The normal equations are summed over small groups of samples: memory depends on
the field, not on the clip. Reference: More, The Levenberg-Marquardt algorithm, 1978.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dynode_cli import Progress, silent
from dynode_dynamics.field import Field, FieldShape, unflatten

Residuals = Callable[[Field, slice], Tensor]
"""Residuals (B, n, K) of n samples, given a field of B folds, or (B * n, 1, K) given one of B * n."""

GROUP = 32
"""Samples in one group."""


def least_squares(
    field: Field,
    residuals: Residuals,
    samples: int,
    *,
    iterations: int,
    ridge: float,
    progress: Progress = silent,
) -> Field:
    """The field that minimises sum |residual|^2 + ridge |weights - first weights|^2, for every fold by itself.

    A step that does not lower the sum, or that is not finite, is not taken. Ends early once all folds gain less than
    a thousandth a step.
    """
    shape, theta = field.shape, field.flat()
    first = theta.clone()
    damping = torch.full((len(theta),), 1e-2, dtype=theta.dtype)
    cost = _cost(shape, theta, first, residuals, samples, ridge)
    idle = torch.zeros(len(theta), dtype=torch.int64)
    identity = torch.eye(theta.shape[1], dtype=theta.dtype)
    for number in range(iterations):
        normal, slope = _normal_equations(shape, theta, residuals, samples)
        slope = slope + ridge * (theta - first)
        factor, failed = torch.linalg.cholesky_ex(normal + (ridge + damping)[:, None, None] * identity)
        step = torch.cholesky_solve(slope[..., None], factor)[..., 0]
        trial = theta - torch.where(failed[:, None] == 0, step, torch.zeros_like(step))
        trial_cost = _cost(shape, trial, first, residuals, samples, ridge)
        better = trial_cost < cost
        idle = torch.where(better & (trial_cost > 0.999 * cost), idle + 1, idle * ~better)
        theta = torch.where(better[:, None], trial, theta)
        cost = torch.where(better, trial_cost, cost)
        damping = torch.where(better, damping / 5.0, damping * 4.0).clamp(1e-9, 1e9)
        progress(number + 1, iterations)
        if bool(((idle >= 2) | (damping >= 1e6)).all()):
            break
    progress(iterations, iterations)
    return unflatten(shape, theta)


def _groups(samples: int) -> list[slice]:
    return [slice(start, min(start + GROUP, samples)) for start in range(0, samples, GROUP)]


def _cost(
    shape: FieldShape, theta: Tensor, first: Tensor, residuals: Residuals, samples: int, ridge: float
) -> Tensor:
    cost = ridge * (theta - first).square().sum(dim=1)
    field = unflatten(shape, theta)
    for group in _groups(samples):
        cost = cost + residuals(field, group).square().sum(dim=(1, 2))
    return torch.where(torch.isfinite(cost), cost, torch.full_like(cost, float("inf")))


def _normal_equations(shape: FieldShape, theta: Tensor, residuals: Residuals, samples: int) -> tuple[Tensor, Tensor]:
    """J'J (B, P, P) and J'r (B, P)."""
    folds, size = theta.shape
    normal = torch.zeros((folds, size, size), dtype=theta.dtype)
    slope = torch.zeros_like(theta)
    for group in _groups(samples):
        count = group.stop - group.start
        copies = theta[:, None].expand(folds, count, size).reshape(-1, size).requires_grad_()
        values = residuals(unflatten(shape, copies), group)[:, 0]
        for k in range(values.shape[1]):
            last = k == values.shape[1] - 1
            (row,) = torch.autograd.grad(values[:, k].sum(), copies, retain_graph=not last)
            rows = row.reshape(folds, count, size)
            normal.baddbmm_(rows.transpose(1, 2), rows)
            slope += torch.einsum("bnp,bn->bp", rows, values[:, k].detach().reshape(folds, count))
    return normal, slope
