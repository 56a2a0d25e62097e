"""Chroma subsampling: planes to full size and back.

The filters are made for each other, so that a frame that goes up and down again keeps its chroma. Where samples sit on
every second luma column or row, they are copied and what lies between is interpolated (half-band); where they sit
halfway between two, a cubic kernel is used both ways. Which of these it is, a file may say (ITU-T H.273, "chroma sample
location type"): MPEG-2, H.264 and their successors put them on columns and between rows, UHD on both, JPEG on neither.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]

LEFT = "left"
"""Where chroma lies if nothing is said."""
_OFFSETS = {
    "left": (0.0, 0.5), "center": (0.5, 0.5), "topleft": (0.0, 0.0), "top": (0.5, 0.0), "bottomleft": (0.0, 1.0),
    "bottom": (0.5, 1.0),
}  # fmt: skip
"""Columns and rows from the first luma sample to the first chroma sample, by FFmpeg's names."""
LOCATIONS = frozenset(_OFFSETS)

# Half-band pair: interpolate at a half sample, and low-pass before every second sample is kept.
_BETWEEN = np.array([[0, -1, 9, 9, -1]], np.float32) / 16
_LOW_PASS = np.array([[-1, 0, 9, 16, 9, 0, -1]], np.float32) / 32


def upsample(plane: Plane, width: int, height: int, across: int, down: int, location: str = LEFT) -> Plane:
    """`plane`, subsampled by `across` and `down` (1, 2 or 4) with samples at `location`, at `width` x `height`."""
    right, below = _OFFSETS[location]
    if across == 2 and right == 0:
        plane = _twice_across(plane)
    elif across > 1:
        kernel = cv2.INTER_CUBIC if across == 2 else cv2.INTER_LINEAR
        plane = cv2.resize(plane, (plane.shape[1] * across, plane.shape[0]), interpolation=kernel)
    if down == 2 and below != 0.5:
        plane = _upright(_twice_across(_upright(plane, below)), below)
    elif down > 1:
        plane = cv2.resize(plane, (plane.shape[1], plane.shape[0] * down), interpolation=cv2.INTER_CUBIC)
    return plane[:height, :width]


def downsample(plane: Plane, across: int, down: int, location: str = LEFT) -> Plane:
    """`plane` (H, W) subsampled, with samples at `location`: (ceil(H / down), ceil(W / across))."""
    right, below = _OFFSETS[location]
    height, width = plane.shape
    rows, columns = -height % down, -width % across
    if rows or columns:
        plane = cv2.copyMakeBorder(plane, 0, rows, 0, columns, cv2.BORDER_REPLICATE)
    if down == 2 and below != 0.5:
        plane = _upright(np.ascontiguousarray(_half_across(_upright(plane, below))), below)
    elif down > 1:
        kernel = cv2.INTER_CUBIC if down == 2 else cv2.INTER_AREA
        plane = cv2.resize(plane, (plane.shape[1], plane.shape[0] // down), interpolation=kernel)
    if across == 2 and right == 0:
        return _half_across(plane)
    if across > 1:
        kernel = cv2.INTER_CUBIC if across == 2 else cv2.INTER_AREA
        return cv2.resize(plane, (plane.shape[1] // across, plane.shape[0]), interpolation=kernel)
    return plane


def _twice_across(plane: Plane) -> Plane:
    between = cv2.filter2D(plane, -1, _BETWEEN, borderType=cv2.BORDER_REPLICATE)
    return cv2.merge([plane, between]).reshape(plane.shape[0], -1)


def _half_across(plane: Plane) -> Plane:
    return cv2.filter2D(plane, -1, _LOW_PASS, borderType=cv2.BORDER_REPLICATE)[:, ::2]


def _upright(plane: Plane, below: float) -> Plane:
    """Rows as columns, and back; the last one first where samples sit on every second row from the second one on."""
    # What is done to rows twice, turned so that columns become rows, is a transposition with or without both flips.
    return cv2.transpose(plane if below == 0 else cv2.flip(plane, -1))
