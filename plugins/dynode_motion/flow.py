"""Optical flow between two frames: how far an estimate can be trusted, and its repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_motion.ops import Ops, pixel_grid
from dynode_motion.splat import fill, splat

_PATCH_SIGMA = 1.5


@dataclass(frozen=True)
class Flow:
    """Motion of the pixels of one frame to another frame, at motion resolution."""

    field: Tensor
    """(2, h, w) pixels of motion resolution, x and y."""
    confidence: Tensor
    """(1, h, w) in (0, 1]; see :class:`Trust`."""
    consistent: Tensor
    """(1, h, w) bool: there and back again ends within a pixel of the start."""


@dataclass(frozen=True)
class Trust:
    """How fast confidence falls: exp(-photometric x error - mismatch x forward-backward error)."""

    photometric: float
    """Per unit of mean absolute difference of images in [0, 1]."""
    mismatch: float
    """Per motion pixel."""


def photometric_error(ops: Ops, image0: Tensor, image1: Tensor, field: Tensor) -> Tensor:
    """(1, h, w) mean absolute difference over a small patch between `image0` and `image1` moved back by `field`."""
    difference = (image0 - ops.sample(image1, field)).abs().mean(dim=0, keepdim=True)
    return ops.blur(difference, _PATCH_SIGMA)


def best_match(ops: Ops, image0: Tensor, image1: Tensor, candidates: Sequence[Tensor]) -> Tensor:
    """(2, h, w) of the flows `candidates`, pixel by pixel, the first with the least photometric error."""
    best = candidates[0]
    cost = photometric_error(ops, image0, image1, best)
    for candidate in candidates[1:]:
        error = photometric_error(ops, image0, image1, candidate)
        best = torch.where(error < cost, candidate, best)
        cost = torch.minimum(cost, error)
    return best


def judged(ops: Ops, trust: Trust, image0: Tensor, image1: Tensor, field: Tensor, reverse: Tensor) -> Flow:
    """`field` with its confidence, given the flow of the other way."""
    difference = field + ops.sample(reverse, field)
    mismatch = torch.hypot(difference[0], difference[1])[None]
    photometric = photometric_error(ops, image0, image1, field)
    return Flow(field, torch.exp(-trust.photometric * photometric - trust.mismatch * mismatch), mismatch < 1.0)


def reversed_flow(ops: Ops, field: Tensor, confidence: Tensor) -> Tensor:
    """What `field` (2, h, w) says of the other way: (2, h, w), minus the flow of the pixels that land at each pixel."""
    size = (field.shape[1], field.shape[2])
    sums = splat(-field, pixel_grid(size, field.device) + field, confidence[0])
    return fill(ops, sums[:-1] / sums[-1:].clamp_min(1e-9), sums[-1:].clamp(max=1.0))


def repaired(
    ops: Ops,
    trust: Trust,
    image0: Tensor,
    image1: Tensor,
    flow: Flow,
    reverse: Flow,
    others: Sequence[Tensor],
) -> Flow:
    """`flow` with its inconsistent pixels replaced by the candidate that matches best.

    Candidates: the reverse flow carried over, `others` (such as minus the flow to the frame before), and the
    flow's own trusted values spread over its gaps.
    """
    trusted = flow.confidence**2
    candidates = [reversed_flow(ops, reverse.field, reverse.confidence), *others, fill(ops, flow.field, trusted)]
    best = flow.field
    cost = photometric_error(ops, image0, image1, best) - _SWITCH * flow.consistent
    for candidate in candidates:
        error = photometric_error(ops, image0, image1, candidate) + _SWITCH
        better = (error < cost).to(error.dtype)
        best = torch.lerp(best, candidate, better)
        cost = torch.minimum(cost, error)
    return judged(ops, trust, image0, image1, best, reverse.field)


_SWITCH = 0.005
