"""Neural CDE through the codes: dz = (E + G(z)) dX, where X is a path through the observations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from dynode_cli import FitReport, Progress, UsageError, option
from dynode_dynamics.curves.bases import LinearBasis
from dynode_dynamics.curves.control import control_path
from dynode_dynamics.curves.observations import Observations, observe
from dynode_dynamics.curves.reduced import Frame
from dynode_dynamics.fields.field import FieldShape
from dynode_dynamics.fields.residual import Correction, corrected, fit_residual, spline_flow
from dynode_dynamics.methods.reduced_dynamics import FEWEST, ReducedDynamics, ReducedOptions, frame_of
from dynode_dynamics.solving.flow_curve import FlowCurve, FlowModel, flow_curve
from dynode_dynamics.solving.solve import Solver


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

    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> CdeCurve:
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
    model = FlowModel(frame, flow, states, options.anchor, solver, basis, options.damping)
    solved = flow_curve(model, observations, report, options.period)
    curve = CdeCurve(frame, solved.table, observations, solved.report_so_far, options.period, exact=solved.exact)
    curve.model, curve.correction, curve.options = model, correction, options
    return curve
