"""Comparison of source and result in one picture: side by side, split, difference."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_cli.requests.edit import Comparison

GAIN = 4.0
"""By how much differences are magnified."""


def compared(before: Tensor, after: Tensor, mode: Comparison) -> Tensor:
    """(3, H, W') frame that compares `before` and `after`, both (C, H, W) in [0, 1].

    ``side`` puts them side by side, ``split`` shows the left half of one and the right half of the other, ``diff``
    the difference, magnified, on grey.
    """
    before, after = before[:3], after[:3].to(before)
    if mode == "side":
        return torch.cat([before, after], 2)
    if mode == "diff":
        return (0.5 + GAIN * (after - before)).clamp(0, 1)
    middle = before.shape[2] // 2
    out = torch.cat([before[:, :, :middle], after[:, :, middle:]], 2)
    out[:, :, middle : middle + 1] = 1.0
    return out


def compared_width(width: int, mode: Comparison) -> int:
    """Width of what :func:`compared` gives."""
    return 2 * width if mode == "side" else width
