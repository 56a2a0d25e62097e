"""Neural CDE through the codes: dz = (E + G(z)) dX, where X is a path through the observations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import FitReport, Progress, UsageError, option
from dynode_dynamics.curves.bases import CatmullRomBasis, LinearBasis
from dynode_dynamics.curves.cardinal import CardinalBasis, Weights
from dynode_dynamics.curves.curve import Curve
from dynode_dynamics.curves.observations import Observations, observe
from dynode_dynamics.curves.reduced import Frame
from dynode_dynamics.fields.field import FieldShape
from dynode_dynamics.fields.residual import Correction, corrected, fit_residual, spline_flow
from dynode_dynamics.methods.ode import FEWEST, ReducedDynamics, ReducedOptions, frame_of
from dynode_dynamics.solving.flow_curve import FlowCurve, FlowModel, flow_curve
from dynode_dynamics.solving.solve import Solver


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


@dataclass(frozen=True)
class CdeOptions(ReducedOptions):
    """Options of the neural CDE."""

    components: int = option(4, help="most principal components that are solved for", minimum=1, maximum=16)
    control: str = option(
        "spline",
        help="control path through the codes: Catmull-Rom, or hermite (causal) and natural of torchcde",
        choices=("spline", "hermite", "natural"),
    )
    causal: bool = option(False, help="for streams: nothing depends on what comes after the next observation")
    ridge: float = option(3e-3, help="pull of the weights towards zero", minimum=1e-8)


class CdeCurve(FlowCurve):
    """The solution of a neural CDE; a causal one goes on with a stream."""

    correction: Correction | None
    options: CdeOptions

    def extended(self, times: Tensor, codes: Tensor) -> CdeCurve:
        """The curve through `codes` (N, *code_shape) at `times` (N,), all observations so far, without another fit.

        Raises:
            UsageError: the dynamics was not made with ``causal=True``.
            InputError: codes that are not finite, times that do not increase.
        """
        if not self.options.causal:
            raise UsageError("only a causal CDE goes on with a stream", hint="make it with -D causal=true")
        knots = observe(times, codes, self.observations.clock)
        # What the first codes did not span is no rounding in those that follow.
        reduction = replace(self.frame.reduction, complete=False)
        frame = Frame(knots, self.frame.clock, reduction, LinearBasis(knots.times))
        return _curve(frame, self.correction, self.options, knots, self.report_so_far)


class CdeDynamics(ReducedDynamics):
    """Neural CDE (Kidger et al., Neural controlled differential equations for irregular time series, 2020).

    It begins as its control path (E copies dX, G is zero) and learns G from observations that are left out in turn;
    what does not help on codes that it has not seen is scaled away.
    """

    Options: ClassVar[type] = CdeOptions
    method = "cde"
    options: CdeOptions

    def check_loop(self) -> None:
        """Raises UsageError for a stream, and for an anchor that does not come back."""
        super().check_loop()
        if self.options.causal:
            raise UsageError("a stream does not loop: what comes after its seam is known", hint="leave out -D causal")

    def curve(self, knots: Observations, observations: Observations, report: FitReport, progress: Progress) -> Curve:
        """The solved equation."""
        options = self.options
        if options.causal:
            options = replace(options, control="hermite", anchor="forward", rest="linear")
        frame = frame_of(knots, options.components, options.variance, options.rest, corrects=True)
        correction = None
        if len(knots) >= FEWEST:
            size = frame.states.shape[1]
            correction = fit_residual(
                frame.times,
                frame.states,
                lambda times: control_path(times, options.control),
                shape=FieldShape(size, size * (size + 1), options.hidden),
                controlled=True,
                iterations=options.iterations,
                ridge=options.ridge,
                seed=self.context.seed,
                progress=progress,
            )
            report = replace(report, details={**report.details, "gain": correction.gain})
        return _curve(frame, correction, options, observations, report)


def _curve(
    frame: Frame, correction: Correction | None, options: CdeOptions, observations: Observations, report: FitReport
) -> CdeCurve:
    states = frame.states
    basis = control_path(frame.times, options.control)
    flow = spline_flow(basis, states) if correction is None else corrected(correction, basis, states)
    solver = Solver(substeps=options.substeps)
    model = FlowModel(frame, flow, states, options.anchor, solver, basis, options.damping, options.transport)
    solved = flow_curve(model, observations, report, options.period)
    curve = CdeCurve(frame, solved.table, observations, solved.report_so_far, options.period, exact=solved.exact)
    curve.model, curve.correction, curve.options = model, correction, options
    return curve
