"""The DynODE baseline, the recipe that its authors released: a field of unit speed from the first code.

Reference: Xia, Yang and Xue, Modelling Latent Dynamics of StyleGAN using Neural ODEs, arXiv 2208.11197. A baseline
for comparisons: its speed cannot follow codes that move by more than one unit, and it meets no code but the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import FitReport, Progress, UsageError, option
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.fields.field import Field, FieldShape, new_field
from dynode_dynamics.fields.refinement import minimise
from dynode_dynamics.fields.segments import Flow, rk4_step
from dynode_dynamics.methods.curve_dynamics import LoopOptions, SummedDynamics
from dynode_dynamics.methods.reduced_dynamics import frame_of
from dynode_dynamics.solving.flow_curve import FlowCurve, FlowModel, flow_curve
from dynode_dynamics.solving.solve import Solver


@dataclass(frozen=True)
class ReleasedOptions(LoopOptions):
    """Options of the released recipe."""

    components: int = option(10, help="most principal components that are solved for", minimum=1, maximum=64)
    iterations: int = option(200, help="gradient steps", minimum=1, maximum=100000)
    hidden: int = option(64, help="units in each hidden layer", minimum=2, maximum=1024)
    speed: float = option(1.0, help="speed of the field, in units of the codes and mean spacings", minimum=0.0)


class ReleasedDynamics(SummedDynamics):
    """du/dt = speed * f(u) / |f(u)|, fitted by its roll-out through all codes."""

    Options: ClassVar[type] = ReleasedOptions
    method = "dynode-released"
    options: ReleasedOptions

    def check_loop(self) -> None:
        """Raises UsageError: it never does."""
        raise UsageError(
            "the released recipe is rolled out from the first code and does not come back to it: there is no loop",
            hint="use --dynamics ode",
        )

    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> FlowCurve:
        """The solution of the initial value."""
        options = self.options
        frame = frame_of(knots, options.components)
        size = frame.states.shape[1]
        speed = 0.0 if frame.reduction.still else options.speed / frame.reduction.scale
        field = new_field(FieldShape(size, size, options.hidden), 1, self.context.seed, start=1.0)
        parameters = [p.requires_grad_() for p in field.parameters]
        states, times = frame.states.to(torch.float32), frame.times.to(torch.float32)

        def loss() -> Tensor:
            u, missed = states[None, :1], torch.zeros(())
            for j in range(len(times) - 1):
                step = (times[j + 1] - times[j]).reshape(1, 1, 1)
                u = rk4_step(_unit(field, speed), u, times[j].reshape(1, 1, 1), step)
                missed = missed + (u[0, 0] - states[j + 1]).square().mean()
            return missed / (len(times) - 1)

        minimise(parameters, loss, iterations=options.iterations, rate=1e-3, progress=progress)
        flow = _unit(field.fold(0), speed)
        model = FlowModel(frame, flow, frame.states, "none", Solver(substeps=2))
        return flow_curve(model, observations, report, options.period)


def _unit(field: Field, speed: float) -> Flow:
    def flow(u: Tensor, t: Tensor) -> Tensor:
        direction = field(u, t)
        velocity: Tensor = speed * direction / direction.norm(dim=-1, keepdim=True).clamp_min(1e-6)
        return velocity

    return flow
