"""Rotation (display matrix): how viewers turn a picture, and its pixels turned, for files that cannot say so.

A display matrix has 3 x 3 elements, row by row, in fixed point: 1 is 1 << 16, and the last one 1 << 30 (ISO/IEC
14496-12). A pixel (x, y) goes to (a x + c y, b x + d y), where a, b, c, d are elements 0, 1, 3 and 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ONE = 1 << 16


def display_matrix(rotation: int, *, mirrored: bool = False) -> tuple[int, ...]:
    """The matrix (9 numbers) of a picture that viewers turn by `rotation` degrees counter-clockwise.

    A mirrored one is first turned over, top to bottom.
    """
    angle = math.radians(rotation)
    across, down = round(_ONE * math.cos(angle)), round(_ONE * math.sin(angle))
    mirror = -1 if mirrored else 1
    return across, -down, 0, mirror * down, mirror * across, 0, 0, 0, 1 << 30


def turned(image: NDArray[Any], matrix: tuple[int, ...]) -> NDArray[Any]:
    """`image` (H, W, C) as a player shows it that follows `matrix`: turned by multiples of 90 degrees, and mirrored."""
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    if swaps_axes(matrix):
        image = image.transpose(1, 0, 2)
        across, down = c, b
    else:
        across, down = a, d
    if across < 0:
        image = image[:, ::-1]
    if down < 0:
        image = image[::-1]
    return np.ascontiguousarray(image)


def swaps_axes(matrix: tuple[int, ...]) -> bool:
    """Whether `matrix` lays a picture on its side, so that width and height change places."""
    return abs(matrix[1]) > abs(matrix[0])
