"""Control paths of a neural CDE: natural cubic, Hermite or Catmull-Rom, as cardinal functions."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.curves.cardinal import CardinalBasis, Weights


class ControlBasis(CardinalBasis):
    """Control paths of torchcde as cardinal functions: the path through the unit vectors.

    `natural` is the natural cubic spline; `hermite` has backward differences for tangents, so that the path up to a
    knot depends on nothing behind it (Morrill et al., Neural controlled differential equations for online
    prediction tasks, 2021). Beyond the ends both go on along their tangent.
    """

    def __init__(self, times: Tensor, control: str) -> None:
        super().__init__(times)
        import torchcde

        make = {
            "natural": torchcde.natural_cubic_coeffs,
            "hermite": torchcde.hermite_cubic_coefficients_with_backward_differences,
        }[control]
        unit = torch.eye(len(times), dtype=torch.float64)
        self._path = torchcde.CubicSpline(make(unit, times), times)

    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """Weights of all observations."""
        inside = t.clamp(float(self.times[0]), float(self.times[-1]))
        values = self._path.derivative(inside)
        if derivative == 0:
            values = self._path.evaluate(inside) + (t - inside)[:, None] * values
        return Weights(torch.zeros(len(t), dtype=torch.int64), values)


def control_path(times: Tensor, control: str) -> CardinalBasis:
    """Cardinal functions of a control path."""
    return CatmullRomBasis(times) if control == "spline" else ControlBasis(times, control)
