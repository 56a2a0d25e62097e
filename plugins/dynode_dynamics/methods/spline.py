"""Non-uniform Catmull-Rom spline: smooth, local, and free of parameters."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.curves.cardinal import CardinalBasis
from dynode_dynamics.methods.curve_dynamics import CardinalDynamics


class SplineDynamics(CardinalDynamics):
    """Non-uniform Catmull-Rom through the codes; beyond the ends, on along the tangent.

    Not for noisy codes: a wrong code bends the curve on both sides of it.
    """

    method = "spline"
    support: ClassVar[int | None] = 2

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Catmull-Rom cardinal functions."""
        return CatmullRomBasis(times)
