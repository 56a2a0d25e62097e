"""Forward splatting: carrying what is known at the pixels of one frame to where those pixels move."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.ops import Ops

_CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
_ONE = float(1 << 24)
"""One in fixed point. A GPU adds in any order: only sums of whole numbers come out the same every time."""


def splat(values: Tensor, landing: Tensor, weight: Tensor) -> Tensor:
    """Sums of `values` at the places where the pixels land, shared between the four nearest pixels.

    Arguments:
        values: (C, H, W).
        landing: (2, H, W), where each pixel lands (x, y).
        weight: (H, W) in [0, 1].

    Returns:
        (C + 1, H, W): sums of weight times value, and last the weights' own sums.
    """
    height, width = weight.shape
    corner = landing.floor()
    fraction = landing - corner
    # Two more pixels all round take everything that lands outside.
    stride = width + 4
    column = corner[0].clamp(-2.0, float(width)).to(torch.int64) + 2
    row = corner[1].clamp(-2.0, float(height)).to(torch.int64) + 2
    base = (row * stride + column).flatten()
    near_x, near_y = (1.0 - fraction[0], fraction[0]), (1.0 - fraction[1], fraction[1])
    kind, one = (torch.float32, 1.0) if values.device.type == "cpu" else (torch.int64, _ONE)
    sums = torch.zeros((len(values) + 1, (height + 4) * stride), dtype=kind, device=values.device)
    for dx, dy in _CORNERS:
        share = near_x[dx] * near_y[dy] * weight * one
        index = base + (dy * stride + dx)
        for total, value in zip(sums, values, strict=False):
            total.scatter_add_(0, index, (share * value).to(kind).flatten())
        sums[-1].scatter_add_(0, index, share.to(kind).flatten())
    inner = sums.view(-1, height + 4, stride)[:, 2:-2, 2:-2]
    return inner.to(torch.float32) / one


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
