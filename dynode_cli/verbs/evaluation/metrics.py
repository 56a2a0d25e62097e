"""Figures that compare frames with the truth: PSNR, SSIM and temporal consistency.

Frames are RGB arrays of shape (H, W, 3), either uint8 or float in [0, 1]; a figure is on the 8-bit scale
(data range 255), as the interpolation literature reports it.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[Any]


def _scaled(frame: Frame) -> NDArray[np.float32]:
    return frame.astype(np.float32) if frame.dtype == np.uint8 else frame.astype(np.float32) * np.float32(255)


def mean_squared_error(reference: Frame, candidate: Frame) -> float:
    """Mean squared difference on the 8-bit scale."""
    return float(np.mean((_scaled(reference) - _scaled(candidate)) ** 2, dtype=np.float64))


def psnr(reference: Frame, candidate: Frame) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal frames."""
    error = mean_squared_error(reference, candidate)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def ssim(reference: Frame, candidate: Frame) -> float:
    """Structural similarity in [-1, 1], mean over pixels and channels.

    Wang et al. 2004: Gaussian window of sigma 1.5 (11 x 11), K1 = 0.01, K2 = 0.03. Frames smaller than the window
    are compared through it with reflected borders.
    """
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    # Variances do not depend on an offset, and float32 keeps more of them near zero.
    offset = np.float32(128)
    x, y = _scaled(reference) - offset, _scaled(candidate) - offset

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
