"""The curve of a fitted vector field: solved once, read densely, and edited through the field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from dynode_cli import ConvergenceError, FitReport
from dynode_dynamics.curves.cardinal import CardinalBasis, apply
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.curves.reduced import Frame, LatentCurve, Table
from dynode_dynamics.fields.segments import Flow
from dynode_dynamics.solving.anchoring import anchored
from dynode_dynamics.solving.edit_offsets import carried_offset
from dynode_dynamics.solving.solve import Solver

REACH = 3.0
"""Extrapolation ends at this many times the distance of the farthest knot from the mean; a solution that goes so far
between knots has diverged."""
ROLLED_OUT = 100.0
"""The same for a solution that is not made to meet the knots, which may well go astray without running away."""


@dataclass(frozen=True)
class FlowModel:
    """A fitted flow and how it is to be solved."""

    frame: Frame
    flow: Flow
    """d state / dt, on the clock of the frame."""
    states: Tensor
    """(N, S) state at each knot: the coordinates, and for a second-order flow the velocities behind them."""
    anchor: str
    solver: Solver
    around: CardinalBasis | None = None
    """If given, what is solved is the deviation from this curve through the knots."""
    damping: float = 0.3

    def solve(self) -> tuple[Table, int]:
        """The dense solution of the state, and the evaluations it took; codes that do not move stay."""
        times = self.frame.times
        radius = REACH * float(self.states.norm(dim=1).max())
        if self.frame.reduction.still:
            return anchored(_at_rest, times, torch.zeros_like(self.states), self.anchor, self.solver, radius)
        if self.around is None:
            return anchored(self.flow, times, self.states, self.anchor, self.solver, radius)
        basis, states = self.around, self.states

        def deviation(y: Tensor, t: Tensor) -> Tensor:
            centre = apply(basis.weights(t.reshape(-1)), states).reshape(y.shape)
            slope = apply(basis.weights(t.reshape(-1), 1), states).reshape(y.shape)
            return self.flow(centre + y, t) - slope

        table, count = anchored(deviation, times, torch.zeros_like(states), self.anchor, self.solver, radius)
        centre = apply(basis.weights(table.times), states)
        slope = apply(basis.weights(table.times, 1), states)
        return Table(table.times, table.values + centre, table.slopes + slope), count


def _at_rest(u: Tensor, t: Tensor) -> Tensor:
    """The flow of codes that do not move."""
    return torch.zeros_like(u)


class FlowCurve(LatentCurve):
    """The solution of a flow."""

    model: FlowModel

    def edited(self, delta: Tensor, at: float | None = None) -> Self:
        """The curve after its code at `at` (seconds; default: the start) moved by `delta` (*code_shape).

        What of `delta` lies outside the components is carried unchanged; what lies in them follows the flow, damped.
        How far the offset drifts, as a share of itself, is reported as the detail `edit_drift`.

        Raises:
            UsageError: the shape of `delta` is not that of a code.
        """
        offset = self.flat(delta)
        if self.model.damping == 0.0:
            return self.shifted(offset)
        frame, size = self.frame, self.table.values.shape[1]
        inside = frame.reduction.project(offset[None])
        complement = offset - frame.reduction.lift(inside)[0]
        begin = torch.tensor([self.interval[0] if at is None else at], dtype=torch.float64)
        moment = float(frame.clock(self.observations.clock(begin)))
        states = Table(self.table.times, *self._full_states())
        moved, drift = carried_offset(self.model.flow, states, inside[0], moment, self.model.damping)
        norm = float(torch.linalg.vector_norm(offset, dtype=torch.float64))
        share = drift * frame.reduction.scale / norm if norm > 0 else 0.0
        curve = self.copy()
        curve.table = Table(
            self.table.times, self.table.values + moved.values[:, :size], self.table.slopes + moved.slopes[:, :size]
        )
        curve.offset = complement if self.offset is None else self.offset + complement
        curve.exact = False
        details = {**self.report_so_far.details, "edit_drift": share}
        curve.report_so_far = replace(self.report_so_far, details=details)
        return curve

    def _full_states(self) -> tuple[Tensor, Tensor]:
        """Values and slopes (G, S) of the full state on the table: the velocity stands behind the coordinates."""
        values, slopes = self.table.values, self.table.slopes
        if self.model.states.shape[1] == values.shape[1]:
            return values, slopes
        acceleration = self.model.flow(torch.cat((values, slopes), dim=1)[None], self.table.times[None, :, None])[
            0, :, values.shape[1] :
        ]
        return torch.cat((values, slopes), dim=1), torch.cat((slopes, acceleration), dim=1)


def flow_curve(model: FlowModel, observations: Observations, report: FitReport, period: float | None) -> FlowCurve:
    """Solve `model` and wrap the solution.

    Raises:
        ConvergenceError: the solve underflowed or diverged.
    """
    with torch.no_grad():
        table, count = model.solve()
    size = model.frame.reduction.basis.shape[0]
    table = Table(table.times, table.values[:, :size], table.slopes[:, :size])
    if not bool(torch.isfinite(table.slopes).all()):
        raise ConvergenceError("the fitted field is not finite", hint="use --dynamics spline")
    exact = model.anchor != "none"
    first, last = (float(model.frame.times[edge]) for edge in (0, -1))
    between = table.values[(table.times >= first) & (table.times <= last)]
    reach = REACH if exact else ROLLED_OUT
    if float(between.norm(dim=1).max()) > reach * float(model.states[:, :size].norm(dim=1).max()):
        raise ConvergenceError(
            "the fitted field runs away from the codes between two of them",
            hint="lower -D iterations, raise -D ridge, or use --dynamics spline",
        )
    report = replace(report, nfe=report.nfe + count)
    curve = FlowCurve(model.frame, table, observations, report, period, exact=exact)
    curve.model = model
    return curve
