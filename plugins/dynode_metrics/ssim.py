"""SSIM: structural similarity, whether local means, contrasts and textures are those of the real frame."""

from __future__ import annotations

from statistics import fmean
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli import Metric
from dynode_metrics.levels import Frame, levels, picture


def ssim(reference: Frame, candidate: Frame) -> float:
    """Structural similarity in [-1, 1], mean over pixels and channels.

    Wang et al. 2004: Gaussian window of sigma 1.5 (11 x 11), K1 = 0.01, K2 = 0.03. Frames smaller than the window
    are compared through it with reflected borders.
    """
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    # Variances do not depend on an offset, and float32 keeps more of them near zero.
    offset = np.float32(128)
    x, y = levels(reference) - offset, levels(candidate) - offset

    def smooth(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(image, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT), dtype=np.float32)

    mean_x, mean_y = smooth(x), smooth(y)
    var_x, var_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    covariance = smooth(x * y) - mean_x * mean_y
    mean_x += offset
    mean_y += offset
    score = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )
    return float(np.mean(score, dtype=np.float64))


class SSIM(Metric):
    """Mean over frames of the structural similarity; 1 for equal frames."""

    name: ClassVar[str] = "ssim"
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = True
    heading: ClassVar[str] = "SSIM"

    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        """In [-1, 1] for `candidate` against `reference`, both (T, 3, H, W) in [0, 1]."""
        pairs = zip(reference, candidate, strict=True)
        return fmean(ssim(picture(real), picture(made)) for real, made in pairs)
