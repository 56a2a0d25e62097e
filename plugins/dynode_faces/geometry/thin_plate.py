"""Thin-plate splines: the smoothest field through scattered displacements."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dynode_faces.geometry.fields import Field, refine

SPACING: Final = 8
"""Pixels between the places where a spline is evaluated; between them it is interpolated."""


def kernel(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """r^2 log r between points (N, 2) and (M, 2): (N, M)."""
    squared = ((one[:, None] - other[None]) ** 2).sum(2)
    return np.asarray(0.5 * squared * np.log(np.maximum(squared, 1e-20)))


class ThinPlate:
    """Splines over fixed points of a grid (Bookstein, "Principal Warps", 1989; with the ridge of Wahba, 1990).

    Everything that depends on the points alone is done once: a spline is then one product of matrices.

    Arguments:
        points: (N, 2) places in pixels of the grid; at least three that are not on a line.
        size: (H, W) of the grid.
        unit: pixels that count as length 1.
        ridge: 0 goes through every displacement; more gives way to smoothness.
    """

    def __init__(self, points: NDArray[np.float64], size: tuple[int, int], *, unit: float, ridge: float) -> None:
        count = len(points)
        scaled = points / unit
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = kernel(scaled, scaled) + ridge * np.eye(count)
        system[:count, count:] = _affine(scaled)
        system[count:, :count] = system[:count, count:].T
        solve = np.linalg.inv(system)[:, :count]
        self._size = size
        self._coarse = tuple(-(-side // SPACING) + 1 for side in size)
        y, x = np.meshgrid(*(np.arange(n) * SPACING for n in self._coarse), indexing="ij")
        knots = np.stack([x.ravel(), y.ravel()], 1) / unit
        self._evaluate = np.concatenate([kernel(knots, scaled), _affine(knots)], 1) @ solve

    def field(self, displacements: NDArray[np.float64]) -> Field:
        """The field (H, W, 2) with `displacements` (N, 2), pixels, at the points."""
        coarse = (self._evaluate @ displacements).reshape(*self._coarse, 2).astype(np.float32)
        return refine(coarse, SPACING, self._size)


def _affine(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.ones((len(points), 1)), points], 1)
