"""Affine resampling without aliasing. Pixel coordinates: the centre of the first pixel is (0, 0)."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
"""(H, W, C) float32; colours are RGB in [0, 1]."""
Affine = NDArray[np.float64]
"""(2, 3): the map (x, y, 1) -> (x', y')."""

MOST_SAMPLES: Final = 1 << 24
"""Most samples taken at once before averaging; larger reductions are sampled more thinly."""


def similarity(scale: float, angle: float, source: tuple[float, float], target: tuple[float, float]) -> Affine:
    """The map that takes point `source` to `target`, turning by `angle` radians and scaling by `scale`."""
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    return np.array(
        [
            [c, -s, target[0] - c * source[0] + s * source[1]],
            [s, c, target[1] - s * source[0] - c * source[1]],
        ]
    )


def inverse(transform: Affine) -> Affine:
    """The inverse of an affine map."""
    return np.asarray(cv2.invertAffineTransform(transform), np.float64)


def apply(transform: Affine, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (N, 2) mapped by `transform`."""
    return points @ transform[:, :2].T + transform[:, 2]


def stretch(transform: Affine) -> float:
    """The most by which `transform` stretches lengths along x or y."""
    return float(np.hypot(transform[0, :2], transform[1, :2]).max())


def sample(
    image: Image,
    transform: Affine,
    size: tuple[int, int],
    *,
    border: int = cv2.BORDER_REFLECT_101,
    interpolation: int = cv2.INTER_CUBIC,
) -> Image:
    """The picture of `size` (H, W) whose pixel p shows `image` at `transform` p.

    Where the picture is coarser than the image by more than 1, every pixel is the mean over a grid of samples
    inside it, which is what keeps fine patterns from aliasing.

    Arguments:
        border: a ``cv2.BORDER_*``: what lies outside the image.
        interpolation: a ``cv2.INTER_*`` for the samples.
    """
    height, width = size
    fold = max(1, math.ceil(stretch(transform) - 1e-6))
    fold = max(1, min(fold, math.isqrt(MOST_SAMPLES // max(1, height * width))))
    # Sub-pixel q of a pixel p lies at p - 1/2 + (q + 1/2) / fold.
    fine = np.array(transform, np.float64)
    fine[:, :2] /= fold
    fine[:, 2] += transform[:, :2] @ np.full(2, 0.5 / fold - 0.5)
    out = cv2.warpAffine(
        image,
        fine,
        (width * fold, height * fold),
        flags=interpolation | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )
    if fold > 1:
        out = cv2.resize(out, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(out, np.float32).reshape(height, width, -1)
