"""Directions learnt from examples: codes that show something, and codes that do not."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from dynode_cli.errors import InputError

Method = Literal["mean", "svm"]
METHODS: tuple[str, ...] = get_args(Method)

PENALTY = 1.0
"""Weight of the margin errors of the support vector machine, for codes of unit spread."""
_PASSES = 1000
_TOLERANCE = 1e-6


def direction_between(positive: Tensor, negative: Tensor, method: Method) -> Tensor:
    """The direction (*code_shape) that leads from `negative` (N, *code_shape) to `positive` (M, *code_shape).

    For ``mean``, strength 1 takes the mean of one set to that of the other. For ``svm`` the direction is the normal
    of the plane that separates them, and strength 1 goes as far along it as the means are apart.

    Raises:
        InputError: a set is empty, or codes of the two do not have the same shape, or do not differ.
    """
    if len(positive) == 0 or len(negative) == 0:
        raise InputError("a direction is learnt from two sets of examples, and one of them is empty")
    if positive.shape[1:] != negative.shape[1:]:
        raise InputError(
            f"codes of shapes {tuple(positive.shape[1:])} and {tuple(negative.shape[1:])} cannot be compared",
            hint="make both with the same generator and the same space",
        )
    one, other = (codes.flatten(1).to("cpu", torch.float64) for codes in (positive, negative))
    difference = one.mean(0) - other.mean(0)
    if float(difference.norm()) == 0:
        raise InputError("the two sets of examples have the same mean: nothing tells them apart")
    direction = difference
    if method == "svm":
        normal = separating_normal(
            torch.cat([one, other]), torch.cat([torch.ones(len(one)), -torch.ones(len(other))])
        )
        direction = normal * float(normal @ difference)
    return direction.reshape(positive.shape[1:]).to(torch.float32)


def separating_normal(examples: Tensor, labels: Tensor) -> Tensor:
    """Unit normal (D,) of the linear support vector machine for `examples` (N, D) with `labels` (N,) of +1 and -1.

    Dual coordinate descent for the squared hinge loss (Hsieh et al., "A Dual Coordinate Descent Method for
    Large-scale Linear SVM", ICML 2008), each class weighted by the other's size, the bias as one more dimension.
    """
    x = examples - examples.mean(0)
    scale = float(x.norm(dim=1).square().mean().sqrt()) or 1.0
    x = torch.cat([x / scale, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    y = labels.to(x)
    share = torch.where(y > 0, (y < 0).sum(), (y > 0).sum()).to(x) * 2 / len(y)
    gram = (x @ x.T) * y[:, None] * y
    softness = 1 / (2 * PENALTY * share)
    alpha = torch.zeros(len(x), dtype=x.dtype)
    slope = -torch.ones(len(x), dtype=x.dtype)
    for _ in range(_PASSES):
        largest = 0.0
        for i in range(len(x)):
            gradient = float(slope[i] + softness[i] * alpha[i])
            step = max(-float(alpha[i]), -gradient / float(gram[i, i] + softness[i]))
            if step:
                alpha[i] += step
                slope += step * gram[i]
                largest = max(largest, abs(step))
        if largest < _TOLERANCE:
            break
    normal: Tensor = ((alpha * y) @ x)[:-1]
    return normal.div_(normal.norm())
