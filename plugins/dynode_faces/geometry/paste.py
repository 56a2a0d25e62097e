"""Feathered pasting: puts a picture back into the frame that it was cut from, without a seam."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.geometry import resample
from dynode_faces.geometry.resample import Affine, Image

FEWEST_PIXELS: Final = 64
"""Colours are matched if at least this many pixels of the seam are inside the frame."""
GAINS: Final = (0.8, 1.25)
"""Contrast is changed by no more than this."""


def ramp(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """0 below 0, 1 above 1, smooth between them (smoothstep)."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x), np.float64)


def coverage(transform: Affine, crop: tuple[int, int], size: tuple[int, int], feather: float) -> NDArray[np.float64]:
    """How much of each pixel of a frame of `size` (H, W) comes from a crop of `crop` (H, W): 0 outside, 1 inside,
    rising over `feather` (a fraction of the crop's side) from its border inwards."""
    inverse = resample.inverse(transform)
    x, y = np.meshgrid(np.arange(size[1]), np.arange(size[0]))
    u = (inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] + 0.5) / crop[1]
    v = (inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2] + 0.5) / crop[0]
    width = max(feather, 1e-6)
    return ramp(np.minimum(u, 1 - u) / width) * ramp(np.minimum(v, 1 - v) / width)


def match_colours(picture: Image, frame: Image, seam: NDArray[np.float64]) -> Image:
    """`picture` with the mean and the contrast of every channel as `frame` has them along the seam.

    Arguments:
        picture, frame: (H, W, 3).
        seam: (H, W) weights of the pixels that are compared.
    """
    total = seam.sum()
    if total < FEWEST_PIXELS:
        return picture
    weights = (seam / total)[..., None]
    means = [(weights * image).sum((0, 1)) for image in (picture, frame)]
    spreads = [
        np.sqrt((weights * (image - mean) ** 2).sum((0, 1)))
        for image, mean in zip((picture, frame), means, strict=True)
    ]
    gain = np.clip((spreads[1] + 1e-3) / (spreads[0] + 1e-3), *GAINS)
    return np.asarray((picture - means[0]) * gain + means[1], np.float32)


def paste(frame: Image, crop: Image, transform: Affine, *, feather: float, colours: bool) -> Image:
    """`frame` (H, W, 3) with `crop` (h, w, 3) at `transform` (crop to frame), feathered; a new array.

    Arguments:
        feather: width of the transition inside the crop's border, as a fraction of its side.
        colours: match the crop's colours to the frame's along the transition.
    """
    out = frame.copy()
    height, width = frame.shape[:2]
    h, w = crop.shape[:2]
    corners = np.array([[-0.5, -0.5], [w - 0.5, -0.5], [w - 0.5, h - 0.5], [-0.5, h - 0.5]])
    placed = resample.apply(transform, corners)
    left, top = (max(0, int(v)) for v in np.floor(placed.min(0)))
    right, bottom = (int(v) + 1 for v in np.ceil(placed.max(0)))
    right, bottom = min(right, width), min(bottom, height)
    if right <= left or bottom <= top:
        return out
    local = transform.copy()
    local[:, 2] -= (left, top)
    size = (bottom - top, right - left)
    alpha = coverage(local, (h, w), size, feather)
    picture = resample.sample(crop, resample.inverse(local), size, border=cv2.BORDER_REPLICATE)
    under = frame[top:bottom, left:right]
    if colours:
        picture = match_colours(picture, under, 4 * alpha * (1 - alpha))
    mixed = under + alpha[..., None] * (np.clip(picture, 0, 1) - under)
    out[top:bottom, left:right] = np.where(alpha[..., None] > 0, mixed, under)
    return out
