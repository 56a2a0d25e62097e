"""What a user painted: pictures and masks from files, and where a picture was changed."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dynode_cli.errors import InputError

NOISE = 3 / 255
"""Differences below this are rounding of the program that saved the picture."""
MOST_NOISE = 12 / 255
"""A picture that differs by more than this nearly everywhere was changed everywhere."""


def load_picture(path: Path, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """A picture (3, H, W) and its opacity (H, W), both in [0, 1].

    Arguments:
        size: (H, W) that it must have.

    Raises:
        InputError: no picture, or of another size.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes() or b"\0", np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise InputError(f"{path}: not a picture that can be read", hint="save it as PNG, TIFF or JPEG")
    if pixels.shape[:2] != size:
        raise InputError(
            f"{path} is {pixels.shape[1]} x {pixels.shape[0]}, but the frames are {size[1]} x {size[0]}",
            hint="save the frame at its own size",
        )
    white = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}.get(pixels.dtype, 1.0)
    values = torch.from_numpy((pixels.astype(np.float32) / np.float32(white)).reshape(*size, -1)).permute(2, 0, 1)
    colours = values[:3].flip(0) if len(values) >= 3 else values[:1].expand(3, -1, -1)
    opacity = values[-1] if len(values) in (2, 4) else torch.ones(size)
    return colours.contiguous(), opacity


def load_mask(path: Path, size: tuple[int, int], feather: float) -> Tensor:
    """A mask (H, W) in [0, 1], white where something may change, with an edge that fades over `feather` pixels.

    Raises:
        InputError: no picture, of another size, or black all over.
    """
    colours, opacity = load_picture(path, size)
    mask = feathered(colours.mean(0) * opacity, feather)
    if not bool((mask > 0).any()):
        raise InputError(f"{path}: the mask is black, so nothing may change", hint="paint white what may change")
    return mask


def changed(frame: Tensor, picture: Tensor, opacity: Tensor, feather: float) -> Tensor:
    """(H, W) in [0, 1]: where `picture` (3, H, W) differs from `frame`, with an edge fading over `feather` pixels.

    Small differences that are everywhere come from another conversion of colours and do not count.
    """
    difference = (picture - frame).abs().amax(0) * opacity
    usual = float(difference.median())
    least = NOISE if usual > MOST_NOISE else min(max(NOISE, 3 * usual), MOST_NOISE)
    marked = (difference > least).to(torch.float32)
    # Single pixels are noise as well. What is left is widened, so that the edge fades beyond what was painted.
    around = functional.avg_pool2d(marked[None], 3, stride=1, padding=1)[0]
    reach = max(2, math.ceil(feather))
    marked = marked * (around > 0.3)
    marked = functional.max_pool2d(marked[None], 2 * reach + 1, stride=1, padding=reach)[0]
    return feathered(marked, feather) * opacity


def feathered(mask: Tensor, width: float) -> Tensor:
    """`mask` (H, W) with edges that fade over `width` pixels; exactly 0 where little is left."""
    if width <= 0:
        return mask
    soft = cv2.GaussianBlur(mask.numpy(), (0, 0), width / 2, borderType=cv2.BORDER_REPLICATE)
    return torch.from_numpy(np.where(soft < 1 / 255, 0, soft).astype(np.float32))
