"""PSNR: peak signal-to-noise ratio, the error of pixels in decibels."""

from __future__ import annotations

import math
from statistics import fmean
from typing import ClassVar

from torch import Tensor

from dynode_cli import Metric
from dynode_metrics.levels import Frame, mean_squared_error, picture

CEILING = 100.0
"""dB that an equal frame counts as in a mean, which would be infinite with it."""


def psnr(reference: Frame, candidate: Frame) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal frames."""
    error = mean_squared_error(reference, candidate)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


class PSNR(Metric):
    """Mean over frames of the PSNR in dB, a frame without error counting as 100 dB."""

    name: ClassVar[str] = "psnr"
    unit: ClassVar[str] = "dB"
    higher_is_better: ClassVar[bool] = True
    heading: ClassVar[str] = "PSNR dB"
    decimals: ClassVar[int] = 2

    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        """dB for `candidate` against `reference`, both (T, 3, H, W) in [0, 1]."""
        pairs = zip(reference, candidate, strict=True)
        return fmean(min(psnr(picture(real), picture(made)), CEILING) for real, made in pairs)
