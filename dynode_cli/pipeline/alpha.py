"""Frames with transparency: colours and alpha are rendered apart and put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import torch
from torch import Tensor

from dynode_cli.contracts import FitReport
from dynode_cli.pipeline.renderer import DrawingSource

_LEAST_ALPHA = 1 / 1024
"""Alpha below which a pixel has no colour to speak of."""


class AlphaRenderer:
    """Renders (4, H, W) frames with straight alpha.

    Arguments:
        premultiplied: renders colours times alpha. Colours alone must not be moved or blended: those of transparent
            pixels are arbitrary, and would bleed into the visible ones.
        alpha: renders alpha as grey.
    """

    def __init__(self, premultiplied: DrawingSource, alpha: DrawingSource) -> None:
        self._premultiplied = premultiplied
        self._alpha = alpha

    @property
    def reports(self) -> dict[int, FitReport]:
        """What the dynamics said of the colours of each shot, by the shot's index."""
        return self._premultiplied.reports

    def frames(self, times: Sequence[Fraction], draw: int = 0) -> Iterator[Tensor]:
        """Frames (4, H, W) in [0, 1] at `times`."""
        both = self._premultiplied.frames(times, draw), self._alpha.frames(times, draw)
        for colour, grey in zip(*both, strict=True):
            alpha = grey.mean(0, keepdim=True).clamp(0, 1)
            straight = torch.where(alpha > _LEAST_ALPHA, colour / alpha.clamp(min=_LEAST_ALPHA), 0.0).clamp(0, 1)
            yield torch.cat([straight, alpha])
