"""Warps as displacement fields on a pixel grid: the map of a field d is x -> x + d(x).

A field is (H, W, 2) float32, x and y in pixels of its own grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Field = NDArray[np.float32]

SPARSE: Final = 2
"""Fields are smooth: inverses are found for every second pixel and interpolated."""
INVERSION_STEPS: Final = 6
LEAST_JACOBIAN: Final = 0.1
LONGEST_STEP: Final = 12.0
"""Pixels by which one step of Newton's method may correct."""
STEP: Final = 0.5
"""Times the Lipschitz constant of a velocity: the step by which it is followed. Its error is below 0.01 pixels."""
GENTLE: Final = 1.0
"""Time times Lipschitz constant up to which a flow bends so little that every second pixel tells it."""
LEAST_AREA: Final = 0.05
"""Of any area, what a flow may leave: a twentieth of a pixel of the grid is the least that can be told from nothing."""


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


def read(field: Field, places: Field) -> Field:
    """`field` (H, W, C) at `places` (h, w, 2), linear between its pixels; outside, its nearest pixel.

    Unlike :func:`pull`, which rounds places to a 32nd of a pixel. That is nothing in a picture, but where a map
    squeezes much, its Jacobian is the difference of places that are as near to each other.
    """
    height, width = field.shape[:2]
    scaled = places * np.array([2 / (width - 1), 2 / (height - 1)], np.float32) - np.float32(1)
    return _read(_planes(field), torch.from_numpy(scaled)).numpy()


def _planes(field: Field) -> Tensor:
    """(H, W, C) as (C, H, W)."""
    return torch.from_numpy(np.array(field.transpose(2, 0, 1), order="C"))


def _read(planes: Tensor, places: Tensor) -> Tensor:
    """(h, w, C) what `planes` (C, H, W) are at `places` (h, w, 2), -1 to 1 from the first pixel to the last."""
    found = functional.grid_sample(planes[None], places[None], padding_mode="border", align_corners=True)
    return found[0].permute(1, 2, 0)


def compose(outer: Field, inner: Field) -> Field:
    """The field of first `inner`, then `outer`."""
    return inner + read(outer, grid(*inner.shape[:2]) + inner)


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


def follow(legs: Sequence[tuple[Field, float]]) -> Field:
    """The map that flows along stationary velocities one after the other, as a field.

    Every pixel is followed for itself (fourth-order Runge-Kutta, in steps that are short against the field's Lipschitz
    constant), so the map of a long flow is as exact as that of a short one. Squaring a short flow again and again would
    add an interpolation each time, and what they miss folds a map that squeezes as much as a closing eye.

    Arguments:
        legs: velocities (H, W, 2), pixels per unit of time, each with the time to follow it, of either sign; at least
            one. The cost grows with the time: see :func:`held`.
    """
    height, width = legs[0][0].shape[:2]
    slopes = [abs(time) * _slope(velocity) for velocity, time in legs]
    spacing = SPARSE if sum(slopes) <= GENTLE else 1
    # Places run from -1 to 1 in the units of grid_sample.
    scale = torch.tensor([2 / (width - 1), 2 / (height - 1)])
    start = torch.from_numpy(np.array(grid(height, width)[::spacing, ::spacing])) * scale - 1
    places = start
    still = np.ones((height, width), np.bool_)
    for (velocity, time), slope in zip(legs, slopes, strict=True):
        planes = _planes(velocity) * scale[:, None, None]
        steps = max(1, math.ceil(slope / STEP))
        step = time / steps
        for _ in range(steps):
            one = _read(planes, places)
            two = _read(planes, places + step / 2 * one)
            three = _read(planes, places + step / 2 * two)
            four = _read(planes, places + step * three)
            places = places + step / 6 * (one + 2 * two + 2 * three + four)
        still &= ~velocity.any(2)
    moved = ((places - start) / scale).numpy()
    if spacing > 1:
        moved = refine(moved, spacing, (height, width))
        # Interpolation reaches beyond the edge of what moves.
        moved[still] = 0
    return moved


def exponential(velocity: Field, strength: float) -> Field:
    """The flow of a stationary `velocity` (pixels per unit of time) after time `strength`.

    A diffeomorphism at every strength, and the flow after -s undoes the one after s; see :func:`follow`.
    """
    return follow([(velocity, strength)])


def squeezing(velocity: Field) -> NDArray[np.float32]:
    """(H, W) the rate at which `velocity` shrinks areas at a pixel, if it is followed the one way or the other.

    Along a path the logarithm of the determinant of a flow changes at the rate of the divergence there (Liouville).
    """
    by_x, by_y = derivatives(velocity)
    return np.asarray(np.abs(by_x[..., 0] + by_y[..., 1]), np.float32)


def held(squeezed: float) -> float:
    """The part of a time that may be followed, so that :data:`LEAST_AREA` is left of the area everywhere.

    Arguments:
        squeezed: rate of squeezing times the whole time, where it is greatest.
    """
    most = math.log(1 / LEAST_AREA)
    return min(1.0, most / squeezed) if squeezed > 0 else 1.0


def _slope(velocity: Field) -> float:
    """A Lipschitz constant of `velocity`: its largest derivative, in the Frobenius norm."""
    by_x, by_y = derivatives(velocity)
    return math.sqrt(float((np.square(by_x) + np.square(by_y)).sum(2).max()))


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
