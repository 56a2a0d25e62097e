"""Warping and blending: one frame between two, from the motion at that time."""

from __future__ import annotations

from torch import Tensor

from dynode_motion.analysis import Segment
from dynode_motion.mask import blending_weight
from dynode_motion.ops import Ops, resized_offset
from dynode_motion.paths import onward_offset, paths_at


def render(
    ops: Ops,
    frames: tuple[Tensor, Tensor],
    segment: Segment,
    s: float,
    common: Tensor,
    gain: float,
    mask_strength: float,
    target: Tensor,
) -> None:
    """Write the frame at fraction 0 < `s` < 1 between `frames` (H, W, 3) to `target`, float32 of the same shape.

    Arguments: see :func:`~dynode_motion.paths.paths_at` and :func:`~dynode_motion.mask.blending_weight`.
    """
    paths = paths_at(ops, segment, s, common, gain)
    share = blending_weight(ops, segment, paths, s, mask_strength)
    size = (frames[0].shape[0], frames[0].shape[1])
    warped = [
        ops.warp(frame, resized_offset(ops, offset, size))
        for frame, offset in zip(frames, (paths.offset0, paths.offset1), strict=True)
    ]
    ops.mix(warped[0], warped[1], ops.resize(share, size)[0], target)


def render_onward(ops: Ops, frame: Tensor, segment: Segment, along: float) -> Tensor:
    """(H, W, 3) what `frame` (H, W, 3), the second of `segment`, becomes when its pixels go on.

    Arguments: see :func:`~dynode_motion.paths.onward_offset`.
    """
    offset = onward_offset(ops, segment.anchors[1], along, segment.boost)
    return ops.warp(frame, resized_offset(ops, offset, (frame.shape[0], frame.shape[1]))).clamp(0.0, 1.0)
