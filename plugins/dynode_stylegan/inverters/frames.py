"""The frames of a clip, as the networks of this plugin take them."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Clip


def resized(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """`frames` (N, 3, H, W) in `size` (H, W).

    Antialiased bilinear, as image libraries do it; unchanged where the size is right.
    """
    if tuple(frames.shape[2:]) == size:
        return frames
    return F.interpolate(frames, size=size, mode="bilinear", align_corners=False, antialias=True)


def batches(clip: Clip, size: tuple[int, int], batch: int, device: torch.device) -> Iterator[tuple[int, Tensor]]:
    """The frames of `clip` in order: number of the first one, and (n, 3, *size) in [0, 1]."""
    for start in range(0, len(clip), batch):
        frames = [clip.frame(index) for index in range(start, min(start + batch, len(clip)))]
        yield start, resized(torch.stack(frames).to(device), size)
