"""Chroma subsampling: planes to full size and back.

The two filters are made for each other, so that a frame that goes up and down again keeps its chroma: across, the
samples of MPEG-2, H.264 and their successors sit on every second luma column, so they are copied and the columns
between are interpolated (half-band); down, they sit between two rows, and a cubic kernel is used both ways.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]

# Half-band pair: interpolate at a half sample, and low-pass before every second sample is kept.
_BETWEEN = np.array([[0, -1, 9, 9, -1]], np.float32) / 16
_LOW_PASS = np.array([[-1, 0, 9, 16, 9, 0, -1]], np.float32) / 32


def upsample(plane: Plane, width: int, height: int, across: int, down: int) -> Plane:
    """`plane`, subsampled by `across` and `down` (1, 2 or 4), at `width` x `height`."""
    if across == 2:
        between = cv2.filter2D(plane, -1, _BETWEEN, borderType=cv2.BORDER_REPLICATE)
        plane = cv2.merge([plane, between]).reshape(plane.shape[0], -1)
    elif across > 2:
        plane = cv2.resize(plane, (plane.shape[1] * across, plane.shape[0]), interpolation=cv2.INTER_LINEAR)
    if down > 1:
        plane = cv2.resize(plane, (plane.shape[1], plane.shape[0] * down), interpolation=cv2.INTER_CUBIC)
    return plane[:height, :width]


def downsample(plane: Plane, across: int, down: int) -> Plane:
    """`plane` (H, W) subsampled: (ceil(H / down), ceil(W / across))."""
    height, width = plane.shape
    rows, columns = -height % down, -width % across
    if rows or columns:
        plane = cv2.copyMakeBorder(plane, 0, rows, 0, columns, cv2.BORDER_REPLICATE)
    if down > 1:
        kernel = cv2.INTER_CUBIC if down == 2 else cv2.INTER_AREA
        plane = cv2.resize(plane, (plane.shape[1], plane.shape[0] // down), interpolation=kernel)
    if across == 2:
        return cv2.filter2D(plane, -1, _LOW_PASS, borderType=cv2.BORDER_REPLICATE)[:, ::2]
    if across > 2:
        return cv2.resize(plane, (plane.shape[1] // across, plane.shape[0]), interpolation=cv2.INTER_AREA)
    return plane
