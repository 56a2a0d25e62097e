"""Kernels of Gaussian processes and kriging: Matern, |h|^p and natural cubic covariances of two times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Kernel:
    """A (generalised) covariance k(h) of times that differ by h, in units of the mean spacing.

    Reference: Wackernagel, Multivariate Geostatistics, 2003 (intrinsic kriging); Rasmussen and Williams,
    Gaussian Processes for Machine Learning, 2006, section 4.2 (Matern).
    """

    name: str
    covariance: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    """dk/dh at a signed h."""
    drift: int
    """Degree of the polynomial that is fitted beside: 0 a constant, 1 a line."""


def power(exponent: float) -> Kernel:
    """-|h|^p for 0 < p < 2: the broken line for p = 1, fractional Brownian motion in general."""
    return Kernel(
        f"|h|^{exponent:g}",
        lambda h: -h.abs().pow(exponent),
        lambda h: -exponent * h.sign() * h.abs().pow(exponent - 1.0),
        drift=0,
    )


def natural_cubic() -> Kernel:
    """|h|^3 beside a line: the natural cubic spline."""
    return Kernel("|h|^3", lambda h: h.abs().pow(3), lambda h: 3.0 * h * h.abs(), drift=1)


def matern(smoothness: float, length: float) -> Kernel:
    """Matern covariance of smoothness 1/2, 3/2 or 5/2 and the given length."""
    rate = math.sqrt(2.0 * smoothness) / length

    def covariance(h: Tensor) -> Tensor:
        a = rate * h.abs()
        factor = {0.5: torch.ones_like(a), 1.5: 1.0 + a, 2.5: 1.0 + a + a * a / 3.0}[smoothness]
        return factor * torch.exp(-a)

    def slope(h: Tensor) -> Tensor:
        a = rate * h.abs()
        factor = {0.5: rate * h.sign(), 1.5: rate * rate * h, 2.5: rate * rate * h * (1.0 + a) / 3.0}[smoothness]
        return -factor * torch.exp(-a)

    return Kernel(f"matern{2 * smoothness:.0f}2({length:g})", covariance, slope, drift=0)
