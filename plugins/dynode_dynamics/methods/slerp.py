"""Spherical linear interpolation (slerp): the direction moves on a great circle, the length on a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import FitReport, Progress, option
from dynode_dynamics.curves.cardinal import locate
from dynode_dynamics.curves.curve import Curve
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.methods.curve_dynamics import CurveDynamics, LoopOptions

SMALL = 1e-12
"""Length, in units of its neighbour's, below which a vector is taken to have no direction."""
FLAT = 1e-4
"""Sine of the angle below which an arc is its chord."""


@dataclass(frozen=True)
class SlerpOptions(LoopOptions):
    """Options of spherical interpolation."""

    axis: str = option(
        "last", help="what is one vector: the last axis of a code, or all of it", choices=("last", "all")
    )


class SlerpCurve(Curve):
    """Great-circle arcs between neighbouring codes: sums of the two, with weights that depend on their angle."""

    def __init__(
        self, knots: Observations, observations: Observations, report: FitReport, period: float | None, vectors: int
    ) -> None:
        super().__init__(observations, report, period)
        self._knots = knots
        self._ends = knots.codes.reshape(len(knots), vectors, -1)
        # In units of the largest number: squares of very large or very small codes would not be numbers.
        wide = self._ends.to(torch.float64)
        wide = wide / (wide.abs().max() or 1.0)
        radius = wide.norm(dim=-1).cpu()
        along = (wide[:-1] * wide[1:]).sum(dim=-1).cpu()
        self._radius0, self._radius1 = radius[:-1], radius[1:]
        low, high = torch.minimum(radius[:-1], radius[1:]), torch.maximum(radius[:-1], radius[1:])
        turns = low > SMALL * high
        cosine = torch.where(turns, along / (low * high), 1.0).clamp(-1.0, 1.0)
        self._angle = torch.acos(cosine)
        """(N - 1, vectors) between neighbours, in radians."""
        self._arc = turns & (self._angle.sin() > FLAT)

    def read(self, t: Tensor, derivative: int) -> Tensor:
        """Shoemake's formula, with its limit, the chord, where directions nearly agree or oppose each other."""
        segment, length, s = locate(self._knots.times, t)
        s = s[:, None]
        arc, angle = self._arc[segment], self._angle[segment]
        sine = torch.where(arc, angle.sin(), 1.0)
        turn0, turn1 = torch.sin((1 - s) * angle) / sine, torch.sin(s * angle) / sine
        # Lengths in units of the left and of the right one.
        growth = torch.where(arc, self._radius1[segment] / self._radius0[segment], 1.0)
        radius0, radius1 = (1 - s) + s * growth, (1 - s) / growth + s
        if derivative == 0:
            left = torch.where(arc, radius0 * turn0, 1 - s)
            right = torch.where(arc, radius1 * turn1, s)
        else:
            slope0, slope1 = -angle * torch.cos((1 - s) * angle) / sine, angle * torch.cos(s * angle) / sine
            left = torch.where(arc, (growth - 1) * turn0 + radius0 * slope0, -1.0) / length[:, None]
            right = torch.where(arc, (1 - 1 / growth) * turn1 + radius1 * slope1, 1.0) / length[:, None]
        ends = self._ends
        out = left[..., None].to(ends) * ends[segment] + right[..., None].to(ends) * ends[segment + 1]
        return out.reshape(len(t), -1)


class SlerpDynamics(CurveDynamics):
    """Spherical linear interpolation (Shoemake, Animating rotation with quaternion curves, 1985).

    For codes drawn from a Gaussian (Z space), whose length carries no content; W and W+ codes want `linear`.
    """

    Options: ClassVar[type] = SlerpOptions
    method = "slerp"
    support: ClassVar[int | None] = 1

    def curve(self, knots: Observations, observations: Observations, report: FitReport, progress: Progress) -> Curve:
        """Arcs between neighbours."""
        shape = observations.code_shape
        vectors = 1
        if self.options.axis == "last":
            for size in shape[:-1]:
                vectors *= size
        progress(1, 1)
        return SlerpCurve(knots, observations, report, self.options.period, vectors)
