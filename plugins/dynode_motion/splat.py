"""Carrying what is known at the pixels of one frame to where those pixels move."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.ops import Ops

_CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
_ONE = float(1 << 24)
"""Sums are kept in fixed point, so that they depend on no order of additions, on a GPU either."""


def splat(values: Tensor, landing: Tensor, weight: Tensor, cell: int) -> Tensor:
    """Sums of `values` at the cells where the pixels land, shared between the four nearest cells.

    Arguments:
        values: (C, H, W).
        landing: (2, H, W), where each pixel lands (x, y).
        weight: (H, W) in [0, 1].
        cell: width of a cell in pixels.

    Returns:
        (C + 1, ceil(H / cell), ceil(W / cell)): sums of weight times value, and last the weights' own sums, both
        per pixel, so that a cell on which full weight lands everywhere sums to one.
    """
    height, width = (-(-side // cell) for side in weight.shape)
    place = (landing + 0.5) / cell - 0.5
    corner = place.floor()
    fraction = place - corner
    # Two more cells all round take everything that lands outside.
    stride = width + 4
    column = corner[0].clamp(-2.0, float(width)).to(torch.int64) + 2
    row = corner[1].clamp(-2.0, float(height)).to(torch.int64) + 2
    base = (row * stride + column).flatten()
    near_x, near_y = (1.0 - fraction[0], fraction[0]), (1.0 - fraction[1], fraction[1])
    sums = torch.zeros((len(values) + 1, (height + 4) * stride), dtype=torch.int64, device=values.device)
    for dx, dy in _CORNERS:
        share = near_x[dx] * near_y[dy] * weight * (_ONE / cell**2)
        index = base + (dy * stride + dx)
        for total, value in zip(sums, values, strict=False):
            total.index_add_(0, index, (share * value).to(torch.int64).flatten())
        sums[-1].index_add_(0, index, share.to(torch.int64).flatten())
    inner = sums.view(-1, height + 4, stride)[:, 2:-2, 2:-2]
    return inner.to(torch.float32) / _ONE


def fill(ops: Ops, values: Tensor, weight: Tensor, boost: float = 4.0) -> Tensor:
    """`values` (C, H, W) smoothed where they are not trusted: push-pull, a pyramid read from coarse to fine.

    Arguments:
        weight: (1, H, W) in [0, 1], how far each value counts against the coarser level; 0 is a hole.
        boost: factor on the mean weight at each coarser level. With 4 a level counts fully where one in four
            finer values does, so that only holes are filled; with 1 doubt is never resolved by going coarser, and
            doubtful regions become smooth.
    """
    height, width = values.shape[1:]
    if min(height, width) <= 2:
        mean = (values * weight).sum(dim=(1, 2), keepdim=True) / weight.sum().clamp_min(1e-12)
        return torch.lerp(mean.expand_as(values), values, weight)
    sums = ops.resize(torch.cat((values * weight, weight)), ((height + 1) // 2, (width + 1) // 2))
    coarse_weight = sums[-1:]
    coarse_values = sums[:-1] / coarse_weight.clamp_min(1e-12)
    coarse = fill(ops, coarse_values, (coarse_weight * boost).clamp(max=1.0), boost)
    return torch.lerp(ops.resize(coarse, (height, width)), values, weight)
