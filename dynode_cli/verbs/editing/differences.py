"""Where a picture was painted on: what of its difference from a frame other programs' colours do not explain.

Programs that save a frame as a picture agree on its luma and little else: chroma at half the resolution is repeated,
interpolated or smoothed to full size, which moves colours by tens of levels beside edges, the matrix of an untagged
video is guessed, values are rounded up or down, and JPEG adds its own. None of it is paint. What tells paint apart is
that its difference keeps its sign over several pixels and leaves the range of the colours around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli.media.colour import BT601, BT709, luma_chroma

# What programs take an untagged video for.
_GUESSED = (BT709, BT601)

NOISE = 3 / 255
"""Differences below this are rounding of the program that saved the picture."""
MOST_NOISE = 12 / 255
"""A picture that differs by more than this nearly everywhere was changed everywhere."""
_AROUND = 5
"""Pixels across which chroma at half the resolution is interpolated, and over which paint keeps its sign."""
_SIDE = 9
"""Pixels across which an edge of what was painted is sought."""
_FEWEST = 8
"""Pixels: smaller spots are noise."""
_SCATTER = 0.35
"""Part of the range of colours around a pixel by which interpolated chroma may leave it, or miss its mean."""

Values = NDArray[np.float32]


def in_matrix_of(frame: Tensor, picture: Tensor, matrix: int) -> Tensor:
    """`picture` (3, H, W) of `frame`, with the colours that it has if both are decoded by the same matrix.

    Arguments:
        matrix: that of the frame, as numbered in ISO/IEC 23091-2.
    """
    source = luma_chroma(matrix)
    best, least = picture, _strangeness(frame, picture)
    for guess in _GUESSED:
        other = luma_chroma(guess)
        if np.array_equal(other, source):
            continue
        changed = torch.from_numpy((np.linalg.inv(source) @ other).astype(np.float32))
        candidate = torch.einsum("ij,jhw->ihw", changed, picture)
        strangeness = _strangeness(frame, candidate)
        # A little better is chance.
        if strangeness < 0.7 * least - 0.1 / 255:
            best, least = candidate.clamp(0, 1), strangeness
    return best


def painted(
    frame: Tensor, picture: Tensor, opacity: Tensor, *, matrix: int = BT601, subsampled: bool = True
) -> Tensor:
    """(H, W) bool: where `picture` (3, H, W) was painted on `frame`, both in [0, 1].

    Arguments:
        opacity: (H, W) of the picture; nothing was painted where it is 0.
        matrix: of the frame, as numbered in ISO/IEC 23091-2.
        subsampled: whether the video has chroma at a lower resolution, so that a picture of it may have been
            interpolated otherwise.
    """
    found = _difference(frame, picture, opacity, matrix, _AROUND if subsampled else 1)
    usual = float(np.median(found.lasting))
    elsewhere = usual > MOST_NOISE
    least = NOISE if elsewhere else min(max(NOISE, 6 * usual), MOST_NOISE)
    least_single = NOISE if elsewhere else min(max(NOISE, 3 * float(np.median(found.single))), MOST_NOISE)
    side = np.ones((_SIDE, _SIDE), np.uint8)
    near = cv2.dilate((found.lasting > least).astype(np.uint8), np.ones((_AROUND, _AROUND), np.uint8)) > 0
    # JPEG rings around paint, and a mean over pixels reaches beyond its edge: both are weak beside it.
    strong = found.single > np.maximum(least_single, 0.3 * cv2.dilate(found.single, side))
    within = found.lasting > np.maximum(least, 0.5 * cv2.dilate(found.lasting, side))
    marked = (near & strong & (within | (found.unexplained > least_single))).astype(np.uint8)
    marked = np.asarray(cv2.morphologyEx(marked, cv2.MORPH_CLOSE, np.ones((_AROUND, _AROUND), np.uint8)), np.uint8)
    _, labels, facts, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    spots = facts[:, cv2.CC_STAT_AREA] >= _FEWEST
    spots[0] = False
    return torch.from_numpy(spots[labels])


@dataclass(frozen=True)
class _Difference:
    """Lengths (H, W) of differences in luma and chroma."""

    single: Values
    """Of each pixel."""
    unexplained: Values
    """Of each pixel, less what interpolation of chroma explains."""
    lasting: Values
    """Of the mean over pixels around, less what interpolation of chroma explains."""


def _difference(frame: Tensor, picture: Tensor, opacity: Tensor, matrix: int, around: int) -> _Difference:
    to_luma_chroma = luma_chroma(matrix)
    before, after = (_transformed(image, to_luma_chroma) for image in (frame, picture))
    difference = after - before
    shift = np.median(difference[..., 0])
    if abs(shift) <= NOISE:
        # Some round down.
        difference[..., 0] -= shift
    difference *= opacity.numpy()[..., None]
    mean, lasting = _mean(before), _mean(difference)
    return _Difference(
        _length(difference),
        _length(_less(difference, _SCATTER * _range(before, around))),
        _length(_less(lasting, _SCATTER * _range(mean, around))),
    )


def _less(difference: Values, explained: Values) -> Values:
    """`difference` (H, W, 3) with chroma nearer to 0 by what is `explained`."""
    out = difference.copy()
    chroma = difference[..., 1:]
    out[..., 1:] = np.sign(chroma) * np.maximum(np.abs(chroma) - explained[..., 1:], 0)
    return out


def _range(values: Values, side: int) -> Values:
    around = np.ones((side, side), np.uint8)
    return np.asarray(cv2.dilate(values, around) - cv2.erode(values, around), np.float32)


def _mean(values: Values) -> Values:
    return np.asarray(cv2.blur(values, (_AROUND, _AROUND), borderType=cv2.BORDER_REFLECT_101), np.float32)


def _length(values: Values) -> Values:
    return np.asarray(np.sqrt(np.square(values).sum(2)), np.float32)


def _strangeness(frame: Tensor, picture: Tensor) -> float:
    """How far colours lie apart in the mean; what was painted counts little."""
    apart = _mean(np.ascontiguousarray((picture - frame).permute(1, 2, 0).numpy()))
    return float(np.minimum(np.abs(apart).max(2), MOST_NOISE).mean())


def _transformed(image: Tensor, matrix: NDArray[Any]) -> Values:
    """(3, H, W) RGB as (H, W, 3) luma and chroma."""
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy() @ matrix.T.astype(np.float32), np.float32)
