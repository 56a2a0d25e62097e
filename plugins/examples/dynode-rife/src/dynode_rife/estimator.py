"""The flow estimator `rife`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from dynode_cli import Context, FlowEstimator, FlowPair, WeightsError, device_of, option
from dynode_rife.ifnet import MULTIPLE
from dynode_rife.model import load_model
from dynode_rife.projection import projected

_MIDDLE = 0.5
"""The moment that is asked for: the network knows it best, and gives flow both ways at once. Near the frames
themselves, where flow would not have to be carried far, what it gives is useless."""
_LARGE = 4_000_000
_NAME = "rife-ifnet"


@dataclass(frozen=True)
class RifeOptions:
    """Options of the estimator `rife`."""

    model: Path | None = option(None, help="File of the network, if not the one of `dynode weights pull rife-ifnet`.")
    scale: int = option(
        0,
        help="Flow is found in frames of 1/scale of their size; 0 chooses 1, and 2 above four megapixels.",
        minimum=0,
        maximum=8,
    )


class RifeEstimator(FlowEstimator):
    """Flow that IFNet finds half-way between two frames, carried to the frames.

    Raises:
        InputError: `model` is no file.
        WeightsError: the weights are not there, or are of another network.
    """

    Options: ClassVar[type] = RifeOptions

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._device = device_of(context)
        path = options.model
        if path is None:
            if context.resolve_weights is None:
                raise WeightsError(
                    "estimator 'rife' needs its weights",
                    hint=f"run `dynode weights pull {_NAME}`, or give model=FILE",
                )
            path = context.resolve_weights(_NAME)
        self._network = load_model(path).to(self._device)

    @torch.no_grad()
    def estimate(self, frame0: Tensor, frame1: Tensor) -> FlowPair:
        """See :class:`~dynode_cli.FlowEstimator`."""
        height, width = int(frame0.shape[1]), int(frame0.shape[2])
        factor = self.options.scale or (1 if height * width <= _LARGE else 2)
        size = max(1, height // factor), max(1, width // factor)
        between = self._network(self._prepared(frame0, size), self._prepared(frame1, size), _MIDDLE)
        to_first, to_second = between[0, :, : size[0], : size[1]].split(2)
        motion = to_second - to_first
        return FlowPair(
            self._restored(projected(motion, to_first), (height, width)),
            self._restored(projected(-motion, to_second), (height, width)),
        )

    def _prepared(self, frame: Tensor, size: tuple[int, int]) -> Tensor:
        """(1, 3, h, w) `frame` of `size`, its border repeated up to what the network takes."""
        frame = _resized(frame.to(self._device, torch.float32), size)
        pad = (0, -size[1] % MULTIPLE, 0, -size[0] % MULTIPLE)
        return functional.pad(frame[None], pad, mode="replicate")

    def _restored(self, field: Tensor, size: tuple[int, int]) -> Tensor:
        """`field` (2, h, w) in its own pixels as (2, *size) in pixels of that size."""
        height, width = field.shape[1:]
        return _resized(field, size) * field.new_tensor([size[1] / width, size[0] / height])[:, None, None]


def _resized(planes: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(planes.shape[1:]) == size:
        return planes
    return functional.interpolate(planes[None], size, mode="bilinear", align_corners=False, antialias=True)[0]
