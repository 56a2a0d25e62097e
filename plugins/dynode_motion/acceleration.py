"""Acceleration of the pixels of a frame, from the flow to the frame before and to the frame after.

The acceleration is anchored on the frame's own pixels (the material one); differences of per-frame averages are
not the acceleration of anything that moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_motion.codes import expand, project
from dynode_motion.flow import Flow
from dynode_motion.ops import Ops

_NARROW, _WIDE = 0.004, 0.03
"""Standard deviations of the blurs, in widths."""
_TRUST = 0.05


@dataclass(frozen=True)
class Acceleration:
    """Second derivative of the motion at a frame, motion pixels per second squared."""

    coefficients: Tensor
    """(6,) float64, its affine part."""
    residual: Tensor
    """(2, h, w) what the affine part leaves."""


def acceleration_at(ops: Ops, after: Flow, before: Flow, h: float, h_before: float, basis: Tensor) -> Acceleration:
    """Acceleration from the flow to the next frame (`h` seconds on) and to the last one (`h_before` seconds back)."""
    raw = (after.field / h + before.field / h_before) * (2.0 / (h + h_before))
    weight = after.confidence * before.confidence
    coefficients = project(raw, weight, basis)
    residual = raw - expand(coefficients, basis)
    return Acceleration(coefficients, _denoised(ops, residual, weight))


def _denoised(ops: Ops, field: Tensor, weight: Tensor) -> Tensor:
    """Weighted blur over a small neighbourhood; where nothing there is trusted, over a wide one, then none at all."""
    height, width = field.shape[1:]
    stacked = torch.cat((field * weight, weight))
    narrow = ops.blur(stacked, max(_NARROW * width, 0.5))
    shrink = max(1, round(_WIDE * width / 4.0))
    small = ops.resize(stacked, (-(-height // shrink), -(-width // shrink)))
    wide = ops.resize(ops.blur(small, _WIDE * width / shrink), (height, width))
    mean = wide[:-1] / (wide[-1:] + 1e-3)
    return (narrow[:-1] + _TRUST * mean) / (narrow[-1:] + _TRUST)
