"""Paths of the pixels of a frame in between: where each comes from and where it goes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_motion.analysis import Segment
from dynode_motion.ops import Ops
from dynode_motion.splat import fill


@dataclass(frozen=True)
class Paths:
    """Offsets, in motion pixels, from each pixel in between to its places in the two frames."""

    offset0: Tensor
    """(2, h, w)."""
    offset1: Tensor
    """(2, h, w)."""
    weight: Tensor
    """(1, h, w) in [0, 1], how far they can be trusted; 0 where nothing is known."""


def filled(ops: Ops, paths: Paths) -> Paths:
    """`paths` with its holes closed."""
    both = fill(ops, torch.cat((paths.offset0, paths.offset1)), paths.weight)
    return Paths(both[:2], both[2:], paths.weight)


def joint(ops: Ops, candidates: list[Paths], s: float) -> Paths:
    """Mean of the two frames' paths, weighted by trust and nearness in time."""
    a, b = candidates
    w0, w1 = a.weight * (1.0 - s) + 1e-8, b.weight * s + 1e-8
    share = w1 / (w0 + w1)
    mixed = Paths(
        torch.lerp(a.offset0, b.offset0, share),
        torch.lerp(a.offset1, b.offset1, share),
        torch.maximum(a.weight, b.weight),
    )
    return filled(ops, mixed)


def match_cost(ops: Ops, segment: Segment, paths: Paths) -> Tensor:
    """(1, h, w) how badly the two frames agree along `paths`."""
    image0, image1 = segment.anchors[0].image, segment.anchors[1].image
    difference = ops.sample(image0, paths.offset0) - ops.sample(image1, paths.offset1)
    return ops.blur(difference.abs().mean(dim=0, keepdim=True), 1.5)


def best_paths(ops: Ops, segment: Segment, candidates: list[Paths], s: float) -> Paths:
    """Per pixel, the candidate along which the frames agree best, with outliers removed."""
    both = joint(ops, candidates, s)
    best, cost = both, match_cost(ops, segment, both)
    for paths in candidates:
        other = filled(ops, paths)
        error = match_cost(ops, segment, other) + 0.002
        better = (error < cost).to(error.dtype)
        best = Paths(
            torch.lerp(best.offset0, other.offset0, better),
            torch.lerp(best.offset1, other.offset1, better),
            best.weight,
        )
        cost = torch.minimum(cost, error)
    return Paths(ops.median(best.offset0), ops.median(best.offset1), best.weight)
