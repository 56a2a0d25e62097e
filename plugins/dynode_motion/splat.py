"""Carrying what is known at the pixels of one frame to where those pixels move."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.ops import Ops

_CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
_LEVELS = 1 << 20


def nearest_sources(landing: Tensor, priority: Tensor) -> Tensor:
    """Which pixel of a frame is seen at each pixel of another.

    Of all pixels that land within one pixel of a target, the one with the highest sum of priority and nearness wins
    (ties: the later one), so that the result depends on no order of execution.

    Arguments:
        landing: (2, H, W) float32, where each pixel lands (x, y).
        priority: (H, W) float32 in [0, 1].

    Returns:
        (H * W,) int64: index y * W + x of the winning pixel; -1 where none lands.
    """
    height, width = priority.shape
    device = landing.device
    source = torch.arange(height * width, device=device)
    corner = landing.floor()
    fraction = landing - corner
    near_x, near_y = (1.0 - fraction[0], fraction[0]), (1.0 - fraction[1], fraction[1])
    # One ring of extra cells takes everything that lands outside.
    x0 = corner[0].clamp(-2.0, float(width)).to(torch.int64) + 2
    y0 = corner[1].clamp(-2.0, float(height)).to(torch.int64) + 2
    stride = width + 4
    base = y0 * stride + x0
    winner = torch.full(((height + 4) * stride,), -1, dtype=torch.int64, device=device)
    for dx, dy in _CORNERS:
        rank = ((priority + near_x[dx] * near_y[dy]) * _LEVELS).to(torch.int64)
        key = (rank << 32).flatten() + source
        winner.scatter_reduce_(0, (base + (dy * stride + dx)).flatten(), key, "amax")
    winner = winner.view(height + 4, stride)[2:-2, 2:-2].flatten()
    return torch.where(winner < 0, winner, winner & 0xFFFFFFFF)


def fill(ops: Ops, values: Tensor, weight: Tensor) -> Tensor:
    """`values` (C, H, W) with holes closed: push-pull, a pyramid of weighted means read from coarse to fine.

    `weight` (1, H, W) in [0, 1] says how far each value counts; 0 is a hole.
    """
    height, width = values.shape[1:]
    if min(height, width) <= 2:
        mean = (values * weight).sum(dim=(1, 2), keepdim=True) / weight.sum().clamp_min(1e-12)
        return torch.lerp(mean.expand_as(values), values, weight)
    sums = ops.resize(torch.cat((values * weight, weight)), ((height + 1) // 2, (width + 1) // 2))
    coarse_weight = sums[-1:]
    coarse = fill(ops, sums[:-1] / coarse_weight.clamp_min(1e-12), (coarse_weight * 4.0).clamp(max=1.0))
    return torch.lerp(ops.resize(coarse, (height, width)), values, weight)
