"""Optical flow between two frames: DIS both ways, how far it can be trusted, and its repair.

T. Kroeger, R. Timofte, D. Dai, L. Van Gool: Fast optical flow using dense inverse search (ECCV 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import torch
from torch import Tensor

from dynode_motion.ops import Ops, pixel_grid
from dynode_motion.splat import fill, splat

_COLOUR_WEIGHT = 20.0
"""Weight of brightness constancy in the variational refinement; OpenCV's own 5 is 0.1 dB worse."""
SMALLEST_SIDE = 16
"""Frames with a shorter side have no flow: DIS needs a few patches."""
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


@dataclass(frozen=True)
class DisSettings:
    """How DIS is run."""

    preset: str
    """``fast`` or ``medium``."""
    finest_scale: int
    """Octave at which the search ends; 0 is full resolution."""
    patch_stride: int
    """Pixels between patches."""


_PRESETS = {"fast": cv2.DISOPTICAL_FLOW_PRESET_FAST, "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM}


def dense_inverse_search(gray0: Tensor, gray1: Tensor, settings: DisSettings) -> Tensor:
    """Flow (H, W, 2) from `gray0` to `gray1`, both (H, W) uint8 on the CPU."""
    if min(gray0.shape) < SMALLEST_SIDE:
        return torch.zeros((*gray0.shape, 2))
    # A new instance each time: an old one would start from its previous result.
    search = cv2.DISOpticalFlow.create(_PRESETS[settings.preset])
    search.setFinestScale(settings.finest_scale)
    search.setPatchStride(settings.patch_stride)
    search.setVariationalRefinementDelta(_COLOUR_WEIGHT)
    # OpenCV's type stubs do not know that there may be no flow to start from.
    return torch.from_numpy(search.calc(gray0.numpy(), gray1.numpy(), None))  # type: ignore[call-overload]


def photometric_error(ops: Ops, image0: Tensor, image1: Tensor, field: Tensor) -> Tensor:
    """(1, h, w) mean absolute difference over a small patch between `image0` and `image1` moved back by `field`."""
    difference = (image0 - ops.sample(image1, field)).abs().mean(dim=0, keepdim=True)
    return ops.blur(difference, _PATCH_SIGMA)


def judged(ops: Ops, trust: Trust, image0: Tensor, image1: Tensor, field: Tensor, reverse: Tensor) -> Flow:
    """`field` with its confidence, given the flow of the other way."""
    difference = field + ops.sample(reverse, field)
    mismatch = torch.hypot(difference[0], difference[1])[None]
    photometric = photometric_error(ops, image0, image1, field)
    return Flow(field, torch.exp(-trust.photometric * photometric - trust.mismatch * mismatch), mismatch < 1.0)


def reversed_flow(ops: Ops, flow: Flow) -> Tensor:
    """What `flow` says about the other way: (2, h, w), minus the flow of the pixels that land at each pixel."""
    size = (flow.field.shape[1], flow.field.shape[2])
    landing = pixel_grid(size, flow.field.device) + flow.field
    sums = splat(-flow.field, landing, flow.confidence[0])
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
    candidates = [reversed_flow(ops, reverse), *others, fill(ops, flow.field, trusted)]
    best = flow.field
    cost = photometric_error(ops, image0, image1, best) - _SWITCH * flow.consistent
    for candidate in candidates:
        error = photometric_error(ops, image0, image1, candidate) + _SWITCH
        better = (error < cost).to(error.dtype)
        best = torch.lerp(best, candidate, better)
        cost = torch.minimum(cost, error)
    return judged(ops, trust, image0, image1, best, reverse.field)


_SWITCH = 0.005
