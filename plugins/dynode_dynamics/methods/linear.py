"""Linear interpolation between neighbouring codes: the yardstick of every other dynamics."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from dynode_dynamics.curves.bases import LinearBasis
from dynode_dynamics.curves.cardinal import CardinalBasis
from dynode_dynamics.methods.curve_dynamics import CardinalDynamics


class LinearDynamics(CardinalDynamics):
    """z(t) on the chord between the two neighbouring codes; beyond the ends, on with the last velocity."""

    method = "linear"
    support: ClassVar[int | None] = 1

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Hat functions."""
        return LinearBasis(times)
