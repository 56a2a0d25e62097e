"""The straight line between neighbouring codes: the yardstick of every other dynamics."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from dynode_dynamics.cardinal import CardinalBasis, Weights, locate
from dynode_dynamics.curve import CardinalDynamics


class LinearBasis(CardinalBasis):
    """Hat functions; the first and the last line go on outside the observations."""

    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """Two weights for each query."""
        segment, length, s = locate(self.times, t)
        pair = (1.0 - s, s) if derivative == 0 else (-1.0 / length, 1.0 / length)
        return Weights(segment, torch.stack(pair, dim=1))


class LinearDynamics(CardinalDynamics):
    """z(t) on the chord between the two neighbouring codes; beyond the ends, on with the last velocity."""

    method = "linear"
    support: ClassVar[int | None] = 1

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Hat functions."""
        return LinearBasis(times)
