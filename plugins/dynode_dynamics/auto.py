"""The dynamics that codes ask for, found by leaving some of them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from dynode_cli import Context, ConvergenceError, FitReport, Progress, option
from dynode_dynamics.curve import Curve, CurveDynamics, LoopOptions
from dynode_dynamics.linear import LinearDynamics
from dynode_dynamics.loo import Fold, fold_errors, folds_of
from dynode_dynamics.observations import Observations
from dynode_dynamics.spline import SplineDynamics

FEWEST_FOR_FIELDS = 6
"""Observations below which no field is tried."""
SCREENED_FROM = 30
"""Observations from which a field has to beat all other curves on one fold, in a hasty fit, to be tried on all."""
HASTY, TRIAL = 10, 20
"""Steps of a hasty fit, and of a fit on trial: with that many observations it need not be as good as the last one."""
SEGMENTS = 64
"""Most segments that a field is fitted to while it is on trial."""


@dataclass(frozen=True)
class AutoOptions(LoopOptions):
    """Options of the automatic choice."""

    margin: float = option(
        0.02, help="share by which another dynamics must beat the straight line", minimum=0.0, maximum=1.0
    )
    fields: bool = option(True, help="try neural ODEs as well")


class AutoDynamics(CurveDynamics):
    """The candidate with the least leave-one-out error; the straight line unless another is better by a margin.

    The margin is `margin` of the line's error, and two standard errors of the difference: what is chosen on a few
    codes must not be chosen by luck. The table is in the report.
    """

    Options: ClassVar[type] = AutoOptions
    method = "auto"

    def curve(self, knots: Observations, observations: Observations, report: FitReport, progress: Progress) -> Curve:
        """The curve of the chosen candidate; spline if it diverges on all codes."""
        candidates = self.candidates(len(observations))
        folds = folds_of(observations)
        if not folds:
            return candidates["linear"].curve(knots, observations, replace(report, method="linear"), progress)
        errors: dict[str, Tensor] = {}
        bar = float("inf")
        for number, (name, candidate) in enumerate(candidates.items()):
            if not name.startswith("ode"):
                errors[name] = fold_errors(folds, candidate)
                bar = min(bar, float(errors[name][: len(folds[0].times)].mean()))
            elif (found := field_errors(candidate, folds, bar)) is not None:
                errors[name] = found
            progress(number, len(candidates))
        chosen = choose(errors, self.options.margin)
        table = {name: float(error.mean()) for name, error in errors.items()}
        finite = {name: error for name, error in table.items() if error != float("inf")}
        failed = tuple(f"{name} diverged on left-out codes" for name in table if name not in finite)
        details = {**report.details, "candidates": list(table)}
        screened = [name for name in candidates if name not in errors]
        if screened:
            details["screened out"] = screened
        report = replace(report, method=chosen, leave_one_out=finite, warnings=failed, details=details)
        try:
            curve = candidates[chosen].curve(knots, observations, report, progress)
        except ConvergenceError as error:
            note = f"{chosen} diverged ({error}); spline was taken"
            report = replace(report, method="spline", warnings=(*report.warnings, note))
            curve = SplineDynamics(LoopOptions(self.options.period), self.context).curve(
                knots, observations, report, progress
            )
        progress(len(candidates), len(candidates))
        return curve

    def candidates(self, count: int) -> dict[str, CurveDynamics]:
        """What is tried for `count` observations, the straight line first."""
        from dynode_dynamics.gp import (
            GaussianProcessDynamics,
            GaussianProcessOptions,
            NaturalCubicDynamics,
            PowerKernelDynamics,
        )
        from dynode_dynamics.leading import LeadingOptions, LeadingProcessDynamics

        loop, context = LoopOptions(self.options.period), self.context
        found: dict[str, CurveDynamics] = {"linear": LinearDynamics(loop, context)}
        if count >= 4:
            found["kernel"] = PowerKernelDynamics(loop, context)
            found["spline"] = SplineDynamics(loop, context)
            found["natural"] = NaturalCubicDynamics(loop, context)
            for kernel in ("matern32", "matern52"):
                options = GaussianProcessOptions(loop.period, kernel=kernel)
                found[f"gp {kernel}"] = GaussianProcessDynamics(options, context)
            found["gp-leading"] = LeadingProcessDynamics(LeadingOptions(loop.period), context)
        if count >= FEWEST_FOR_FIELDS and self.options.fields:
            found.update(_fields(self.options.period, context))
        return found


def _fields(period: float | None, context: Context) -> dict[str, CurveDynamics]:
    from dynode_dynamics.ode import OdeDynamics, OdeOptions

    matching = OdeOptions(period, mode="gradient-matching", base="none")
    shooting = OdeOptions(period, mode="multiple-shooting", base="none")
    forms = {
        "ode gradient-matching": matching,
        "ode multiple-shooting": shooting,
        "ode second-order": replace(shooting, order=2),
        "ode-leading gradient-matching": replace(matching, variance=0.5, rest="linear"),
        "ode-leading multiple-shooting": replace(shooting, variance=0.5, rest="linear"),
    }
    return {name: OdeDynamics(options, context) for name, options in forms.items()}


def field_errors(field: CurveDynamics, folds: Sequence[Fold], bar: float) -> Tensor | None:
    """Errors (M,) of a field.

    With many observations it is fitted to few segments, in few steps, and the answer is None if a hasty fit of the
    first fold has no less than the error `bar`.
    """
    if len(folds[0].whole) < SCREENED_FROM:
        return fold_errors(folds, field)
    trial = replace(field.options, segments=SEGMENTS, iterations=TRIAL)
    hasty = type(field)(replace(trial, iterations=HASTY), field.context)
    if not float(fold_errors(folds[:1], hasty).mean()) < bar:
        return None
    return fold_errors(folds, type(field)(trial, field.context))


def choose(errors: dict[str, Tensor], margin: float) -> str:
    """Name of the least mean of `errors` (M,), or ``linear`` where that is not clearly better."""
    line = errors["linear"]
    best = min(errors, key=lambda name: float(errors[name].mean()))
    gain = line - errors[best]
    doubt = 2.0 * float(gain.std()) / len(gain) ** 0.5 if len(gain) > 1 else 0.0
    worth = max(margin * float(line.mean()), doubt)
    return best if best != "linear" and float(gain.mean()) > worth else "linear"
