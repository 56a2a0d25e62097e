"""Block matching: finds motion far beyond the size of what moves, which coarse-to-fine search loses."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynode_motion.parallel import both

_SHRINK = 4
"""Blocks are looked for in pictures so many times smaller."""
_BLOCK, _STEP, _REACH = 12, 4, 16
"""Side of a block, distance of the blocks and how far one is looked for, pixels of those."""


def block_flows(gray0: Tensor, gray1: Tensor) -> tuple[Tensor, Tensor]:
    """Flows (2, h, w) from `gray0` to `gray1` and back, both (h, w) uint8 on the CPU, the same in every block.

    Zero in a block that is not found again from where it is found: the farther one looks, the more is alike by chance
    (without this check, 0.4 dB worse where frames are a third of a second apart). Zero, too, in pictures that are too
    small for a block.
    """
    size = (gray0.shape[0], gray0.shape[1])
    rows, columns = (-(-side // _SHRINK) for side in size)
    if min(rows, columns) < _BLOCK:
        nothing = torch.zeros((2, *size))
        return nothing, nothing
    small0, small1 = (
        cv2.resize(gray.numpy(), (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
        for gray in (gray0, gray1)
    )
    forward, backward = both(
        torch.device("cpu"), partial(_matched, small0, small1), partial(_matched, small1, small0)
    )
    return (
        _spread(_confirmed(forward, backward), size, (rows, columns)),
        _spread(_confirmed(backward, forward), size, (rows, columns)),
    )


def _matched(small0: NDArray[np.float32], small1: NDArray[np.float32]) -> NDArray[np.float32]:
    """(rows, columns, 2) how far, x and y, each block of `small0` is from where `small1` matches it best."""
    height, width = small0.shape
    return np.array(
        [
            [_found(small0, small1, x, y) for x in range(0, width - _BLOCK + 1, _STEP)]
            for y in range(0, height - _BLOCK + 1, _STEP)
        ],
        np.float32,
    )


def _found(small0: NDArray[np.float32], small1: NDArray[np.float32], x: int, y: int) -> tuple[int, int]:
    left, top = max(0, x - _REACH), max(0, y - _REACH)
    near = small1[top : y + _BLOCK + _REACH, left : x + _BLOCK + _REACH]
    cost = cv2.matchTemplate(near, small0[y : y + _BLOCK, x : x + _BLOCK], cv2.TM_SQDIFF)
    column, row = cv2.minMaxLoc(cost)[2]
    return left + column - x, top + row - y


def _confirmed(there: NDArray[np.float32], back: NDArray[np.float32]) -> NDArray[np.float32]:
    """`there` where `back`, at the block nearest to the landing place, leads home again to one step, else zero."""
    rows, columns, _ = there.shape
    home = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
    landing = np.rint(home + there / _STEP).astype(int)
    column, row = landing[..., 0].clip(0, columns - 1), landing[..., 1].clip(0, rows - 1)
    astray = np.abs(there + back[row, column]).max(axis=-1, keepdims=True)
    return np.where(astray <= _STEP, there, np.float32(0))


def _spread(moved: NDArray[np.float32], size: tuple[int, int], small: tuple[int, int]) -> Tensor:
    """(2, *size) flow of pixels from the motion of blocks, outliers among those removed."""
    places = _block_of(size, small)
    fields = [
        cv2.remap(
            cv2.medianBlur(np.ascontiguousarray(moved[..., axis]), 3) * (size[1 - axis] / small[1 - axis]),
            *places,
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for axis in (0, 1)
    ]
    return torch.from_numpy(np.stack(fields))


def _block_of(size: tuple[int, int], small: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Which block (x, y) lies nearest to each pixel of a picture of `size`."""
    down, across = (
        ((np.arange(large, dtype=np.float32) + 0.5) * (less / large) - 0.5 * _BLOCK) / _STEP
        for large, less in zip(size, small, strict=True)
    )
    x, y = np.meshgrid(across, down)
    return x.astype(np.float32), y.astype(np.float32)
