"""A clip in memory."""

from __future__ import annotations

import torch
from torch import Tensor


class MemoryClip:
    """Frames (N, 3, H, W) at 25 a second."""

    def __init__(self, frames: Tensor, times: Tensor | None = None) -> None:
        self.frames = frames
        self.times = torch.arange(len(frames), dtype=torch.float64) / 25 if times is None else times
        self.numbers = range(len(frames))
        self.source = object()
        self.size = (frames.shape[2], frames.shape[3])

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, index: int) -> Tensor:
        return self.frames[index]
