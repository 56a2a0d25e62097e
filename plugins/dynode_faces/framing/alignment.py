"""FFHQ alignment: the square around a face that FFHQ cuts out, and how it moves over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynode_faces.finding.topology import LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE
from dynode_faces.geometry.resample import Affine


@dataclass(frozen=True)
class Squares:
    """Turned squares, one a frame."""

    centres: NDArray[np.float64]
    """(N, 2) x, y in pixels; the centre of the first pixel is (0, 0)."""
    axes: NDArray[np.float64]
    """(N, 2) from the centre to the middle of the right side, pixels."""

    def transforms(self, size: tuple[int, int]) -> Affine:
        """(N, 2, 3) maps from pixels of pictures of `size` (H, W) to those of the frames."""
        height, width = size
        x, y = self.axes, np.stack([-self.axes[:, 1], self.axes[:, 0]], 1)
        columns = np.stack([2 * x / width, 2 * y / height], 2)
        # The middle of the picture lies half a pixel before pixel (W/2, H/2).
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        return np.concatenate([columns, (self.centres - columns @ middle)[:, :, None]], 2)


def ffhq_square(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre (2,) and axis (2,) of the square of landmarks (468, 2) as FFHQ defines it.

    Source: Karras et al., "Progressive Growing of GANs", 2018, appendix C, which FFHQ took over.
    """
    left, right = points[list(LEFT_EYE)].mean(0), points[list(RIGHT_EYE)].mean(0)
    eyes, mouth = (left + right) / 2, points[list(MOUTH_CORNERS)].mean(0)
    across, down = right - left, mouth - eyes
    axis = across + np.array([down[1], -down[0]])
    axis *= max(2.0 * np.hypot(*across), 1.8 * np.hypot(*down)) / np.hypot(*axis)
    return eyes + 0.1 * down, axis


def fill_gaps(
    values: NDArray[np.float64], found: NDArray[np.bool_], times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`values` (N, D) with the rows that were not `found` interpolated in time, and held before the first and
    after the last that was."""
    columns = [np.interp(times, times[found], column[found]) for column in values.T]
    return np.stack(columns, 1)


def smooth(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """`values` (N, D) under a Gaussian of `sigma` rows; the ends are mirrored."""
    reach = round(4 * sigma)
    if reach == 0 or len(values) == 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="symmetric")
    columns = [np.convolve(column, kernel / kernel.sum(), mode="valid") for column in padded.T]
    return np.stack(columns, 1)


def square_track(
    squares: Squares,
    found: NDArray[np.bool_],
    times: NDArray[np.float64],
    *,
    centre_sigma: float,
    axes_sigma: float,
) -> Squares:
    """`squares` with gaps filled, and smoothed over time.

    Turning and growing are smoothed more than moving: an unsteady scale shows as a pulsing background, while
    a lagging centre shows as a face that slides (Tzaban et al., "Stitch it in Time", 2022, section 3.1).

    Arguments:
        found: (N,) at least one is True; rows of the others are ignored.
        times: (N,) seconds, increasing.
        centre_sigma, axes_sigma: widths of the Gaussians, frames.
    """
    return Squares(
        smooth(fill_gaps(squares.centres, found, times), centre_sigma),
        smooth(fill_gaps(squares.axes, found, times), axes_sigma),
    )
