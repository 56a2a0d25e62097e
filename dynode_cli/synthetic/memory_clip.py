"""Frames in memory as a clip."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from dynode_cli.synthetic.clips import moving_texture


class MemoryClip:
    """A :class:`~dynode_cli.contracts.Clip` over a tensor.

    Arguments:
        frames: (N, 3, H, W) float32 in [0, 1].
        times: N seconds, strictly increasing.
        numbers: ordinals within the shot; 0, 1, 2, ... by default.
        source: what the frames are of; by default of nothing that another clip is of.
    """

    def __init__(
        self,
        frames: Tensor,
        times: Tensor | Sequence[float],
        numbers: Sequence[int] | None = None,
        source: Hashable = None,
    ) -> None:
        self.frames = frames
        self.times: Tensor = torch.as_tensor(times, dtype=torch.float64)
        self.numbers: Sequence[int] = range(len(frames)) if numbers is None else list(numbers)
        self.source: Hashable = object() if source is None else source
        if not len(frames) == len(self.times) == len(self.numbers):
            raise ValueError(f"{len(frames)} frames, {len(self.times)} times and {len(self.numbers)} numbers")

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return int(self.frames.shape[2]), int(self.frames.shape[3])

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, index: int) -> Tensor:
        """(3, H, W): a view, so that writing to it shows in `frames`."""
        return self.frames[index]

    def window(self, first: int, last: int) -> MemoryClip:
        """The frames `first` to `last` (inclusive) under the numbers that they have here, of the same source."""
        part = slice(first, last + 1)
        return MemoryClip(self.frames[part], self.times[part], list(self.numbers)[part], self.source)


def texture_clip(
    times: Sequence[float],
    *,
    size: tuple[int, int] = (32, 48),
    velocity: tuple[float, float] = (50.0, 25.0),
    seed: int = 0,
    device: str = "cpu",
) -> MemoryClip:
    """A smooth texture that moves by `velocity` (right, down) pixels a second, seen at `times` (seconds)."""
    images = moving_texture(len(times), size=size, velocity=velocity, seed=seed, times=list(times))
    frames = torch.stack([torch.from_numpy(image).permute(2, 0, 1) for image in images]).to(torch.float32) / 255
    return MemoryClip(frames.to(device), torch.tensor(list(times), dtype=torch.float64, device=device))
