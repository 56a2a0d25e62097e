"""Image operations on tensors (H, W, C): OpenCV on the CPU, torch on any other device.

The rest of the plugin is written once, against :class:`Ops`; both implementations agree up to the precision of
their interpolation, and neither depends on the number of threads.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import torch
from torch import Tensor
from torch.nn import functional


class Ops(Protocol):
    """What the device decides. Images are (H, W, C) float32 with C <= 4; borders are continued."""

    device: torch.device

    def sample(self, image: Tensor, offset: Tensor, *, cubic: bool = False) -> Tensor:
        """`image` at every pixel (x, y) + `offset` (H, W, 2), pixels of `image`; bilinear unless `cubic`."""

    def resize(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        """`image` as (H', W', C): the mean of the covered area when shrinking, bilinear when growing."""

    def blur(self, image: Tensor, sigma: float) -> Tensor:
        """Gaussian blur with standard deviation `sigma` pixels."""

    def median(self, image: Tensor) -> Tensor:
        """Median over 5 x 5 pixels, of each channel."""


def ops_for(device: torch.device) -> Ops:
    """The implementation for `device`."""
    return OpenCVOps() if device.type == "cpu" else TorchOps(device)


def pixel_grid(size: tuple[int, int], device: torch.device) -> Tensor:
    """(H, W, 2) float32 coordinates (x, y) of every pixel."""
    height, width = size
    rows = torch.arange(height, dtype=torch.float32, device=device)
    columns = torch.arange(width, dtype=torch.float32, device=device)
    return torch.stack((columns.expand(height, width), rows[:, None].expand(height, width)), dim=-1)


class OpenCVOps:
    """OpenCV on tensors that share memory with arrays."""

    def __init__(self) -> None:
        self.device = torch.device("cpu")

    def sample(self, image: Tensor, offset: Tensor, *, cubic: bool = False) -> Tensor:
        """See :class:`Ops`."""
        position = offset + pixel_grid((offset.shape[0], offset.shape[1]), self.device)
        kernel = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
        out = cv2.remap(image.numpy(), position.numpy(), None, kernel, borderMode=cv2.BORDER_REPLICATE)
        return _with_channels(out)

    def resize(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        """See :class:`Ops`."""
        if image.shape[-1] > 4:  # More than OpenCV takes.
            return torch.cat([self.resize(part.contiguous(), size) for part in image.split(4, dim=-1)], dim=-1)
        height, width = size
        shrinks = height <= image.shape[0] and width <= image.shape[1]
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return _with_channels(cv2.resize(image.numpy(), (width, height), interpolation=kernel))

    def blur(self, image: Tensor, sigma: float) -> Tensor:
        """See :class:`Ops`."""
        size = 2 * _radius(sigma) + 1
        out = cv2.GaussianBlur(image.numpy(), (size, size), sigma, borderType=cv2.BORDER_REPLICATE)
        return _with_channels(out)

    def median(self, image: Tensor) -> Tensor:
        """See :class:`Ops`."""
        return torch.stack(
            [torch.from_numpy(cv2.medianBlur(c.contiguous().numpy(), 5)) for c in image.unbind(-1)], dim=-1
        )


class TorchOps:
    """torch on any device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def sample(self, image: Tensor, offset: Tensor, *, cubic: bool = False) -> Tensor:
        """See :class:`Ops`."""
        height, width, _ = image.shape
        position = offset + pixel_grid((offset.shape[0], offset.shape[1]), self.device)
        extent = torch.tensor([width, height], dtype=torch.float32, device=self.device)
        out = functional.grid_sample(
            image.permute(2, 0, 1)[None],
            ((2.0 * position + 1.0) / extent - 1.0)[None],
            mode="bicubic" if cubic else "bilinear",
            padding_mode="border",
            align_corners=False,
        )
        return out[0].permute(1, 2, 0)

    def resize(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        """See :class:`Ops`."""
        planes = image.permute(2, 0, 1)[None]
        if size[0] <= image.shape[0] and size[1] <= image.shape[1]:
            out = functional.interpolate(planes, size=size, mode="area")
        else:
            out = functional.interpolate(planes, size=size, mode="bilinear", align_corners=False)
        return out[0].permute(1, 2, 0).contiguous()

    def blur(self, image: Tensor, sigma: float) -> Tensor:
        """See :class:`Ops`."""
        radius = _radius(sigma)
        taps = torch.arange(-radius, radius + 1, dtype=torch.float32, device=self.device)
        kernel = torch.exp(-0.5 * (taps / sigma) ** 2)
        kernel = kernel / kernel.sum()
        planes = image.permute(2, 0, 1)[:, None]
        planes = functional.pad(planes, (radius, radius, radius, radius), mode="replicate")
        planes = functional.conv2d(planes, kernel.view(1, 1, 1, -1))
        planes = functional.conv2d(planes, kernel.view(1, 1, -1, 1))
        return planes[:, 0].permute(1, 2, 0).contiguous()

    def median(self, image: Tensor) -> Tensor:
        """See :class:`Ops`."""
        planes = functional.pad(image.permute(2, 0, 1)[None], (2, 2, 2, 2), mode="replicate")
        patches = planes.unfold(2, 5, 1).unfold(3, 5, 1).flatten(-2)
        return patches.median(dim=-1).values[0].permute(1, 2, 0).contiguous()


def _radius(sigma: float) -> int:
    return max(1, round(3.0 * sigma))


def _with_channels(array: object) -> Tensor:
    out: Tensor = torch.from_numpy(array)  # type: ignore[arg-type]
    return out if out.ndim == 3 else out[..., None]
