"""MS-SSIM: how alike the structures of two pictures are at several scales, as a loss to descend on."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_C1, _C2 = 0.01**2, 0.03**2
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_WINDOW, _SIGMA = 11, 1.5


def ms_ssim(found: Tensor, expected: Tensor) -> Tensor:
    """(N,) multi-scale structural similarity (Wang et al. 2003) of pictures (N, 3, H, W) in [0, 1].

    Five scales, or as many as leave 11 pixels; the weights of those are made to sum to one. Differentiable.
    """
    smallest = min(found.shape[2:])
    count = max(n for n in range(1, 6) if n == 1 or smallest // 2 ** (n - 1) >= _WINDOW)
    weights = torch.tensor(_SCALE_WEIGHTS[:count], device=found.device)
    weights = weights / weights.sum()
    result = torch.ones(len(found), device=found.device)
    for index, weight in enumerate(weights):
        luminance, contrast = _terms(found, expected)
        term = (luminance * contrast if index == count - 1 else contrast).mean((2, 3)).clamp_min(1e-6)
        result = result * (term ** float(weight)).mean(1)
        found, expected = F.avg_pool2d(found, 2), F.avg_pool2d(expected, 2)
    return result


def _terms(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance and contrast-structure terms, a map each."""
    channels = a.shape[1]
    size = min(_WINDOW, *a.shape[2:])
    positions = torch.arange(size, device=a.device, dtype=a.dtype) - (size - 1) / 2
    taps = torch.exp(-(positions**2) / (2 * _SIGMA**2))
    taps = (taps / taps.sum()).expand(channels, 1, 1, -1)

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x, taps, groups=channels), taps.transpose(2, 3), groups=channels)

    mean_a, mean_b = blur(a), blur(b)
    variance_a, variance_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    contrast = (2 * covariance + _C2) / (variance_a + variance_b + _C2)
    return luminance, contrast
