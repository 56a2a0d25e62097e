"""The flow estimator `dis`: dense inverse search.

T. Kroeger, R. Timofte, D. Dai, L. Van Gool: Fast optical flow using dense inverse search (ECCV 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import torch
from torch import Tensor

from dynode_cli import Context, FlowEstimator, FlowPair, device_of, option
from dynode_motion.parallel import both

SMALL = 300_000
"""Pixels of a frame up to which flow is searched for at full resolution."""
SMALLEST_SIDE = 16
"""Frames with a shorter side have no flow: DIS needs a few patches."""
_COLOUR_WEIGHT = 20.0
"""Weight of brightness constancy in the variational refinement; OpenCV's own 5 is 0.1 dB worse."""
_PRESETS = {"fast": cv2.DISOPTICAL_FLOW_PRESET_FAST, "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM}


@dataclass(frozen=True)
class DisOptions:
    """How DIS is run."""

    preset: str = option("medium", help="Effort of the optical flow.", choices=("fast", "medium"))
    patch_stride: int = option(
        0,
        help="Distance of flow patches; 0 chooses 2 for small frames and 3 for large ones.",
        unit="px",
        minimum=0,
        maximum=8,
    )


class DisEstimator(FlowEstimator):
    """DIS both ways, on the CPU."""

    Options: ClassVar[type] = DisOptions

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._device = device_of(context)

    def estimate(self, frame0: Tensor, frame1: Tensor) -> FlowPair:
        """See :class:`~dynode_cli.FlowEstimator`."""
        gray0, gray1 = _gray(frame0), _gray(frame1)
        return FlowPair(
            *both(self._device, lambda: self._search(gray0, gray1), lambda: self._search(gray1, gray0)),
        )

    def _search(self, gray0: Tensor, gray1: Tensor) -> Tensor:
        """Flow (2, H, W) from `gray0` to `gray1`, both (H, W) uint8 on the CPU."""
        height, width = gray0.shape
        if min(height, width) < SMALLEST_SIDE:
            return torch.zeros((2, height, width), device=self._device)
        small = height * width <= SMALL
        # A new instance each time: an old one would start from its previous result.
        search = cv2.DISOpticalFlow.create(_PRESETS[self.options.preset])
        search.setFinestScale(0 if small else 1)
        search.setPatchStride(self.options.patch_stride or (2 if small else 3))
        search.setVariationalRefinementDelta(_COLOUR_WEIGHT)
        # OpenCV's type stubs do not know that there may be no flow to start from.
        field = torch.from_numpy(search.calc(gray0.numpy(), gray1.numpy(), None))  # type: ignore[call-overload]
        return field.permute(2, 0, 1).to(self._device)


def _gray(frame: Tensor) -> Tensor:
    """(H, W) uint8 on the CPU."""
    rgb = (frame.permute(1, 2, 0).cpu() * 255.0).round().to(torch.uint8).contiguous()
    return torch.from_numpy(cv2.cvtColor(rgb.numpy(), cv2.COLOR_RGB2GRAY))
