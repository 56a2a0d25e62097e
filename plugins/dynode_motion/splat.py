"""Carrying what is known at the pixels of one frame to where those pixels move."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.ops import Ops

_CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))


def nearest_sources(landing: Tensor, priority: Tensor) -> Tensor:
    """Which pixel of a frame is seen at each pixel of another.

    Of all pixels that land within one pixel of a target, the one with the highest priority wins (ties: the later
    one), so that the result depends on no order of execution.

    Arguments:
        landing: (H, W, 2) float32, where each pixel lands (x, y).
        priority: (H, W) float32 in [0, 1].

    Returns:
        (H, W) int64: index y * W + x of the winning pixel; -1 where none lands.
    """
    height, width = priority.shape
    device = landing.device
    source = torch.arange(height * width, device=device)
    corner = landing.floor()
    fraction = (landing - corner).flatten(0, 1)
    corner = corner.to(torch.int64).flatten(0, 1)
    level = priority.flatten()
    winner = torch.full((height * width,), -1, dtype=torch.int64, device=device)
    for dx, dy in _CORNERS:
        x, y = corner[:, 0] + dx, corner[:, 1] + dy
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        near = (fraction[:, 0] if dx else 1.0 - fraction[:, 0]) * (fraction[:, 1] if dy else 1.0 - fraction[:, 1])
        rank = ((level + near) * (1 << 20)).to(torch.int64)
        key = (rank << 32) | source
        target = torch.where(inside, y * width + x, 0)
        winner.scatter_reduce_(0, target, torch.where(inside, key, -1), "amax")
    return torch.where(winner < 0, winner, winner & 0xFFFFFFFF).view(height, width)


def fill(ops: Ops, values: Tensor, weight: Tensor) -> Tensor:
    """`values` (H, W, C) with holes closed: push-pull, a pyramid of weighted means read from coarse to fine.

    `weight` (H, W, 1) in [0, 1] says how far each value counts; 0 is a hole.
    """
    height, width, _ = values.shape
    if min(height, width) <= 2:
        total = weight.sum()
        mean = (values * weight).sum(dim=(0, 1)) / total.clamp_min(1e-12)
        return values * weight + mean * (1.0 - weight)
    size = ((height + 1) // 2, (width + 1) // 2)
    sums = ops.resize(torch.cat((values * weight, weight), dim=-1), size)
    coarse_weight = sums[..., -1:]
    coarse = fill(ops, sums[..., :-1] / coarse_weight.clamp_min(1e-12), (coarse_weight * 4.0).clamp(max=1.0))
    return values * weight + ops.resize(coarse, (height, width)) * (1.0 - weight)
