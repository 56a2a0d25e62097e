"""Spherical interpolation: the direction moves on a great circle, the length on a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import FitReport, Progress, option
from dynode_dynamics.cardinal import locate
from dynode_dynamics.curve import Curve, CurveDynamics, LoopOptions
from dynode_dynamics.observations import Observations


@dataclass(frozen=True)
class SlerpOptions(LoopOptions):
    """Options of spherical interpolation."""

    axis: str = option(
        "last", help="what is one vector: the last axis of a code, or all of it", choices=("last", "all")
    )


class SlerpCurve(Curve):
    """Great-circle arcs between neighbouring codes."""

    def __init__(
        self, knots: Observations, observations: Observations, report: FitReport, period: float | None, vectors: int
    ) -> None:
        super().__init__(observations, report, period)
        self._knots = knots
        self._vectors = vectors

    def read(self, t: Tensor, derivative: int) -> Tensor:
        """Shoemake's formula, with its limit, the chord, where directions nearly agree or oppose each other."""
        segment, length, s = locate(self._knots.times, t)
        ends = self._knots.codes.reshape(len(self._knots), self._vectors, -1)
        left, right = ends[segment], ends[segment + 1]
        radius0, radius1 = left.norm(dim=-1, keepdim=True), right.norm(dim=-1, keepdim=True)
        unit0 = left / radius0.clamp_min(1e-12)
        unit1 = right / radius1.clamp_min(1e-12)
        cosine = (unit0 * unit1).sum(dim=-1, keepdim=True).clamp(-1.0, 1.0)
        angle = torch.acos(cosine)
        sine = torch.sin(angle)
        arc = (sine > 1e-4) & (radius0 > 0) & (radius1 > 0)
        sine = torch.where(arc, sine, 1.0)
        s = s[:, None, None].to(ends)
        weight0, weight1 = torch.sin((1 - s) * angle) / sine, torch.sin(s * angle) / sine
        direction = weight0 * unit0 + weight1 * unit1
        radius = (1 - s) * radius0 + s * radius1
        if derivative == 0:
            out = torch.where(arc, radius * direction, (1 - s) * left + s * right)
        else:
            turn = angle / sine * (torch.cos(s * angle) * unit1 - torch.cos((1 - s) * angle) * unit0)
            along = (radius1 - radius0) * direction + radius * turn
            out = torch.where(arc, along, right - left) / length[:, None, None].to(ends)
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
