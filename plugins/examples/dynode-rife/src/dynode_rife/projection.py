"""Values that are known at the pixels of one moment, carried along motion to another moment."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def projected(values: Tensor, offset: Tensor) -> Tensor:
    """(C, H, W) `values` moved by `offset` (2, H, W) pixels.

    Each value is shared out among the four pixels around where it lands, which take the mean of what they get;
    pixels that get nothing are filled from around them.
    """
    channels, height, width = values.shape
    y, x = torch.meshgrid(
        torch.arange(height, dtype=offset.dtype, device=offset.device),
        torch.arange(width, dtype=offset.dtype, device=offset.device),
        indexing="ij",
    )
    x, y = x + offset[0], y + offset[1]
    left, top = x.floor(), y.floor()
    carried = torch.cat((values, torch.ones_like(values[:1]))).flatten(1)
    sums = torch.zeros_like(carried)
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = left + dx, top + dy
            share = (1 - (x - column).abs()) * (1 - (y - row).abs())
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            place = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long().flatten()
            sums.index_add_(1, place, carried * (share * inside).flatten())
    sums = sums.view(channels + 1, height, width)
    return _filled(sums[:-1], sums[-1:])


def _filled(sums: Tensor, weight: Tensor) -> Tensor:
    """`sums` over `weight`, and where there is little weight, the same at half the size (push and pull)."""
    size = (int(sums.shape[1]), int(sums.shape[2]))
    own = sums / weight.clamp_min(1e-6)
    if max(size) == 1:
        return own
    coarse = _filled(_halved(sums), _halved(weight))
    around = functional.interpolate(coarse[None], size, mode="bilinear", align_corners=False)[0]
    return torch.lerp(around, own, weight.clamp(max=1.0))


def _halved(planes: Tensor) -> Tensor:
    return functional.avg_pool2d(planes[None], 2, ceil_mode=True)[0]
