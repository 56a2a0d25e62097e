"""Displacement fields on a pixel grid: the map of a field d is x -> x + d(x).

A field is (H, W, 2) float32, x and y in pixels of its own grid.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

SPARSE: Final = 2
"""Fields are smooth: inverses are found for every second pixel and interpolated."""
INVERSION_STEPS: Final = 6
LEAST_JACOBIAN: Final = 0.1
LONGEST_STEP: Final = 12.0
"""Pixels by which one step of Newton's method may correct."""


@lru_cache(maxsize=8)
def grid(height: int, width: int) -> Field:
    """(H, W, 2) where every pixel is. Not to be written to."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    out = np.stack([x, y], 2)
    out.flags.writeable = False
    return out


def pull(
    image: NDArray[np.float32],
    places: Field,
    interpolation: int = cv2.INTER_LINEAR,
    border: int = cv2.BORDER_REPLICATE,
) -> NDArray[np.float32]:
    """`image` (H, W) or (H, W, C) read at `places` (h, w, 2); outside, its nearest pixel, or as `border` says."""
    out = cv2.remap(image, places, None, interpolation, borderMode=border)  # type: ignore[call-overload]
    return np.asarray(out, np.float32)


def lengths(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) Euclidean lengths of the vectors of (H, W, C)."""
    return np.asarray(np.sqrt(np.einsum("hwc,hwc->hw", field, field)), np.float32)


def compose(outer: Field, inner: Field) -> Field:
    """The field of first `inner`, then `outer`."""
    return inner + pull(outer, grid(*inner.shape[:2]) + inner)


def derivatives(field: Field) -> tuple[Field, Field]:
    """Derivatives of `field` by x and by y, as central differences."""
    padded = cv2.copyMakeBorder(field, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    by_x, by_y = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    return np.asarray(by_x / 2, np.float32), np.asarray(by_y / 2, np.float32)


def invert(field: Field, spacing: int = SPARSE) -> Field:
    """The field that undoes `field`, by Newton's method on every `spacing`-th pixel.

    Converges to a hundredth of a pixel wherever the map does not fold; plain fixed-point iteration would not where it
    stretches to more than twice the length, as the lips of an opening mouth do.
    """
    height, width = field.shape[:2]
    coarse = (-(-height // spacing), -(-width // spacing))
    here = grid(height, width)[::spacing, ::spacing]
    by_x, by_y = derivatives(field)
    # remap reads four channels at a time.
    known, by_y = np.concatenate([field, by_x], 2), np.ascontiguousarray(by_y)
    back = np.zeros((*coarse, 2), np.float32)
    for _ in range(INVERSION_STEPS):
        places = here + back
        d, dy = pull(known, places), pull(by_y, places)
        miss = back + d[..., :2]
        xx, xy, yx, yy = 1 + d[..., 2], dy[..., 0], d[..., 3], 1 + dy[..., 1]
        determinant = np.maximum(xx * yy - xy * yx, LEAST_JACOBIAN)
        step = np.stack([yy * miss[..., 0] - xy * miss[..., 1], xx * miss[..., 1] - yx * miss[..., 0]], 2)
        step /= determinant[..., None]
        back -= np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    return refine(back, spacing, (height, width))


@lru_cache(maxsize=32)
def _catmull_rom(count: int, spacing: int, length: int) -> NDArray[np.float32]:
    """(length, count) matrix that interpolates `count` values at every `spacing`-th of `length` pixels.

    OpenCV's cubic does not reproduce straight lines, which shows as ripples; this one does.
    """
    places = np.arange(length) / spacing
    left = np.clip(np.floor(places).astype(int), 0, count - 2)
    t = places - left
    parts = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
    matrix = np.zeros((length, count + 2))
    for offset, part in enumerate(parts):
        matrix[np.arange(length), left + offset] = part / 2
    # Beyond both ends lies the straight line through the last two values.
    matrix[:, 1] += 2 * matrix[:, 0]
    matrix[:, 2] -= matrix[:, 0]
    matrix[:, -2] += 2 * matrix[:, -1]
    matrix[:, -3] -= matrix[:, -1]
    return np.ascontiguousarray(matrix[:, 1:-1], np.float32)


def refine(coarse: Field, spacing: int, size: tuple[int, int]) -> Field:
    """A field of `size` (H, W) from its values at every `spacing`-th pixel, from pixel 0 on."""
    rows, columns = coarse.shape[:2]
    by_row = np.tensordot(_catmull_rom(rows, spacing, size[0]), coarse, 1)
    across = _catmull_rom(columns, spacing, size[1])
    out = np.empty((*size, coarse.shape[2]), np.float32)
    for channel in range(coarse.shape[2]):
        out[..., channel] = by_row[..., channel] @ across.T
    return out


def jacobian(field: Field) -> NDArray[np.float32]:
    """(H, W) determinant of the derivative of the map: below 0 it folds."""
    by_x, by_y = derivatives(field)
    return (1 + by_x[..., 0]) * (1 + by_y[..., 1]) - by_x[..., 1] * by_y[..., 0]


def exponential(velocity: Field, strength: float) -> Field:
    """The flow of a stationary `velocity` (pixels per unit of time) after time `strength`.

    A diffeomorphism at every strength, and the flow after -s undoes the one after s. By scaling and squaring
    (Arsigny et al., "A Log-Euclidean Framework for Statistics on Diffeomorphisms", 2006).
    """
    step = velocity * np.float32(strength)
    longest = float(np.sqrt((step**2).sum(2)).max())
    # First steps of an eighth of a pixel keep the error of the linear interpolation below that of 8-bit images.
    squarings = max(0, int(np.ceil(np.log2(max(longest, 1e-9) / 0.125))))
    step = step / np.float32(2**squarings)
    for _ in range(squarings):
        step = compose(step, step)
    return step


def blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """`image` under a Gaussian of `sigma` pixels; its border is mirrored.

    Wide Gaussians are taken on a reduced grid, where they give the same to a thousandth at a fraction of the cost.
    """
    fold = int(sigma // 4)
    if fold < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)
    height, width = image.shape[:2]
    small = cv2.resize(image, (-(-width // fold), -(-height // fold)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / fold, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
