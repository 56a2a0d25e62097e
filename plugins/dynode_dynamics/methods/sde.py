"""Latent SDE through the codes: du = f(u, t) dt + sigma dW, with the posterior mean and plausible in-betweens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import FitReport, Progress, UsageError, option
from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.curves.cardinal import apply
from dynode_dynamics.curves.curve import ConstantCurve
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.curves.reduced import Table
from dynode_dynamics.fields.field import FieldShape
from dynode_dynamics.fields.noisy_refinement import GRADIENTS, refine_drift
from dynode_dynamics.fields.residual import corrected, fit_residual, left_out, spline_flow
from dynode_dynamics.methods.reduced_dynamics import FEWEST, ReducedDynamics, ReducedOptions, frame_of
from dynode_dynamics.solving.flow_curve import FlowCurve, FlowModel, flow_curve
from dynode_dynamics.solving.noise import METHODS, bridges, diffusion_of
from dynode_dynamics.solving.solve import Solver


@dataclass(frozen=True)
class SdeOptions(ReducedOptions):
    """Options of the latent SDE."""

    calculus: str = option("ito", help="stochastic calculus", choices=("ito", "stratonovich"))
    method: str = option("srk", help="solver of torchsde; reversible_heun wants stratonovich", choices=tuple(METHODS))
    points: int = option(8, help="solver steps between two observations of a sample", minimum=2, maximum=256)
    refine: int = option(0, help="gradient steps through the solver after the fit", minimum=0, maximum=100000)
    gradient: str = option(
        "direct", help="how those find the gradient; adjoint with reversible_heun stores nothing", choices=GRADIENTS
    )
    ridge: float = option(3e-3, help="pull of the weights towards zero", minimum=1e-8)


class SdeCurve(FlowCurve):
    """The posterior mean, to first order in the noise; `samples` draws curves around it."""

    diffusion: Tensor
    options: SdeOptions
    seed: int

    def samples(self, count: int) -> list[SdeCurve]:
        """`count` plausible curves, each through every observed code; the same seed gives the same ones."""
        frame = self.frame
        grid, noise = bridges(
            self.model.flow,
            self.table,
            frame.times,
            self.diffusion,
            count,
            points=self.options.points,
            calculus=self.options.calculus,
            method=self.options.method,
            seed=self.seed,
        )
        basis = CatmullRomBasis(grid)
        slopes = self.table.read(grid, 1)
        bend = torch.stack([apply(basis.weights(grid, 1), path) for path in noise])
        mean = self.table.read(grid)
        drawn = []
        for path, slope in zip(noise, bend, strict=True):
            curve = self.copy()
            curve.table = Table(grid, mean + path, slopes + slope)
            drawn.append(curve)
        return drawn


class SingleCurve(ConstantCurve):
    """The single code that was observed: nothing tells how much noise there is around it."""

    def samples(self, count: int) -> list[SingleCurve]:
        """`count` times the same."""
        return [self] * count


class SdeDynamics(ReducedDynamics):
    """Latent SDE (Li et al., Scalable gradients for stochastic differential equations, 2020).

    The drift is a Catmull-Rom spline's velocity and a correction that begins at zero; the noise is what the drift
    misses on codes that are left out, read as a Brownian bridge. Both are fitted without sampling; `refine` goes on
    by gradients through the solver.
    """

    Options: ClassVar[type] = SdeOptions
    stochastic: ClassVar[bool] = True
    method = "sde"
    options: SdeOptions

    def single(self, observations: Observations, report: FitReport) -> SingleCurve:
        """The code at every time, with samples that are the same."""
        return SingleCurve(observations, report)

    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> SdeCurve:
        """The posterior mean."""
        options = self.options
        if METHODS[options.method] not in ("any", options.calculus):
            raise UsageError(
                f"the solver {options.method} is for {METHODS[options.method]} equations",
                hint=f"add -D calculus={METHODS[options.method]}, or choose another -D method",
            )
        frame = frame_of(knots, options.components, options.variance, options.rest, corrects=True)
        states = frame.states
        basis = CatmullRomBasis(frame.times)
        flow, share = spline_flow(basis, states), 1.0
        if len(knots) >= FEWEST:
            size = states.shape[1]
            correction = fit_residual(
                frame.times,
                states,
                CatmullRomBasis,
                shape=FieldShape(size, size, options.hidden),
                controlled=False,
                iterations=options.iterations,
                ridge=options.ridge,
                seed=self.context.seed,
                progress=progress,
            )
            if options.refine and correction.gain > 0:
                correction = refine_drift(
                    correction,
                    left_out(frame.times, states, CatmullRomBasis),
                    diffusion_of(frame.times, states),
                    iterations=options.refine,
                    points=options.points,
                    calculus=options.calculus,
                    method=options.method,
                    gradient=options.gradient,
                    seed=self.context.seed,
                    progress=progress,
                )
            flow, share = corrected(correction, basis, states), correction.left
        diffusion = share * diffusion_of(frame.times, states)
        report = replace(report, details={**report.details, "diffusion": diffusion.tolist()})
        solver = Solver(substeps=options.substeps)
        model = FlowModel(frame, flow, states, options.anchor, solver, basis, options.damping)
        solved = flow_curve(model, observations, report, options.period)
        curve = SdeCurve(frame, solved.table, observations, solved.report_so_far, options.period, exact=solved.exact)
        curve.model, curve.diffusion = model, diffusion
        curve.options, curve.seed = options, self.context.seed
        return curve
