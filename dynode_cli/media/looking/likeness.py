"""Likeness of two pictures: whether one repeats the other, or both may be of one shot."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3)."""
_Thumbnail = NDArray[np.float32]

STILL_MEAN = 0.15
"""Mean difference, in levels of 255, up to which two small pictures may be the same frame coded twice."""
STILL_PEAK = 12
"""Largest difference of one sample up to which they may be."""
CHANGED = 0.25
"""Mean difference from which on pictures are looked at more closely, as a part of the brighter one's mean level ..."""
CHANGED_LEVELS = 4.0
"""... and in levels of 255."""
REMAINING = 0.1
"""Mean difference of thumbnails of like brightness up to which nothing but noise and small motion is in them."""
THUMBNAIL = 48
"""Longer side of the pictures that are then compared."""
BLOCK = 8
REACH = 10
"""Thumbnail pixels that a block may have moved by."""
GAIN = 2.0
"""How many times brighter one picture may be: flicker, fades, an opening iris."""
NOISE = 36.0
"""Squared levels by which blocks may differ from each other whatever they show."""
EXPLAINED = 0.03
"""Part of the variance in both pictures' blocks that motion must account for."""


def difference(picture: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, int]:
    """Mean and largest absolute difference of two pictures of one size, in levels of 255."""
    apart = cv2.absdiff(picture, other)
    return float(cv2.mean(apart.reshape(-1))[0]), int(apart.max())


def is_still(mean: float, peak: int) -> bool:
    """Whether so small a difference, on average and at most, may be coding noise alone."""
    return mean <= STILL_MEAN and peak <= STILL_PEAK


def alike(before: Picture, after: Picture, apart: float) -> bool:
    """Whether motion and a change of brightness can make one of two pictures (h, w, 3) of the other.

    Blocks of either thumbnail are looked for near their place in the other one. The pictures are of different shots
    if what is found says no more about the blocks than their own mean colours do.

    Arguments:
        apart: mean absolute difference of the pictures, in levels.
    """
    if apart < CHANGED_LEVELS:
        return True
    levels = _level(before), _level(after)
    if apart < CHANGED * max(levels):
        return True
    gain = min(GAIN, max(1 / GAIN, (levels[1] + 1) / (levels[0] + 1)))
    one, other = _thumbnail(before), _thumbnail(after)
    if float(np.abs(one * gain - other).mean()) < REMAINING * levels[1]:
        return True
    return _explained(one * gain, other) + _explained(other / gain, one) >= 2 * EXPLAINED


def _level(picture: Picture) -> float:
    return float(cv2.mean(picture.reshape(-1))[0])


def _thumbnail(picture: Picture) -> _Thumbnail:
    height, width = picture.shape[:2]
    scale = min(1.0, THUMBNAIL / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _explained(source: _Thumbnail, target: _Thumbnail) -> float:
    """Part of the variance within the blocks of `target` that the best blocks of `source` account for."""
    height, width = target.shape[:2]
    rows, columns = min(BLOCK, height), min(BLOCK, width)
    left, variance = 0.0, 0.0
    for y in range(0, height - rows + 1, rows):
        for x in range(0, width - columns + 1, columns):
            block = target[y : y + rows, x : x + columns]
            near = source[max(0, y - REACH) : y + rows + REACH, max(0, x - REACH) : x + columns + REACH]
            left += max(0.0, cv2.minMaxLoc(cv2.matchTemplate(near, block, cv2.TM_SQDIFF))[0])
            variance += block.size * NOISE + float(np.square(block - block.mean((0, 1))).sum())
    return 1 - left / variance
