"""The pictures that a search should come to, with their perceptual features, within a budget of memory."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from dynode_cli import Clip
from dynode_stylegan.inverters.frames import resized
from dynode_stylegan.inverters.loss import PictureLoss


class Targets(Protocol):
    """Pictures by number."""

    def part(self, first: int, last: int) -> tuple[Tensor, list[Tensor]]:
        """Pictures [first, last) as (n, 3, H, W) in [-1, 1], and their features."""


class FixedTargets:
    """Given pictures (N, 3, H, W) in [-1, 1]."""

    def __init__(self, pictures: Tensor, loss: PictureLoss) -> None:
        self._pictures = pictures
        with torch.no_grad():
            self._features = loss.target(pictures)

    def part(self, first: int, last: int) -> tuple[Tensor, list[Tensor]]:
        return self._pictures[first:last], [feature[first:last] for feature in self._features]


class ClipTargets:
    """The frames of a clip, brought to the generator's size; read again whenever they do not fit `memory`."""

    def __init__(
        self, clip: Clip, size: tuple[int, int], device: torch.device, loss: PictureLoss, memory: int
    ) -> None:
        self._clip = clip
        self._size = size
        self._device = device
        self._loss = loss
        self._left = memory
        self._kept: dict[tuple[int, int], tuple[Tensor, list[Tensor]]] = {}

    def part(self, first: int, last: int) -> tuple[Tensor, list[Tensor]]:
        if (first, last) in self._kept:
            return self._kept[first, last]
        frames = torch.stack([self._clip.frame(index) for index in range(first, min(last, len(self._clip)))])
        with torch.no_grad():
            pictures = resized(frames.to(self._device), self._size) * 2 - 1
            features = self._loss.target(pictures)
        needed = sum(tensor.numel() * tensor.element_size() for tensor in (pictures, *features))
        if needed <= self._left:
            self._left -= needed
            self._kept[first, last] = pictures, features
        return pictures, features

    def mean(self, batch: int) -> Tensor:
        """The mean picture (1, 3, H, W)."""
        total = torch.zeros(1, 3, *self._size, device=self._device)
        for first in range(0, len(self._clip), batch):
            total += self.part(first, first + batch)[0].sum(0, keepdim=True)
        return total / len(self._clip)
