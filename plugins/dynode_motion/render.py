"""One frame between two: motion at that time, two warps, and their blend."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.analysis import Anchor, Gathering, Segment
from dynode_motion.mask import blending_weight
from dynode_motion.ops import Ops
from dynode_motion.paths import onward_offset, paths_at


def render(
    ops: Ops,
    frames: tuple[Tensor, Tensor],
    segment: Segment,
    s: float,
    common: Tensor,
    gain: float,
    gathering: Gathering,
    mask_strength: float,
) -> Tensor:
    """(H, W, 3) float32 frame at fraction 0 < `s` < 1 between `frames` (H, W, 3).

    Arguments: see :func:`~dynode_motion.paths.paths_at` and :func:`~dynode_motion.mask.blending_weight`.
    """
    paths = paths_at(ops, segment, s, common, gain, gathering)
    share = blending_weight(ops, segment, paths, s, mask_strength)
    size = (frames[0].shape[0], frames[0].shape[1])
    warped = [
        ops.warp(frame, enlarged(ops, offset, size))
        for frame, offset in zip(frames, (paths.offset0, paths.offset1), strict=True)
    ]
    if tuple(share.shape[1:]) != size:
        share = ops.resize(share, size)
    return ops.mix(warped[0], warped[1], share[0])


def render_onward(ops: Ops, frame: Tensor, anchor: Anchor, along: float, gathering: Gathering) -> Tensor:
    """(H, W, 3) what `frame` (H, W, 3) becomes when its pixels go on; see :func:`~dynode_motion.paths.onward_offset`."""
    offset = onward_offset(ops, anchor, along, gathering)
    return ops.warp(frame, enlarged(ops, offset, (frame.shape[0], frame.shape[1]))).clamp(0.0, 1.0)


def enlarged(ops: Ops, offset: Tensor, size: tuple[int, int]) -> Tensor:
    """`offset` (2, h, w) in motion pixels as (2, *size) in pixels of the frame."""
    height, width = offset.shape[1:]
    if (height, width) == size:
        return offset
    scale = torch.tensor([size[1] / width, size[0] / height], device=ops.device)
    return ops.resize(offset * scale[:, None, None], size)
