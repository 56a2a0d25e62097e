"""Rotation tags applied to pixels, for containers that cannot hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def turned(image: NDArray[Any], matrix: tuple[int, ...]) -> NDArray[Any]:
    """`image` (H, W, C) as a player shows it that follows the display `matrix` (multiples of 90 degrees, flips).

    A pixel (x, y) goes to (a x + c y, b x + d y), where a, b, c, d are elements 0, 1, 3 and 4.
    """
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
    """Whether width and height change places."""
    return abs(matrix[1]) > abs(matrix[0])
