"""Clips in memory."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_cli.synthetic.memory_clip import MemoryClip


def clip_of(frames: Tensor) -> MemoryClip:
    """`frames` (N, 3, H, W) at 25 a second."""
    return MemoryClip(frames, torch.arange(len(frames), dtype=torch.float64) / 25)
