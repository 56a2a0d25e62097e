"""What a user painted: pictures and masks from files, and where a picture was changed."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from dynode_cli.errors import InputError
from dynode_cli.media.colour import BT601
from dynode_cli.media.pixels import white_of
from dynode_cli.verbs.editing.differences import painted


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
    white = white_of(pixels.dtype)
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
    drawn = colours.mean(0) * opacity
    mask = feathered(drawn, feather)
    if bool((mask > 0).any()):
        return mask
    white = int((drawn > 0).sum())
    if white == 0:
        raise InputError(f"{path}: the mask is black, so nothing may change", hint="paint white what may change")
    raise InputError(
        f"{path}: edges that fade over --feather {feather:g} pixels leave nothing of the {white} white pixels of "
        "the mask",
        hint=f"give a --feather of at most {max(1, round(white**0.5))}",
    )


def changed(
    frame: Tensor,
    picture: Tensor,
    opacity: Tensor,
    feather: float,
    *,
    matrix: int = BT601,
    subsampled: bool = True,
) -> Tensor:
    """(H, W) in [0, 1]: where `picture` (3, H, W) was painted on `frame`, with an edge fading over `feather` pixels.

    What comes from another conversion of colours does not count; see :func:`painted`.
    """
    marked = painted(frame, picture, opacity, matrix=matrix, subsampled=subsampled)
    # Widened, so that the edge fades beyond what was painted.
    reach = max(2, math.ceil(feather))
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    wide = cv2.dilate(marked.numpy().astype(np.uint8), around).astype(np.float32)
    return feathered(torch.from_numpy(wide), feather) * opacity


def feathered(mask: Tensor, width: float) -> Tensor:
    """`mask` (H, W) with edges that fade over `width` pixels; exactly 0 where little is left."""
    if width <= 0:
        return mask
    soft = cv2.GaussianBlur(mask.numpy(), (0, 0), width / 2, borderType=cv2.BORDER_REPLICATE)
    return torch.from_numpy(np.where(soft < 1 / 255, 0, soft).astype(np.float32))
