"""What the dynamics share: checked observations, loops, the time of a fit and its report."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from dynode_cli import Dynamics, FitReport, Progress, Trajectory, option, silent
from dynode_dynamics.curves.cardinal import CardinalBasis
from dynode_dynamics.curves.curve import CardinalCurve, ConstantCurve, Curve, SummedCurve
from dynode_dynamics.curves.facts import path_chord, roughness
from dynode_dynamics.curves.observations import Observations, looped, observe


@dataclass(frozen=True)
class LoopOptions:
    """Options that every dynamics has."""

    period: float | None = option(
        None,
        help="the codes come back after this time: a loop, whose seam is as smooth as any other code",
        unit="s",
        minimum=0.0,
    )


class CurveDynamics(Dynamics):
    """Checks the observations, continues loops, times the fit and completes its report."""

    Options: ClassVar[type] = LoopOptions
    method: ClassVar[str]

    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> Trajectory:
        """A curve through `codes` (N, *code_shape) at strictly increasing `times` (N,) seconds.

        Raises:
            InputError: codes that are not finite, times that are equal, no observation.
            UsageError: a loop with a period that is too short, or with options that make none.
            ConvergenceError: the method was forced and diverged.
        """
        started = time.perf_counter()
        observations = observe(times, codes)
        report = FitReport(self.method, path_chord=path_chord(observations.codes), roughness=roughness(observations))
        period: float | None = self.options.period
        knots = observations
        if period is not None:
            self.check_loop()
            knots = looped(observations, period)
        if len(knots) == 1:
            note = "one observation only: the code is constant"
            return self.single(observations, replace(report, method="constant", warnings=(note,)))
        curve = self.curve(knots, observations, report, progress)
        curve.report_so_far = replace(curve.report_so_far, seconds=time.perf_counter() - started)
        return curve

    def single(self, observations: Observations, report: FitReport) -> Curve:
        """The curve of one observation."""
        return ConstantCurve(observations, report)

    def check_loop(self) -> None:
        """Raises UsageError if these options make no curve that comes back to its start."""

    @abstractmethod
    def curve(self, knots: Observations, observations: Observations, report: FitReport, progress: Progress) -> Curve:
        """The curve through `knots`: the observations, continued on either side if they loop. N >= 2."""

    def curves(self, batch: Sequence[Observations]) -> Sequence[Curve]:
        """Curves through several sets of observations, N >= 2 each, that do not loop."""
        return [self.curve(knots, knots, FitReport(self.method), silent) for knots in batch]


class SummedDynamics(CurveDynamics):
    """A dynamics whose curves are sums over the codes and rows beside them, so that several can be mixed."""

    @abstractmethod
    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> SummedCurve:
        """The curve through `knots`, see :meth:`CurveDynamics.curve`."""


class CardinalDynamics(SummedDynamics):
    """A dynamics whose curve is linear in the codes."""

    @abstractmethod
    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Cardinal functions for `times` (N,), N >= 2; `codes` (N, D) may choose their parameters."""

    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> SummedCurve:
        """The curve of `basis`."""
        basis = self.basis(knots.times, knots.codes)
        progress(1, 1)
        return CardinalCurve(basis, knots, observations, report, self.options.period)
