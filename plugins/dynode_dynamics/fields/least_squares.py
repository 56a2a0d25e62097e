"""Levenberg-Marquardt for fields: a few dozen steps do what thousands of gradient steps do.

Every residual depends on one sample only (a segment, or a point of a teacher). Its derivatives by the weights are
put together from the inputs of each layer and the derivatives by what comes out of it, over all evaluations of the
field, as in Goodfellow, Efficient per-example gradient computations, 2015. The equations are summed over small groups
of samples: memory depends on the field, not on the clip. Reference: More, The Levenberg-Marquardt algorithm, 1978.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dynode_cli import Progress, silent
from dynode_dynamics.fields.field import Field, FieldShape, unflatten

Residuals = Callable[[Field, slice], Tensor]
"""Residuals (B, n, K) of n samples of each of B folds; the field is evaluated at states (B, n, ...)."""

GROUP = 40
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
    a hundredth a step.
    """
    shape, theta = field.shape, field.flat()
    first = theta.clone()
    damping = torch.full((len(theta),), 1e-2, dtype=theta.dtype)
    cost = _cost(shape, theta, first, residuals, samples, ridge)
    idle = torch.zeros(len(theta), dtype=torch.int64)
    for number in range(iterations):
        step = _step(shape, theta, first, residuals, samples, ridge, damping)
        trial = theta - torch.nan_to_num(step, nan=0.0, posinf=0.0, neginf=0.0)
        trial_cost = _cost(shape, trial, first, residuals, samples, ridge)
        better = trial_cost < cost
        idle = torch.where(better & (trial_cost > 0.99 * cost), idle + 1, idle * ~better)
        theta = torch.where(better[:, None], trial, theta)
        cost = torch.where(better, trial_cost, cost)
        damping = torch.where(better, damping / 5.0, damping * 4.0).clamp(1e-6, 1e9)
        progress(number + 1, iterations)
        if bool(((idle >= 3) | (damping >= 1e6)).all()):
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


def _step(
    shape: FieldShape,
    theta: Tensor,
    first: Tensor,
    residuals: Residuals,
    samples: int,
    ridge: float,
    damping: Tensor,
) -> Tensor:
    """(J'J + (ridge + damping) I)^-1 (J'r + ridge (theta - first)), by J'J, or by JJ' where that is smaller."""
    size = theta.shape[1]
    level, pull = (ridge + damping)[:, None], theta - first
    rows: list[Tensor] = []
    values: list[Tensor] = []
    # Summed, the products take the same room however long the clip; many folds of few residuals are kept apart,
    # because their own products are then smaller, and faster to solve.
    summed = len(theta) == 1
    normal, slope, count = theta.new_zeros(len(theta), size if summed else 0, size), torch.zeros_like(theta), 0
    for group in _groups(samples):
        jacobian, value = derivatives(shape, theta, residuals, group)
        rows.append(jacobian)
        values.append(value)
        count += jacobian.shape[1]
        if not summed and (samples // GROUP * jacobian.shape[1] > size or count > size):
            summed, normal = True, theta.new_zeros(len(theta), size, size)
        # Nothing of this group may live on beside the next one.
        del jacobian
        while summed and rows:
            part = rows.pop()
            normal.baddbmm_(part.transpose(1, 2), part)
            slope = slope + torch.einsum("bmp,bm->bp", part, values.pop())
            del part
    if summed:
        normal.diagonal(dim1=1, dim2=2).add_(level)
        factor, _ = torch.linalg.cholesky_ex(normal)
        return torch.cholesky_solve((slope + ridge * pull)[..., None], factor)[..., 0]
    jacobian, value = torch.cat(rows, dim=1), torch.cat(values, dim=1)
    gram = torch.bmm(jacobian, jacobian.transpose(1, 2))
    gram.diagonal(dim1=1, dim2=2).add_(level)
    factor, _ = torch.linalg.cholesky_ex(gram)
    sides = torch.stack((value, torch.einsum("bmp,bp->bm", jacobian, pull)), dim=-1)
    inner, outer = torch.bmm(jacobian.transpose(1, 2), torch.cholesky_solve(sides, factor)).unbind(dim=-1)
    return inner + ridge / level * (pull - outer)


def derivatives(shape: FieldShape, theta: Tensor, residuals: Residuals, group: slice) -> tuple[Tensor, Tensor]:
    """Derivatives (B, n K, P) of the residuals of a group, and the residuals (B, n K)."""
    field = _Probed(unflatten(shape, theta))
    values = residuals(field, group)
    folds, count, outputs = values.shape
    inputs = [torch.stack(calls, dim=-1).flatten(0, 1) for calls in field.inputs]
    probes = [probe for calls in field.probes for probe in calls]
    calls = len(field.probes[0])
    jacobian = theta.new_empty(folds * count, outputs, theta.shape[1])
    for k in range(outputs):
        slopes = torch.autograd.grad(values[..., k].sum(), probes, retain_graph=k < outputs - 1)
        column = 0
        for layer, given in enumerate(inputs):
            slope = torch.stack(slopes[layer * calls : (layer + 1) * calls], dim=2).flatten(0, 1)
            for part in (torch.bmm(given, slope), slope.sum(dim=1)):
                size = part[0].numel()
                jacobian[:, k, column : column + size] = part.flatten(1)
                column += size
    return jacobian.reshape(folds, count * outputs, -1), values.detach().reshape(folds, -1)


class _Probed(Field):
    """A field that remembers the inputs (B, n, .) of its layers, and adds zeros to their outputs to derive by."""

    def __init__(self, field: Field) -> None:
        super().__init__(field.shape, field.parameters)
        self.inputs: list[list[Tensor]] = [[], [], []]
        self.probes: list[list[Tensor]] = [[], [], []]

    def layer(self, number: int, inputs: Tensor) -> Tensor:
        out = super().layer(number, inputs)
        probe = torch.zeros_like(out, requires_grad=True)
        self.inputs[number].append(inputs.detach())
        self.probes[number].append(probe)
        return out + probe
