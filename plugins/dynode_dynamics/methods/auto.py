"""Model selection: the dynamics that codes ask for, found by leaving some of them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import Context, ConvergenceError, FitReport, Progress, option, silent
from dynode_dynamics.curves.curve import Curve
from dynode_dynamics.curves.leave_one_out import Fold, doubled_folds_of, fold_errors, fold_misses, folds_of
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.methods.curve_dynamics import CurveDynamics, LoopOptions, SummedDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_dynamics.solving.mixture import MixtureCurve, best_shares

FEWEST_FOR_FIELDS = 6
"""Observations below which no field is tried."""
SCREENED_FROM = 30
"""Observations from which a field has to beat all other curves on one fold, in a hasty fit, to be tried on all."""
HASTY, TRIAL = 10, 20
"""Steps of a hasty fit, and of a fit on trial: with that many observations it need not be as good as the last one."""
SEGMENTS = 64
"""Most segments that a field is fitted to while it is on trial."""
CLEAR = 0.2
"""Share of the line's error by which a candidate must be better to be taken as it is, and not in a mixture."""
RIDGE = 0.02
"""Pull of a mixture towards the line, in units of the line's squared error."""
WORTH = 0.05
"""Least share of a part of a mixture."""
HOPELESS = 1.5
"""Candidates with more than this times the line's error have no part in a mixture."""
CAUTION = 0.25
"""How much of a mixture's share of the line remains where it was judged at twice the spacing: what a curve misses
between observations falls with the square of their spacing."""


@dataclass(frozen=True)
class AutoOptions(LoopOptions):
    """Options of the automatic choice."""

    margin: float = option(
        0.02, help="share by which another dynamics must beat the straight line", minimum=0.0, maximum=1.0
    )
    fields: bool = option(True, help="try neural ODEs as well")
    judged_at: str = option(
        "own-spacing",
        help="whether candidates are judged on single left-out codes, or on every other code left out",
        choices=("own-spacing", "doubled-spacing"),
    )


class AutoDynamics(CurveDynamics):
    """The candidate with the least leave-one-out error, or a mixture; the straight line unless that is better.

    A candidate that is much better than the line is taken. Where none is, their weighted mean is, if it is better
    than the line by `margin`: the fewer codes speak for a curve, the less it should be believed alone. The table is
    in the report. In a loop, where a line would have a corner at the seam, only smooth curves are candidates, and
    |h|^1.5 kriging takes the place of the line.
    """

    Options: ClassVar[type] = AutoOptions
    method = "auto"

    def curve(self, knots: Observations, observations: Observations, report: FitReport, progress: Progress) -> Curve:
        """The curve of the choice; spline if it diverges on all codes."""
        candidates = self.candidates(len(observations))
        doubled = self.options.judged_at == "doubled-spacing"
        folds = doubled_folds_of(observations) if doubled else folds_of(observations)
        if not folds:
            first, only = next(iter(candidates.items()))
            return only.curve(knots, observations, replace(report, method=first), progress)
        found, diverged, screened = self._judged(candidates, folds, progress)
        shares, table = choose(found, self.options.margin, cautious=doubled)
        details = {**report.details, "candidates": [name for name in candidates if name not in screened]}
        if screened:
            details["screened out"] = screened
        failed = tuple(f"{name} diverged on left-out codes" for name in diverged)
        report = replace(report, leave_one_out=table, warnings=failed, details=details)
        try:
            curve = self._mixed(candidates, shares, knots, observations, report)
        except ConvergenceError as error:
            note = f"{' + '.join(shares)} diverged ({error}); spline was taken"
            report = replace(report, method="spline", warnings=(*report.warnings, note))
            curve = SplineDynamics(LoopOptions(self.options.period), self.context).curve(
                knots, observations, report, progress
            )
        progress(len(candidates), len(candidates))
        return curve

    def _judged(
        self, candidates: dict[str, SummedDynamics], folds: Sequence[Fold], progress: Progress
    ) -> tuple[dict[str, Tensor], list[str], list[str]]:
        """Misses (M, R) of each candidate, names of those that diverged, and of those that were not worth trying."""
        found: dict[str, Tensor] = {}
        diverged, screened = [], []
        bar = float("inf")
        for number, (name, candidate) in enumerate(candidates.items()):
            tried: CurveDynamics | None = candidate
            if name.startswith("ode"):
                tried = on_trial(candidate, folds, bar)
            misses = None if tried is None else fold_misses(folds, tried)
            if tried is None:
                screened.append(name)
            elif misses is None:
                diverged.append(name)
            else:
                found[name] = misses
                if not name.startswith("ode"):
                    bar = min(bar, float(misses[: len(folds[0].times)].norm(dim=1).mean()))
            progress(number, len(candidates))
        return found, diverged, screened

    def _mixed(
        self,
        candidates: dict[str, SummedDynamics],
        shares: dict[str, float],
        knots: Observations,
        observations: Observations,
        report: FitReport,
    ) -> Curve:
        """The curve of one candidate, or of several."""
        if len(shares) == 1:
            name = next(iter(shares))
            return candidates[name].curve(knots, observations, replace(report, method=name), silent)
        parts = [candidates[name].curve(knots, observations, FitReport(name), silent) for name in shares]
        told = [part.report_so_far for part in parts]
        report = replace(
            report,
            method="mixture",
            nfe=sum(part.nfe for part in told),
            warnings=(*report.warnings, *(note for part in told for note in part.warnings)),
            details={**report.details, "shares": shares},
        )
        return MixtureCurve(parts, list(shares.values()), observations, report, self.options.period)

    def candidates(self, count: int) -> dict[str, SummedDynamics]:
        """What is tried for `count` observations, the straight line first, or in a loop what stands for it."""
        from dynode_dynamics.methods.gp import (
            GaussianProcessDynamics,
            GaussianProcessOptions,
            NaturalCubicDynamics,
            PowerKernelDynamics,
        )
        from dynode_dynamics.methods.leading import LeadingOptions, LeadingProcessDynamics

        loop, context = LoopOptions(self.options.period), self.context
        looped = loop.period is not None
        found: dict[str, SummedDynamics] = {} if looped else {"linear": LinearDynamics(loop, context)}
        if looped or count >= 4:
            found["kernel"] = PowerKernelDynamics(loop, context)
        if count >= 4:
            found["spline"] = SplineDynamics(loop, context)
            found["natural"] = NaturalCubicDynamics(loop, context)
            for kernel in ("matern32", "matern52"):
                options = GaussianProcessOptions(loop.period, kernel=kernel)
                found[f"gp {kernel}"] = GaussianProcessDynamics(options, context)
            if not looped:
                found["gp-leading"] = LeadingProcessDynamics(LeadingOptions(loop.period), context)
        if count >= FEWEST_FOR_FIELDS and self.options.fields:
            found.update(_fields(self.options.period, context))
        return found


def _fields(period: float | None, context: Context) -> dict[str, SummedDynamics]:
    from dynode_dynamics.methods.ode import OdeDynamics, OdeOptions

    matching = OdeOptions(period, mode="gradient-matching", base="none")
    shooting = OdeOptions(period, mode="multiple-shooting", base="none")
    forms = {
        "ode gradient-matching": matching,
        "ode multiple-shooting": shooting,
        "ode second-order": replace(shooting, order=2),
    }
    if period is None:
        forms["ode-leading gradient-matching"] = replace(matching, variance=0.5, rest="linear")
        forms["ode-leading multiple-shooting"] = replace(shooting, variance=0.5, rest="linear")
    return {name: OdeDynamics(options, context) for name, options in forms.items()}


def on_trial(field: CurveDynamics, folds: Sequence[Fold], bar: float) -> CurveDynamics | None:
    """What is fitted to the folds to judge `field`.

    With many observations it is fitted to few segments, in few steps, and the answer is None if a hasty fit of the
    first fold has no less than the error `bar`.
    """
    if len(folds[0].whole) < SCREENED_FROM:
        return field
    trial = replace(field.options, segments=SEGMENTS, iterations=TRIAL)
    hasty = type(field)(replace(trial, iterations=HASTY), field.context)
    if not float(fold_errors(folds[:1], hasty).mean()) < bar:
        return None
    return type(field)(trial, field.context)


def choose(
    misses: dict[str, Tensor], margin: float, *, cautious: bool = False
) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of what is taken, by the `misses` (M, R) of each candidate; and the mean error of all, and of a mixture.

    The first candidate is the line, or what stands for it. With `cautious`, the misses come from twice the spacing,
    and less of the line is believed than they say.
    """
    table = {name: float(miss.norm(dim=1).mean()) for name, miss in misses.items()}
    first, line = next(iter(table.items()))
    best = min(table, key=table.__getitem__)
    if table[best] < (1.0 - max(margin, CLEAR)) * line:
        return {best: 1.0}, table
    names = [name for name, error in table.items() if error <= HOPELESS * line]
    shares = dict(zip(names, best_shares(torch.stack([misses[name] for name in names]), RIDGE).tolist(), strict=True))
    if cautious and shares[first] < 1.0:
        shares[first] *= CAUTION
    shares = {name: share for name, share in shares.items() if share >= WORTH}
    total = sum(shares.values())
    shares = {name: share / total for name, share in shares.items()}
    mixed = torch.as_tensor(sum(share * misses[name] for name, share in shares.items()))
    table["mixture"] = float(mixed.norm(dim=1).mean())
    best = min(table, key=table.__getitem__)
    if table[best] > (1.0 - margin) * line:
        return {first: 1.0}, table
    return shares if best == "mixture" else {best: 1.0}, table
