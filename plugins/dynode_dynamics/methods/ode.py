"""Neural ODE through the codes: du/dt = f(u) in their principal components, meeting every observed code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import ConvergenceError, FitReport, Progress, UsageError, option, silent
from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.curves.cardinal import CardinalBasis, apply
from dynode_dynamics.curves.kernel_choice import choose_kernel
from dynode_dynamics.curves.kriging import KrigingBasis
from dynode_dynamics.curves.leave_one_out import Fold, fold_errors, folds_of
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.curves.reduced import Frame
from dynode_dynamics.curves.reduction import reduce
from dynode_dynamics.fields.field import FieldShape, new_field
from dynode_dynamics.fields.matching import Teacher, match
from dynode_dynamics.fields.refinement import GRADIENTS, refine
from dynode_dynamics.fields.residual import Correction, corrected, fit_residual, spline_flow
from dynode_dynamics.fields.segments import Flow, segments_of
from dynode_dynamics.fields.shooting import shoot
from dynode_dynamics.methods.curve_dynamics import LoopOptions
from dynode_dynamics.methods.reduced_dynamics import FEWEST, ReducedDynamics, ReducedOptions, frame_of
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_dynamics.solving.dense_solver import DenseSolver
from dynode_dynamics.solving.flow_curve import FlowCurve, FlowModel, flow_curve
from dynode_dynamics.solving.solve import Solver, check_solver, solver_names

MODES = ("auto", "gradient-matching", "multiple-shooting")
TEACHER_POINTS = 6
"""Points of the teacher for each observation."""


@dataclass(frozen=True)
class OdeOptions(ReducedOptions):
    """Options of the neural ODE."""

    mode: str = option("auto", help="how the field is fitted; auto keeps the better by leave-one-out", choices=MODES)
    base: str = option(
        "auto",
        help="spline: the field is a correction of a spline's velocity that begins at zero; none: it is all; "
        "auto keeps the better by leave-one-out",
        choices=("auto", "spline", "none"),
    )
    order: int = option(
        1,
        help="order of the differential equation; the second is fitted by multiple shooting, and corrects no spline",
        minimum=1,
        maximum=2,
    )
    time: bool = option(False, help="let the field depend on time; in a loop on the time within a lap")
    solver: str = option("rk4", help="solver of torchdiffeq, fixed-step or adaptive", choices=solver_names())
    rtol: float = option(1e-5, help="relative tolerance of an adaptive solver", minimum=0.0)
    atol: float = option(1e-6, help="absolute tolerance of an adaptive solver, in radii of the codes", minimum=0.0)
    ridge: float = option(3e-3, help="pull of the weights towards their start", minimum=1e-8)
    segments: int = option(
        128, help="most pairs of neighbouring codes that the field is fitted to, evenly spread", minimum=1
    )
    refine: int = option(0, help="gradient steps through the solver after the fit", minimum=0, maximum=100000)
    gradient: str = option(
        "direct", help="how those find the gradient: direct is fast, adjoint needs least memory", choices=GRADIENTS
    )
    tube: float = option(0.2, help="scatter around the teacher, as a share of the codes' radius", minimum=0.0)
    contraction: float = option(
        0.2, help="rate at which scattered states are pulled back", unit="1/mean spacing", minimum=0.0
    )


class OdeDynamics(ReducedDynamics):
    """Neural ODE (Chen et al., Neural ordinary differential equations, 2018) in principal components.

    `multiple-shooting` finds laws of motion that recur or accelerate; `gradient-matching` follows a smooth teacher;
    `base=spline` corrects a Catmull-Rom spline. What is best for the codes at hand is found by leaving some out.
    """

    Options: ClassVar[type] = OdeOptions
    method = "ode"
    dense_solver: ClassVar = DenseSolver
    """A faster form of the same for many curves at once; `dynode bench` measures it."""
    options: OdeOptions

    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> FlowCurve:
        """The solution of the field that leave-one-out prefers, of those that the options allow and that do not diverge.

        Raises:
            UsageError: options that contradict each other.
            ConvergenceError: all of them diverged.
        """
        check_solver(self.options.solver)
        variants = self._variants()
        folds = folds_of(observations)
        ranked, notes = list(variants), []
        if len(variants) > 1 and folds:
            errors = {name: variant.error(folds) for name, variant in variants.items()}
            ranked.sort(key=errors.__getitem__)
            known = {name: error for name, error in errors.items() if error < float("inf")}
            notes = [f"{name} diverged on left-out codes" for name in variants if name not in known]
            report = replace(report, leave_one_out={**report.leave_one_out, **known})
        for name in ranked:
            told = (*report.warnings, *notes)
            job = (knots, observations, replace(report, warnings=told, details={**report.details, "field": name}))
            try:
                return variants[name].batch([job], progress)[0]
            except ConvergenceError as error:
                if len(variants) == 1:
                    raise
                notes.append(f"{name} diverged: {error}")
        raise ConvergenceError(f"no field fits these codes: {'; '.join(notes)}", hint="use --dynamics spline")

    def curves(self, batch: Sequence[Observations]) -> list[FlowCurve]:
        """Curves of several sets of observations, fitted together."""
        variants = self._variants()
        chosen = variants[next(iter(variants))]
        return chosen.batch([(knots, knots, FitReport(self.method)) for knots in batch], silent)

    def error(self, folds: Sequence[Fold]) -> float:
        """Mean leave-one-out error of options that leave nothing open."""
        if self.options.base != "spline":
            return float(fold_errors(folds, self).mean())
        # The correction is cross-checked while it is fitted; to fit it once more for each fold would tell the same.
        bare = float(fold_errors(folds, SplineDynamics(LoopOptions(), self.context)).mean())
        whole = folds[0].whole
        if len(whole) < FEWEST:
            return bare
        frame = self._frames([whole])[0]
        return bare * self._correction(frame, silent).left

    def _variants(self) -> dict[str, OdeDynamics]:
        """The fully decided forms that the options leave open, by name."""
        options = self.options
        if options.order == 2:
            if options.mode == "gradient-matching" or options.base == "spline":
                given = "mode=gradient-matching" if options.mode == "gradient-matching" else "base=spline"
                raise UsageError(
                    f"-D order=2 does not go with -D {given}",
                    hint="a field of second order is fitted by multiple shooting, and is all of the velocity",
                )
            decided = replace(options, mode="multiple-shooting", base="none")
            return {"second-order": OdeDynamics(decided, self.context)}
        modes = [options.mode] if options.mode != "auto" else list(MODES[1:])
        out = {}
        if options.base != "spline":
            for mode in modes:
                out[mode] = OdeDynamics(replace(options, mode=mode, base="none"), self.context)
        if options.base != "none":
            decided = replace(options, mode="multiple-shooting", base="spline")
            out["spline + correction"] = OdeDynamics(decided, self.context)
        return out

    def batch(
        self, jobs: Sequence[tuple[Observations, Observations, FitReport]], progress: Progress
    ) -> list[FlowCurve]:
        """Curves of (knots, observations, report) under options that leave nothing open."""
        options = self.options
        frames = self._frames([job[0] for job in jobs])
        if options.base == "spline":
            models = [self._corrected(frame, progress) for frame in frames]
        else:
            models = self._free(frames, progress)
        return [
            flow_curve(model, observations, report, options.period)
            for model, (_, observations, report) in zip(models, jobs, strict=True)
        ]

    def _frames(self, batch: Sequence[Observations]) -> list[Frame]:
        """Frames with the same number of components."""
        options = self.options
        ranks = [reduce(knots.codes, options.components, options.variance).basis.shape[0] for knots in batch]
        components = min(ranks)
        corrects = options.base == "spline"
        return [frame_of(knots, components, rest=options.rest, corrects=corrects) for knots in batch]

    def _free(self, frames: Sequence[Frame], progress: Progress) -> list[FlowModel]:
        """Fields that are the whole velocity, fitted for all frames together."""
        options = self.options
        size = frames[0].states.shape[1]
        span = self._span(frames[0])
        shape = FieldShape(options.order * size, size, options.hidden, options.time, span, options.order)
        field = new_field(shape, len(frames), self.context.seed)
        states = [frame.states for frame in frames]
        if options.mode == "gradient-matching" or options.order == 2:
            teachers = [_teacher(frame) for frame in frames]
        if options.order == 2:
            states = [
                torch.cat((frame.states, apply(teacher.weights(frame.times, 1), frame.states)), dim=1)
                for frame, teacher in zip(frames, teachers, strict=True)
            ]
        if options.mode == "gradient-matching":
            field = match(
                field,
                _lessons(frames, teachers),
                iterations=options.iterations,
                ridge=options.ridge,
                tube=options.tube,
                contraction=options.contraction,
                seed=self.context.seed,
                points=2 * options.segments,
                progress=progress,
            )
        else:
            knots = [(frame.times, state) for frame, state in zip(frames, states, strict=True)]
            field = shoot(
                field,
                segments_of(knots),
                iterations=options.iterations,
                ridge=options.ridge,
                limit=options.segments,
                progress=progress,
            )
        if options.refine:
            knots = [(frame.times, state) for frame, state in zip(frames, states, strict=True)]
            field = refine(
                field,
                segments_of(knots),
                iterations=options.refine,
                substeps=options.substeps,
                gradient=options.gradient,
                progress=progress,
            )
        return [self._model(frame, field.fold(number).flow, states[number]) for number, frame in enumerate(frames)]

    def _corrected(self, frame: Frame, progress: Progress) -> FlowModel:
        """A field that corrects the velocity of a Catmull-Rom spline."""
        states = frame.states
        basis = CatmullRomBasis(frame.times)
        if len(states) < FEWEST:
            return self._model(frame, spline_flow(basis, states), states, basis)
        correction = self._correction(frame, progress)
        return self._model(frame, corrected(correction, basis, states), states, basis)

    def _correction(self, frame: Frame, progress: Progress) -> Correction:
        options, size = self.options, frame.states.shape[1]
        return fit_residual(
            frame.times,
            frame.states,
            CatmullRomBasis,
            shape=FieldShape(size, size, options.hidden, options.time, self._span(frame)),
            controlled=False,
            iterations=options.iterations,
            ridge=options.ridge,
            seed=self.context.seed,
            progress=progress,
        )

    def _span(self, frame: Frame) -> float:
        """Time in which the clock of a field makes half a turn: the clip, or half a lap of a loop."""
        if self.options.period is None:
            return float(frame.times[-1])
        return 0.5 * self.options.period / (frame.knots.clock.spacing * frame.clock.spacing)

    def _model(self, frame: Frame, flow: Flow, states: Tensor, around: CardinalBasis | None = None) -> FlowModel:
        options = self.options
        solver = Solver(options.solver, options.substeps, options.rtol, options.atol)
        return FlowModel(frame, flow, states, options.anchor, solver, around, options.damping)


def _teacher(frame: Frame) -> KrigingBasis:
    """A smooth Gaussian process through the states: Matern 5/2 has the derivative that a field needs."""
    kernel = choose_kernel(frame.times, frame.states, "matern52", None, "likelihood")
    return KrigingBasis(frame.times, kernel)


def _lessons(frames: Sequence[Frame], teachers: Sequence[KrigingBasis]) -> Teacher:
    points = TEACHER_POINTS * max(len(frame.times) for frame in frames)
    columns: list[tuple[Tensor, Tensor, Tensor]] = []
    for frame, teacher in zip(frames, teachers, strict=True):
        grid = torch.linspace(0.0, float(frame.times[-1]), points, dtype=torch.float64)
        values = apply(teacher.weights(grid), frame.states)
        columns.append((grid[:, None], values, apply(teacher.weights(grid, 1), frame.states)))
    return Teacher(*(torch.stack(column) for column in zip(*columns, strict=True)))
