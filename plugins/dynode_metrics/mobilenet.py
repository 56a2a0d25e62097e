"""A perceptual metric: how far made frames look from the real ones, by the features of a network.

A difference of pixels calls a picture that is sharp and half a pixel aside worse than a blurred one; features of a
network that knows photographs call it better, as people do. After Zhang et al., "The Unreasonable Effectiveness of Deep
Features as a Perceptual Metric" (LPIPS), CVPR 2018, without its learned weights of channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Context, InputError, Metric, WeightsError, device_of
from dynode_metrics.mobilenet_v2 import load_mobilenet
from dynode_metrics.weights import MOBILENET

SMALLEST_SIDE = 32
"""Pixels below which the last maps of the network would show nothing."""
LONGEST_SIDE = 720
"""Pixels to which the parts are cut that larger frames are compared in, so that memory does not grow with them."""


class MobileNetDistance(Metric):
    """Mean squared distance of MobileNet-v2 features, 0 for equal frames, mean over frames.

    The last maps at 1/4, 1/8, 1/16 and 1/32 of the size of a frame are taken, the channels at a position brought to
    length one, squared differences summed over channels, and averaged over positions, then over maps: 0 to 4.
    """

    name: ClassVar[str] = "mobilenet"
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = False

    def __init__(self, options: Any, context: Context) -> None:
        """
        Raises:
            WeightsError: the weights cannot be had, or are not what they should be.
        """
        super().__init__(options, context)
        if context.resolve_weights is None:
            raise WeightsError(
                f"metric 'mobilenet' needs the weights '{MOBILENET.name}'",
                hint=f"run `dynode weights pull {MOBILENET.name}`",
            )
        self._device = device_of(context)
        self._network = load_mobilenet(context.resolve_weights(MOBILENET.name), self._device)

    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        """0 to 4 for `candidate` against `reference`, both (T, 3, H, W) in [0, 1], H and W at least 32.

        Raises:
            InputError: smaller frames.
        """
        height, width = reference.shape[2:]
        if min(height, width) < SMALLEST_SIDE:
            raise InputError(
                f"metric 'mobilenet' cannot compare frames of {width}x{height}; it needs {SMALLEST_SIDE} pixels a side"
            )
        pairs = zip(reference, candidate, strict=True)
        return fmean(self._distance(torch.stack((real.to(made), made))) for real, made in pairs)

    @torch.no_grad()
    def _distance(self, pair: Tensor) -> float:
        """Of both frames of (2, 3, H, W): the mean over their parts by area."""
        pixels, total = 0, 0.0
        for part in _parts(pair):
            area = part.shape[2] * part.shape[3]
            maps = [F.normalize(found, dim=1) for found in self._network(part.to(self._device, torch.float32))]
            distances = [(found[0] - found[1]).square().sum(0).mean(dtype=torch.float64) for found in maps]
            total += area * float(torch.stack(distances).mean())
            pixels += area
        return total / pixels


def _parts(frames: Tensor) -> Iterator[Tensor]:
    """`frames` (N, 3, H, W) in parts of nearly the same size with sides of at most :data:`LONGEST_SIDE`."""
    for rows in frames.tensor_split(-(-frames.shape[2] // LONGEST_SIDE), dim=2):
        yield from rows.tensor_split(-(-frames.shape[3] // LONGEST_SIDE), dim=3)
