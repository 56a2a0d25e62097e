"""One frame between two: motion at that time, two warps, and their blend."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_motion.analysis import Gathering, Segment
from dynode_motion.mask import blending_weight
from dynode_motion.ops import Ops
from dynode_motion.paths import paths_at


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
    offsets = [paths.offset0, paths.offset1]
    height, width, _ = frames[0].shape
    motion_height, motion_width = common.shape[1:]
    if (motion_height, motion_width) != (height, width):
        scale = torch.tensor([width / motion_width, height / motion_height], device=ops.device)
        offsets = [ops.resize(offset * scale[:, None, None], (height, width)) for offset in offsets]
        share = ops.resize(share, (height, width))
    warped0, warped1 = (ops.warp(f, o) for f, o in zip(frames, offsets, strict=True))
    return ops.mix(warped0, warped1, share[0])
