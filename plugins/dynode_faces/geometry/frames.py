"""Frames as the contracts pass them (torch, channels first) and as OpenCV wants them (numpy, channels last)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dynode_faces.geometry.resample import Image


def to_image(frame: Tensor) -> Image:
    """(3, H, W) on any device as (H, W, 3) on the CPU; memory may be shared, so do not write to it."""
    return np.ascontiguousarray(frame.detach().permute(1, 2, 0).to("cpu", torch.float32).numpy())


def to_frame(image: Image, like: Tensor) -> Tensor:
    """(H, W, 3) as (3, H, W) on the device of `like`, channels last in memory."""
    return torch.from_numpy(image).to(like.device).permute(2, 0, 1)
