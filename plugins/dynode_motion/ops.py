"""Image operations on planes (C, H, W): OpenCV on the CPU, torch on any other device.

The rest of the plugin is written once, against :class:`Ops`; both implementations agree up to the precision of
their interpolation, and neither depends on the number of threads.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

_Numbers = TypeVar("_Numbers", Tensor, NDArray[Any])


class Ops(Protocol):
    """What the device decides. Planes are (C, H, W) float32; borders are continued."""

    device: torch.device

    def sample(self, planes: Tensor, offset: Tensor) -> Tensor:
        """`planes` at every pixel (x, y) + `offset` (2, H, W), pixels; bilinear."""

    def resize(self, planes: Tensor, size: tuple[int, int]) -> Tensor:
        """`planes` as (C, *size), not copied if they are; the mean of the covered area when shrinking, else bilinear."""

    def blur(self, planes: Tensor, sigma: float) -> Tensor:
        """Gaussian blur with standard deviation `sigma` pixels."""

    def warp(self, image: Tensor, offset: Tensor) -> Tensor:
        """`image` (H, W, 3) at every pixel + `offset` (2, H, W); bicubic."""

    def mix(self, image0: Tensor, image1: Tensor, share: Tensor, target: Tensor) -> None:
        """Write (1 - share) image0 + share image1, clamped to [0, 1], to `target`; all (H, W, 3), `share` (H, W)."""


def ops_for(device: torch.device) -> Ops:
    """The implementation for `device`."""
    return OpenCVOps() if device.type == "cpu" else TorchOps(device)


@lru_cache(maxsize=4)
def pixel_grid(size: tuple[int, int], device: torch.device) -> Tensor:
    """(2, H, W) float32 coordinates x and y of every pixel. Shared: not to be written to."""
    rows = torch.arange(size[0], dtype=torch.float32, device=device)
    columns = torch.arange(size[1], dtype=torch.float32, device=device)
    return torch.stack((columns.expand(size), rows[:, None].expand(size)))


def offset_unit(old: tuple[int, int], new: tuple[int, int], device: torch.device) -> Tensor:
    """(2, 1, 1): how many pixels of a picture of size `new` one pixel of `old` is, in x and in y."""
    return torch.tensor([new[1] / old[1], new[0] / old[0]], device=device)[:, None, None]


def resized_offset(ops: Ops, offset: Tensor, size: tuple[int, int]) -> Tensor:
    """`offset` (2, h, w) in its own pixels as (2, *size) in pixels of that size."""
    own = (offset.shape[1], offset.shape[2])
    if own == size:
        return offset
    unit = offset_unit(own, size, ops.device)
    # The smaller of the two is multiplied.
    return ops.resize(offset * unit, size) if own < size else ops.resize(offset, size) * unit


class OpenCVOps:
    """OpenCV on tensors that share memory with arrays, plane by plane."""

    def __init__(self) -> None:
        self.device = torch.device("cpu")
        self._grids: dict[tuple[int, int], Tensor] = {}

    def sample(self, planes: Tensor, offset: Tensor) -> Tensor:
        """See :class:`Ops`."""
        x, y = self._position(offset)
        out = torch.empty((planes.shape[0], *x.shape))
        for plane, target in zip(planes, out, strict=True):
            cv2.remap(plane.numpy(), x, y, cv2.INTER_LINEAR, target.numpy(), cv2.BORDER_REPLICATE)
        return out

    def resize(self, planes: Tensor, size: tuple[int, int]) -> Tensor:
        """See :class:`Ops`."""
        if tuple(planes.shape[1:]) == size:
            return planes
        shrinks = size[0] <= planes.shape[1] and size[1] <= planes.shape[2]
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        out = torch.empty((planes.shape[0], *size))
        for plane, target in zip(planes, out, strict=True):
            cv2.resize(plane.numpy(), (size[1], size[0]), target.numpy(), interpolation=kernel)
        return out

    def blur(self, planes: Tensor, sigma: float) -> Tensor:
        """See :class:`Ops`."""
        size = 2 * _radius(sigma) + 1
        out = torch.empty_like(planes)
        for plane, target in zip(planes, out, strict=True):
            cv2.GaussianBlur(plane.numpy(), (size, size), sigma, target.numpy(), sigma, cv2.BORDER_REPLICATE)
        return out

    def warp(self, image: Tensor, offset: Tensor) -> Tensor:
        """See :class:`Ops`."""
        # Maps in fixed point: the place to the left and above, and the number of the pair of fractions.
        corner, phase = cv2.convertMaps(*self._position(offset), cv2.CV_16SC2)
        exact = np.take(_unshifted_phases(), phase.view(np.uint16), mode="clip")
        warped = cv2.remap(image.numpy(), corner, exact, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return torch.from_numpy(warped)

    def mix(self, image0: Tensor, image1: Tensor, share: Tensor, target: Tensor) -> None:
        """See :class:`Ops`."""
        cv2.blendLinear(image0.numpy(), image1.numpy(), (1.0 - share).numpy(), share.numpy(), target.numpy())
        target.clamp_(0.0, 1.0)

    def _position(self, offset: Tensor) -> tuple[np.ndarray, np.ndarray]:
        size = (offset.shape[1], offset.shape[2])
        grid = self._grids.get(size)
        if grid is None:
            grid = self._grids[size] = pixel_grid(size, self.device)
        x, y = offset + grid
        return x.numpy(), y.numpy()


class TorchOps:
    """torch on any device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def sample(self, planes: Tensor, offset: Tensor) -> Tensor:
        """See :class:`Ops`."""
        return self._sample(planes, offset, "bilinear")

    def resize(self, planes: Tensor, size: tuple[int, int]) -> Tensor:
        """See :class:`Ops`."""
        if tuple(planes.shape[1:]) == size:
            return planes
        if size[0] <= planes.shape[1] and size[1] <= planes.shape[2]:
            return functional.interpolate(planes[None], size=size, mode="area")[0]
        return functional.interpolate(planes[None], size=size, mode="bilinear", align_corners=False)[0]

    def blur(self, planes: Tensor, sigma: float) -> Tensor:
        """See :class:`Ops`."""
        radius = _radius(sigma)
        taps = torch.arange(-radius, radius + 1, dtype=torch.float32, device=self.device)
        kernel = torch.exp(-0.5 * (taps / sigma) ** 2)
        kernel = kernel / kernel.sum()
        padded = functional.pad(planes[:, None], (radius, radius, radius, radius), mode="replicate")
        rows = functional.conv2d(padded, kernel.view(1, 1, 1, -1))
        return functional.conv2d(rows, kernel.view(1, 1, -1, 1))[:, 0]

    def warp(self, image: Tensor, offset: Tensor) -> Tensor:
        """See :class:`Ops`."""
        fraction = offset - offset.floor()
        place = fraction - _shift(fraction)
        exact = offset - _shift(place)
        return self._sample(image.permute(2, 0, 1), exact, "bicubic").permute(1, 2, 0)

    def mix(self, image0: Tensor, image1: Tensor, share: Tensor, target: Tensor) -> None:
        """See :class:`Ops`."""
        torch.lerp(image0, image1, share[..., None], out=target)
        target.clamp_(0.0, 1.0)

    def _sample(self, planes: Tensor, offset: Tensor, mode: str) -> Tensor:
        height, width = planes.shape[1:]
        position = offset + pixel_grid((offset.shape[1], offset.shape[2]), self.device)
        extent = torch.tensor([width, height], dtype=torch.float32, device=self.device)
        grid = (2.0 * position.permute(1, 2, 0) + 1.0) / extent - 1.0
        return functional.grid_sample(
            planes[None], grid[None], mode=mode, padding_mode="border", align_corners=False
        )[0]


def _shift(fraction: _Numbers) -> _Numbers:
    """How far a bicubic kernel moves a picture that is read at `fraction` of a pixel, in pixels to the left.

    Both OpenCV's and torch's has a = -0.75 (R. Keys: Cubic convolution interpolation for digital image processing,
    1981), and its taps balance somewhere else than where one reads, by up to .048 px: an even pan would go unevenly.
    """
    return 0.5 * fraction * (1.0 - fraction) * (1.0 - 2.0 * fraction)


@lru_cache(maxsize=1)
def _unshifted_phases() -> NDArray[np.uint16]:
    """(1024,) for a pair of fractions in OpenCV's tables (32 y + x, in 32nds) the one to read to be shown it."""
    fractions = np.arange(32) / 32
    shown = fractions + _shift(fractions)
    nearest: NDArray[np.uint16] = np.abs(shown - fractions[:, None]).argmin(axis=1).astype(np.uint16)
    return (32 * nearest[:, None] + nearest).ravel()


def _radius(sigma: float) -> int:
    return max(1, math.ceil(2.5 * sigma))
