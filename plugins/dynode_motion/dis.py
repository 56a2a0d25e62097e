"""Optical flow by dense inverse search (DIS): the flow estimator `dis`.

T. Kroeger, R. Timofte, D. Dai, L. Van Gool: Fast optical flow using dense inverse search (ECCV 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import cv2
import numpy as np
import torch
from torch import Tensor

from dynode_cli import Context, FlowEstimator, FlowPair, device_of, option
from dynode_motion.blocks import block_flows
from dynode_motion.flow import best_match, reversed_flow
from dynode_motion.ops import OpenCVOps, resized_offset
from dynode_motion.parallel import both

SMALL = 300_000
"""Pixels of a frame up to which flow is found at full resolution; of larger ones at half of it."""
SMALLEST_SIDE = 16
"""Frames with a shorter side have no flow: DIS needs a few patches."""
_COLOUR_WEIGHT = 20.0
"""Weight of brightness constancy in the variational refinement; OpenCV's own 5 is 0.1 dB worse."""
_PASSES = 2
"""Searches at half the resolution. A third gains 0.05 dB on fast motion and costs a fifth more."""
_FINE_STRIDE = 4
_REFINEMENTS = 2
"""Variational refinements of the last search; those of the others are left out: they smooth what is to be found."""
_CPU = torch.device("cpu")
_PRESETS = {"fast": cv2.DISOPTICAL_FLOW_PRESET_FAST, "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM}


@dataclass(frozen=True)
class DisOptions:
    """How DIS is run."""

    preset: str = option("medium", help="Effort of the optical flow.", choices=("fast", "medium"))
    patch_stride: int = option(
        0,
        help="Distance of flow patches in the search; 0 chooses 2 for small frames and 3 for large ones.",
        unit="px",
        minimum=0,
        maximum=8,
    )


class DisEstimator(FlowEstimator):
    """DIS both ways, on the CPU.

    What moves far is easily lost at the coarse scales of a search, and one direction finds what the other lost. So both
    are searched for at half the resolution first, several times: each search is given, pixel by pixel, what matches
    best of the flow found last, the reverse of the other direction's, and, once, the motion of blocks. A last search at
    the full resolution starts from there.
    """

    Options: ClassVar[type] = DisOptions

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._device = device_of(context)
        self._ops = OpenCVOps()

    def estimate(self, frame0: Tensor, frame1: Tensor) -> FlowPair:
        """See :class:`~dynode_cli.FlowEstimator`."""
        pictures = _gray(frame0), _gray(frame1)
        height, width = pictures[0].shape
        if min(height, width) < SMALLEST_SIDE:
            still = torch.zeros((2, height, width), device=self._device)
            return FlowPair(still, still)
        large = height * width > SMALL
        starts = self._coarse_flow(pictures, shrink=4 if large else 2)
        # A search that ends at half the resolution would build its pyramids on the whole pictures all the same.
        size = (-(-height // 2), -(-width // 2)) if large else (height, width)
        searched = [_shrunk(picture, size) for picture in pictures] if large else pictures

        def refined(source: int, target: int) -> Tensor:
            search = self._searcher(_FINE_STRIDE, _REFINEMENTS)
            start = None
            if starts is not None:
                search.setCoarsestScale(1)
                start = resized_offset(self._ops, starts[source], size)
            found = _found(search, searched[source], searched[target], start)
            return resized_offset(self._ops, found.contiguous(), (height, width))

        forward, backward = both(_CPU, partial(refined, 0, 1), partial(refined, 1, 0))
        return FlowPair(forward.to(self._device), backward.to(self._device))

    def _coarse_flow(self, pictures: tuple[Tensor, Tensor], shrink: int) -> tuple[Tensor, Tensor] | None:
        """Flow (2, h, w) both ways at 1/`shrink` of the size; None where that is too small."""
        height, width = pictures[0].shape
        size = -(-height // shrink), -(-width // shrink)
        if min(size) < SMALLEST_SIDE:
            return None
        small = [_shrunk(picture, size) for picture in pictures]
        planes = [picture[None].to(torch.float32) / 255.0 for picture in small]
        stride = self.options.patch_stride or (2 if shrink == 2 else 3)
        surely = torch.ones((1, *size))

        def found(source: int, target: int, starts: tuple[Tensor, Tensor] | None) -> Tensor:
            start = None if starts is None else starts[source]
            return _found(self._searcher(stride), small[source], small[target], start)

        def agreed(
            source: int, target: int, ways: tuple[Tensor, Tensor], others: list[tuple[Tensor, Tensor]]
        ) -> Tensor:
            reverse = reversed_flow(self._ops, ways[target], surely)
            candidates = [ways[source], reverse, *(other[source] for other in others)]
            return best_match(self._ops, planes[source], planes[target], candidates)

        fields: tuple[Tensor, Tensor] | None = None
        others = [block_flows(small[0], small[1])]
        for _ in range(_PASSES):
            ways = both(_CPU, partial(found, 0, 1, fields), partial(found, 1, 0, fields))
            fields = both(_CPU, partial(agreed, 0, 1, ways, others), partial(agreed, 1, 0, ways, others))
            others = []
        return fields

    def _searcher(self, stride: int, refinements: int = 0) -> cv2.DISOpticalFlow:
        """One for a single search: one that was used would start from its previous result."""
        search = cv2.DISOpticalFlow.create(_PRESETS[self.options.preset])
        search.setFinestScale(0)
        search.setPatchStride(stride)
        search.setVariationalRefinementIterations(refinements)
        search.setVariationalRefinementDelta(_COLOUR_WEIGHT)
        return search


def _found(search: cv2.DISOpticalFlow, gray0: Tensor, gray1: Tensor, start: Tensor | None = None) -> Tensor:
    """Flow (2, H, W) from `gray0` to `gray1`, both (H, W) uint8 on the CPU, of which `start` is a first guess."""
    # The guess is written over, so it is copied; to OpenCV an empty one is none.
    guess = np.empty((0, 0), np.float32) if start is None else start.permute(1, 2, 0).numpy().copy()
    field = search.calc(gray0.numpy(), gray1.numpy(), guess)
    return torch.from_numpy(field).permute(2, 0, 1)


def _shrunk(picture: Tensor, size: tuple[int, int]) -> Tensor:
    return torch.from_numpy(cv2.resize(picture.numpy(), size[::-1], interpolation=cv2.INTER_AREA))


def _gray(frame: Tensor) -> Tensor:
    """(H, W) uint8 on the CPU."""
    rgb = frame.permute(1, 2, 0).cpu().contiguous()
    return torch.from_numpy(cv2.convertScaleAbs(cv2.cvtColor(rgb.numpy(), cv2.COLOR_RGB2GRAY), alpha=255.0))
