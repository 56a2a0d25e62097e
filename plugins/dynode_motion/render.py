"""One frame between two: motion at that time, two warps, and their blend."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.analysis import Anchor, Segment
from dynode_motion.codes import expand
from dynode_motion.mask import blending_weight
from dynode_motion.ops import Ops, pixel_grid
from dynode_motion.paths import Paths, best_paths
from dynode_motion.splat import nearest_sources


def displacement(anchor: Anchor, s: float, along: float, common: Tensor, gain: float, duration: float) -> Tensor:
    """(2, h, w) where the pixels of `anchor` are at fraction `s` of the interval, relative to where they were.

    Arguments:
        along: fraction of the way to the other frame.
        common: (2, h, w) deviation from the straight line that all pixels share.
        gain: how much of the residual acceleration counts.
    """
    bend = -0.5 * s * (1.0 - s) * duration**2 * gain
    residual = (1.0 - s) * anchor.accelerations[0] + s * anchor.accelerations[1]
    return along * anchor.flow.field + common + bend * residual


def paths_from(ops: Ops, anchor: Anchor, moved: Tensor, first: bool) -> Paths:
    """Paths at the time of rendering according to one frame, whose pixels have `moved` (2, h, w)."""
    size = (moved.shape[1], moved.shape[2])
    source = nearest_sources(pixel_grid(size, ops.device) + moved, anchor.flow.confidence[0])
    offset = -moved.flatten(1).index_select(1, source.clamp_min(0)).view(2, *size)
    # One step of the fixed point x = y + moved(y) for sub-pixel precision.
    offset = -ops.sample(moved, offset)
    here = ops.sample(torch.cat((anchor.flow.field, anchor.flow.confidence)), offset)
    there = offset + here[:2]
    weight = (here[2:] * (source >= 0).view(1, *size)).clamp(0.0, 1.0)
    return Paths(offset, there, weight) if first else Paths(there, offset, weight)


def render(
    ops: Ops,
    frames: tuple[Tensor, Tensor],
    segment: Segment,
    s: float,
    deviation: Tensor,
    gain: float,
    basis: Tensor,
    mask_strength: float,
) -> Tensor:
    """(H, W, 3) float32 frame at fraction 0 < `s` < 1 between `frames` (H, W, 3).

    Arguments:
        deviation: (6,) affine deviation from the chord, motion pixels.
        gain: how much of the residual acceleration the trajectory shows.
    """
    common = expand(deviation, basis)
    candidates = []
    for k, anchor in enumerate(segment.anchors):
        moved = displacement(anchor, s, abs(k - s), common, gain, segment.duration)
        candidates.append(paths_from(ops, anchor, moved, k == 0))
    chosen = best_paths(ops, segment, candidates, s)
    weight1 = blending_weight(ops, segment, chosen, s, mask_strength)
    height, width, _ = frames[0].shape
    offsets = [chosen.offset0, chosen.offset1]
    if tuple(basis.shape[1:]) != (height, width):
        scale = torch.tensor([width / basis.shape[2], height / basis.shape[1]], device=ops.device)
        offsets = [ops.resize(offset * scale[:, None, None], (height, width)) for offset in offsets]
        weight1 = ops.resize(weight1, (height, width))
    warped0, warped1 = (ops.warp(f, o) for f, o in zip(frames, offsets, strict=True))
    return ops.mix(warped0, warped1, weight1[0])
