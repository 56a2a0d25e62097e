"""Curves that are solved in a few principal components and read densely."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_cli import FitReport
from dynode_dynamics.curves.cardinal import CardinalBasis, apply, locate
from dynode_dynamics.curves.curve import SummedCurve, Terms
from dynode_dynamics.curves.hermite import hermite
from dynode_dynamics.curves.observations import Clock, Observations
from dynode_dynamics.curves.reduction import Reduction


@dataclass(frozen=True)
class Table:
    """A solution (G, R) and its derivative at ascending times (G,): a cubic Hermite dense output.

    Reference: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, 1993, section II.6.
    """

    times: Tensor
    values: Tensor
    slopes: Tensor

    def read(self, t: Tensor, derivative: int = 0) -> Tensor:
        """(T, R) values or derivatives at `t` (T,); beyond the table the last value stays."""
        inside = t.clamp(float(self.times[0]), float(self.times[-1]))
        segment, length, s = locate(self.times, inside)
        value0, tangent0, value1, tangent1 = hermite(s, length, derivative)
        out = value0[:, None] * self.values[segment] + value1[:, None] * self.values[segment + 1]
        out += tangent0[:, None] * self.slopes[segment] + tangent1[:, None] * self.slopes[segment + 1]
        return out if derivative == 0 else torch.where((inside == t)[:, None], out, torch.zeros_like(out))


def clock_of(knots: Observations) -> Clock:
    """From the clock of `knots` to mean spacings since the first of them: in a loop that is the first repeated one."""
    return Clock(float(knots.times[0]), knots.spacing)


@dataclass(frozen=True)
class Frame:
    """Where a reduced curve lives: knots, their clock and components, and what carries the complement."""

    knots: Observations
    clock: Clock
    """From the clock of the observations to mean spacings of the knots since the first of them."""
    reduction: Reduction
    base: CardinalBasis
    """Interpolates whatever the components do not hold."""

    @property
    def states(self) -> Tensor:
        """(N, R) float64 coordinates of the knots."""
        return self.reduction.coordinates(self.knots.codes)

    @property
    def times(self) -> Tensor:
        """(N,) times of the knots on the clock."""
        return self.clock(self.knots.times)


class FramedCurve(SummedCurve):
    """base(t) + lift(u(t) - u_base(t)): a curve u in the components, the base curve in all others."""

    def __init__(self, frame: Frame, observations: Observations, report: FitReport, period: float | None) -> None:
        reduction = frame.reduction
        rows = torch.cat((reduction.mean[None], reduction.basis)) if reduction.complete else reduction.basis
        super().__init__(frame.knots, rows, observations, report, period)
        self.frame = frame
        self._states = frame.states

    @abstractmethod
    def coordinates(self, t: Tensor, derivative: int) -> Tensor:
        """u or du/dt (T, R) at `t` (T,), on the clock of the observations."""

    def terms(self, t: Tensor, derivative: int) -> Terms:
        """What the base does for all codes, and what the components have beside it."""
        u, scale = self.coordinates(t, derivative), self.frame.reduction.scale
        if self.frame.reduction.complete:
            mean = torch.full_like(u[:, :1], 0.0 if derivative else 1.0)
            return Terms(None, torch.cat((mean, u * scale), dim=1))
        weights = self.frame.base.weights(t, derivative)
        return Terms(weights, (u - apply(weights, self._states)) * scale)


class LatentCurve(FramedCurve):
    """A framed curve whose coordinates are a dense solution."""

    def __init__(
        self,
        frame: Frame,
        table: Table,
        observations: Observations,
        report: FitReport,
        period: float | None,
        *,
        exact: bool = True,
    ) -> None:
        super().__init__(frame, observations, report, period)
        self.table = table
        self.exact = exact

    def coordinates(self, t: Tensor, derivative: int) -> Tensor:
        """One small Hermite read."""
        u = self.table.read(self.frame.clock(t), derivative)
        return u / self.frame.clock.spacing if derivative else u
