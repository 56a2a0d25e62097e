"""Upsampling and filtering of feature maps, the way StyleGAN2 does it.

Inputs are (N, C, H, W), channels-last where that is fast; filters are (k, k), sum 1, as the checkpoint has them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def filter_each_channel(
    x: Tensor, kernel: Tensor, before: int, after: int, gain: float = 1.0, bias: Tensor | None = None
) -> Tensor:
    """Convolve every channel with `gain` `kernel` (k, k), padded with zeros before and after; add `bias` (C,)."""
    channels = x.shape[1]
    weight = (kernel.flip(0, 1) * gain).to(x.dtype).expand(channels, 1, -1, -1)
    if before == after:
        return F.conv2d(x, weight, bias, padding=before, groups=channels)
    return F.conv2d(F.pad(x, (before, after, before, after)), weight, bias, groups=channels)


def square(kernel: Tensor) -> Tensor:
    """A filter as (k, k): NVIDIA's pickles hold those of eight taps and more as (k,)."""
    return torch.outer(kernel, kernel) if kernel.ndim == 1 else kernel


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Twice the size: zeros between the pixels, smoothed by `kernel` (k, k), with the mean kept."""
    channels, height, width = x.shape[1:]
    size = kernel.shape[0]
    weight = (kernel * 4.0).to(x.dtype).expand(channels, 1, -1, -1)
    full = F.conv_transpose2d(x, weight, stride=2, groups=channels)
    if size == 1:
        return F.pad(full, (1, 0, 1, 0))
    start = size - 1 - (size + 1) // 2
    return full[:, :, start : start + 2 * height, start : start + 2 * width]


def smooth_upsampled(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Smooth what a 3x3 transposed convolution of stride 2 made: (2H + 1, 2W + 1) becomes (2H, 2W)."""
    size = kernel.shape[0]
    return filter_each_channel(x, kernel, (size + 1) // 2 - 1, (size - 2) // 2, gain=4.0, bias=bias)


def downsample_input(x: Tensor, kernel: Tensor, convolution: int) -> Tensor:
    """Smooth `x` for a convolution of size `convolution` and stride 2 that halves it."""
    size = kernel.shape[0]
    before = convolution // 2 + (size - 1) // 2
    after = convolution // 2 + (size - 2) // 2
    return filter_each_channel(x, kernel, before, after)


def leaky_relu(x: Tensor, clamp: float | None) -> Tensor:
    """Leaky ReLU of slope 0.2, cut to +-`clamp`; works on `x` itself where no gradient needs it."""
    if torch.is_grad_enabled() and x.requires_grad:
        x = F.leaky_relu(x, 0.2)
        return x if clamp is None else x.clamp(-clamp, clamp)
    x = F.leaky_relu_(x, 0.2)
    return x if clamp is None else x.clamp_(-clamp, clamp)
