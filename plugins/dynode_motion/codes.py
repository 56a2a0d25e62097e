"""The latent code of a frame: eight numbers whose second differences are accelerations.

``z_j = (p_j, clock_j)``. ``p`` (6) is the double integral over time of the affine part of the *material* acceleration
(that of the moving pixels themselves): its second divided difference at frame j is that acceleration, so that
a curve through the codes leaves its chords exactly as far as the common motion leaves straight lines. ``clock`` (2) is
a point that goes round a circle by the same angle each frame; how far a curve leaves the chords of the circle,
compared with a Catmull-Rom spline, is how much of its acceleration the dynamics believe.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

GLOBAL = 6
"""Affine coefficients: (u, v) x (1, x, y)."""
DIMENSIONS = GLOBAL + 2
_CLOCK_RADIUS = 16.0
_CLOCK_STEP = 2.0 * math.pi / 12.0


def affine_basis(size: tuple[int, int], device: torch.device) -> Tensor:
    """(3, h, w) float32: 1, x, y with x and y scaled by the width, zero in the middle."""
    height, width = size
    x = (torch.arange(width, dtype=torch.float32, device=device) - (width - 1) / 2.0) / width
    y = (torch.arange(height, dtype=torch.float32, device=device) - (height - 1) / 2.0) / width
    ones = torch.ones((height, width), device=device)
    return torch.stack((ones, x.expand(height, width), y[:, None].expand(height, width)))


def project(field: Tensor, weight: Tensor, basis: Tensor) -> Tensor:
    """(6,) float64: weighted least-squares coefficients of `field` (2, h, w) in `basis` (3, h, w)."""
    flat, values = basis.flatten(1), field.flatten(1)
    weighted = flat * weight.reshape(1, -1)
    normal = (weighted @ flat.T).double().cpu()
    right = (weighted @ values.T).double().cpu()
    ridge = 1e-4 * normal[0, 0].clamp_min(1e-6) * torch.eye(3, dtype=torch.float64)
    coefficients: Tensor = torch.linalg.solve(normal + ridge, right)
    return coefficients.T.reshape(-1)


def expand(coefficients: Tensor, basis: Tensor) -> Tensor:
    """(2, h, w) field of affine `coefficients` (6,)."""
    height, width = basis.shape[1:]
    return (coefficients.to(basis).view(2, 3) @ basis.flatten(1)).view(2, height, width)


def clock(numbers: Tensor) -> Tensor:
    """(N, 2) float64 points of the clock at frame `numbers` (N,)."""
    angle = torch.remainder(numbers.to(torch.float64) * _CLOCK_STEP, 2.0 * math.pi)
    return _CLOCK_RADIUS * torch.stack((angle.cos(), angle.sin()), dim=-1)


def catmull_rom_deviation(codes: Tensor, times: Tensor, j: int, s: float) -> Tensor:
    """How far the non-uniform Catmull-Rom spline through `codes` (N, D) at `times` (N,) leaves its chord j.

    -s(1-s)/2 h^2 [(1-s) A_j + s A_{j+1}] with A the second divided differences; an end has that of its neighbour.
    """
    first, second = (second_difference(codes, times, k) for k in (j, j + 1))
    if first is None and second is None:
        return torch.zeros_like(codes[0])
    first = second if first is None else first
    second = first if second is None else second
    assert first is not None and second is not None
    h = times[j + 1] - times[j]
    return -0.5 * s * (1.0 - s) * h**2 * ((1.0 - s) * first + s * second)


def second_difference(values: Tensor, times: Tensor, j: int) -> Tensor | None:
    """Second divided difference (an acceleration) at observation j; None at the ends."""
    if not 0 < j < len(times) - 1:
        return None
    before, after = times[j] - times[j - 1], times[j + 1] - times[j]
    slope0, slope1 = (values[j] - values[j - 1]) / before, (values[j + 1] - values[j]) / after
    return 2.0 * (slope1 - slope0) / (before + after)
