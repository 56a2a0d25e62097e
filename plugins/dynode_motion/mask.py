"""Occlusion and blending: how much of each of the two warped frames goes into the one in between."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dynode_motion.analysis import Anchor, Segment
from dynode_motion.ops import Ops, pixel_grid
from dynode_motion.paths import Paths

_OUTSIDE = 0.1
_BLUR = 3.0
_FLOOR = 0.005
"""Disagreement that means nothing."""


def blending_weight(ops: Ops, segment: Segment, paths: Paths, s: float, strength: float) -> Tensor:
    """(1, h, w) share of the second frame.

    The share in time, `s`, is shifted to the frame whose content agrees better with the frame beyond it: what is
    hidden in one frame is wrong along the path, and shows so in the frames outside.
    """
    first, second = segment.anchors
    warped0, warped1 = ops.sample(first.image, paths.offset0), ops.sample(second.image, paths.offset1)
    cost0 = _outer_cost(ops, first, warped0, paths.offset0)
    cost1 = _outer_cost(ops, second, warped1, paths.offset1)
    if cost0 is None or cost1 is None:
        cost0 = cost1 = torch.zeros_like(warped0[:1])
    difference = (warped0 - warped1).abs().mean(dim=0, keepdim=True)
    blurred = ops.blur(torch.cat((cost0, cost1, difference)), _BLUR)
    ratio = torch.log((blurred[0:1] + _FLOOR) / (blurred[1:2] + _FLOOR))
    return torch.sigmoid(math.log(s / (1.0 - s)) + strength * (blurred[2:] / 0.03).clamp(max=1.0) * ratio)


def _outer_cost(ops: Ops, anchor: Anchor, warped: Tensor, offset: Tensor) -> Tensor | None:
    """(1, h, w) disagreement with the frame on the far side of `anchor`, along the path carried on."""
    if anchor.outer is None:
        return None
    image, flow = anchor.outer
    beyond = offset + ops.sample(flow, offset)
    cost = (warped - ops.sample(image, beyond)).abs().mean(dim=0, keepdim=True)
    height, width = warped.shape[1:]
    x, y = pixel_grid((height, width), ops.device) + beyond
    outside = (x < 0.0) | (x > width - 1.0) | (y < 0.0) | (y > height - 1.0)
    return cost.masked_fill_(outside, _OUTSIDE)
