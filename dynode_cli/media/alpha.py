"""Premultiplied (associated) alpha, in which OpenEXR and some TIFF files have their colours, to straight and back.

Straight colours are those of what is seen through; where nothing is seen they are left as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynode_cli.media.pixels import white_of

Image = NDArray[Any]

PREMULTIPLIED = frozenset({"exr"})
"""Codecs whose colours are."""


def straight(image: Image) -> Image:
    """`image` (H, W, 4), whose colours are multiplied by its alpha, with colours that are not, of the same type."""
    white = white_of(image.dtype)
    alpha = image[..., 3:].astype(np.float32) / white
    colours = image[..., :3] / np.where(alpha > 0, alpha, 1)
    if image.dtype.kind == "u":
        colours = np.minimum(np.rint(colours), white)
    return np.concatenate([colours.astype(image.dtype), image[..., 3:]], axis=2)


def premultiplied(image: Image) -> NDArray[np.float32]:
    """`image` (H, W, 4) with its colours multiplied by its alpha, in [0, 1]: whole numbers would be too coarse."""
    scaled = image.astype(np.float32) / np.float32(white_of(image.dtype))
    return np.concatenate([scaled[..., :3] * scaled[..., 3:], scaled[..., 3:]], axis=2)
