"""Frames on the 8-bit scale (0 to 255), as the interpolation literature reports errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Frame = NDArray[Any]
"""RGB (H, W, 3), uint8 or float in [0, 1]."""


def levels(frame: Frame) -> NDArray[np.float32]:
    """`frame` on the 8-bit scale."""
    return frame.astype(np.float32) if frame.dtype == np.uint8 else frame.astype(np.float32) * np.float32(255)


def picture(frame: Tensor) -> Frame:
    """A frame (3, H, W) in [0, 1] on any device as (H, W, 3)."""
    return np.asarray(frame.permute(1, 2, 0).cpu().numpy())


def mean_squared_error(reference: Frame, candidate: Frame) -> float:
    """Mean squared difference on the 8-bit scale."""
    return float(np.mean((levels(reference) - levels(candidate)) ** 2, dtype=np.float64))
