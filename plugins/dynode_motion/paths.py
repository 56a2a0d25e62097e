"""Paths of the pixels of a frame in between: where each comes from and where it goes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_motion.analysis import Anchor, Segment
from dynode_motion.ops import Ops, pixel_grid
from dynode_motion.splat import fill, splat


@dataclass(frozen=True)
class Paths:
    """Offsets, in pixels at the size of the paths, from each pixel in between to its places in the two frames."""

    offset0: Tensor
    """(2, h, w)."""
    offset1: Tensor
    """(2, h, w)."""


def paths_at(ops: Ops, segment: Segment, s: float, common: Tensor, gain: float) -> Paths:
    """Paths through the pixels of the frame at fraction 0 < `s` < 1 of `segment`.

    The pixels of both frames are moved to that time, and each says of the cell where it lands where it came from
    and where it goes; cells take the mean by trust and nearness in time, and gaps close from around them.

    Arguments:
        common: (2, h, w) deviation from the straight line that all pixels share.
        gain: how much of the residual acceleration counts.
    """
    first, second = segment.anchors
    moved0 = displacement(first, s, s, common, gain, segment.duration)
    moved1 = displacement(second, s, 1.0 - s, common, gain, segment.duration)
    size = (common.shape[1], common.shape[2])
    grid = pixel_grid(size, ops.device)
    sums = (1.0 - s) * splat(
        torch.cat((-moved0, first.flow - moved0)), grid + moved0, first.confidence[0]
    ) + s * splat(torch.cat((second.flow - moved1, -moved1)), grid + moved1, second.confidence[0])
    weight = sums[-1:]
    offsets = fill(ops, sums[:-1] / weight.clamp_min(1e-9), weight.clamp(max=1.0), segment.boost)
    return Paths(offsets[:2], offsets[2:])


def onward_offset(ops: Ops, anchor: Anchor, along: float, boost: float) -> Tensor:
    """(2, h, w) offset to where each pixel was in `anchor`, when its pixels go on past it.

    Arguments:
        along: time since `anchor`, as a fraction of the interval to the other frame of its pair; the pixels keep
            the velocity that they had in that interval.
        boost: see :class:`~dynode_motion.analysis.Segment`.
    """
    moved = -along * anchor.flow
    size = (moved.shape[1], moved.shape[2])
    sums = splat(-moved, pixel_grid(size, ops.device) + moved, anchor.confidence[0])
    weight = sums[-1:]
    return fill(ops, sums[:-1] / weight.clamp_min(1e-9), weight.clamp(max=1.0), boost)


def displacement(anchor: Anchor, s: float, along: float, common: Tensor, gain: float, duration: float) -> Tensor:
    """(2, h, w) where the pixels of `anchor` are at fraction `s` of the interval, relative to where they were.

    Arguments:
        along: fraction of the way to the other frame.
        common: (2, h, w) deviation from the straight line that all pixels share.
        gain: how much of the residual acceleration counts.
        duration: of the interval, seconds.
    """
    bend = -0.5 * s * (1.0 - s) * duration**2 * gain
    residual = torch.lerp(anchor.accelerations[0], anchor.accelerations[1], s)
    return along * anchor.flow + common + bend * residual
