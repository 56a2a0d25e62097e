"""Flicker: temporal consistency, whether the changes from frame to frame are those of the real video."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import Measurement, Metric


class Flicker(Metric):
    """RMS difference between the frame-to-frame changes of the made and the real video, in 8-bit levels.

    What comes before and after a run of made frames is taken to be the real video, so that a single made frame that
    is off flickers too. An error that stays the same from frame to frame counts only where it comes and goes.
    """

    name: ClassVar[str] = "flicker"
    unit: ClassVar[str] = "levels"
    higher_is_better: ClassVar[bool] = False
    heading: ClassVar[str] = "flicker"
    decimals: ClassVar[int] = 2

    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        """8-bit levels for `candidate` against `reference`, both (T, 3, H, W) in [0, 1]."""
        measurement = self.begin()
        for number, (real, made) in enumerate(zip(reference, candidate, strict=True)):
            measurement.add(real, made, follows=number > 0)
        return measurement.value()

    def begin(self) -> Measurement:
        """The changes of all runs count alike, whatever the lengths of the runs."""
        return Changes()


class Changes(Measurement):
    """Squared changes of the error from frame to frame: how many, and their sum."""

    def __init__(self) -> None:
        self._sum, self._count = 0.0, 0
        self._before: Tensor | None = None

    def add(self, reference: Tensor, candidate: Tensor, follows: bool) -> None:
        """See :class:`dynode_cli.Measurement`."""
        error = candidate - reference
        if follows and self._before is not None:
            self._take(error - self._before)
        else:
            if self._before is not None:
                self._take(self._before)
            self._take(error)
        self._before = error

    def value(self) -> float:
        """RMS of all changes, that back to the real video after the last frame among them."""
        assert self._before is not None, "the contract promises a frame"
        return 255 * math.sqrt((self._sum + _mean_square(self._before)) / (self._count + 1))

    def _take(self, change: Tensor) -> None:
        self._sum += _mean_square(change)
        self._count += 1


def _mean_square(change: Tensor) -> float:
    return float(change.square().mean(dtype=torch.float64))
